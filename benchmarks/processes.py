"""Runs commands to their end, or to a line that they print, and says how long it took and how much
memory they had."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from msgspec import Struct

from benchmarks.contestant import ROOT

PATIENCE_SECONDS: Final = 60.0


class CommandFailed(Exception):
    """A command that should have ended well."""


class Ran(Struct, frozen=True):
    """A command that has ended. Processor time and the largest process include its children."""

    wall: float
    processor: float
    peak_mib: float
    output: str


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    cwd: Path = ROOT,
    good: Sequence[int] = (0,),
) -> Ran:
    """Runs a command to its end, which must be one of the `good` codes."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    with process.stdout as stdout:
        output = stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in good:
        tail = "\n".join(output.splitlines()[-5:])
        raise CommandFailed(f"{' '.join(command)} ended with {process.returncode}:\n{tail}")
    return Ran(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


class Running:
    """A command that goes on, and whose lines tell what it has done."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], cwd: Path) -> None:
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=cwd,
            env={**os.environ, **environment},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def processor_seconds(self) -> float:
        """What the process has taken of processors until now; Linux alone tells."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self) -> float:
        """What the process has in memory now."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def wait_for(self, wanted: Callable[[str], bool]) -> str:
        """Reads lines until one is wanted; not for ever."""
        assert self._process.stdout is not None
        timer = threading.Timer(PATIENCE_SECONDS, self._process.kill)
        timer.start()
        try:
            for line in self._process.stdout:
                if wanted(line):
                    return line
        finally:
            timer.cancel()
        raise CommandFailed("the command ended, or did not say in time what it had done")
