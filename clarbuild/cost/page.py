"""Costs as one page that needs nothing else: a table of functions, sources shaded by their cost.

It decides nothing; everything that came from a project is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from math import log10

from clarbuild.cost.places import ShadedSource
from clarbuild.cost.rows import DEPLOYMENT, CostRow
from clarbuild.cost.table import percent

# A line that charges less than this part of the dearest one's magnitude is hardly shaded.
_COOLEST = 0.08

_STYLE = """
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1c1e21;--dim:#666b73;--line:#e3e4e6;
--heat:#e8590c;--min:#8fb4e8;--max:#3f7fd6;--track:#eceef0;--over:#d4483b}
@media(prefers-color-scheme:dark){:root{--bg:#15171a;--card:#1d2024;--ink:#e6e7e9;--dim:#9aa0a8;
--line:#2e3237;--heat:#ff7a2f;--min:#3d5f8f;--max:#6b9df0;--track:#2a2d32;--over:#e8695d}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1200px;margin:0 auto;padding:28px 24px 48px}
h1{font-size:21px;margin:0 0 2px;font-weight:650}h2{font-size:16px;margin:0 0 10px;font-weight:620}
p{margin:0}.dim{color:var(--dim)}
.card{background:var(--card);border:1px solid var(--line);border-radius:9px;padding:16px 18px;
margin:16px 0;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-weight:550;color:var(--dim);font-size:12.5px;text-align:left}
th,td{padding:4px 12px 4px 0;border-bottom:1px solid var(--line);white-space:nowrap}
tr:last-child td{border-bottom:0}td.n,th.n{text-align:right}td.wide{width:26%;min-width:120px}
.track{position:relative;height:10px;border-radius:3px;background:var(--track)}
.track i{position:absolute;top:0;bottom:0;border-radius:3px}
.track i.max{background:var(--max)}.track i.min{background:var(--min)}
.track b{position:absolute;top:-2px;bottom:-2px;width:2px;background:var(--ink)}
.source{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;
margin-top:14px;border-top:1px solid var(--line);padding-top:10px}
.source div{display:grid;grid-template-columns:4ch 19ch 1fr;column-gap:1.5ch;
background:color-mix(in srgb,var(--heat) calc(var(--h,0)*1%),transparent)}
.source span{color:var(--dim);text-align:right;user-select:none}
.source code{font:inherit;white-space:pre}
.scale{display:flex;align-items:center;gap:8px;margin-top:12px;font-size:12.5px;color:var(--dim)}
.scale i{width:120px;height:10px;border-radius:3px;background:linear-gradient(90deg,transparent,
color-mix(in srgb,var(--heat) 55%,transparent));border:1px solid var(--line)}
"""


def page(project: str, rows: Sequence[CostRow], sources: Mapping[str, ShadedSource]) -> str:
    """The page, as HTML."""
    title = f"{escape(project)}: costs"
    contracts = [(name, list(of)) for name, of in groupby(rows, key=lambda row: row.contract)]
    epochs = ", ".join(sorted({str(row.epoch) for row in rows}))
    return "".join(
        (
            '<!doctype html><html lang="en"><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{title}</title><style>{_STYLE}</style><main>",
            f'<h1>{title}</h1><p class="dim">What each function can cost, at least and at most, '
            f"before it runs; epoch {escape(epochs)}.</p>",
            "".join(_contract(name, of, sources.get(name)) for name, of in contracts),
            "</main></html>\n",
        )
    )


def _contract(name: str, rows: Sequence[CostRow], source: ShadedSource | None) -> str:
    measured = any(row.measured is not None for row in rows)
    dearest = max(row.static.most.runtime for row in rows) or 1
    heads = "".join(
        f'<th class="n">{text}</th>'
        for text in ("runtime min", "max", "reads", "writes", "of a block")
    )
    if measured:
        heads += '<th class="n">runs</th><th class="n">median</th><th class="n">max</th>'
    table = "".join(_row(row, dearest, measured=measured) for row in rows)
    opened = sorted({f"{row.function}: {what}" for row in rows for what in row.static.open})
    note = ""
    if opened:
        calls = "; ".join(map(escape, opened))
        note = f'<p class="dim">+ and what is known only when it is called: {calls}</p>'
    return (
        f'<section class="card"><h2>{escape(name)}</h2><table><tr><th>function</th><th></th>{heads}'
        f"</tr>{table}</table>{note}{'' if source is None else _source(source)}</section>"
    )


def _row(row: CostRow, dearest: int, *, measured: bool) -> str:
    least, most = row.static.least, row.static.most
    share, dimension = row.share
    name = escape(row.function)
    if row.access in ("read-only", "deploy"):
        name = f'<span class="{"dim" * (row.function == DEPLOYMENT)}">{name}</span>'
        name += '<span class="dim"> read-only</span>' * (row.access == "read-only")
    marks = (
        f'<i class="max" style="width:{100 * most.runtime / dearest:.2f}%"></i>'
        f'<i class="min" style="width:{100 * least.runtime / dearest:.2f}%"></i>'
    )
    cells = [
        f"{least.runtime:,}",
        f"{most.runtime:,}{'+' * bool(row.static.open)}",
        _between(least.read_count, most.read_count),
        _between(least.write_count, most.write_count),
        f'<span title="{dimension.replace("_", " ")}">{percent(share)}</span>',
    ]
    if measured:
        found = row.measured
        if found is None:
            cells += ["", "", ""]
        else:
            cells += [f"{found.runs:,}", f"{found.median.runtime:,}", f"{found.most.runtime:,}"]
            marks += f'<b style="left:{100 * min(1, found.median.runtime / dearest):.2f}%"></b>'
    rest = "".join(f'<td class="n">{cell}</td>' for cell in cells)
    return f'<tr><td>{name}</td><td class="wide"><div class="track">{marks}</div></td>{rest}</tr>'


def _between(least: int, most: int) -> str:
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def _source(source: ShadedSource) -> str:
    dearest = max((most for _, most in source.lines.values()), default=0)
    lines = []
    for number, text in enumerate(source.text.split("\n"), 1):
        charged = source.lines.get(number)
        cost, style = "", ""
        if charged is not None and charged[1]:
            least, most = charged
            cost = _between(least, most).replace(" to ", "-")
            heat = _COOLEST + (1 - _COOLEST) * log10(1 + most) / log10(1 + dearest)
            # Magnitudes, stretched so that the dear lines stand out.
            style = f' style="--h:{55 * heat**3:.1f}"'
        lines.append(
            f"<div{style}><span>{number}</span><span>{cost}</span><code>{escape(text)}</code></div>"
        )
    return (
        '<div class="scale">runtime of a line in one run of its function, loops at their longest, '
        f"calls included: 0 <i></i> {dearest:,}</div>"
        f'<div class="source">{"".join(lines)}</div>'
    )
