"""Small plots as SVG that reads on light and dark pages; knows only numbers and their labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 640
HEIGHT: Final = 320
LEFT: Final = 76
RIGHT: Final = 130
TOP: Final = 40
BOTTOM: Final = 44
BAR: Final = 24

_STYLE: Final = """\
<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 14px }
  .faint { fill: #57606a }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .s0 { stroke: #0969da } .s1 { stroke: #bc4c00 } .s2 { stroke: #1a7f37 } .s3 { stroke: #8250df }
  .f0 { fill: #0969da } .f1 { fill: #bc4c00 } .f2 { fill: #1a7f37 } .f3 { fill: #8250df }
  .line { fill: none; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .faint { fill: #9198a1 } .grid { stroke: #3d444d }
    .s0 { stroke: #4493f8 } .s1 { stroke: #f0883e } .s2 { stroke: #3fb950 } .s3 { stroke: #ab7df8 }
    .f0 { fill: #4493f8 } .f1 { fill: #f0883e } .f2 { fill: #3fb950 } .f3 { fill: #ab7df8 }
  }
</style>
"""


def lines(title: str, x_label: str, series: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Microseconds on a logarithmic scale over a number of steps."""
    points = [point for of_one in series.values() for point in of_one]
    low = math.floor(math.log10(min(y for _, y in points)))
    high = max(low + 1, math.ceil(math.log10(max(y for _, y in points))))
    most = max(x for x, _ in points)
    inner, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def across(x: float) -> float:
        return LEFT + inner * x / most

    def up(y: float) -> float:
        return TOP + down * (high - math.log10(y)) / (high - low)

    parts = [_text(LEFT, 20, title, "title")]
    for power in range(low, high + 1):
        y = up(10.0**power)
        parts.append(_line(LEFT, y, WIDTH - RIGHT, y))
        parts.append(_text(LEFT - 8, y + 4, _duration(10.0**power), "faint", "end"))
    for x in sorted({x for x, _ in points}):
        parts.append(_text(across(x), HEIGHT - BOTTOM + 18, f"{x:,}", "faint", "middle"))
    parts.append(_text(LEFT + inner / 2, HEIGHT - 8, x_label, "faint", "middle"))
    for number, (name, of_one) in enumerate(series.items()):
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in of_one)
        parts.append(f'<polyline class="line s{number}" points="{path}"/>')
        parts += [
            f'<circle class="f{number}" cx="{across(x):.1f}" cy="{up(y):.1f}" r="3"/>'
            for x, y in of_one
        ]
        x, y = of_one[-1]
        parts.append(_text(across(x) + 10, up(y) + 4, name))
    return _document(WIDTH, HEIGHT, title, parts)


def bars(title: str, rows: Sequence[tuple[str, float]], goal: float | None = None) -> str:
    """How many times faster, on a logarithmic scale; `goal` is a line across."""
    label, room = 270, 60
    height = TOP + BAR * len(rows) + 16
    top = max(3.0, math.ceil(math.log10(max(value for _, value in rows))))
    inner = WIDTH - label - room

    def across(value: float) -> float:
        return label + inner * math.log10(max(value, 1.0)) / top

    parts = [_text(10, 20, title, "title")]
    for power in range(int(top) + 1):
        x = across(10.0**power)
        parts.append(_line(x, TOP - 6, x, height - 12))
        parts.append(_text(x, TOP - 10, f"{10**power:,}", "faint", "middle"))
    for number, (name, value) in enumerate(rows):
        y = TOP + BAR * number
        parts.append(_text(label - 8, y + 15, name, anchor="end"))
        width = across(value) - label
        parts.append(
            f'<rect class="f0" x="{label}" y="{y + 3}" width="{width:.1f}" height="{BAR - 8}" rx="2"/>'
        )
        parts.append(_text(across(value) + 6, y + 15, f"{value:,.0f}x"))
    if goal is not None:
        x = across(goal)
        parts.append(_line(x, TOP - 6, x, height - 12, "s1"))
    return _document(WIDTH, height, title, parts)


def _duration(microseconds: float) -> str:
    if microseconds < 1:
        return f"{microseconds * 1e3:.0f} ns"
    if microseconds < 1e3:
        return f"{microseconds:.0f} µs"
    if microseconds < 1e6:
        return f"{microseconds / 1e3:.0f} ms"
    return f"{microseconds / 1e6:.0f} s"


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "") -> str:
    kind = f' class="{kind}"' if kind else ""
    anchor = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{kind}{anchor}>{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str = "grid") -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _document(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" aria-label="{escape(title)}">\n'
        f"{_STYLE}{body}\n</svg>\n"
    )
