"""Engines and their settings; knows nothing of instances.

Two mistakes abort the whole process inside wasmtime, so neither is possible here: `Config.target`
is never set, and a function type is made anew for each engine that uses it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, Literal

import wasmtime
from blake3 import blake3

from runtime.engine.faults import EngineError

EMPTY_MODULE: Final = b"\0asm\1\0\0\0"


@dataclass(frozen=True, slots=True)
class Settings:
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
        self.wasmtime = wasmtime.Engine(_config(settings))

    def interrupt(self) -> None:
        """Traps all guests of an interruptible engine; instances made later run."""
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
    try:
        return bytes(wasmtime.Module(engine.wasmtime, wasm).serialize())
    except wasmtime.WasmtimeError as error:
        raise EngineError(str(error)) from None


def _config(settings: Settings) -> wasmtime.Config:
    config = wasmtime.Config()
    config.cranelift_opt_level = settings.opt_level
    config.parallel_compilation = settings.parallel
    config.max_wasm_stack = settings.max_wasm_stack
    config.epoch_interruption = settings.interruptible

    config.wasm_wide_arithmetic = True
    config.wasm_bulk_memory = True
    config.wasm_multi_value = True
    config.wasm_tail_call = True
    # What generated modules never use is off, so that a module which uses it is not valid.
    config.wasm_relaxed_simd = False
    config.wasm_simd = False
    config.wasm_threads = False
    config.wasm_gc = False
    config.wasm_function_references = False
    config.wasm_exceptions = False
    config.wasm_memory64 = False
    config.wasm_multi_memory = False
    config.wasm_stack_switching = False
    config.wasm_custom_page_sizes = False
    config.wasm_component_model = False
    config.gc_support = False

    # All that a 32-bit index can reach is reserved, with a guard behind it: loads and stores need
    # no bounds checks, and a memory never moves, so views of it stay good while it grows.
    config.memory_may_move = False
    config.memory_reservation = 4 << 30
    config.memory_guard_size = 32 << 20
    # Wasmtime walks the stack by frame pointers; unwind tables only make modules larger. Windows
    # insists on them.
    config.native_unwind_info = sys.platform == "win32"
    return config
