"""What a function may cost, from the least to the most; knows no code and no contracts.

The costs of contracts that it calls are not in it: `calls` says how often each is called.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from compiler.costs.shapes import Cost

ZERO = Cost()


class SiteCount(Struct, frozen=True):
    """How often a call site (an index of the description's) is reached, at least and at most."""

    site: int
    least: int
    most: int


class CostRange(Struct, frozen=True):
    """The least and the most that a run costs which comes to its end.

    A run that is cut short by an error may cost less than the least, never more than the most.
    """

    least: Cost = ZERO
    most: Cost = ZERO
    calls: tuple[SiteCount, ...] = ()

    def to_json(self) -> list[Any]:
        """JSON-able form, see `from_json`."""
        calls = [[call.site, call.least, call.most] for call in self.calls]
        return [list(self.least), list(self.most), calls]

    @classmethod
    def from_json(cls, raw: list[Any]) -> CostRange:
        """The range that `to_json` wrote."""
        least, most, calls = raw
        return cls(Cost(*least), Cost(*most), tuple(SiteCount(*call) for call in calls))


FREE = CostRange()


def total(ranges: Iterable[CostRange]) -> CostRange:
    """The range of all of `ranges` one after the other."""
    least, most = ZERO, ZERO
    calls: dict[int, tuple[int, int]] = {}
    for one in ranges:
        least += one.least
        most += one.most
        for call in one.calls:
            fewest, often = calls.get(call.site, (0, 0))
            calls[call.site] = (fewest + call.least, often + call.most)
    return CostRange(least, most, tuple(SiteCount(s, *counts) for s, counts in calls.items()))
