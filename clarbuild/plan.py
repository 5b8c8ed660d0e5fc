"""Which unit may be looked at next: a pure state machine over the graph; does nothing itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from enum import Enum

from msgspec import Struct

from cache.digest import ActionKey, Digest
from clarbuild.graph import Graph, absolute, relative


class State(Enum):
    """How far a unit has come."""

    WAITING = "waiting"
    READY = "ready"
    RUNNING = "running"
    BUILT = "built"
    INVALID = "invalid"
    BLOCKED = "blocked"


FINISHED = frozenset({State.BUILT, State.INVALID, State.BLOCKED})


class Exported(Struct, frozen=True):
    """What a finished contract shows its dependents.

    `observed` is the digest of its interface as they can observe it; `mentions` are the contracts
    whose traits stand in that interface, as the contract itself names them.
    """

    observed: Digest
    mentions: tuple[str, ...]


class Plan:
    """The states of all units; `set_state` is the one way to change them.

    Of `settled` units nothing has to be done: they are finished, and `recall` says what they show.
    """

    def __init__(
        self,
        graph: Graph,
        settled: Collection[int] = (),
        recall: Callable[[int], Exported | None] = lambda _number: None,
    ) -> None:
        self.graph = graph
        self._recall = recall
        self._settled = settled
        # Of ten thousand units most are settled: no loop over those.
        open_ = sorted(set(range(len(graph.units))).difference(settled))
        self._states = [State.BUILT] * len(graph.units)
        for number in open_:
            self._states[number] = State.WAITING
        self.unfinished = len(open_)
        self._missing = {
            number: sum(
                self._states[other] is State.WAITING for other in graph.dependencies[number]
            )
            for number in open_
        }
        self._exports: dict[int, Exported | None] = {}
        self._ready: deque[int] = deque()
        self._running: dict[ActionKey, list[int]] = {}
        for number in open_:
            if not self._missing[number]:
                self.set_state(number, State.READY)

    def state(self, number: int) -> State:
        """The unit's state."""
        return self._states[number]

    def set_state(self, number: int, state: State, exported: Exported | None = None) -> None:
        """Moves a unit on; a finished one may make its dependents ready."""
        before = self._states[number]
        if before in FINISHED:
            raise ValueError(f"unit {number} is finished already: {before.value}")
        self._states[number] = state
        if state is State.READY:
            self._ready.append(number)
        if state not in FINISHED:
            return
        self.unfinished -= 1
        self._exports[number] = exported
        for dependent in self.graph.dependents[number]:
            if dependent not in self._missing:
                continue
            self._missing[dependent] -= 1
            if not self._missing[dependent] and self._states[dependent] is State.WAITING:
                self.set_state(dependent, State.READY)

    def take(self) -> int | None:
        """A ready unit, in the order in which they became so."""
        return self._ready.popleft() if self._ready else None

    def start(self, number: int, key: ActionKey) -> bool:
        """Marks a unit as running; False where the same action runs already for another."""
        self.set_state(number, State.RUNNING)
        waiting = self._running.setdefault(key, [])
        waiting.append(number)
        return len(waiting) == 1

    def running(self, key: ActionKey) -> list[int]:
        """The units that the action `key` was run for, which is at an end now."""
        return self._running.pop(key, [])

    def first_running(self, key: ActionKey) -> int:
        """The unit that the action `key` runs for; others with the same key only wait for it."""
        return self._running[key][0]

    def stuck(self) -> list[int]:
        """All that would wait for ever: what lies on a cycle or depends on one."""
        return [n for n, state in enumerate(self._states) if state not in FINISHED]

    def needs(self, number: int) -> dict[str, int | None]:
        """Every contract whose interface the compilation of `number` may ask for.

        Those are the ones that it refers to and, again and again, those whose traits stand in an
        interface of one of them. Keys are identifiers as `number` names them; values the units
        that are deployed under them. One that `number` does not wait for may be finished by chance,
        but counts as if it was not there.
        """
        within = self.graph.ancestors(number) if self.graph.knotted else None
        deployer = self.graph.units[number].deployer
        found: dict[str, int | None] = {}
        queue = [absolute(name, deployer) for name in self.graph.references[number].all]
        while queue:
            contract = queue.pop()
            if contract in found:
                continue
            found[contract] = None
            for other in self.graph.deployed(number, contract):
                if within is not None and other not in within:
                    continue
                exported = self.exported(other)
                if exported is not None:
                    found[contract] = other
                    home = self.graph.units[other].deployer
                    queue += [absolute(mention, home) for mention in exported.mentions]
                    break
        return {relative(contract, deployer): other for contract, other in found.items()}

    def exported(self, number: int) -> Exported | None:
        """What a finished unit shows; None where it isn't valid, or not finished."""
        if number in self._settled:
            return self._recall(number)
        return self._exports.get(number)
