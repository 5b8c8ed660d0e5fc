"""The contracts of a build and what they need as an SVG; knows only the build's result.

Each contract stands in the column after the last of what it needs, near what it is connected to;
those that neither need nor are needed stand below. Colours follow the viewer's light or dark scheme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from clarbuild.outcome import BuildResult, Outcome, Status
from clarbuild.report import shown_name

_ROW = 30
_BEND = 12
_BOX = 22
_GAP = 90
_MARGIN = 24
_HEADER = 34
_LETTER = 7.1
_NARROWEST = 60
_LONGEST = 34
_SWEEPS = 12
_MOST_BENDS = 5_000
_GRID_WIDTH = 900.0
_GRID_GAP = 12

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
    connected = {n for number, found in needs.items() if found for n in (number, *found)}
    names = {number: _name(outcome) for number, outcome in outcomes.items()}
    linked = {number: needs[number] for number in needs if number in connected}
    columns, chains = threaded(layers(linked), linked)
    order(columns, _steps(chains))
    places, right, bottom = _places(columns, names)
    alone = [number for number in outcomes if number not in connected]
    grid, grid_right, bottom = _grid(alone, names, max(right, _GRID_WIDTH), bottom)
    places |= grid
    edges = "".join(_edge([places[number] for number in chain]) for chain in chains)
    boxes = "".join(
        _box(outcome, names[number], places[number]) for number, outcome in outcomes.items()
    )
    legend, legend_end = _legend(result)
    width = max(right, grid_right, legend_end) + _MARGIN
    height = bottom + _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}"><style>{_STYLE}</style>'
        '<rect style="fill:var(--bg)" width="100%" height="100%"/>'
        f"{legend}{edges}{boxes}</svg>\n"
    )


class _Place(NamedTuple):
    """Where a contract, or a bend of a line, stands; a bend has no height."""

    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        return self.y + _BOX / 2


def _places(
    columns: Sequence[Sequence[int]], names: Mapping[int, str]
) -> tuple[dict[int, _Place], float, float]:
    """The places of all columns, with their right end and their bottom."""
    places: dict[int, _Place] = {}
    heights = [sum(_ROW if n in names else _BEND for n in column) for column in columns]
    tallest = max(heights, default=0)
    left, right = float(_MARGIN), 0.0
    for column, height in zip(columns, heights, strict=True):
        width = _width([names[number] for number in column if number in names])
        y = _MARGIN + _HEADER + (tallest - height) / 2
        for number in column:
            lift = 0 if number in names else (_BEND - _ROW) / 2
            places[number] = _Place(left, y + lift, width)
            y += _ROW if number in names else _BEND
        right = left + width
        left = right + _GAP
    return places, right, _MARGIN + _HEADER + tallest


def _grid(
    alone: Sequence[int], names: Mapping[int, str], right: float, top: float
) -> tuple[dict[int, _Place], float, float]:
    """Contracts that neither need nor are needed, in rows below the rest."""
    if not alone:
        return {}, 0.0, top
    width = _width([names[number] for number in alone])
    count = max(1, int((right - _MARGIN + _GRID_GAP) / (width + _GRID_GAP)))
    if top > _MARGIN + _HEADER:
        top += _ROW
    places = {
        number: _Place(
            _MARGIN + index % count * (width + _GRID_GAP), top + index // count * _ROW, width
        )
        for index, number in enumerate(alone)
    }
    bottom = max(place.y for place in places.values()) + _ROW
    return places, max(place.x for place in places.values()) + width, bottom


def _width(names: Sequence[str]) -> float:
    return max(_NARROWEST, max(map(len, names), default=0) * _LETTER + 18)


def threaded(
    columns: list[list[int]], needs: Mapping[int, Sequence[int]]
) -> tuple[list[list[int]], list[list[int]]]:
    """Columns with a bend, a number below 0, wherever a line crosses one; lines as chains.

    A line that went straight would run behind the contracts between its ends.
    """
    column_of = {number: i for i, column in enumerate(columns) for number in column}
    crossings = sum(
        max(0, column_of[number] - column_of[other] - 1)
        for number, found in needs.items()
        for other in found
    )
    chains: list[list[int]] = []
    bend = 0
    for number, found in needs.items():
        for other in found:
            chain = [other]
            if crossings <= _MOST_BENDS:
                for between in range(column_of[other] + 1, column_of[number]):
                    bend -= 1
                    columns[between].append(bend)
                    chain.append(bend)
            chains.append([*chain, number])
    return columns, chains


def _steps(chains: Sequence[Sequence[int]]) -> dict[int, list[int]]:
    """Who stands next to whom in the chains."""
    neighbours: dict[int, list[int]] = {}
    for chain in chains:
        for one, next_ in pairwise(chain):
            neighbours.setdefault(one, []).append(next_)
            neighbours.setdefault(next_, []).append(one)
    return neighbours


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


def order(columns: list[list[int]], neighbours: Mapping[int, Sequence[int]]) -> None:
    """Sorts each column by where its neighbours stand, from the left and from the right in turn."""
    places = {n: i - len(column) / 2 for column in columns for i, n in enumerate(column)}
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            wish = {
                number: sum(places[other] for other in near) / len(near)
                if (near := neighbours.get(number))
                else places[number]
                for number in column
            }
            column.sort(key=wish.__getitem__)
            for row, number in enumerate(column):
                places[number] = row - len(column) / 2


def _name(outcome: Outcome) -> str:
    name = shown_name(outcome.unit)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _edge(chain: Sequence[_Place]) -> str:
    x, y = chain[0].x + chain[0].width, chain[0].middle
    parts = [f"M{x:.0f} {y:.0f}"]
    for place in chain[1:]:
        bend = max(30.0, abs(place.x - x) / 2)
        parts.append(
            f"C{x + bend:.0f} {y:.0f} {place.x - bend:.0f} {place.middle:.0f}"
            f" {place.x:.0f} {place.middle:.0f}"
        )
        x, y = place.x, place.middle
        if place is not chain[-1]:
            x += place.width
            parts.append(f"H{x:.0f}")
    return f'<path d="{"".join(parts)}m-5-3.5l5 3.5l-5 3.5"/>'


def _box(outcome: Outcome, name: str, place: _Place) -> str:
    x, y = place.x, place.y
    tip = f"{outcome.unit.id}: {outcome.status.value}"
    if outcome.reason:
        tip += f" ({outcome.reason})"
    return (
        f'<g class="c"><title>{escape(tip)}</title><rect class="{outcome.status.value}"'
        f' x="{x:.0f}" y="{y:.0f}" width="{place.width:.0f}" height="{_BOX}" rx="5"/>'
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
