"""Results as a table on a terminal and as tables of a page."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.calls import INTERPRETER, OURS, PUBLIC, UNMETERED
from benchmarks.figures import Curve, Figure, Results, Row, ratio

CALLS: Final = ("bench.clar", "larger")
_STEP: Final = "one more step"


def shown(figure: Figure | None) -> str:
    """A figure with its spread, in three digits or so."""
    if figure is None:
        return ""
    spread = f" ±{figure.spread * 100:.0f} %" if len(figure.samples) > 1 else ""
    if figure.unit == "µs" and abs(figure.median) < 0.1:
        return f"{number(figure.median * 1e3)} ns{spread}"
    return f"{number(figure.median)} {figure.unit}{spread}"


def number(value: float) -> str:
    """Three digits or so."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def times(value: float | None) -> str:
    """A ratio."""
    return "" if value is None else f"{number(value)}x"


def call_header() -> tuple[str, ...]:
    """Of the table of calls."""
    return (
        "call",
        OURS,
        PUBLIC,
        UNMETERED,
        INTERPRETER,
        f"{INTERPRETER} / ours",
        "public / ours",
        "metering",
    )


def call_cells(row: Row) -> tuple[str, ...]:
    """A row of it."""
    metering = ratio(row, OURS, UNMETERED)
    return (
        row.name,
        *(shown(row.figures.get(who)) for who in (OURS, PUBLIC, UNMETERED, INTERPRETER)),
        times(ratio(row, INTERPRETER, OURS)),
        times(ratio(row, PUBLIC, OURS)),
        times(metering),
    )


def other_header() -> tuple[str, ...]:
    """Of the table of all else."""
    return ("what", OURS, INTERPRETER, f"{INTERPRETER} / ours")


def other_cells(row: Row) -> tuple[str, ...]:
    """A row of it."""
    return (
        row.name,
        _with_wall(row.figures.get(OURS)),
        _with_wall(row.figures.get(INTERPRETER)),
        times(ratio(row, INTERPRETER, OURS)),
    )


def _with_wall(figure: Figure | None) -> str:
    """A figure, and where it is processor time the wall time beside it."""
    if figure is None or not figure.wall:
        return shown(figure)
    return f"{shown(figure)} (wall {number(statistics.median(figure.wall))})"


def curve_cells(curve: Curve) -> tuple[str, ...]:
    """What one more step of a loop takes, as a row of the table of all else."""
    steps = {who: Figure("µs", (curve.slope(who),)) for who in curve.points}
    return other_cells(Row(f"{_STEP}: {curve.name}", "steps", steps))


def breakdown_table(results: Results) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Where the time of calls goes, in µs: a row a part, a column a function."""
    functions = list(results.breakdown)
    names = list(results.breakdown[functions[0]])
    rows = [
        (name, *(f"{results.breakdown[function][name]:.2f}" for function in functions))
        for name in names
    ]
    return ("µs", *functions), rows


def print_all(results: Results, console: Console) -> None:
    """The one table."""
    calls = [row for row in results.rows if row.group in CALLS]
    if calls:
        _print(console, call_header(), [call_cells(row) for row in calls])
    others = [other_cells(row) for row in results.rows if row.group not in CALLS]
    others += [curve_cells(curve) for curve in results.curves]
    if others:
        _print(console, other_header(), others)
    if results.breakdown:
        header, rows = breakdown_table(results)
        _print(console, header, rows)
    machine = results.machine
    console.print(
        f"{machine['processors']} x {machine['processor']}, Python {machine['python']}, wasmtime "
        f"{machine['wasmtime']}, commit {machine['commit']}; load while measuring: "
        f"{', '.join(map(str, machine['load']))}",
        highlight=False,
    )
    console.print(
        "Processor time (of builds all their processes'; wall time stands beside it), the median, and"
        " half the interquartile range.",
        highlight=False,
    )
    for skipped in results.skipped:
        console.print(f"skipped: {skipped}", highlight=False)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of a page."""
    lines = [" | ".join(header), " | ".join(["---", *["---:"] * (len(header) - 1)])]
    lines += [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    return "".join(f"| {line} |\n" for line in lines)


def _print(console: Console, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table()
    for number_, name in enumerate(header):
        table.add_column(name, justify="right" if number_ else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)
