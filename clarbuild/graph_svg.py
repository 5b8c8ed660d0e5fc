"""The contracts of a build and what they need as an SVG; knows only the build's result.

Each contract stands in the column after the last of what it needs; within a column, contracts stand
near what they are connected to. Colours follow the viewer's light or dark scheme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from clarbuild.outcome import BuildResult, Outcome, Status
from clarbuild.report import shown_name

_ROW = 30
_BOX = 22
_GAP = 90
_MARGIN = 24
_HEADER = 34
_LETTER = 7.1
_NARROWEST = 60
_LONGEST = 34
_SWEEPS = 6

_STYLE = """
svg{--bg:#fbfbfa;--ink:#1c1e21;--dim:#666b73;--edge:#b9bec6;--built:#2f7d5b;--built-bg:#e3f3eb;
--cached:#2f66b5;--cached-bg:#e6effb;--bad:#b93a2e;--bad-bg:#fbe7e4;--blocked:#8a6a12;
--blocked-bg:#faf1d8}
@media(prefers-color-scheme:dark){svg{--bg:#15171a;--ink:#e6e7e9;--dim:#9aa0a8;--edge:#4a5058;
--built:#63c796;--built-bg:#1c2f27;--cached:#7fb0f2;--cached-bg:#1b2736;--bad:#f08478;
--bad-bg:#38201e;--blocked:#dcb75c;--blocked-bg:#332b18}}
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:var(--ink)}
text.head{font-size:13px;font-weight:600}text.dim{fill:var(--dim)}
path{fill:none;stroke:var(--edge);stroke-width:1.2}
g.c:hover rect{stroke-width:2.2}
rect{stroke-width:1}.built{fill:var(--built-bg);stroke:var(--built)}
.cached{fill:var(--cached-bg);stroke:var(--cached)}
.invalid,.broken{fill:var(--bad-bg);stroke:var(--bad)}
.blocked{fill:var(--blocked-bg);stroke:var(--blocked)}
"""

_LEGEND = (
    (Status.BUILT, "built"),
    (Status.CACHED, "cached"),
    (Status.INVALID, "invalid"),
    (Status.BROKEN, "compiler failed"),
    (Status.BLOCKED, "needs what can't be built"),
)


def graph_svg(result: BuildResult) -> str:
    """The graph; an arrow points from a contract to what needs it."""
    outcomes = {outcome.number: outcome for outcome in result.outcomes}
    needs = {
        number: tuple(other for other in outcome.needs if other in outcomes and other != number)
        for number, outcome in outcomes.items()
    }
    columns = order(layers(needs), needs)
    names = {number: _name(outcome) for number, outcome in outcomes.items()}
    widths = [
        max(_NARROWEST, max(len(names[number]) for number in column) * _LETTER + 18)
        for column in columns
    ]
    places: dict[int, tuple[float, float]] = {}
    tallest = max(map(len, columns), default=0)
    left = float(_MARGIN)
    for column, width in zip(columns, widths, strict=True):
        top = _MARGIN + _HEADER + (tallest - len(column)) * _ROW / 2
        for row, number in enumerate(column):
            places[number] = (left, top + row * _ROW)
        left += width + _GAP
    width_of = {n: w for column, w in zip(columns, widths, strict=True) for n in column}
    edges = "".join(
        _edge(places[other], width_of[other], places[number])
        for number, found in needs.items()
        for other in found
    )
    boxes = "".join(
        _box(outcome, names[number], places[number], width_of[number])
        for number, outcome in outcomes.items()
    )
    legend, legend_end = _legend(result)
    width = max(left - _GAP + _MARGIN, legend_end + _MARGIN)
    height = 2 * _MARGIN + _HEADER + max(1, tallest) * _ROW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}"><style>{_STYLE}</style>'
        '<rect style="fill:var(--bg)" width="100%" height="100%"/>'
        f"{legend}{edges}{boxes}</svg>\n"
    )


def layers(needs: Mapping[int, Sequence[int]]) -> list[list[int]]:
    """Units by the length of the longest chain of what they need; those on a cycle come last."""
    missing = {number: len(found) for number, found in needs.items()}
    dependents: dict[int, list[int]] = {number: [] for number in needs}
    for number, found in needs.items():
        for other in found:
            dependents[other].append(number)
    column = [number for number, count in missing.items() if not count]
    columns: list[list[int]] = []
    while column:
        columns.append(column)
        following: list[int] = []
        for number in column:
            for dependent in dependents[number]:
                missing[dependent] -= 1
                if not missing[dependent]:
                    following.append(dependent)
        column = following
    placed = {number for column in columns for number in column}
    if rest := [number for number in needs if number not in placed]:
        columns.append(rest)
    return columns


def order(columns: list[list[int]], needs: Mapping[int, Sequence[int]]) -> list[list[int]]:
    """Each column sorted by where its neighbours stand, from the left and from the right in turn."""
    neighbours: dict[int, list[int]] = {number: list(found) for number, found in needs.items()}
    for number, found in needs.items():
        for other in found:
            neighbours[other].append(number)
    places = {n: i - len(column) / 2 for column in columns for i, n in enumerate(column)}
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            wish = {
                number: sum(places[other] for other in neighbours[number]) / len(neighbours[number])
                if neighbours[number]
                else places[number]
                for number in column
            }
            column.sort(key=wish.__getitem__)
            for row, number in enumerate(column):
                places[number] = row - len(column) / 2
    return columns


def _name(outcome: Outcome) -> str:
    name = shown_name(outcome.unit)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _edge(start: tuple[float, float], width: float, end: tuple[float, float]) -> str:
    x1, y1 = start[0] + width, start[1] + _BOX / 2
    x2, y2 = end[0], end[1] + _BOX / 2
    bend = max(30.0, abs(x2 - x1) / 2)
    return (
        f'<path d="M{x1:.0f} {y1:.0f}C{x1 + bend:.0f} {y1:.0f} {x2 - bend:.0f} {y2:.0f}'
        f' {x2:.0f} {y2:.0f}m-5-3.5l5 3.5l-5 3.5"/>'
    )


def _box(outcome: Outcome, name: str, place: tuple[float, float], width: float) -> str:
    x, y = place
    tip = f"{outcome.unit.id}: {outcome.status.value}"
    if outcome.reason:
        tip += f" ({outcome.reason})"
    return (
        f'<g class="c"><title>{escape(tip)}</title><rect class="{outcome.status.value}"'
        f' x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{_BOX}" rx="5"/>'
        f'<text x="{x + 9:.0f}" y="{y + 15:.0f}">{escape(name)}</text></g>'
    )


def _legend(result: BuildResult) -> tuple[str, float]:
    title = escape(result.manifest.name)
    x = _MARGIN + len(result.manifest.name) * _LETTER * 1.2 + 24
    parts = [f'<text class="head" x="{_MARGIN}" y="{_MARGIN + 11}">{title}</text>']
    for status, label in _LEGEND:
        count = result.counts[status]
        if count:
            parts.append(
                f'<rect class="{status.value}" x="{x:.0f}" y="{_MARGIN + 1}" width="12" height="12"'
                f' rx="3"/><text class="dim" x="{x + 18:.0f}" y="{_MARGIN + 11}">{label}'
                f" {count:,}</text>"
            )
            x += 18 + (len(label) + 6) * _LETTER
    return "".join(parts), x
