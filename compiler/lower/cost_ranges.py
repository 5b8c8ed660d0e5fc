"""Adds up what a function may cost while it is lowered, from the very charges that are emitted.

Paths fork where words branch and join again; of each dimension the least of the joined paths and
the most is kept. Knows nothing of cost functions: `compiler.lower.charges` gives it amounts.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.costs.ranges import CostRange, SiteCount
from compiler.costs.shapes import Cost
from compiler.diagnostics import CompilerBug

_DIMENSIONS = range(5)


class _Path:
    """The costs of the paths that lead to one place; `dead` where none does."""

    __slots__ = ("calls", "dead", "least", "most")

    def __init__(self) -> None:
        self.least = [0, 0, 0, 0, 0]
        self.most = [0, 0, 0, 0, 0]
        self.calls: dict[int, tuple[int, int]] = {}
        self.dead = False

    def copy(self) -> _Path:
        """The same paths, to go another way."""
        made = _Path()
        made.least = self.least.copy()
        made.most = self.most.copy()
        made.calls = self.calls.copy()
        made.dead = self.dead
        return made

    def join(self, other: _Path | None) -> _Path:
        """The paths of both."""
        if other is None:
            return self
        if other.dead or self.dead:
            # A path that an error ended counts for the most alone.
            live, ended = (self, other) if other.dead else (other, self)
            made = live.copy()
            made.most = list(map(max, live.most, ended.most))
            for site, (_, often) in ended.calls.items():
                least, most = live.calls.get(site, (0, 0))
                made.calls[site] = (least, max(most, often))
            return made
        made = _Path()
        made.least = list(map(min, self.least, other.least))
        made.most = list(map(max, self.most, other.most))
        if self.calls or other.calls:
            for site in {**self.calls, **other.calls}:
                ours, theirs = self.calls.get(site, (0, 0)), other.calls.get(site, (0, 0))
                made.calls[site] = (min(ours[0], theirs[0]), max(ours[1], theirs[1]))
        return made

    def add(self, other: _Path, least: int = 1, most: int = 1) -> None:
        """Go on along `other`, from `least` to `most` times."""
        for index in _DIMENSIONS:
            self.least[index] += other.least[index] * least
            self.most[index] += other.most[index] * most
        for site, (fewest, often) in other.calls.items():
            ours = self.calls.get(site, (0, 0))
            self.calls[site] = (ours[0] + fewest * least, ours[1] + often * most)


class CostRanges:
    """The range of one function.

    `fork`, then `other` before each further arm, then `join`; `repeat` and `repeated` around the
    body of a loop; `leave` where a path returns early, `end` where an error ends it; `enter` and
    `entered` around the body of an inlined function, which is what is left early there.
    """

    __slots__ = ("_exits", "_forks", "_loops", "_outer", "_path")

    def __init__(self) -> None:
        self._path = _Path()
        self._exits: _Path | None = None
        # Those of the functions around an inlined one.
        self._outer: list[_Path | None] = []
        # Where each fork began, and what its arms so far lead to.
        self._forks: list[tuple[_Path, _Path | None]] = []
        self._loops: list[_Path] = []

    # Charges

    def add(self, amounts: Sequence[int]) -> None:
        """Charge what is known exactly, in the order of `Cost`."""
        least, most = self._path.least, self._path.most
        least[0] += amounts[0]
        most[0] += amounts[0]
        if amounts[3] or amounts[2] or amounts[1] or amounts[4]:
            for index in _DIMENSIONS[1:]:
                least[index] += amounts[index]
                most[index] += amounts[index]

    def add_between(self, index: int, least: int, most: int) -> None:
        """Charge between `least` and `most` in one dimension."""
        self._path.least[index] += least
        self._path.most[index] += most

    def add_range(self, known: CostRange) -> None:
        """Charge what a function of the contract charges."""
        self._path.add(_path_of(known))

    def call(self, site: int) -> None:
        """Reach a call site."""
        least, most = self._path.calls.get(site, (0, 0))
        self._path.calls[site] = (least + 1, most + 1)

    # Paths

    def fork(self) -> None:
        """Begin the first of several arms."""
        self._forks.append((self._path, None))
        self._path = self._path.copy()

    def escape(self) -> None:
        """Let some paths go straight to where the arms join; the others go on."""
        start, joined = self._forks[-1]
        self._forks[-1] = (start, self._path.copy().join(joined))

    def other(self) -> None:
        """End an arm and begin another."""
        start, joined = self._forks[-1]
        self._forks[-1] = (start, self._path.join(joined))
        self._path = start.copy()

    def join(self) -> None:
        """End the last arm."""
        _, joined = self._forks.pop()
        self._path = self._path.join(joined)

    def repeat(self) -> None:
        """Begin the body of a loop."""
        self._loops.append(self._path)
        self._path = _Path()

    def repeated(self, least: int, most: int) -> None:
        """End the body of a loop that runs from `least` to `most` times."""
        body = self._path
        self._path = self._loops.pop()
        self._path.add(body, least, most)

    def leave(self, pending: Sequence[int]) -> None:
        """Some paths leave the function here, having charged `pending` besides."""
        if self._loops and not self._outer:
            raise CompilerBug("a loop's body returns")
        path = self._path.copy()
        for index in _DIMENSIONS:
            path.least[index] += pending[index]
            path.most[index] += pending[index]
        self._exits = path.join(self._exits)

    def end(self) -> None:
        """What follows is never reached."""
        self._path.dead = True

    def enter(self) -> None:
        """Begin the body of a function that stands where it is called."""
        self._outer.append(self._exits)
        self._exits = None

    def entered(self) -> None:
        """End it."""
        self._path = self._path.join(self._exits)
        self._exits = self._outer.pop()

    def inline(self, other: CostRanges) -> None:
        """Go on along the body of a function that is entered once, here; it may leave this one."""
        if other._exits is not None:
            path = self._path.copy()
            path.add(other._exits)
            self._exits = path.join(self._exits)
        self._path.add(other._path)
        self._path.dead = self._path.dead or other._path.dead

    def range(self) -> CostRange:
        """From the function's beginning to its ends."""
        path = self._path.join(self._exits)
        return CostRange(
            Cost(*path.least),
            Cost(*path.most),
            tuple(SiteCount(site, *counts) for site, counts in sorted(path.calls.items())),
        )


def _path_of(known: CostRange) -> _Path:
    path = _Path()
    path.least = list(known.least)
    path.most = list(known.most)
    path.calls = {call.site: (call.least, call.most) for call in known.calls}
    return path
