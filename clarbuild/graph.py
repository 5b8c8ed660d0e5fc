"""The contracts of a build and how they refer to each other: nouns; knows no cache and no files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from clarbuild.references import References
from clarbuild.units import Manifest, Unit
from compiler.contracts import DEPLOYER


class Graph(Struct, frozen=True):
    """Units by number, with the units that must be finished before each.

    A cycle is a way round, the first unit repeated at the end; nothing can be built of what lies
    on one or depends on it. In a `knotted` graph some contract names one that names it back: there
    its edges depend on more of a source than what it refers to, on what it is found to have `passed`.
    """

    units: tuple[Unit, ...]
    references: tuple[References, ...]
    dependencies: tuple[tuple[int, ...], ...]
    dependents: tuple[tuple[int, ...], ...]
    cycles: tuple[tuple[int, ...], ...]
    knotted: bool
    passed: dict[int, frozenset[str]]
    _deployments: dict[tuple[int, str], list[int]]
    _ordered: bool

    def deployments(self, number: int, identifier: str) -> list[int]:
        """The units that may be the contract `identifier` as unit `number` names it, best first.

        In a log those are the earlier deployments under that name, the earliest first: a name is
        taken by the first that succeeds.
        """
        return self.deployed(number, absolute(identifier, self.units[number].deployer))

    def deployed(self, number: int, contract: str) -> list[int]:
        """The same, by the contract's identifier on the chain."""
        found = self._deployments.get((self.units[number].segment, contract), [])
        return [other for other in found if other != number and self._precedes(other, number)]

    def reach(self, numbers: Iterable[int]) -> set[int]:
        """These units, and all that depend on one of them."""
        reached = set(numbers)
        ahead = list(reached)
        while ahead:
            for other in self.dependents[ahead.pop()]:
                if other not in reached:
                    reached.add(other)
                    ahead.append(other)
        return reached

    def ancestors(self, number: int) -> set[int]:
        """All that must be finished before a unit."""
        found: set[int] = set()
        ahead = list(self.dependencies[number])
        while ahead:
            other = ahead.pop()
            if other not in found:
                found.add(other)
                ahead += self.dependencies[other]
        return found

    def _precedes(self, other: int, number: int) -> bool:
        return not self._ordered or precedes(self.units, other, number)


def precedes(units: Sequence[Unit], other: int, number: int) -> bool:
    """Whether in a log unit `other` is there when unit `number` is deployed."""
    if units[other].boot != units[number].boot:
        return units[other].boot
    return other < number


def absolute(identifier: str, deployer: str) -> str:
    """The identifier on the chain of what a contract of `deployer` calls `identifier`."""
    return deployer + identifier[len(DEPLOYER) :] if identifier.startswith(DEPLOYER) else identifier


def relative(contract: str, deployer: str) -> str:
    """How a contract of `deployer` calls the contract that is `contract` on the chain."""
    if contract.startswith(deployer) and contract[len(deployer)] == ".":
        return DEPLOYER + contract[len(deployer) :]
    return contract


def link(
    manifest: Manifest,
    references: Sequence[References],
    passed: Callable[[int], frozenset[str]],
) -> Graph:
    """The graph of a manifest's units.

    A contract that is merely named (a principal literal) is waited for, because it may be passed
    as a trait, but it can close no cycle: there only those count that `passed` says stand among
    a call's arguments, and then none.
    """
    units = manifest.units
    deployments: dict[tuple[int, str], list[int]] = {}
    for number, unit in enumerate(units):
        deployments.setdefault((unit.segment, unit.id), []).append(number)
    ordered = manifest.ordered

    def targets(number: int, identifiers: Iterable[str]) -> tuple[int, ...]:
        unit = units[number]
        found = {
            other
            for identifier in identifiers
            for other in deployments.get((unit.segment, absolute(identifier, unit.deployer)), ())
        }
        return tuple(
            sorted(n for n in found if n != number and (not ordered or precedes(units, n, number)))
        )

    looked_at: dict[int, frozenset[str]] = {}

    def kept_if_passed(number: int) -> frozenset[str]:
        if number not in looked_at:
            looked_at[number] = passed(number)
        return looked_at[number]

    edges = [targets(number, found.all) for number, found in enumerate(references)]
    knots = [] if ordered else _knots(edges)
    if knots:
        for keep in (kept_if_passed, lambda _number: frozenset[str]()):
            for members in _knots(edges):
                for number in members:
                    own = references[number]
                    kept = targets(number, (*own.needed, *(keep(number) & {*own.named})))
                    edges[number] = tuple(n for n in edges[number] if n not in members or n in kept)
    dependents: list[list[int]] = [[] for _ in units]
    for number, found in enumerate(edges):
        for other in found:
            dependents[other].append(number)
    return Graph(
        units,
        tuple(references),
        tuple(edges),
        tuple(map(tuple, dependents)),
        tuple(_way_round(edges, members) for members in _knots(edges)) if knots else (),
        bool(knots),
        looked_at,
        deployments,
        ordered,
    )


def _knots(edges: Sequence[Sequence[int]]) -> list[frozenset[int]]:
    """The sets of more than one unit that reach each other (Tarjan, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    knots: list[frozenset[int]] = []
    for root in range(len(edges)):
        if root in index:
            continue
        work = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            number, rest = work[-1]
            for other in rest:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, iter(edges[other])))
                    break
                if other in on_stack:
                    low[number] = min(low[number], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[number])
                if low[number] == index[number]:
                    members: set[int] = set()
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        members.add(member)
                        if member == number:
                            break
                    if len(members) > 1:
                        knots.append(frozenset(members))
    return knots


def _way_round(edges: Sequence[Sequence[int]], members: frozenset[int]) -> tuple[int, ...]:
    """A shortest path inside `members` from its first unit back to it."""
    start = min(members)
    came_from: dict[int, int] = {}
    layer = [start]
    while layer:
        following: list[int] = []
        for number in layer:
            for other in edges[number]:
                if other == start:
                    path = [start, number]
                    while path[-1] != start:
                        path.append(came_from[path[-1]])
                    return tuple(reversed(path)) if number != start else (start, start)
                if other in members and other not in came_from:
                    came_from[other] = number
                    following.append(other)
        layer = following
    return (start,)
