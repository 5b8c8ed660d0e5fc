"""A profile for people and for programs: a table of lines, rows of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from clarbuild.cost.table import print_table
from clarbuild.profile.collect import Findings
from clarbuild.profile.measure import Measure, microseconds
from runtime.profiler import Place, Spent
from runtime.receipts import Costs

_LONGEST_TEXT: Final = 60


def ordered(found: Findings, by: Measure) -> list[tuple[Place, Spent, Spent]]:
    """Lines, those first that spent most themselves; entering is at its place among them."""
    rows = [(place, own, whole) for place, (own, whole) in found.lines().items()]
    return sorted(rows, key=lambda row: (-by.of(row[1]), -by.of(row[2]), row[0]))


def print_lines(found: Findings, by: Measure, most: int) -> None:
    """The table, and what stands below it."""
    total = found.total
    rows = ordered(found, by)
    cells = [
        [
            found.name(place),
            _short(found.text(place)),
            f"{own.hits:,}",
            f"{_part(by.of(own), by.of(total)):.1f} %",
            f"{_part(by.of(whole), by.of(total)):.1f} %",
            microseconds(own.nanoseconds),
            *(f"{amount:,}" for amount in own.costs),
        ]
        for place, own, whole in rows[:most]
    ]
    sums = (f"{amount:,}" for amount in total.costs)
    cells.append(["total", "", "", "", "", microseconds(total.nanoseconds), *sums])
    times = sum(profile.transactions for profile in found.functions.values())
    title = f"{times:,} transaction{'s' * (times != 1)}, by {by.value.replace('_', ' ')}"
    names = ("runtime", "reads", "read bytes", "writes", "write bytes")
    headings = ("line", "source", "times", "self", "with calls", "time", *names)
    print_table(title, headings, cells, texts=2)
    if len(rows) > most:
        print(f"{len(rows) - most:,} more lines: --lines {len(rows)}")
    if found.failed:
        print(f"{found.failed:,} that ended with an error don't count")


def rows_json(found: Findings) -> Iterator[dict[str, Any]]:
    """A row for each line, one for each stack, and the total."""
    for place, (own, whole) in sorted(found.lines().items()):
        source = found.sources.get(place.contract)
        yield {
            "kind": "line",
            "contract": place.contract,
            "line": place.line,
            "definition": source.definition(place.line) if source and place.line else "",
            "times": own.hits,
            "self": _amounts(own),
            "with_calls": _amounts(whole),
        }
    for stack, spent in sorted(found.stacks().items()):
        yield {"kind": "stack", "stack": list(stack), "times": spent.hits, "self": _amounts(spent)}
    yield {
        "kind": "total",
        "transactions": sum(profile.transactions for profile in found.functions.values()),
        "failed": found.failed,
        **_amounts(found.total),
    }


def _amounts(spent: Spent) -> dict[str, int]:
    return {"nanoseconds": spent.nanoseconds, **dict(zip(Costs._fields, spent.costs, strict=True))}


def _part(amount: int, of: int) -> float:
    return 100 * amount / of if of else 0.0


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
