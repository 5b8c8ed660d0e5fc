"""A project in a temporary folder, built with a small stand-in for the compiler or the real one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, field

from cache import MemoryStore, Store
from clarbuild.context import Options, Surroundings
from clarbuild.key import Toolchain
from clarbuild.outcome import BuildResult, Event, Status
from clarbuild.run import Builder
from clarbuild.worker import CompileReply, CompileRequest
from compiler.diagnostics import Diagnostic, Severity, Span
from compiler.interface import ContractInterface, FunctionSignature
from compiler.interface_bytes import canonical_bytes, to_bytes
from compiler.types import BOOL, CallableTraitType, TraitIdentifier

REPOSITORY = Path(__file__).parents[2]
DEPLOYER = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
OTHER = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5"
TOOLCHAIN = Toolchain(b"stand-in", 1)


def stand_in(request: CompileRequest) -> CompileReply:
    """Compiles a language of four forms: functions, calls, faults of the user's and of ours."""
    if "(boom" in request.source:
        return CompileReply(bug="ValueError: boom")
    names = {name for name, _ in request.interfaces}
    for number, line in enumerate(request.source.split("\n"), 1):
        if "(bad" in line:
            column = line.index("(bad") + 1
            span = Span(number, column, number, column + 4)
            return CompileReply((Diagnostic(Severity.ERROR, "bad", "bad form", span),))
        for called in re.findall(r"\(contract-call\? (\S+)", line):
            name = f"†{called}" if called.startswith(".") else called.removeprefix("'")
            if name not in names:
                message = f"use of unresolved contract '{name}'"
                span = Span(number, 1, number, 1)
                return CompileReply((Diagnostic(Severity.ERROR, "unresolved", message, span),))
    traits = {
        CallableTraitType(TraitIdentifier(contract, "t"))
        for contract in re.findall(r"takes-trait '(S\w+\.[\w-]+)", request.source)
    }
    interface = ContractInterface(
        request.version,
        request.epoch,
        public_functions={
            name: FunctionSignature(tuple(("t", trait) for trait in traits), BOOL)
            for name in re.findall(r"define-public \(([\w-]+)", request.source)
        },
    )
    return CompileReply(
        wasm=b"\0asm" + request.source.encode() + request.profile.encode(),
        interface=to_bytes(interface),
        observed=canonical_bytes(interface),
        mentions=tuple(sorted(trait.trait.contract for trait in traits)),
        metadata=b"{}",
        seconds=0.001,
    )


class Workspace(Struct):
    """A folder, a store and a builder of what stands in the folder."""

    root: Path
    store: Store = field(default_factory=MemoryStore)
    options: Options = field(default_factory=lambda: Options(jobs=1))
    compiled: list[str] = field(default_factory=list)
    compile: Callable[[CompileRequest], CompileReply] = stand_in
    toolchain: Toolchain = TOOLCHAIN
    clock: float = 1_800_000_000.0
    events: list[Event] = field(default_factory=list)

    def write(self, files: dict[str, str]) -> None:
        """Writes files; names may have folders."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def project(self, contracts: dict[str, str], **settings: str) -> None:
        """A Clarinet project of contracts in epoch 3.1."""
        rows = [
            f'[contracts.{name}]\npath = "{name}.clar"\nepoch = "3.1"\n'
            + "".join(f"{key} = {value}\n" for key, value in settings.items())
            for name in contracts
        ]
        self.write({"Clarinet.toml": '[project]\nname = "p"\n' + "\n".join(rows)})
        self.write({f"{name}.clar": text for name, text in contracts.items()})

    def builder(self, path: str = "") -> Builder:
        """A builder as another process would have it: with nothing in memory."""

        def compile_noted(request: CompileRequest) -> CompileReply:
            self.compiled.append(request.source)
            return self.compile(request)

        around = Surroundings(
            self.store,
            self.root.with_name(f"{self.root.name}-state"),
            self.toolchain,
            clock=lambda: self.clock,
            compile=compile_noted,
        )
        return Builder(self.root / path, self.options, around)

    def build(self, path: str = "") -> BuildResult:
        """Builds once; `compiled` has the sources that were compiled in it."""
        self.compiled.clear()
        self.events = []
        return self.builder(path).build(self.events.append)


def statuses(result: BuildResult) -> dict[str, Status]:
    """How each contract ended."""
    return {outcome.unit.name: outcome.status for outcome in result.outcomes}


def reasons(result: BuildResult) -> dict[str, str]:
    """Why contracts were compiled, those that were."""
    return {outcome.unit.name: outcome.reason for outcome in result.outcomes if outcome.reason}


def clarbuild(
    *args: str | Path, home: Path, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """The real command, with a cache and a state of its own under `home`."""
    return subprocess.run(
        [sys.executable, "-m", "clarbuild", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment(home),
        check=False,
    )


def environment(home: Path) -> dict[str, str]:
    """What the real command runs in."""
    return os.environ | {
        "CLARBUILD_CACHE_DIR": str(home / "cache"),
        "CLARBUILD_STATE_DIR": str(home / "state"),
        "PYTHONPATH": str(REPOSITORY),
        "COLUMNS": "100",
        "TERM": "dumb",
    }
