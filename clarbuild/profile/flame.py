"""A profile as a flame graph: one SVG that needs nothing else, callers above what they call.

It decides nothing; everything that came from a project is escaped. Colours follow the viewer's
light or dark scheme, one a contract.
"""

from __future__ import annotations

from html import escape
from typing import Final

from clarbuild.profile.collect import Findings
from clarbuild.profile.measure import Measure, microseconds
from runtime.profiler import Spent, sum_of

_WIDTH: Final = 1200.0
_ROW: Final = 19
_TOP: Final = 46
_MARGIN: Final = 12
_LETTER: Final = 6.9
_LEAST: Final = 0.3
"""Narrower boxes, in pixels, are not drawn."""
_HUES: Final = (14, 36, 200, 262, 150, 330, 90, 230)

_STYLE: Final = """
svg{--bg:#fbfbfa;--ink:#1c1e21;--dim:#666b73;--s:72%;--l:78%}
@media(prefers-color-scheme:dark){svg{--bg:#15171a;--ink:#e6e7e9;--dim:#9aa0a8;--s:38%;--l:34%}}
text{font:12px ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;fill:var(--ink)}
text.head{font:600 14px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
text.dim{fill:var(--dim);font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
rect.b{stroke:var(--bg);stroke-width:1}g:hover rect.b{stroke:var(--ink)}
"""


class _Box:
    """A place under the places around it, and what was spent there."""

    __slots__ = ("inside", "name", "own")

    def __init__(self, name: str) -> None:
        self.name = name
        self.own = Spent()
        self.inside: dict[str, _Box] = {}

    @property
    def whole(self) -> Spent:
        """What was spent there and inside."""
        return sum_of((self.own, *(box.whole for box in self.inside.values())))

    @property
    def depth(self) -> int:
        """How many rows it takes."""
        return 1 + max((box.depth for box in self.inside.values()), default=0)


def flame_svg(found: Findings, by: Measure, title: str) -> str:
    """The graph, boxes as wide as what was spent there and in what they call."""
    root = _Box("all")
    for stack, spent in found.stacks().items():
        box = root
        for name in stack:
            box = box.inside.setdefault(name, _Box(name))
        box.own.add(spent)
    total = by.of(root.whole)
    height = _TOP + root.depth * _ROW + _MARGIN
    drawing = _Drawing(found, by, total)
    drawing.draw(root, _MARGIN, _TOP)
    unit = "time" if by is Measure.TIME else by.value.replace("_", " ")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH + 2 * _MARGIN:.0f} {height}" '
        f'width="{_WIDTH + 2 * _MARGIN:.0f}" height="{height}"><style>{_STYLE}</style>'
        '<rect width="100%" height="100%" fill="var(--bg)"/>'
        f'<text class="head" x="{_MARGIN}" y="20">{escape(title)}</text>'
        f'<text class="dim" x="{_MARGIN}" y="37">{escape(unit)}: {escape(by.shown(total))}; '
        "callers stand above what they call; point at a box for its figures</text>"
        f"{''.join(drawing.parts)}</svg>\n"
    )


class _Drawing:
    """Boxes as SVG."""

    def __init__(self, found: Findings, by: Measure, total: int) -> None:
        self.parts: list[str] = []
        self._found = found
        self._by = by
        self._total = total
        self._hues: dict[str, int] = {}

    def draw(self, box: _Box, x: float, y: int) -> None:
        """Draw a box and what is inside."""
        whole = box.whole
        width = _WIDTH * self._by.of(whole) / self._total if self._total else 0.0
        if width < _LEAST:
            return
        part = 100 * self._by.of(whole) / self._total
        said = (
            f"{box.name}: {self._by.shown(self._by.of(whole))} ({part:.1f} %), "
            f"itself {self._by.shown(self._by.of(box.own))}; {microseconds(whole.nanoseconds)}, "
            f"runtime {whole.costs[0]:,}"
        )
        room = int((width - 6) / _LETTER)
        label = box.name if len(box.name) <= room else f"{box.name[: room - 1]}…" * (room > 2)
        shown = f'<text x="{x + 4:.1f}" y="{y + 13}">{escape(label)}</text>' if label else ""
        self.parts.append(
            f'<g><title>{escape(said)}</title><rect class="b" x="{x:.1f}" y="{y}" '
            f'width="{width:.1f}" height="{_ROW - 1}" rx="2" '
            f'fill="hsl({self._hue(box.name)} var(--s) var(--l))"/>{shown}</g>'
        )
        for inner in sorted(box.inside.values(), key=lambda one: -self._by.of(one.whole)):
            self.draw(inner, x, y + _ROW)
            x += _WIDTH * self._by.of(inner.whole) / self._total

    def _hue(self, name: str) -> int:
        contract = name.partition(":")[0].partition(".")[0].partition(" ")[0]
        known = self._hues.get(contract)
        if known is None:
            known = self._hues[contract] = _HUES[len(self._hues) % len(_HUES)]
        return known
