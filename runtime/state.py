"""The chain's state: keys to bytes, nested marks that are undone or kept, and past blocks.

Keys and values are the network's own: key strings as `vm::SP….token::1::total`, values in
consensus serialisation (or the fixed forms of balances). Knows nothing of what they mean.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, MutableSequence
from typing import Any, Protocol

from runtime.forked import forked_dict, forked_list
from runtime.write_log import WriteLog

Get = Callable[[str], bytes | None]


class State(Protocol):
    """What the host needs of a store; an in-memory one is below."""

    @property
    def version(self) -> int:
        """Another number whenever what is read may have changed, whoever changed it."""

    def get(self, key: str) -> bytes | None:
        """The value of a key."""

    def put(self, key: str, value: bytes) -> None:
        """Set a key; undone with the mark around it."""

    def put_all(self, writes: Iterable[tuple[str, bytes]]) -> None:
        """Set keys, in this order."""

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

    def snapshot(self) -> object:
        """A place to `revert` to, in constant time."""

    def revert(self, place: Any) -> None:
        """Undo all that was written since, blocks included; no mark may be open."""

    def fork(self) -> State:
        """Another state that goes on from here by itself, in constant time; no mark may be open."""

    def adopt(self, fork: Any) -> None:
        """Stand where a fork stands; places taken before are no good any more."""


class MemoryState(WriteLog):
    """A store in memory. Everything that was ever written is logged: past blocks are read from it."""

    __slots__ = ("_block_starts", "_blocks", "get")

    def __init__(self) -> None:
        # Plain until the state is forked for the first time: then what both have is shared.
        super().__init__()
        # Heights that are ended, ascending, and where in the log the next block starts.
        self._blocks: MutableSequence[int] = []
        self._block_starts: MutableSequence[int] = []
        self.get: Get = self.data.get

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
        data = self.data

        def get(key: str) -> bytes | None:
            return past[key] if key in past else data.get(key)

        return get

    def snapshot(self) -> tuple[int, int]:
        """A place to revert to."""
        return len(self._log), len(self._blocks)

    def revert(self, place: tuple[int, int]) -> None:
        """Undo everything since."""
        self._no_mark()
        written, blocks = place
        self._undo(written)
        del self._blocks[blocks:]
        del self._block_starts[blocks:]

    def fork(self) -> MemoryState:
        """Another that shares what there is; both are a little slower from here on."""
        self._no_mark()
        other = MemoryState()
        self.data, other.data = forked_dict(self.data)
        self._log, other._log = forked_list(self._log)
        self._blocks, other._blocks = forked_list(self._blocks)
        self._block_starts, other._block_starts = forked_list(self._block_starts)
        self.get, other.get = self.data.get, other.data.get
        return other

    def adopt(self, fork: MemoryState) -> None:
        """Stand where a fork stands."""
        self._no_mark()
        taken = fork.fork()
        self.version += 1
        self.data, self.get = taken.data, taken.get
        self._log, self._blocks, self._block_starts = taken._log, taken._blocks, taken._block_starts

    def _no_mark(self) -> None:
        if self._marks:
            raise RuntimeError("a transaction is under way")
