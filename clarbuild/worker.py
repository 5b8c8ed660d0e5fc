"""Compiles one contract from a request to a reply, both plain values: what runs in a process pool.

Knows no cache and no files; a fault of the compiler comes back as text, never as an exception.
"""

from __future__ import annotations

import os
import struct
import time
from functools import lru_cache
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from clarbuild.key import Profile
from compiler.diagnostics import ClarityError, Diagnostic
from compiler.interface import ContractInterface
from compiler.interface_bytes import canonical_bytes, from_bytes
from compiler.interface_bytes import to_bytes as interface_bytes
from compiler.interface_names import bound, mentions
from compiler.versions import LATEST_EPOCH, ClarityVersion, Epoch

_PAIR = struct.Struct("<Ii")


class CompileRequest(Struct, frozen=True):
    """A contract and the interfaces of what it may use, each by the name that it has for it.

    With `native` the module is compiled for this machine, too; with `counts_memory` it counts memory
    as the interpreter does.
    """

    source: str
    version: ClarityVersion
    epoch: Epoch
    cost_epoch: Epoch
    profile: Profile
    deployer: str
    interfaces: tuple[tuple[str, bytes], ...]
    native: bool = False
    counts_memory: bool = False


class CompileReply(Struct, frozen=True):
    """What came of it. `wasm` is None for an invalid contract; `bug` tells of a fault of ours.

    `native` is code for the engine with the fingerprint `engine`, empty where none was asked for.
    `started`, by the worker's clock, and `passes` are told to people and decide nothing.
    """

    diagnostics: tuple[Diagnostic, ...] = ()
    wasm: bytes | None = None
    interface: bytes = b""
    observed: bytes = b""
    mentions: tuple[str, ...] = ()
    metadata: bytes = b""
    source_map: bytes = b""
    native: bytes = b""
    engine: bytes = b""
    seconds: float = 0.0
    bug: str | None = None
    worker: str = ""
    started: float = 0.0
    passes: tuple[tuple[str, float], ...] = ()


class _Laps:
    """The seconds of each pass, in the order in which they ended."""

    def __init__(self) -> None:
        self.started = time.time()
        self.rows: list[tuple[str, float]] = []
        self._first = self._latest = time.perf_counter()

    def __call__(self, name: str) -> None:
        now = time.perf_counter()
        self.rows.append((name, now - self._latest))
        self._latest = now

    def reply(self, reply: CompileReply) -> CompileReply:
        """A reply with the times until now and this process's name."""
        return replace(
            reply,
            seconds=time.perf_counter() - self._first,
            worker=f"process {os.getpid()}",
            started=self.started,
            passes=tuple(self.rows),
        )


def compile_request(request: CompileRequest) -> CompileReply:
    """Compiles, and answers for everything that can come of it."""
    from compiler.pipeline import CompileOptions, compile_contract
    from runtime.engine import Module, compile_module, engine_for, fingerprint

    laps = _Laps()
    try:
        compiled = compile_contract(
            request.source,
            request.version,
            request.epoch,
            decoded_interfaces(request),
            CompileOptions(
                profile=request.profile,
                cost_epoch=request.cost_epoch,
                counts_memory=request.counts_memory,
            ),
            laps,
        )
        engine = engine_for(request.profile)
        native = b""
        if request.native:
            # Validates as well.
            native = compile_module(engine, compiled.wasm)
            laps("native code")
        else:
            Module.validate(engine, compiled.wasm)
            laps("validate")
        return laps.reply(
            CompileReply(
                diagnostics=tuple(compiled.diagnostics),
                wasm=compiled.wasm,
                interface=interface_bytes(compiled.interface),
                observed=canonical_bytes(compiled.interface),
                mentions=tuple(sorted(mentions(compiled.interface))),
                metadata=compiled.metadata,
                source_map=pack_source_map(compiled.source_map),
                native=native,
                engine=fingerprint(engine) if request.native else b"",
            )
        )
    except ClarityError as error:
        return laps.reply(CompileReply((error.diagnostic,)))
    except Exception as error:
        return laps.reply(CompileReply(bug=describe_bug(error)))


def decoded_interfaces(request: CompileRequest) -> dict[str, ContractInterface]:
    """The request's interfaces, each as the contract to be compiled sees it."""
    return {name: _interface(data, name, request.deployer) for name, data in request.interfaces}


def pack_source_map(pairs: tuple[tuple[int, int], ...]) -> bytes:
    """Offsets in the module and the nodes there (-1: none), two 32-bit numbers a pair."""
    return b"".join(_PAIR.pack(*pair) for pair in pairs)


def unpack_source_map(data: bytes) -> dict[int, int]:
    """Node by offset, from what `pack_source_map` made."""
    return dict(_PAIR.iter_unpack(data))


@lru_cache(maxsize=512)
def _interface(data: bytes, name: str, deployer: str) -> ContractInterface:
    return bound(from_bytes(data), name, deployer)


def describe_bug(error: BaseException) -> str:
    """An exception in one line: its kind, its text and where it was raised."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def warm(profile: Profile = "debug") -> None:
    """Does once what the first contract would wait for: imports, the helpers, an engine."""
    epoch = LATEST_EPOCH
    source = "(define-public (f (n uint)) (begin (print n) (ok (+ n u1))))"
    compile_request(
        CompileRequest(source, epoch.newest_clarity, epoch, epoch, profile, "", (), native=True)
    )
