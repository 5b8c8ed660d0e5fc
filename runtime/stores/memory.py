"""Finished blocks in memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from runtime.marf.blocks import ROOTLESS, Blocks
from runtime.stores.backing import BlockRow


class MemoryBacking:
    """Of each key, the blocks that wrote it and what they wrote."""

    __slots__ = ("_headers", "_labels", "_values", "_writers", "blocks", "tip")

    def __init__(self) -> None:
        self.blocks = Blocks()
        self.tip = ROOTLESS
        self._labels = [-1]
        self._headers = [b""]
        self._writers: dict[str, list[int]] = {}
        self._values: dict[str, list[bytes]] = {}

    def read(self, block: int, key: str) -> bytes | None:
        """The value of a key as of the end of a block."""
        writers = self._writers.get(key)
        if writers is None:
            return None
        is_ancestor = self.blocks.is_ancestor
        for index in range(bisect_right(writers, block) - 1, -1, -1):
            if is_ancestor(writers[index], block):
                return self._values[key][index]
        return None

    def seal(self, parent: int, name: bytes, writes: Mapping[str, bytes]) -> bytes | None:
        """This store has no roots."""
        del parent, name, writes
        return None

    def append(self, row: BlockRow, writes: Mapping[str, bytes], *, is_tip: bool) -> int:
        """Add a block."""
        number = self.blocks.add(row.id, row.parent)
        self._labels.append(row.label)
        self._headers.append(row.header)
        for key, value in writes.items():
            self._writers.setdefault(key, []).append(number)
            self._values.setdefault(key, []).append(value)
        if is_tip:
            self.tip = number
        return number

    def drop(self) -> None:
        """Nothing is prepared here."""

    def set_tip(self, block: int) -> None:
        """Make another block the tip."""
        self.tip = block

    def label(self, block: int) -> int:
        """The number that the chain gave a block."""
        return self._labels[block]

    def header(self, block: int) -> bytes:
        """What the chain keeps of a block."""
        return self._headers[block]

    def root(self, block: int) -> bytes | None:
        """This store has no roots."""
        del block
        return None

    def close(self) -> None:
        """There are no files."""
