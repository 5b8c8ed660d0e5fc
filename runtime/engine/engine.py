"""Engines and their settings; knows nothing of instances.

Two mistakes abort the whole process inside wasmtime, so neither is possible here: `Config.target`
is never set, and a function type is made anew for each engine that uses it.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

from blake3 import blake3
from msgspec import Struct

from runtime.engine import capi
from runtime.engine.faults import EngineError

if TYPE_CHECKING:
    import wasmtime

EMPTY_MODULE: Final = b"\0asm\1\0\0\0"


class Settings(Struct, frozen=True):
    """How modules are compiled and run. Equal settings share an engine.

    - `opt_level`: Cranelift's. `none` compiles in about four fifths of the time of `speed`.
    - `parallel`: compile the functions of a module on all cores. Its threads don't survive a fork:
      processes that compile must be spawned, or fork before they compile for the first time.
    - `max_wasm_stack`: bytes of native stack that one entry into Wasm may use. The main thread's
      stack is 8 MiB as a rule, and nested calls each count anew: see `stack.py`.
    - `interruptible`: epoch interruption. It slows tight loops severalfold, hence off.
    """

    opt_level: Literal["none", "speed"] = "speed"
    parallel: bool = True
    max_wasm_stack: int = 2 << 20
    interruptible: bool = False


PROFILES: Final = {"release": Settings(), "debug": Settings(opt_level="none")}


class Engine:
    """A compiler and the state that its modules share. Get one from `engine_for`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._native: Any = None

    @property
    def native(self) -> Any:
        """The engine to the C API; where that is not used, `None`."""
        if self._native is None and not capi.problem:
            configuration = ctypes.c_void_p(capi.config_new())
            for name, value in _configuration(self.settings).items():
                capi.configure(configuration, name, value)
            self._native = ctypes.c_void_p(capi.engine_new_with_config(configuration))
        return self._native

    @cached_property
    def wasmtime(self) -> wasmtime.Engine:
        """Another one of the same settings, to the public API: modules of the two fit both."""
        # Its import takes as long as all the rest of a first call that needs none of it.
        import wasmtime

        configuration = wasmtime.Config()
        for name, value in _configuration(self.settings).items():
            if name == "cranelift_opt_level":
                configuration.cranelift_opt_level = self.settings.opt_level
            else:
                setattr(configuration, name, value)
        return wasmtime.Engine(configuration)

    def interrupt(self) -> None:
        """Traps all guests of an interruptible engine; instances made later run."""
        if self._native is not None:
            capi.engine_increment_epoch(self._native)
        if "wasmtime" in self.__dict__:
            self.wasmtime.increment_epoch()

    @cached_property
    def fingerprint(self) -> bytes:
        """A digest of all that decides whether native code fits: version, settings, target, CPU."""
        return blake3(compile_module(self, EMPTY_MODULE)).digest()


def engine_for(profile: str | Settings = "release") -> Engine:
    """The process's one engine for a profile (`release`, `debug`) or for settings of one's own."""
    if isinstance(profile, Settings):
        return _engine(profile)
    try:
        return _engine(PROFILES[profile])
    except KeyError:
        raise EngineError(f"unknown profile {profile!r}, want one of {sorted(PROFILES)}") from None


@cache
def _engine(settings: Settings) -> Engine:
    return Engine(settings)


def fingerprint(engine: Engine) -> bytes:
    """The part of a native module's key that stands for the engine."""
    return engine.fingerprint


def compile_module(engine: Engine, wasm: bytes) -> bytes:
    """Native code of a Wasm module, as bytes for `Module.deserialize`."""
    from runtime.engine.module import Module  # which knows engines

    return Module.compile(engine, wasm).serialize()


_OPT_LEVELS: Final = {"none": 0, "speed": 1}


def _configuration(settings: Settings) -> dict[str, int]:
    """wasmtime's settings, by the names that both of its APIs have for them."""
    return {
        "cranelift_opt_level": _OPT_LEVELS[settings.opt_level],
        "parallel_compilation": settings.parallel,
        "max_wasm_stack": settings.max_wasm_stack,
        "epoch_interruption": settings.interruptible,
        "wasm_wide_arithmetic": True,
        "wasm_bulk_memory": True,
        "wasm_multi_value": True,
        "wasm_tail_call": True,
        # What generated modules never use is off, so that a module which uses it is not valid.
        "wasm_relaxed_simd": False,
        "wasm_simd": False,
        "wasm_threads": False,
        "wasm_gc": False,
        "wasm_function_references": False,
        "wasm_exceptions": False,
        "wasm_memory64": False,
        "wasm_multi_memory": False,
        "wasm_stack_switching": False,
        "wasm_custom_page_sizes": False,
        "wasm_component_model": False,
        "gc_support": False,
        # All that a 32-bit index can reach is reserved, with a guard behind it: loads and stores
        # need no bounds checks, and a memory never moves, so views of it stay good while it grows.
        "memory_may_move": False,
        "memory_reservation": 4 << 30,
        "memory_guard_size": 32 << 20,
        # Wasmtime walks the stack by frame pointers; unwind tables only make modules larger.
        # Windows insists on them.
        "native_unwind_info": sys.platform == "win32",
    }
