"""Chooses between the thin path and the public API, once for each engine of a process.

The thin path is taken where its declarations fit the installed wasmtime and a small guest gives the
right answers through it; `CLARBUILD_ENGINE=public` (or `thin`) decides by hand.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from runtime.engine import capi
from runtime.engine.engine import Engine
from runtime.engine.faults import EngineError, GuestTrap, TrapCode
from runtime.engine.module import Module
from runtime.engine.shape import I32, I64, HostFunction, HostTable, Signature, Slots
from runtime.engine.thin import ThinHostTable

VARIABLE: Final = "CLARBUILD_ENGINE"

_PROBE: Final = """
(module
  (import "clarity" "mix" (func $mix (param i32 i64) (result i64 i32)))
  (memory (export "memory") 1)
  (global (export "counter") (mut i64) (i64.const 7))
  (func (export "mix") (param i32 i64) (result i64 i32)
    (call $mix (local.get 0) (local.get 1)))
  (func (export "trap") unreachable))
"""
_PROBE_WASM: Final = bytes.fromhex(
    "0061736d01000000010b0260027f7e027e7f600000020f0107636c6172697479036d69780000030302000105"
    "030100010606017e0142070b072104066d656d6f7279020007636f756e7465720300036d6978000104747261"
    "7000020a0e0208002000200110000b0300000b000d046e616d6501060100036d6978"
)
"""The same, assembled: whoever only runs modules needs no assembler."""


class _Row(NamedTuple):
    params: tuple[int, ...]
    results: tuple[int, ...]


class Backend(NamedTuple):
    """Which path is taken (`thin` or `public`), and why where it is not the thin one."""

    name: str
    reason: str = ""


def host_table(
    engine: Engine,
    signatures: Mapping[str, Signature],
    functions: Mapping[str, HostFunction],
    namespace: str = "clarity",
) -> HostTable:
    """Host functions that modules of `engine` can be linked with, by the path chosen."""
    if backend(engine).name == "thin":
        return ThinHostTable(engine, signatures, functions, namespace)
    # Imported late, as wasmtime's package takes long to be.
    from runtime.engine.public import PublicHostTable

    return PublicHostTable(engine, signatures, functions, namespace)


def backend(engine: Engine) -> Backend:
    """The path that tables of host functions take in this process."""
    wanted = os.environ.get(VARIABLE, "")
    if wanted == "public":
        return Backend("public", f"{VARIABLE}=public")
    if wanted not in ("", "thin"):
        raise EngineError(f"{VARIABLE} is {wanted!r}, want thin or public")
    if engine.settings.interruptible:
        # The thread that interrupts has to run while a guest does: the thin path keeps the GIL.
        return Backend("public", "guests of this engine can be stopped")
    return _checked(engine)


@cache
def _checked(engine: Engine) -> Backend:
    problem = capi.problem or _self_test(engine)
    return Backend("public", problem) if problem else Backend("thin")


def _self_test(engine: Engine) -> str:
    """Runs a small guest through the thin path; says what is wrong with its answers."""
    try:
        return _probe(engine)
    except (EngineError, GuestTrap) as error:
        return f"the thin path failed: {error}"


def _probe(engine: Engine) -> str:

    def mix(raw: Slots) -> None:
        raw[0], raw[1] = raw[1] + 1, (raw[0] & 0xFFFF_FFFF) + 2

    rows = {"mix": _Row((I32, I64), (I64, I32))}
    table = ThinHostTable(engine, rows, {"mix": mix}, "clarity")
    instance = table.instantiate(Module.compile(engine, _PROBE_WASM))
    if instance.function("mix")(5, -(1 << 40)) != (1 - (1 << 40), 7):
        return "a call through the thin path gave a wrong answer"
    counter = instance.global_("counter")
    counter.set(counter.get() * 3)
    if counter.get() != 21:
        return "a global read through the thin path has a wrong value"
    instance.write(65_532, b"abcd")
    if len(instance.memory) != 65_536 or instance.read(65_534, 2) != b"cd":
        return "memory read through the thin path has wrong contents"
    try:
        instance.function("trap").call()
    except GuestTrap as trap:
        if trap.code is TrapCode.UNREACHABLE:
            return ""
    return "a trap was not seen through the thin path"
