"""What was measured, as numbers with their spread, and where; knows neither tables nor plots."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict


class Figure(Struct, frozen=True):
    """Samples of one quantity. Of calls, `samples` are processor times and `wall` wall times."""

    unit: str
    samples: tuple[float, ...]
    wall: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.samples)

    @property
    def spread(self) -> float:
        """Half of what the middle half of the samples covers, as a part of the median."""
        if len(self.samples) < 2 or not self.median:
            return 0.0
        low, _, high = statistics.quantiles(self.samples, n=4, method="inclusive")
        return (high - low) / 2 / self.median


class Row(Struct, frozen=True):
    """One thing that was measured, for each who was."""

    name: str
    group: str
    figures: dict[str, Figure]


class Curve(Struct, frozen=True):
    """Microseconds over n, for each who was measured."""

    name: str
    points: dict[str, list[tuple[int, float]]]

    def slope(self, who: str) -> float:
        """Microseconds that one more step takes, by least squares."""
        points = self.points[who]
        mean_n = statistics.fmean(n for n, _ in points)
        mean_t = statistics.fmean(t for _, t in points)
        over = sum((n - mean_n) * (t - mean_t) for n, t in points)
        return over / sum((n - mean_n) ** 2 for n, _ in points)


class Results(Struct):
    """A run of the benchmarks."""

    machine: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    breakdown: dict[str, dict[str, float]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """All of it; medians stand beside the samples."""
        return {
            "machine": self.machine,
            "rows": [
                {
                    "name": row.name,
                    "group": row.group,
                    "figures": {
                        who: {**asdict(figure), "median": figure.median, "spread": figure.spread}
                        for who, figure in row.figures.items()
                    },
                }
                for row in self.rows
            ],
            "curves": [
                {
                    "name": curve.name,
                    "points": curve.points,
                    "microseconds_a_step": {who: curve.slope(who) for who in curve.points},
                }
                for curve in self.curves
            ],
            "breakdown": self.breakdown,
            "skipped": self.skipped,
        }

    def note_load(self) -> None:
        """Remember how busy the machine is."""
        self.machine["load"].append(round(os.getloadavg()[0], 1))


def machine(root: Path) -> dict[str, Any]:
    """Where and of what the figures are."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return {
        "commit": commit,
        "processor": _processor(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "wasmtime": version("wasmtime"),
        "system": f"{sys.platform} {platform.machine()}",
        "load": [round(os.getloadavg()[0], 1)],
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def ratio(row: Row, slow: str, fast: str) -> float | None:
    """How many times `slow` takes what `fast` takes."""
    if slow not in row.figures or fast not in row.figures:
        return None
    least = row.figures[fast].median
    return row.figures[slow].median / least if least else None


def pick(rows: Sequence[Row], group: str) -> list[Row]:
    """The rows of a group."""
    return [row for row in rows if row.group == group]
