"""Times builds through the real command, each in a cache of its own."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from benchmarks.contestant import ROOT
from benchmarks.figures import Figure, Row
from benchmarks.layers import generate
from benchmarks.processes import Running, run

CLARBUILD: Final = (sys.executable, "-m", "clarbuild")
MARKETPLACE: Final = ROOT / "sample_projects/marketplace"
CORPUS: Final = ROOT.parent / "shared/corpus/mainnet"

OURS: Final = "clarbuild"
INTERPRETER: Final = "clarinet-sdk"
GROUP: Final = "builds"
EDITS: Final = 41
SIZES: Final = (100, 1_000, 10_000)
# So long a watch is left alone before its processor time and memory are read.
IDLE_SECONDS: Final = 10.0
_DEPLOYING: Final = frozenset({"reset", "epoch", "mine", "deploy"})


class Workspace:
    """A copy of a project, with an empty cache."""

    def __init__(self, folder: Path, project: Path, target: str = ".", *options: str) -> None:
        self.folder = folder
        self.project = folder / project.name
        self.target = target
        self.options = options or ("--release",)
        if self.project != project:
            shutil.copytree(project, self.project)
        self.environment = {
            "CLARBUILD_CACHE_DIR": str(folder / "cache"),
            "CLARBUILD_STATE_DIR": str(folder / "state"),
            "PYTHONPATH": str(ROOT),
        }
        self.peak_mib = 0.0

    def build(self, *options: str) -> tuple[float, float]:
        """Seconds of a build, from the start of the command to its end: processor and wall.

        A log has contracts that are not valid: the command ends with 1 for them.
        """
        command = (*CLARBUILD, "build", self.target, *self.options, *options)
        ran = run(command, self.environment, self.project, good=(0, 1))
        self.peak_mib = max(self.peak_mib, ran.peak_mib)
        return ran.processor, ran.wall

    def build_edited(self, source: Path) -> tuple[float, float]:
        """The same after an edit."""
        _edit(source)
        return self.build()

    def forget(self) -> None:
        """Empties the cache."""
        for name in ("cache", "state"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def watch(self) -> Running:
        """Starts `clarbuild watch`."""
        command = (*CLARBUILD, "watch", self.target, *self.options, "--json")
        return Running(command, self.environment, self.project)


def marketplace(folder: Path) -> list[Row]:
    """Cold, no-op and one-edit builds of a sample project, and from save to artifact."""
    space = Workspace(folder / "sample", MARKETPLACE)
    source = space.project / "contracts/market.clar"

    def cold() -> tuple[float, float]:
        space.forget()
        return space.build()

    return [
        _row("marketplace (3 contracts): cold build", _samples(cold, 3)),
        _row("marketplace: nothing to do", _samples(space.build, 5)),
        _row("marketplace: one edit", _samples(lambda: space.build_edited(source), 5)),
        *_watched("marketplace", space, source),
        _peak("marketplace", space),
    ]


def mainnet(folder: Path, node: str | None, packages: Path | None) -> list[Row]:
    """The same of the contracts of the mainnet log, beside what the interpreter's deploying takes."""
    space = Workspace(folder / "mainnet", CORPUS, "log.jsonl")
    source = _deployed(space.project)
    name = "mainnet (2,585 contracts, 5,156 deployments): cold build"
    cold = _row(name, [space.build()])
    if node and packages and (packages / "vm.mjs").exists():
        log = space.project / "deployments.jsonl"
        log.write_text("".join(_deployments(CORPUS / "log.jsonl")))
        out = str(folder / "receipts.jsonl")
        command = (node, "--no-warnings", str(packages / "vm.mjs"), str(log), out)
        ran = run(command, {}, space.project)
        cold.figures[INTERPRETER] = _figure([(ran.processor, ran.wall)])
    rows = [
        cold,
        _walls(f"{name}, wall time", cold),
        _row("mainnet: nothing to do", _samples(space.build, 5)),
        _row("mainnet: one edit", _samples(lambda: space.build_edited(source), 5)),
        _peak("mainnet", space),
    ]
    # Under watch as projects are: a log is no project, a folder of the same contracts is one.
    inner = _in(space, space.project / "contracts")
    inner.build()
    return [*rows, *_watched("mainnet's contracts", inner, source)]


