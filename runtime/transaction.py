"""One transaction while it runs: nested marks over state, events and movements of assets."""

from __future__ import annotations

from typing import Final

from runtime.assets import AssetLog
from runtime.events import Emitted
from runtime.state import State

_OUTERMOST: Final = (0, 0, False)
"""The mark around a whole transaction, before which there was nothing."""


class Transaction:
    """Opened marks are closed innermost first; what an undone mark did is as if it never was."""

    __slots__ = (
        "_keeper",
        "_marks",
        "_settled",
        "_settled_version",
        "assets",
        "events",
        "generation",
        "printed",
        "read_only",
        "state",
    )

    def __init__(self, state: State) -> None:
        self.state = state
        self.events: list[Emitted] = []
        # Bytes of values in the events that `print` made.
        self.printed = 0
        self.read_only = False
        # Grows wherever the state may be another than what instances have seen and written.
        self.generation = 1
        # Whose instances ran last; the generation when a transaction of theirs left nothing to
        # doubt, and the version of the state by then.
        self._keeper: object = None
        self._settled = 0
        self._settled_version = 0
        self.assets = AssetLog()
        # How many events there were and what was printed, and whether what is around the mark is
        # read-only.
        self._marks: list[tuple[int, int, bool]] = []

    def settle(self) -> None:
        """The transaction has ended as it should: what instances have seen and written by now is so
        still when the next one begins, where nothing else has changed the state."""
        self._settled = self.generation
        self._settled_version = self.state.version

    def renew(self, keeper: object = None) -> None:
        """Begin anew: what the next transaction does has nothing to do with what this one did.

        `keeper` is who keeps the instances that run it, where it sees nothing but the tip.
        """
        if self.events:
            self.events = []
        self.printed = 0
        self.read_only = False
        if (
            keeper is not self._keeper
            or self.generation != self._settled
            or self.state.version != self._settled_version
        ):
            self._keeper = keeper
            self.generation += 1
        # In doubt until it has ended as it should.
        self._settled = 0
        if self._marks:
            self._marks.clear()
        if self.assets.movements:
            self.assets.clear()

    @property
    def depth(self) -> int:
        """How many marks are open."""
        return len(self._marks)

    def open(self) -> None:
        """Open the mark around a whole transaction, which has just been begun anew.

        The log of assets needs none: its outermost is the whole.
        """
        self._marks.append(_OUTERMOST)
        self.state.begin()

    def close(self) -> None:
        """Close what `open` opened, and keep what was done."""
        self._marks.pop()
        self.state.commit()

    def begin(self, *, read_only: bool = False) -> None:
        """Open a mark."""
        self._marks.append((len(self.events), self.printed, self.read_only))
        self.read_only = self.read_only or read_only
        self.state.begin()
        self.assets.begin()

    def commit(self) -> None:
        """Close the innermost mark and keep what was done; where that fails, it is still open."""
        self.assets.commit()
        _, _, self.read_only = self._marks.pop()
        self.state.commit()

    def roll_back(self) -> None:
        """Close the innermost mark and undo what was done."""
        mark = self._marks.pop()
        state, version, only_read = self.state, self.state.version, self.read_only
        count, self.printed, self.read_only = mark
        del self.events[count:]
        state.roll_back()
        # What was read in between holds on where nothing was written.
        if not only_read or state.version != version:
            self.generation += 1
        if mark is _OUTERMOST:
            self.assets = AssetLog()
        else:
            self.assets.roll_back()

    def unwind(self, depth: int) -> None:
        """Undo marks until `depth` are left, wherever an error left them: in a past block, perhaps."""
        if len(self._marks) > depth:
            self.generation += 1
        while len(self._marks) > depth:
            self.roll_back()
