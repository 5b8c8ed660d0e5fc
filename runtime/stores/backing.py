"""What a store stands on: finished blocks and what they hold. Knows no pending writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from runtime.marf.blocks import Blocks


class BlockRow(NamedTuple):
    """A block: its parent's number, its identifier, and what the chain says of it."""

    parent: int
    id: bytes
    label: int
    header: bytes


class Backing(Protocol):
    """Finished blocks in memory, in SQLite or in the MARF. Blocks go by their numbers."""

    blocks: Blocks
    tip: int
    """The block that the chain stands on when it is opened again, `ROOTLESS` before the first."""

    def read(self, block: int, key: str) -> bytes | None:
        """The value of a key as of the end of a block."""

    def seal(self, parent: int, name: bytes, writes: Mapping[str, bytes]) -> bytes | None:
        """The root hash of a block that is about to be appended with these writes, if it has one.

        `name` is what the block is called while it is made; its identifier may be another.
        """

    def append(self, row: BlockRow, writes: Mapping[str, bytes], *, is_tip: bool) -> int:
        """Add a block with all it wrote, as the tip perhaps, at once or not at all; its number.

        A block that was sealed is given with the very mapping that it was sealed with.
        """

    def drop(self) -> None:
        """Forget what `seal` prepared."""

    def set_tip(self, block: int) -> None:
        """Make another block the tip."""

    def label(self, block: int) -> int:
        """The number that the chain gave a block."""

    def header(self, block: int) -> bytes:
        """What the chain keeps of a block beside its state."""

    def root(self, block: int) -> bytes | None:
        """The root hash of a block, where this store has one."""

    def close(self) -> None:
        """Let go of files."""


def newest_up_to(backing: Backing, tip: int, label: int) -> int | None:
    """The newest block, on the way to `tip`, whose label is not above; `None` where there is none."""
    blocks = backing.blocks
    low, high = 0, blocks.height(tip) + 1
    while low < high:
        middle = (low + high) // 2
        found = blocks.at_height(middle, tip)
        assert found is not None  # between the first block and the tip
        if backing.label(found) <= label:
            low = middle + 1
        else:
            high = middle
    return blocks.at_height(low - 1, tip)