def _in(space: Workspace, project: Path) -> Workspace:
    """The same cache, another project inside."""
    inner = Workspace(project.parent, project)
    inner.environment = space.environment
    return inner


def _deployments(log: Path) -> Iterator[str]:
    for line in log.read_text().splitlines(keepends=True):
        if json.loads(line)["op"] in _DEPLOYING:
            yield line


def layers(folder: Path, size: int) -> list[Row]:
    """Builds of a generated project of `size` contracts."""
    project = folder / "project"
    sources = generate(project, size)
    space = Workspace(folder, project, ".", "--jobs", str(os.cpu_count() or 1))
    name = f"{size:,} contracts in 20 layers"
    return [
        _row(f"{name}: cold build", [space.build()]),
        _row(f"{name}: nothing to do", _samples(space.build, 5)),
        # Of the lowest layer: all others depend on it.
        _row(f"{name}: one edit", _samples(lambda: space.build_edited(sources[0]), 5)),
        *_watched(name, space, sources[0]),
        _peak(name, space),
    ]


def _watched(name: str, space: Workspace, source: Path) -> list[Row]:
    """From an edit to the line that tells of the artifact, and what an idle watch takes."""

    def is_result(line: str) -> bool:
        return bool(json.loads(line).get("event") == "result")

    found = []
    with space.watch() as watching:
        watching.wait_for(is_result)
        time.sleep(1.5)
        for number in range(EDITS):
            # Now and then it is quiet long enough for a look at everything.
            time.sleep(1.5 if number % 8 == 0 else 0.1)
            start = time.perf_counter()
            _edit(source)
            watching.wait_for(is_result)
            found.append((time.perf_counter() - start) * 1e3)
        time.sleep(3)
        before = watching.processor_seconds()
        time.sleep(IDLE_SECONDS)
        idle = (watching.processor_seconds() - before) / IDLE_SECONDS * 100
        memory = watching.memory_mib()
    # The first one still imports the compiler.
    found = sorted(found[1:])
    late = found[-(-len(found) * 95 // 100) - 1]
    return [
        Row(
            f"{name}: from save to artifact under watch", GROUP, {OURS: Figure("ms", tuple(found))}
        ),
        Row(f"{name}: the same, 95th percentile", GROUP, {OURS: Figure("ms", (late,))}),
        Row(f"{name}: idle watch, of a processor", GROUP, {OURS: Figure("%", (idle,))}),
        Row(f"{name}: idle watch, memory", GROUP, {OURS: Figure("MiB", (memory,))}),
    ]


def _deployed(project: Path) -> Path:
    """A contract of middling size."""
    sources = sorted((project / "contracts").rglob("*.clar"), key=lambda path: path.stat().st_size)
    return sources[len(sources) // 2]


def _edit(source: Path) -> None:
    """Changes no interface."""
    with source.open("a", encoding="utf-8") as file:
        file.write(f"\n;; edited at {time.time_ns()}\n")


def _samples(work: Callable[[], tuple[float, float]], count: int) -> list[tuple[float, float]]:
    return [work() for _ in range(count)]


def _figure(seconds: list[tuple[float, float]]) -> Figure:
    """Processor times, which other work on the machine changes least, and wall times."""
    return Figure(
        "ms",
        tuple(processor * 1e3 for processor, _ in seconds),
        tuple(wall * 1e3 for _, wall in seconds),
    )


def _walls(name: str, row: Row) -> Row:
    """Wall times alone: how long who waits for many processes, of which one has fewer."""
    return Row(name, row.group, {who: Figure(f.unit, f.wall) for who, f in row.figures.items()})


def _row(name: str, seconds: list[tuple[float, float]]) -> Row:
    return Row(name, GROUP, {OURS: _figure(seconds)})


def _peak(name: str, space: Workspace) -> Row:
    figure = Figure("MiB", (space.peak_mib,))
    return Row(f"{name}: peak memory of a process", GROUP, {OURS: figure})
