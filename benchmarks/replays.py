"""Times the whole mainnet log: our replay from a warm cache against the interpreter's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from benchmarks.builds import CORPUS, OURS
from benchmarks.calls import INTERPRETER
from benchmarks.contestant import ROOT
from benchmarks.figures import Figure, Row
from benchmarks.processes import run

LOG: Final = CORPUS / "log.jsonl"


def replayed(folder: Path, node: str | None, packages: Path | None) -> list[Row]:
    """Seconds for all of the log; the first replay fills the cache."""
    environment = {
        "CLARBUILD_CACHE_DIR": str(folder / "cache"),
        "CLARBUILD_STATE_DIR": str(folder / "state"),
        "PYTHONPATH": str(ROOT),
    }
    ours = (sys.executable, "-m", "clarbuild", "replay", str(LOG), "--release")
    cold = run(ours, environment)
    warm = run(ours, environment)
    figures = {OURS: Figure("s", (warm.processor,), (warm.wall,))}
    if node and packages and (packages / "vm.mjs").exists():
        out = str(folder / "receipts.jsonl")
        said = run((node, "--no-warnings", str(packages / "vm.mjs"), str(LOG), out), environment)
        figures[INTERPRETER] = Figure("s", (said.processor,), (said.wall,))
    return [
        Row("mainnet log, warm cache", "replay", figures),
        Row(
            "mainnet log, empty cache",
            "replay",
            {OURS: Figure("s", (cold.processor,), (cold.wall,))},
        ),
    ]
