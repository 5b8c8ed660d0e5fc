"""What the build before settled, what of it holds still, and what this one leaves to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from cache.digest import ActionKey
from clarbuild.graph import Graph
from clarbuild.memory import Memory, Settled
from clarbuild.outcome import Outcome, Status
from clarbuild.plan import Exported
from clarbuild.sources import Source
from clarbuild.units import Manifest

_SETTLED = frozenset({Status.BUILT, Status.CACHED, Status.INVALID})


class Settling:
    """Of one build; numbers are those of the manifest's units.

    `rows` are those of the units that the build before settled and that are what they were then,
    which hold as long as no unit that they depend on shows something else: those are `stirred`.
    `left` are the rows that the next build may go on from.
    """

    def __init__(
        self,
        manifest: Manifest,
        found: Sequence[Source],
        graph: Graph,
        memory: Memory,
        shows: Callable[[ActionKey, Exported | None], bool],
    ) -> None:
        self.rows: Mapping[int, Settled] = {}
        self.left: dict[int, Settled] = {}
        self.stirred: set[int] = set()
        self._manifest = manifest
        self._found = found
        self._graph = graph
        self._memory = memory
        self._shows = shows

    def holds(self, number: int) -> bool:
        """Whether a unit's row holds, now that all that it depends on is finished."""
        return number in self.rows and self._calm(number)

    def _calm(self, number: int) -> bool:
        return self.stirred.isdisjoint(self._graph.dependencies[number])

    def _labels(self, number: int) -> tuple[str, ...]:
        units = self._manifest.units
        return tuple(units[other].label for other in self._graph.dependencies[number])

    def end(self, number: int, exported: Exported | None) -> None:
        """A unit was finished that the build before did not settle, and shows this."""
        if not self._shows_the_same(number, exported):
            self.stirred.add(number)

    def _shows_the_same(self, number: int, exported: Exported | None) -> bool:
        row = self._memory.settled.get(self._manifest.units[number].label)
        if row is None or not self._calm(number) or row.dependencies != self._labels(number):
            return False
        if row.key is None:
            return exported is None
        return self._shows(row.key, exported)

    def leave(
        self,
        outcomes: Sequence[Outcome | None],
        numbers: Iterable[int],
        before: Settling | None,
    ) -> None:
        """Leaves what the build has settled of these units, and of others what the one before did."""
        rows: dict[str, Settled] = {}
        if before is not None:
            self.left = dict(before.left)
            rows = dict(self._memory.settled)
        for number in numbers:
            label = self._manifest.units[number].label
            row = self._row(number, outcomes[number])
            if row is None:
                self.left.pop(number, None)
                rows.pop(label, None)
            else:
                self.left[number] = rows[label] = row
        self._memory.settle(rows)
        self.rows = {}

    def _row(self, number: int, outcome: Outcome | None) -> Settled | None:
        if outcome is None or outcome.status not in _SETTLED:
            return None
        row = self.rows.get(number)
        if row is not None and row.key == outcome.key:
            return row
        rules = self._manifest.units[number].rules
        return Settled(self._found[number].digest, rules, self._labels(number), outcome.key)
