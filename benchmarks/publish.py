"""Writes results into docs/performance.md, between its marks, and plots beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from benchmarks import svg, table
from benchmarks.calls import INTERPRETER, OURS
from benchmarks.contestant import ROOT
from benchmarks.figures import Results, ratio

PAGE: Final = ROOT / "docs/performance.md"
PLOTS: Final = ROOT / "docs/performance"
BEGIN: Final = "<!-- begin: written by `make bench-publish` -->\n"
END: Final = "<!-- end -->\n"


def publish(results: Results) -> None:
    """Renews page, plots and the JSON beside them."""
    PLOTS.mkdir(exist_ok=True)
    plots = _plots(results)
    for name, text in plots.items():
        (PLOTS / f"{name}.svg").write_text(text)
    (PLOTS / "results.json").write_text(json.dumps(results.to_json(), indent=1) + "\n")
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}{_page(results, list(plots))}{END}{after}")


def _page(results: Results, plots: list[str]) -> str:
    machine = results.machine
    calls = [table.call_cells(row) for row in results.rows if row.group in table.CALLS]
    others = [table.other_cells(row) for row in results.rows if row.group not in table.CALLS]
    steps = [table.curve_cells(curve) for curve in results.curves]
    images = "\n".join(f"![{name}](performance/{name}.svg)" for name in plots)
    header, breakdown = table.breakdown_table(results) if results.breakdown else ((), [])
    skipped = "".join(f"\nSkipped: {reason}.\n" for reason in results.skipped)
    return f"""
Measured on {machine["processors"]} x {machine["processor"]}, Python {machine["python"]}, wasmtime
{machine["wasmtime"]}, commit {machine["commit"]}. Load average while it ran (other work went on
where it is above 1): {", ".join(map(str, machine["load"]))}. Figures are processor time, of builds
that of all their processes, with the wall time beside it; from save to artifact is wall time. They
are medians, ± half the interquartile range.
[All samples](performance/results.json).
{skipped}
## Calls

{table.markdown(table.call_header(), calls)}
## Where the time of a call goes

Microseconds of processor time; what the parts are is said above.

{table.markdown(header, breakdown)}
## Steps of loops

{table.markdown(table.other_header(), steps)}
## Builds, start, replay

{table.markdown(table.other_header(), others)}
{images}

"""


def _plots(results: Results) -> dict[str, str]:
    found = {}
    ratios = [
        (row.name, times)
        for row in results.rows
        if row.group in table.CALLS and (times := ratio(row, INTERPRETER, OURS)) is not None
    ]
    if ratios:
        found["calls"] = svg.bars(
            f"A call: how many times faster than {INTERPRETER}", ratios, 100.0
        )
    for curve in results.curves:
        name = "".join(char if char.isalnum() else "-" for char in curve.name)
        while "--" in name:
            name = name.replace("--", "-")
        found[f"steps-{name.strip('-')}"] = svg.lines(f"{curve.name}, n steps", "n", curve.points)
    return found


def write_json(results: Results, path: Path) -> None:
    """All of the results, for tools."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results.to_json(), indent=1) + "\n")
