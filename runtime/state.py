"""The chain's state: keys to bytes, nested marks that are undone or kept, and past blocks.

Keys and values are the network's own: key strings as `vm::SP….token::1::total`, values in
consensus serialisation (or the fixed forms of balances). Knows nothing of what they mean.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Protocol

Get = Callable[[str], bytes | None]


class State(Protocol):
    """What the host needs of a store; an in-memory one is below."""

    def get(self, key: str) -> bytes | None:
        """The value of a key."""

    def put(self, key: str, value: bytes) -> None:
        """Set a key; undone with the mark around it."""

    def begin(self) -> None:
        """Open a mark."""

    def commit(self) -> None:
        """Close the innermost mark and keep what was written since."""

    def roll_back(self) -> None:
        """Close the innermost mark and undo what was written since."""

    def end_block(self, height: int) -> None:
        """What is written from here on belongs to blocks after `height`."""

    def at(self, height: int) -> Get:
        """Reads as of the end of the block at `height`."""

    def snapshot(self) -> int:
        """A place to `revert` to."""

    def revert(self, place: int) -> None:
        """Undo all that was written since, blocks included; no mark may be open."""


class MemoryState:
    """A store in memory. Every write is logged with what it replaced, so that undoing is cheap."""

    __slots__ = ("_block_starts", "_blocks", "_data", "_log", "_marks", "get")

    def __init__(self) -> None:
        self._data: dict[str, bytes] = {}
        self._log: list[tuple[str, bytes | None]] = []
        self._marks: list[int] = []
        # Heights that are ended, ascending, and where in the log the next block starts.
        self._blocks: list[int] = []
        self._block_starts: list[int] = []
        self.get: Get = self._data.get

    def put(self, key: str, value: bytes) -> None:
        """Set a key."""
        data = self._data
        self._log.append((key, data.get(key)))
        data[key] = value

    def begin(self) -> None:
        """Open a mark."""
        self._marks.append(len(self._log))

    def commit(self) -> None:
        """Close the innermost mark, keeping."""
        self._marks.pop()

    def roll_back(self) -> None:
        """Close the innermost mark, undoing."""
        place = self._marks.pop()
        if len(self._log) > place:
            self._undo(place)

    def end_block(self, height: int) -> None:
        """Close the block at `height`."""
        if self._blocks and self._blocks[-1] >= height:
            return
        self._blocks.append(height)
        self._block_starts.append(len(self._log))

    def at(self, height: int) -> Get:
        """Reads as of the end of a block: what later writes replaced, else what stands."""
        index = bisect_right(self._blocks, height)
        if index == 0:
            start = 0
        elif index == len(self._blocks) and height > self._blocks[-1]:
            start = self._marks[0] if self._marks else len(self._log)
        else:
            start = self._block_starts[index - 1]
        past: dict[str, bytes | None] = {}
        for key, old in reversed(self._log[start:]):
            past[key] = old
        data = self._data

        def get(key: str) -> bytes | None:
            return past[key] if key in past else data.get(key)

        return get

    def snapshot(self) -> int:
        """A place to revert to."""
        return len(self._log)

    def revert(self, place: int) -> None:
        """Undo everything since."""
        if self._marks:
            raise RuntimeError("a transaction is under way")
        self._undo(place)
        while self._block_starts and self._block_starts[-1] > place:
            self._block_starts.pop()
            self._blocks.pop()

    def _undo(self, place: int) -> None:
        data, log = self._data, self._log
        for key, old in reversed(log[place:]):
            if old is None:
                del data[key]
            else:
                data[key] = old
        del log[place:]
