"""Compilations that were asked for and have not come back, and what becomes of them; knows no plan.

A worker that dies takes nothing with it: what it and the others had is tried once more, elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from cache.digest import ActionKey
from clarbuild.pool import stop
from clarbuild.worker import CompileReply, CompileRequest

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

_ATTEMPTS = 2
_CHECK_SECONDS = 0.1


class Compilations:
    """A build's; `make` makes the executor when there is a first, for so many bytes of source."""

    def __init__(
        self,
        make: Callable[[int], Executor],
        compile_: Callable[[CompileRequest], CompileReply],
    ) -> None:
        self._make = make
        self._compile = compile_
        self._executor: Executor | None = None
        self._futures: dict[Future[CompileReply], ActionKey] = {}
        self._attempts: dict[ActionKey, int] = {}

    def __bool__(self) -> bool:
        """Whether any is to come back."""
        return bool(self._futures)

    @property
    def started(self) -> bool:
        """Whether there is an executor."""
        return self._executor is not None

    def start(self, work_bytes: int) -> None:
        """Makes an executor."""
        self._executor = self._make(work_bytes)

    def ask(self, key: ActionKey, request: CompileRequest) -> None:
        """Asks for a compilation."""
        assert self._executor is not None, "it was started"
        self._futures[self._executor.submit(self._compile, request)] = key

    def collect(self, check: Callable[[], None]) -> Iterator[tuple[ActionKey, CompileReply | None]]:
        """Waits until some have come back; a reply of None means that it must be asked again."""
        # Imported late: who finds everything in the cache waits for nothing.
        from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait

        done, _ = wait(self._futures, timeout=0)
        while not done:
            check()
            done, _ = wait(self._futures, timeout=_CHECK_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            key = self._futures.pop(future)
            try:
                reply = future.result()
            except BrokenExecutor:
                yield from self._lost([key, *self._futures.values()])
                return
            yield key, reply

    def _lost(self, keys: list[ActionKey]) -> Iterator[tuple[ActionKey, CompileReply | None]]:
        self.abandon()
        self._futures.clear()
        for key in keys:
            self._attempts[key] = self._attempts.get(key, 1) + 1
            died = self._attempts[key] > _ATTEMPTS
            yield key, CompileReply(bug="the compiler's process died") if died else None

    def finish(self) -> None:
        """Ends, when all have come back."""
        if self._executor is not None:
            self._executor.shutdown()

    def abandon(self) -> None:
        """Ends without waiting for what is not back."""
        if self._executor is not None:
            stop(self._executor)
            self._executor = None
