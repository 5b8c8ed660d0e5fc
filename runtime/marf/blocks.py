"""The tree of blocks: identifiers, parents and heights; knows nothing of what blocks hold."""

from __future__ import annotations

from array import array
from typing import Final

ROOTLESS: Final = 0
"""The number that stands for the parent of a first block."""


class UnknownBlock(LookupError):
    """A block identifier that this chain never committed."""

    def __init__(self, block: bytes) -> None:
        super().__init__(f"unknown block {block.hex()}")
        self.block = block


class Blocks:
    """Blocks by number (1, 2, … in order of commit) and by their 32-byte identifiers.

    Each block keeps one pointer far back, so that an ancestor at any height is found in a number
    of steps that grows with the logarithm of the height.
    """

    __slots__ = ("_far", "_heights", "_numbers", "_parents", "ids")

    def __init__(self) -> None:
        self.ids: list[bytes] = [b""]
        """The identifiers by number; 0 is nobody's."""
        self._numbers: dict[bytes, int] = {}
        self._parents = array("q", [ROOTLESS])
        self._heights = array("q", [-1])
        self._far = array("q", [ROOTLESS])

    def __len__(self) -> int:
        return len(self.ids) - 1

    def __contains__(self, block: bytes) -> bool:
        return block in self._numbers

    def add(self, block: bytes, parent: int) -> int:
        """Append a block to its parent (`ROOTLESS`: a first block); its number."""
        number = len(self.ids)
        height = self._heights[parent] + 1
        self.ids.append(block)
        self._numbers[block] = number
        self._parents.append(parent)
        self._heights.append(height)
        self._far.append(self._back(parent, _far_height(height)))
        return number

    def number(self, block: bytes) -> int:
        """The number of a committed block."""
        found = self._numbers.get(block)
        if found is None:
            raise UnknownBlock(block)
        return found

    def parent(self, number: int) -> int:
        """The number of the block before."""
        return self._parents[number]

    def height(self, number: int) -> int:
        """How many blocks are before it; -1 for `ROOTLESS`."""
        return self._heights[number]

    def at_height(self, height: int, tip: int) -> int | None:
        """The block at a height on the way back from `tip`, itself included."""
        return self._back(tip, height) if 0 <= height <= self._heights[tip] else None

    def is_ancestor(self, number: int, tip: int) -> bool:
        """Whether `tip` is `number` or stands on it."""
        height = self._heights[number]
        return height <= self._heights[tip] and self._back(tip, height) == number

    def skip_list(self, parent: int) -> list[int]:
        """The blocks 1, 2, 4, 8 … before a block that stands on `parent`, nearest first."""
        found = []
        height = self._heights[parent] + 1
        at, step = parent, 1
        while step <= height:
            at = self._back(at, height - step)
            found.append(at)
            step <<= 1
        return found

    def _back(self, at: int, height: int) -> int:
        heights, far, parents = self._heights, self._far, self._parents
        while heights[at] > height:
            jump = far[at]
            at = jump if heights[jump] >= height else parents[at]
        return at


def _far_height(height: int) -> int:
    """Where a block's far pointer goes: its height with the lowest bits cleared (as Bitcoin's)."""
    if height < 2:
        return height - 1
    if height & 1:
        lower = (height - 1) & (height - 2)
        return (lower & (lower - 1)) + 1
    return height & (height - 1)
