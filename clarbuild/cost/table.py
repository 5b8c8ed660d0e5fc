"""Costs for people: tables on a terminal, aligned text in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import groupby

from clarbuild.cost.rows import DEPLOYMENT, Change, CostRow
from compiler.costs import Cost

_HEADINGS = ("function", "runtime", "reads", "read bytes", "writes", "write bytes", "of a block")
_MEASURED = ("runs", "min", "median", "max")
_HIGH = 0.1
_NOTABLE = 0.01


def print_rows(rows: Sequence[CostRow]) -> None:
    """All rows, a table a contract."""
    measured = any(row.measured is not None for row in rows)
    for contract, of in groupby(rows, key=lambda row: row.contract):
        mine = list(of)
        headings = (*_HEADINGS, *(_MEASURED if measured else ()))
        cells = [_cells(row, measured=measured) for row in mine]
        shares = [row.share[0] for row in mine]
        print_table(f"{contract} (epoch {mine[0].epoch})", headings, cells, shares)
    if any(row.static.open for row in rows):
        print("+ and what contracts cost that are known only when they are called:")
        told: set[str] = set()
        for row in rows:
            for what in row.static.open:
                line = f"  {row.label}: {what}"
                if line not in told:
                    told.add(line)
                    print(line)


def _cells(row: CostRow, *, measured: bool) -> list[str]:
    least, most = row.static.least, row.static.most
    share, dimension = row.share
    name = row.function if row.access != "read-only" else f"{row.function} (read-only)"
    plus = "+" if row.static.open else ""
    cells = [
        name,
        _range(least.runtime, most.runtime) + plus,
        _range(least.read_count, most.read_count),
        _range(least.read_length, most.read_length),
        _range(least.write_count, most.write_count),
        _range(least.write_length, most.write_length),
        f"{percent(share)} {dimension.replace('_', ' ')}",
    ]
    if measured:
        found = row.measured
        if found is None:
            cells += [""] * len(_MEASURED)
        else:
            costs: Iterable[Cost] = (found.least, found.median, found.most)
            cells += [f"{found.runs:,}", *(f"{cost.runtime:,}" for cost in costs)]
    return cells


def percent(share: float) -> str:
    """A share of a block."""
    return f"{share:.4%}" if share < _NOTABLE else f"{share:.2%}"


def _range(least: int, most: int) -> str:
    return f"{least:,}" if least == most else f"{least:,}-{most:,}"


def print_table(
    title: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    shares: Sequence[float] = (),
    *,
    texts: int = 1,
) -> None:
    """A table whose first column is the name of each row; the first `texts` columns are text, the
    others numbers. `shares` say which rows stand out."""
    if not sys.stdout.isatty():
        print(title)
        widths = [max(len(row[at]) for row in (headings, *rows)) for at in range(len(headings))]
        for row in (headings, *rows):
            cells = (
                cell.ljust(width) if at < texts else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            print("  " + "  ".join(cells).rstrip())
        print()
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), title_justify="left", title_style="bold", header_style="dim")
    for at, heading in enumerate(headings):
        table.add_column(heading, justify="left" if at < texts else "right", no_wrap=not at)
    for number, row in enumerate(rows):
        share = shares[number] if shares else 0.0
        style = "red" if share >= _HIGH else "yellow" if share >= _NOTABLE else None
        dim = "dim" if row[0] == DEPLOYMENT else style
        table.add_row(*map(escape, row), style=dim)
    Console().print(table)


def print_changes(changes: Sequence[Change], against: str, total: int) -> None:
    """What differs from before."""
    if not changes:
        print(f"all {total:,} costs are as in {against}")
        return
    rows = []
    for change in changes:
        if change.before is None or change.after is None:
            what = "new" if change.before is None else "gone"
            rows.append([change.row.label, what, "", "", ""])
            continue
        for name, which, before, after in change.dimensions:
            label = "min" if which == "least" else "max"
            rows.append(
                [
                    change.row.label,
                    f"{name.replace('_', ' ')} {label}",
                    f"{before:,}",
                    f"{after:,}",
                    _difference(before, after),
                ]
            )
        if change.before.static.open != change.after.static.open:
            rows.append([change.row.label, "open calls", *_opened(change), ""])
    print_table(f"against {against}", ("function", "what", "before", "after", "change"), rows)


def _opened(change: Change) -> tuple[str, str]:
    assert change.before is not None
    assert change.after is not None
    return ", ".join(change.before.static.open), ", ".join(change.after.static.open)


def _difference(before: int, after: int) -> str:
    if not before:
        return f"{after - before:+,}"
    return f"{after - before:+,} ({(after - before) / before:+.1%})"
