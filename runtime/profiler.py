"""Time and costs of transactions by Clarity line, from what traced modules tell.

A chain whose modules are traced (`compiler.abi`, `trace`) stops the clock at every application, with
all costs so far. What lies between two stops belongs to the application that was the innermost.
Knows no sources: a place is a contract and a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import perf_counter_ns
from typing import Final, NamedTuple

from msgspec import Struct, field

from runtime.chain import Chain
from runtime.instance import COSTS, COSTS_AT, Guest
from runtime.receipts import FREE, Costs

ENTRY: Final = 0
"""The line of what a transaction does outside of its function: entering it, loading the contract."""
_END: Final = -(1 << 32)
"""The node of no application, which ends with the transaction."""


class Place(NamedTuple):
    """A line of a contract."""

    contract: str
    line: int


Stack = tuple[Place, ...]
"""Places, the outermost first; a line once for all applications in it that lie in each other."""


class Spent(Struct):
    """What was spent at a place.

    `hits` is how often it was come to, `nanoseconds` without what tracing takes, `costs` exact.
    """

    hits: int = 0
    nanoseconds: int = 0
    costs: list[int] = field(default_factory=lambda: [0] * 5)

    def add(self, other: Spent) -> None:
        """Take over what another has."""
        self.hits += other.hits
        self.nanoseconds += other.nanoseconds
        self.costs = [mine + more for mine, more in zip(self.costs, other.costs, strict=True)]


class _Stop(NamedTuple):
    """An application begins or, where the number is negative, ends."""

    contract: str
    node: int
    line: int
    came: int
    costs: tuple[int, ...]
    left: int


class Stretch(NamedTuple):
    """From one stop to the next: whether the last place is come to there, and what it spent."""

    stack: Stack
    hits: int
    nanoseconds: int
    costs: tuple[int, ...]


class Recorder:
    """Follows the transactions of a chain, one at a time: `begin`, run it, `end`."""

    def __init__(self, chain: Chain) -> None:
        self._stops: list[_Stop] = []
        self._began = 0
        chain.host.tracer = self._stop

    def begin(self) -> None:
        """A transaction is about to run."""
        self._stops.clear()
        self._began = perf_counter_ns()

    def _stop(self, guest: Guest, node: int, line: int) -> None:
        came = perf_counter_ns()
        costs = COSTS.unpack_from(guest.context, COSTS_AT)
        self._stops.append(_Stop(guest.contract.id, node, line, came, costs, perf_counter_ns()))

    def end(self, contract: str, total: Costs) -> list[Stretch]:
        """The stretches of the transaction that has just ended well, of a function of `contract`."""
        ended = _Stop(contract, _END, ENTRY, perf_counter_ns(), tuple(total), 0)
        stretches: list[Stretch] = []
        # What is open: applications, and the stacks that end with them.
        running: list[tuple[str, int]] = []
        stacks: list[Stack] = [(Place(contract, ENTRY),)]
        hits, left, before = 1, self._began, tuple(FREE)
        for stop in (*self._stops, ended):
            spent = tuple(now - was for now, was in zip(stop.costs, before, strict=True))
            stretches.append(Stretch(stacks[-1], hits, stop.came - left, spent))
            hits, left, before = 0, stop.left, stop.costs
            if stop.node >= 0:
                stack, place = stacks[-1], Place(stop.contract, stop.line)
                if stack[-1] != place:
                    stack, hits = (*stack, place), 1
                running.append((stop.contract, stop.node))
                stacks.append(stack)
            elif (stop.contract, ~stop.node) in running:
                # Those inside that were left early have no end of their own.
                while running.pop() != (stop.contract, ~stop.node):
                    stacks.pop()
                stacks.pop()
        return stretches


class Profile:
    """What transactions spent, by stack."""

    def __init__(self) -> None:
        self.by_stack: dict[Stack, Spent] = {}
        self.transactions = 0

    def add(self, runs: Sequence[list[Stretch]]) -> None:
        """Add a transaction that was run at least once, always from the same state."""
        if len({len(run) for run in runs}) > 1:
            # Something outside, the time perhaps, decides what it does: only one can count.
            runs = runs[-1:]
        # Tracing takes about the same at each stop: what the shortest stretch took.
        overhead = min(stretch.nanoseconds for run in runs for stretch in run)
        self.transactions += 1
        for same in zip(*runs, strict=True):
            time = min(stretch.nanoseconds for stretch in same) - overhead
            stretch = same[-1]
            spent = self.by_stack.setdefault(stretch.stack, Spent())
            spent.add(Spent(stretch.hits, time, list(stretch.costs)))

    def merge(self, other: Profile) -> None:
        """Take over what another has."""
        self.transactions += other.transactions
        for stack, spent in other.by_stack.items():
            self.by_stack.setdefault(stack, Spent()).add(spent)

    @property
    def total(self) -> Spent:
        """What everything spent."""
        return sum_of(self.by_stack.values())

    def lines(self) -> dict[Place, tuple[Spent, Spent]]:
        """Of each line what it spent itself, and with all that it called; hits are the line's."""
        found: dict[Place, tuple[Spent, Spent]] = {}
        for stack, spent in self.by_stack.items():
            for place in dict.fromkeys(stack):
                own, whole = found.setdefault(place, (Spent(), Spent()))
                if place == stack[-1]:
                    own.add(spent)
                whole.add(spent)
        for own, whole in found.values():
            whole.hits = own.hits
        return found


def sum_of(several: Iterable[Spent]) -> Spent:
    """What several spent together."""
    total = Spent()
    for one in several:
        total.add(one)
    return total
