"""The VMs that are compared, each in a process of its own that takes orders as JSON lines.

    {"order": "apply", "operations": […]}        operations of the transaction log, run in order
    {"order": "time", "call": {…}, "times": N}   a call or a read, N times: seconds of wall and of
                                                 processor, and the result

Knows nothing of what is timed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent

Operation = Mapping[str, Any]


class ContestantError(Exception):
    """A VM that did not answer, or could not do what it was told."""


class Timed(Struct, frozen=True):
    """Seconds for all repetitions, and what the last one answered, in hex."""

    wall: float
    processor: float
    result: str


class Contestant:
    """A VM in a process."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
        )
        self._answer()

    def apply(self, operations: Iterable[Operation]) -> None:
        """Run operations that are not timed."""
        self._order({"order": "apply", "operations": list(operations)})

    def time(self, call: Operation, times: int) -> Timed:
        """Time a call."""
        answer = self._order({"order": "time", "call": call, "times": times})
        return Timed(answer["wall"], answer["processor"], answer["result"])

    def close(self) -> None:
        """End the process."""
        process = self._process
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def _order(self, order: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ContestantError(f"{self.name} ended")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ContestantError(f"{self.name}: {answer['error']}")
        return answer


def ours(name: str, *, engine: str = "", metering: bool = True, root: Path = ROOT) -> Contestant:
    """Our VM, as it is in the tree at `root`; `engine` as in CLARBUILD_ENGINE."""
    command = [sys.executable, str(HERE / "ours.py")]
    if not metering:
        command.append("--no-metering")
    return Contestant(name, command, {"CLARBUILD_ENGINE": engine, "PYTHONPATH": str(root)})


def interpreter(name: str, node: str, packages: Path, folder: Path) -> Contestant:
    """The interpreter of clarinet-sdk; `folder` is one that it may write to."""
    project = folder / "simnet"
    shutil.copytree(HERE / "simnet", project)
    command = [node, "--no-warnings", str(HERE / "interpreter.mjs"), str(packages), str(project)]
    return Contestant(name, command)
