"""Times builds through the real command, each in a cache of its own."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.contestant import ROOT
from benchmarks.figures import Figure, Row
from benchmarks.processes import Running, run

CLARBUILD: Final = (sys.executable, "-m", "clarbuild")
MARKETPLACE: Final = ROOT / "sample_projects/marketplace"
CORPUS: Final = ROOT.parent / "shared/corpus/mainnet"

OURS: Final = "clarbuild"
GROUP: Final = "builds"
EDITS: Final = 9


class Workspace:
    """A copy of a project, with an empty cache."""

    def __init__(self, folder: Path, project: Path, target: str = ".") -> None:
        self.folder = folder
        self.project = folder / project.name
        self.target = target
        shutil.copytree(project, self.project)
        self.environment = {
            "CLARBUILD_CACHE_DIR": str(folder / "cache"),
            "CLARBUILD_STATE_DIR": str(folder / "state"),
            "PYTHONPATH": str(ROOT),
        }
        self.peak_mib = 0.0

    def build(self, *options: str) -> float:
        """Seconds of a build, from the start of the command to its end.

        A log has contracts that are not valid: the command ends with 1 for them.
        """
        command = (*CLARBUILD, "build", self.target, "--release", *options)
        ran = run(command, self.environment, self.project, good=(0, 1))
        self.peak_mib = max(self.peak_mib, ran.peak_mib)
        return ran.wall

    def build_edited(self, source: Path) -> float:
        """The same after an edit."""
        _edit(source)
        return self.build()

    def forget(self) -> None:
        """Empties the cache."""
        for name in ("cache", "state"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def watch(self) -> Running:
        """Starts `clarbuild watch`."""
        command = (*CLARBUILD, "watch", self.target, "--release", "--json")
        return Running(command, self.environment, self.project)


def marketplace(folder: Path) -> list[Row]:
    """Cold, no-op and one-edit builds of a sample project, and from save to artifact."""
    space = Workspace(folder / "sample", MARKETPLACE)
    source = space.project / "contracts/market.clar"

    def cold() -> float:
        space.forget()
        return space.build()

    rows = [
        _row("marketplace (3 contracts): cold build", _samples(cold, 3)),
        _row("marketplace: nothing to do", _samples(space.build, 5)),
        _row("marketplace: one edit", _samples(lambda: space.build_edited(source), 5)),
    ]
    peak = Figure("MiB", (space.peak_mib,))
    latency = tuple(_latencies(space, source))
    return [
        *rows,
        Row("marketplace: from save to artifact under watch", GROUP, {OURS: Figure("ms", latency)}),
        Row("marketplace: peak memory", GROUP, {OURS: peak}),
    ]


def _latencies(space: Workspace, source: Path) -> list[float]:
    """Milliseconds from an edit to the line that tells of the artifact."""

    def is_result(line: str) -> bool:
        return bool(json.loads(line).get("event") == "result")

    found = []
    with space.watch() as watching:
        watching.wait_for(is_result)
        for _ in range(EDITS):
            time.sleep(0.1)
            start = time.perf_counter()
            _edit(source)
            watching.wait_for(is_result)
            found.append((time.perf_counter() - start) * 1e3)
    # The first one still imports the compiler.
    return found[1:]


def mainnet(folder: Path) -> list[Row]:
    """The same of the contracts of the mainnet log."""
    space = Workspace(folder / "mainnet", CORPUS, "log.jsonl")
    source = _deployed(space.project)
    rows = [
        _row("mainnet (2,585 contracts): cold build", (space.build(),)),
        _row("mainnet: nothing to do", _samples(space.build, 3)),
        _row("mainnet: one edit", _samples(lambda: space.build_edited(source), 3)),
    ]
    return [*rows, Row("mainnet: peak memory", GROUP, {OURS: Figure("MiB", (space.peak_mib,))})]


def _deployed(project: Path) -> Path:
    """A contract of middling size."""
    sources = sorted((project / "contracts").rglob("*.clar"), key=lambda path: path.stat().st_size)
    return sources[len(sources) // 2]


def _edit(source: Path) -> None:
    """Changes no interface."""
    with source.open("a", encoding="utf-8") as file:
        file.write(f"\n;; edited at {time.time_ns()}\n")


def _samples(work: Callable[[], float], count: int) -> tuple[float, ...]:
    return tuple(work() for _ in range(count))


def _row(name: str, seconds: tuple[float, ...]) -> Row:
    return Row(name, GROUP, {OURS: Figure("ms", tuple(second * 1e3 for second in seconds))})
