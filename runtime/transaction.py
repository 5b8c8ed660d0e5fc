"""One transaction while it runs: nested marks over state, events and movements of assets."""

from __future__ import annotations

from runtime.assets import AssetLog
from runtime.events import Event
from runtime.state import State


class Transaction:
    """Opened marks are closed innermost first; what an undone mark did is as if it never was."""

    __slots__ = ("_marks", "assets", "events", "printed", "read_only", "state")

    def __init__(self, state: State) -> None:
        self.state = state
        self.events: list[Event] = []
        # Bytes of values in the events that `print` made.
        self.printed = 0
        self.read_only = False
        self.assets = AssetLog()
        # How many events there were and what was printed, and whether what is around the mark is
        # read-only.
        self._marks: list[tuple[int, int, bool]] = []

    def renew(self) -> None:
        """Begin anew: what the next transaction does has nothing to do with what this one did."""
        self.events = []
        self.printed = 0
        self.read_only = False
        self._marks.clear()
        if self.assets.movements:
            self.assets = AssetLog()

    @property
    def depth(self) -> int:
        """How many marks are open."""
        return len(self._marks)

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
        count, self.printed, self.read_only = self._marks.pop()
        del self.events[count:]
        self.state.roll_back()
        self.assets.roll_back()

    def unwind(self, depth: int) -> None:
        """Undo marks until `depth` are left."""
        while len(self._marks) > depth:
            self.roll_back()
