"""What lines of a profile are compared by."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.profiler import Spent


class Measure(StrEnum):
    """Time, or one of the five costs, these in the order in which `Spent` has them."""

    TIME = "time"
    RUNTIME = "runtime"
    READ_COUNT = "read_count"
    READ_LENGTH = "read_length"
    WRITE_COUNT = "write_count"
    WRITE_LENGTH = "write_length"

    def of(self, spent: Spent) -> int:
        """How much of it was spent, time in nanoseconds."""
        return spent.nanoseconds if self is Measure.TIME else spent.costs[_COSTS.index(self)]

    def shown(self, amount: int) -> str:
        """An amount for people."""
        return microseconds(amount) if self is Measure.TIME else f"{amount:,}"


_COSTS = [measure for measure in Measure if measure is not Measure.TIME]


def microseconds(nanoseconds: int) -> str:
    """A time for people."""
    return f"{nanoseconds / 1000:,.1f} µs"
