"""Writes the pages that `build` makes on request: timings, the graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clarbuild.outcome import BuildResult
    from clarbuild.timings import Timings

TIMINGS = Path("clarbuild-timings.html")
TRACE = TIMINGS.with_suffix(".json")


def write_timings(timings: Timings) -> None:
    """The page, and the trace beside it, into the current folder."""
    from clarbuild.timings import chrome_trace
    from clarbuild.timings_page import page

    TIMINGS.write_text(page(timings), encoding="utf-8")
    TRACE.write_text(chrome_trace(timings), encoding="utf-8")


def write_graph(path: Path, result: BuildResult) -> None:
    """The graph as SVG."""
    from clarbuild.graph_svg import graph_svg

    path.write_text(graph_svg(result), encoding="utf-8")
