"""Ends a transaction of ours that does not end by itself, in Wasm or in Python.

Knows no chain. Only the thread that entered a `limited` stretch is stopped, and only within it.
"""

from __future__ import annotations

import ctypes
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

from msgspec.structs import replace

from runtime.engine import Engine, engine_for
from runtime.engine.engine import PROFILES
from runtime.modules import Artifact, ModuleProvider, ModuleRequest

_KEPT: Final = 20_000
_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
_raise_in.argtypes = (ctypes.c_ulong, ctypes.py_object)


class Overdue(BaseException):
    """Raised in a thread whose time is up; no handler of `Exception` is to keep it."""


class Watchdog:
    """Waits in a thread of its own for stretches that take longer than `seconds`."""

    def __init__(self, engine: Engine, seconds: float) -> None:
        self.seconds = seconds
        self._engine = engine
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._watched: tuple[int, float] | None = None
        self._fired = False
        self._closed = False
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    @contextmanager
    def limited(self) -> Iterator[None]:
        """Within this, the calling thread gets `Overdue`, or a trap where it is in Wasm."""
        thread = threading.get_ident()
        with self._changed:
            self._fired = False
            self._watched = (thread, monotonic() + self.seconds)
            self._changed.notify()
        try:
            yield
        finally:
            # The lock itself: what is raised in a condition's `__enter__` would leave it locked.
            with self._lock:
                self._watched = None
            if self._fired:
                _meet()
        if self._fired:
            # Done in the last moment; but its instances are stopped.
            raise Overdue

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout=10)

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                if self._watched is None:
                    self._changed.wait()
                    continue
                thread, until = self._watched
                left = until - monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                self._fired = True
                _raise_in(thread, Overdue)
                if self._engine.settings.interruptible:
                    self._engine.interrupt()
                # Again after as long: what was raised may have been lost where nothing can raise.
                self._watched = (thread, monotonic() + self.seconds)


def _meet() -> None:
    """Meet here what was set and has not been raised yet: it is not to hit what comes after.

    To take it back (`PyThreadState_SetAsyncExc` with a null pointer) leaves Python 3.11 looking for
    it at every call from then on, and under a profiler or a tracer, for ever at the next one.
    """
    try:
        for _ in range(2):
            pass
    except Overdue:
        pass


def interruptible_engine(profile: str) -> Engine:
    """The engine of a profile, but with guests that can be stopped; its native code is its own."""
    return engine_for(replace(PROFILES[profile], interruptible=True))


class PortableModules:
    """Gives a provider's modules without their native code, which fits only the engine it is for."""

    def __init__(self, modules: ModuleProvider) -> None:
        self._modules = modules
        self._known: OrderedDict[int, tuple[Artifact, Artifact]] = OrderedDict()

    def __call__(self, request: ModuleRequest) -> Artifact:
        """The artifact for a request; `ClarityError` where the contract isn't valid."""
        found = self._modules(request)
        known = self._known.get(id(found))
        if known is None:
            portable = Artifact(found.wasm, found.stored_interface, found.description)
            known = self._known[id(found)] = (found, portable)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return known[1]
