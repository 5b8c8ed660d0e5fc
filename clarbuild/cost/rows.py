"""What `clarbuild cost` knows of a function, as values and as JSON; reads and prints nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

from msgspec import Struct

from compiler.costs import Cost
from compiler.costs.limits import BLOCK_LIMITS
from compiler.costs.shapes import DIMENSIONS
from compiler.versions import Epoch
from runtime.static_costs import Estimate

Access = Literal["public", "read-only", "deploy"]

DEPLOYMENT: Final = "(deployment)"
"""The name of the row of a contract's top-level forms; no function can have it."""


class Measured(Struct, frozen=True):
    """What the runs of a function cost that came to their end, dimension by dimension."""

    runs: int
    least: Cost
    median: Cost
    most: Cost


class CostRow(Struct, frozen=True):
    """A function of a contract and what it costs in an epoch."""

    contract: str
    function: str
    access: Access
    epoch: Epoch
    static: Estimate
    measured: Measured | None = None

    @property
    def label(self) -> str:
        """Contract and function, without the address."""
        return f"{self.contract.partition('.')[2]} {self.function}"

    @property
    def share(self) -> tuple[float, str]:
        """The largest part of a block that it can take, and of which dimension."""
        return share_of(self.static.most, self.epoch)


def share_of(cost: Cost, epoch: Epoch) -> tuple[float, str]:
    """What part of a block's limit a cost is, in the dimension where it is largest."""
    limits = BLOCK_LIMITS[epoch]
    return max(
        (
            (used / limit, name)
            for used, limit, name in zip(cost, limits, DIMENSIONS, strict=True)
            if limit
        ),
        key=lambda one: one[0],
    )


def measure(costs: Sequence[Cost]) -> Measured | None:
    """Least, median and most of what was measured."""
    if not costs:
        return None
    columns = [sorted(column) for column in zip(*costs, strict=True)]
    return Measured(
        len(costs),
        Cost(*(column[0] for column in columns)),
        Cost(*(column[len(column) // 2] for column in columns)),
        Cost(*(column[-1] for column in columns)),
    )


def cost_json(cost: Cost) -> dict[str, int]:
    """A cost by the names of its dimensions."""
    return dict(zip(DIMENSIONS, cost, strict=True))


def cost_from_json(raw: dict[str, int]) -> Cost:
    """The cost that `cost_json` wrote."""
    return Cost(**{name: int(raw[name]) for name in DIMENSIONS})


def row_json(row: CostRow) -> dict[str, Any]:
    """A row as JSON."""
    share, dimension = row.share
    made: dict[str, Any] = {
        "contract": row.contract,
        "function": row.function,
        "access": row.access,
        "epoch": str(row.epoch),
        "static": {
            "least": cost_json(row.static.least),
            "most": cost_json(row.static.most),
            "open": list(row.static.open),
        },
        "share": round(share, 9),
        "share_of": dimension,
    }
    if row.measured is not None:
        made["measured"] = {
            "runs": row.measured.runs,
            "least": cost_json(row.measured.least),
            "median": cost_json(row.measured.median),
            "most": cost_json(row.measured.most),
        }
    return made


def row_from_json(raw: dict[str, Any]) -> CostRow:
    """The row that `row_json` wrote; `KeyError`, `TypeError` or `ValueError` for anything else."""
    static, measured = raw["static"], raw.get("measured")
    return CostRow(
        str(raw["contract"]),
        str(raw["function"]),
        raw["access"],
        Epoch.parse(raw["epoch"]),
        Estimate(
            cost_from_json(static["least"]), cost_from_json(static["most"]), tuple(static["open"])
        ),
        None
        if measured is None
        else Measured(
            int(measured["runs"]),
            cost_from_json(measured["least"]),
            cost_from_json(measured["median"]),
            cost_from_json(measured["most"]),
        ),
    )


class Change(Struct, frozen=True):
    """A row as it was and as it is; one of them may be missing."""

    before: CostRow | None
    after: CostRow | None

    @property
    def row(self) -> CostRow:
        """The row as it is, or was last."""
        row = self.after or self.before
        assert row is not None
        return row

    @property
    def dimensions(self) -> list[tuple[str, str, int, int]]:
        """What differs: dimension, "least" or "most", before, after."""
        if self.before is None or self.after is None:
            return []
        old, new = self.before.static, self.after.static
        return [
            (name, which, was, is_)
            for which, before, after in (
                ("least", old.least, new.least),
                ("most", old.most, new.most),
            )
            for name, was, is_ in zip(DIMENSIONS, before, after, strict=True)
            if was != is_
        ]


def changes(before: Iterable[CostRow], after: Iterable[CostRow]) -> list[Change]:
    """What differs between two sets of rows, in the order of the later one."""
    old = {row.label: row for row in before}
    found = []
    for row in after:
        change = Change(old.pop(row.label, None), row)
        if change.before is None or change.dimensions or change.before.static != row.static:
            found.append(change)
    return found + [Change(row, None) for row in old.values()]


def change_json(change: Change) -> dict[str, Any]:
    """A change as JSON."""
    return {
        "contract": change.row.contract,
        "function": change.row.function,
        "change": "added"
        if change.before is None
        else "removed"
        if change.after is None
        else "changed",
        "before": None if change.before is None else row_json(change.before)["static"],
        "after": None if change.after is None else row_json(change.after)["static"],
    }
