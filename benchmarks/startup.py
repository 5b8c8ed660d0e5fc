"""Times fresh processes: from the start of the program to the first answer, and loading alone."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

from benchmarks.builds import MARKETPLACE, OURS
from benchmarks.calls import INTERPRETER
from benchmarks.contestant import HERE, ROOT
from benchmarks.figures import Figure, Row
from benchmarks.processes import run

COUNTER: Final = ROOT / "sample_projects/counter"
ROUNDS: Final = 5
GROUP: Final = "start"


def first_call(folder: Path, node: str | None, packages: Path | None) -> Row:
    """A fresh process that calls a contract: ours with a warm cache, and a session of the SDK."""
    project = folder / "counter"
    shutil.copytree(COUNTER, project)
    shutil.copytree(HERE / "simnet/settings", project / "settings")
    commands = {OURS: [sys.executable, str(HERE / "first_call.py"), str(project)]}
    if node and packages:
        script = str(HERE / "first_call.mjs")
        commands[INTERPRETER] = [node, "--no-warnings", script, str(packages), str(project)]
    environment = _environment(folder)
    run(commands[OURS], environment)
    wall: dict[str, list[float]] = {who: [] for who in commands}
    processor: dict[str, list[float]] = {who: [] for who in commands}
    for _ in range(ROUNDS):
        for who, command in commands.items():
            ran = run(command, environment)
            wall[who].append(ran.wall * 1e3)
            processor[who].append(ran.processor * 1e3)
    return Row(
        "first call in a fresh process",
        GROUP,
        {who: Figure("ms", tuple(processor[who]), tuple(wall[who])) for who in commands},
    )


def loading(folder: Path) -> list[Row]:
    """What `benchmarks.loading` says."""
    command = [sys.executable, "-m", "benchmarks.loading", str(MARKETPLACE)]
    said: dict[str, Any] = json.loads(run(command, _environment(folder)).output.splitlines()[-1])
    rows = [
        Row(
            f"cached module: {name}",
            GROUP,
            {OURS: Figure("µs", tuple(sample * 1e3 for sample in samples))},
        )
        for name, samples in said["milliseconds"].items()
    ]
    live = Figure("KiB", (said["live_kib"],))
    return [*rows, Row("a live contract's memory", GROUP, {OURS: live})]


def breakdown(folder: Path) -> dict[str, dict[str, float]]:
    """What `benchmarks.breakdown` says."""
    command = [sys.executable, "-m", "benchmarks.breakdown"]
    said: dict[str, dict[str, float]] = json.loads(run(command, _environment(folder)).output)
    return said


def _environment(folder: Path) -> dict[str, str]:
    return {
        "CLARBUILD_CACHE_DIR": str(folder / "cache"),
        "CLARBUILD_STATE_DIR": str(folder / "state"),
        "PYTHONPATH": str(ROOT),
    }
