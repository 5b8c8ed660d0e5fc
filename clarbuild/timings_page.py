"""The timings of a build as one page that needs nothing else: no network, no other file.

It knows only `clarbuild.timings`; everything that came from a project is escaped.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from html import escape

from clarbuild.outcome import Status
from clarbuild.report import duration, plural, size
from clarbuild.timings import Span, Timings

_SLOWEST = 25
_REASONS = 12
_LANE = 22
_LANE_GAP = 4
_AXIS = 20
_CHART = 84
_NARROWEST = 0.06
# A name fits into a bar of so many per cent of a usual page's width a letter.
_LETTER = 0.62
_TICKS = 8

_STYLE = """
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1c1e21;--dim:#666b73;--line:#e3e4e6;
--built:#3f7fd6;--bad:#d4483b;--area:#3f7fd633;--grid:#e9eaec;
--p0:#4c8bf5;--p1:#3aa981;--p2:#e0a030;--p3:#a06cd5;--p4:#e0679b;--p5:#5fb3c9;--p6:#9aa0a8}
@media(prefers-color-scheme:dark){:root{--bg:#15171a;--card:#1d2024;--ink:#e6e7e9;--dim:#9aa0a8;
--line:#2e3237;--built:#5b94e6;--bad:#e8695d;--area:#5b94e640;--grid:#2a2d32;
--p0:#6b9df0;--p1:#52bf97;--p2:#e3b04f;--p3:#b58ae2;--p4:#ea85b0;--p5:#74c4d9;--p6:#8a9099}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1200px;margin:0 auto;padding:28px 24px 48px}
h1{font-size:21px;margin:0 0 2px;font-weight:650}h2{font-size:15px;margin:0 0 10px;font-weight:620}
h2 .dim{font-weight:400;font-size:13px;margin-left:6px}
p{margin:0}.dim{color:var(--dim)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(120px,1fr));gap:10px;
margin:18px 0 14px}
.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:9px}
.tile{padding:10px 14px}.tile b{display:block;font-size:21px;font-weight:620;
font-variant-numeric:tabular-nums}.tile span{color:var(--dim);font-size:12.5px}
.card{padding:16px 18px;margin-bottom:14px}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:14px;align-items:start}
@media(max-width:760px){.pair{grid-template-columns:1fr}}
.lanes{display:grid;grid-template-columns:max-content 1fr;column-gap:12px}
.names{font-size:12px;color:var(--dim);text-align:right;white-space:nowrap}
.names div{height:22px;margin-bottom:4px;line-height:22px}
svg{display:block;width:100%;overflow:hidden}
svg text{fill:var(--dim);font-size:11px}
.bar{fill:var(--built)}.bar.bad{fill:var(--bad)}.bar:hover{opacity:.72}
svg text.in{fill:#fff;pointer-events:none}
.grid{stroke:var(--grid)}.area{fill:var(--area)}.edge{stroke:var(--built);fill:none}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:550;color:var(--dim);font-size:12.5px;text-align:left}
th,td{padding:4px 16px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}td.n,th.n{text-align:right;white-space:nowrap}
td.name{overflow-wrap:anywhere}
.stack{display:flex;height:12px;border-radius:3px;overflow:hidden;background:var(--grid)}
.stack.wide{height:20px;border-radius:5px;margin:2px 0 12px}
.stack i{display:block;height:100%}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:7px}
.quiet{color:var(--dim);padding:6px 0}
"""


def page(timings: Timings) -> str:
    """The page, as HTML."""
    title = f"{escape(timings.project)}: build timings"
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(timings.begun_at))
    return "".join(
        (
            '<!doctype html><html lang="en"><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{title}</title><style>{_STYLE}</style><main>",
            f'<h1>{title}</h1><p class="dim">{escape(timings.profile)} profile, {when}</p>',
            _tiles(timings),
            "".join(f'<p class="card">{escape(note)}</p>' for note in timings.notes),
            _when(timings),
            '<div class="pair">',
            _by_pass(timings),
            _why(timings),
            "</div>",
            _slowest(timings),
            "</main></html>\n",
        )
    )


def _tiles(timings: Timings) -> str:
    counts = timings.counts
    work = sum(span.seconds for span in timings.spans)
    cached = counts[Status.CACHED] - timings.remote
    rows = [
        (duration(timings.seconds), "from begin to end"),
        (f"{timings.contracts:,}", "contracts"),
        (f"{len(timings.spans):,}", "compiled"),
        (f"{cached:,}", "from the cache"),
    ]
    if timings.remote:
        rows.append((f"{timings.remote:,}", "from the remote"))
    failed = counts[Status.INVALID] + counts[Status.BLOCKED] + counts[Status.BROKEN]
    if failed:
        rows.append((f"{failed:,}", "not built"))
    if timings.spans:
        rows += [
            (duration(work), "in the compiler"),
            (f"{work / timings.seconds:.1f}" if timings.seconds else "0", "at once on average"),
        ]
    tiles = "".join(f'<div class="tile"><b>{what}</b><span>{of}</span></div>' for what, of in rows)
    return f'<div class="tiles">{tiles}</div>'


def _when(timings: Timings) -> str:
    if not timings.spans:
        return _card("What ran when", '<p class="quiet">Nothing was compiled.</p>')
    workers = timings.workers
    names = "".join(f"<div>{escape(name)}</div>" for name in workers)
    lanes = {name: number for number, name in enumerate(workers)}
    height = len(workers) * (_LANE + _LANE_GAP)
    total = timings.seconds or 1.0
    ticks = list(_ticks(total))
    grid = "".join(
        f'<line class="grid" x1="{100 * at / total:.3f}%" x2="{100 * at / total:.3f}%"'
        f' y1="0" y2="100%"/>'
        for at in ticks
    )
    bars = "".join(
        _bar(span, lanes[span.worker] * (_LANE + _LANE_GAP), total) for span in timings.spans
    )
    axis = "".join(
        f'<text x="{100 * at / total:.3f}%" y="14"'
        f' text-anchor="{"start" if not at else "middle"}">{_moment(at)}</text>'
        for at in ticks
    )
    peak = max(running for _, running in timings.concurrency())
    return _card(
        "What ran when",
        f'<div class="lanes"><div class="names">{names}</div>'
        f'<svg height="{height}" role="img" aria-label="contracts by worker">{grid}{bars}</svg>'
        f'<span></span><svg height="{_AXIS}">{axis}</svg>'
        f'<div class="names">at once<br>(most: {peak})</div>'
        f"{_concurrency(timings, total, peak)}</div>",
    )


def _bar(span: Span, top: int, total: float) -> str:
    left = 100 * span.start / total
    width = max(_NARROWEST, 100 * span.seconds / total)
    bad = span.status in (Status.INVALID, Status.BROKEN)
    tip = f"{span.name}\n{duration(span.seconds)}: {span.reason or span.status.value}"
    tip += "".join(f"\n{name}: {duration(seconds)}" for name, seconds in span.passes)
    shown = ""
    if width > _LETTER * len(span.name):
        shown = f'<text class="in" x="{left + 0.4:.3f}%" y="{top + 15}">{escape(span.name)}</text>'
    return (
        f'<g><title>{escape(tip)}</title><rect class="bar{" bad" * bad}" x="{left:.3f}%"'
        f' y="{top}" width="{width:.3f}%" height="{_LANE}" rx="2" stroke="var(--card)"'
        f' stroke-width="0.7"/>{shown}</g>'
    )


def _concurrency(timings: Timings, total: float, peak: int) -> str:
    points = [(0.0, 0)]
    for at, running in timings.concurrency():
        points += [(at, points[-1][1]), (at, running)]
    points.append((total, points[-1][1]))
    line = " ".join(
        f"{1000 * at / total:.2f},{_CHART - 2 - (_CHART - 6) * running / max(1, peak):.1f}"
        for at, running in points
    )
    # Drawn in thousandths of the width, which the browser stretches.
    return (
        f'<svg height="{_CHART}" viewBox="0 0 1000 {_CHART}" preserveAspectRatio="none" role="img"'
        f' aria-label="contracts compiled at once"><polygon class="area"'
        f' points="0,{_CHART - 2} {line} 1000,{_CHART - 2}"/><polyline class="edge"'
        f' points="{line}" vector-effect="non-scaling-stroke"/></svg>'
    )


def _ticks(total: float) -> Iterable[float]:
    """Round moments, at most `_TICKS` of them; none too near to the right edge for its label."""
    step = 1e-6
    while total / step > _TICKS:
        for factor in (2, 2.5, 2):
            if total / step > _TICKS:
                step *= factor
    at = 0.0
    while at < total * 0.97:
        yield at
        at += step


def _moment(seconds: float) -> str:
    if not seconds:
        return "0"
    return f"{seconds * 1000:g} ms" if seconds < 1 else f"{round(seconds, 2):g} s"


def _by_pass(timings: Timings) -> str:
    passes = timings.passes
    if not passes:
        return _card("Time by pass", '<p class="quiet">Nothing was compiled.</p>')
    total = sum(passes.values()) or 1.0
    rows = "".join(
        f'<tr><td><i class="key" style="background:{_colour(timings, name)}"></i>{escape(name)}</td>'
        f'<td class="n">{duration(seconds)}</td><td class="n">{100 * seconds / total:.1f} %</td></tr>'
        for name, seconds in passes.items()
    )
    return _card(
        "Time by pass",
        f"{_stack(timings, list(passes.items()), total, 'wide')}<table>{rows}</table>",
    )


def _colour(timings: Timings, name: str) -> str:
    names = list(timings.passes)
    return f"var(--p{min(6, names.index(name))})" if name in names else "var(--p6)"


def _stack(
    timings: Timings, passes: Iterable[tuple[str, float]], total: float, kind: str = ""
) -> str:
    parts = "".join(
        f'<i title="{escape(name)}: {duration(seconds)}" style="width:{100 * seconds / total:.2f}%;'
        f'background:{_colour(timings, name)}"></i>'
        for name, seconds in passes
    )
    return f'<div class="stack {kind}">{parts}</div>'


def _why(timings: Timings) -> str:
    found = timings.reasons.most_common()
    if not found:
        return _card("Why it was compiled", '<p class="quiet">Nothing was compiled.</p>')
    rows = "".join(
        f'<tr><td class="name">{escape(reason)}</td><td class="n">{count:,}</td></tr>'
        for reason, count in found[:_REASONS]
    )
    if len(found) > _REASONS:
        rest = sum(count for _, count in found[_REASONS:])
        rows += f'<tr><td class="dim">other reasons</td><td class="n">{rest:,}</td></tr>'
    return _card("Why it was compiled", f"<table>{rows}</table>")


def _slowest(timings: Timings) -> str:
    spans = sorted(timings.spans, key=lambda span: -span.seconds)[:_SLOWEST]
    if not spans:
        return ""
    longest = spans[0].seconds or 1.0
    rows = "".join(
        f'<tr><td class="name">{escape(span.name)}</td><td class="n">{duration(span.seconds)}</td>'
        f'<td style="width:26%;padding-top:8px">{_stack(timings, span.passes, longest)}</td>'
        f'<td class="n">{size(span.wasm_size) if span.wasm_size else span.status.value}</td>'
        f'<td class="name dim">{escape(span.reason)}</td></tr>'
        for span in spans
    )
    title = "Slowest contracts"
    if len(timings.spans) > len(spans):
        title += (
            f' <span class="dim">{len(spans)} of {plural(len(timings.spans), "contract")}</span>'
        )
    return _card(
        title,
        '<table><tr><th>contract</th><th class="n">time</th><th>by pass</th>'
        f'<th class="n">module</th><th>why</th></tr>{rows}</table>',
    )


def _card(title: str, body: str) -> str:
    return f'<section class="card"><h2>{title}</h2>{body}</section>'
