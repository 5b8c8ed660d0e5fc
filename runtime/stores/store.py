"""A store of state: pending writes on top of finished blocks, forks, and reads at any of them.

It speaks the protocol of `runtime.state` and, for chains that name their blocks themselves, one of
blocks. Metadata rows are keys like others (`metadata_key`), undone and committed with the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from runtime.hashing import sha512_256
from runtime.marf.blocks import ROOTLESS, Blocks
from runtime.state import Get
from runtime.stores.backing import Backing, BlockRow, newest_up_to
from runtime.stores.overlay import Overlay

_MOST_KEPT: Final = 100_000
"""How many values as of the tip are kept at hand."""


class StoreError(RuntimeError):
    """A call that the store's state does not allow."""


class Place(NamedTuple):
    """Where a store stands: its tip's number, and what the open block has written."""

    tip: int
    pending: dict[str, bytes]


class Store:
    """State on a backing. What is written belongs to the block after the tip."""

    __slots__ = ("_kept", "_main", "_overlay", "_sealed", "_tip", "backing", "begin")

    def __init__(self, backing: Backing) -> None:
        self.backing = backing
        self._tip = backing.tip
        # Of several stores on one backing, the one whose tip is kept and who closes it.
        self._main = True
        self._overlay = Overlay()
        self.begin = self._overlay.begin
        """Open a mark."""
        self._kept: dict[str, bytes | None] = {}
        self._sealed = False

    # Keys and marks

    @property
    def version(self) -> int:
        """Another number whenever what is read may have changed."""
        return self._overlay.version

    def get(self, key: str) -> bytes | None:
        """The value of a key."""
        value = self._overlay.data.get(key)
        if value is not None:
            return value
        kept = self._kept
        if key in kept:
            return kept[key]
        tip = self._tip
        value = self.backing.read(tip, key) if tip else None
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        kept[key] = value
        return value

    def put(self, key: str, value: bytes) -> None:
        """Set a key; undone with the mark around it."""
        if self._sealed:
            raise StoreError("the block is sealed")
        self._overlay.put(key, value)

    def put_all(self, writes: Iterable[tuple[str, bytes]]) -> None:
        """Set keys, in this order."""
        if self._sealed:
            raise StoreError("the block is sealed")
        self._overlay.put_all(writes)

    def commit(self) -> None:
        """Close the innermost mark and keep what was written since."""
        self._overlay.commit()

    def roll_back(self) -> None:
        """Close the innermost mark and undo what was written since."""
        self._overlay.roll_back()

    # Blocks that the chain names

    @property
    def blocks(self) -> Blocks:
        """The tree of finished blocks."""
        return self.backing.blocks

    @property
    def tip(self) -> bytes | None:
        """The block that is written on; `None` before the first."""
        return self.blocks.ids[self._tip] if self._tip else None

    def open_block(self, parent: bytes | None) -> None:
        """Write on this block from now on, on another fork perhaps; `None`: on none."""
        if self._overlay.data or self._overlay.depth or self._sealed:
            raise StoreError("the open block has writes: commit or drop it first")
        self._stand_on(ROOTLESS if parent is None else self.blocks.number(parent))

    def seal_block(self, name: bytes) -> bytes | None:
        """End the block's writes; its root hash, where the store has one.

        `name` is what the block is called until `commit_block` gives its identifier, which may
        depend on the root.
        """
        self._no_mark()
        root = self.backing.seal(self._tip, name, self._overlay.data)
        self._sealed = True
        return root

    def commit_block(self, block: bytes, header: bytes = b"", label: int | None = None) -> None:
        """Finish the block under its identifier (32 bytes), with what the chain keeps of it."""
        self._no_mark()
        if block in self.blocks:
            raise StoreError(f"there is a block {block.hex()} already")
        if label is None:
            label = self.blocks.height(self._tip) + 1
        writes = self._overlay.data
        row = BlockRow(self._tip, block, label, header)
        try:
            self._tip = self.backing.append(row, writes, is_tip=self._main)
        except BaseException:
            # What seal() prepared is gone; the writes are still there to be tried again.
            self._sealed = False
            raise
        self._kept.update(writes)
        if len(self._kept) > _MOST_KEPT:
            self._kept.clear()
        self._begin_anew({})

    def drop_block(self) -> None:
        """Undo all that was written since the last block."""
        if self._sealed:
            self.backing.drop()
        self._begin_anew({})

    def at_block(self, block: bytes) -> Get:
        """Reads as of the end of a finished block."""
        read, number = self.backing.read, self.blocks.number(block)
        return lambda key: read(number, key)

    def height(self, block: bytes) -> int:
        """How many blocks are before a block."""
        return self.blocks.height(self.blocks.number(block))

    def block_at(self, height: int, tip: bytes | None = None) -> bytes | None:
        """The block of a height on the way back from `tip`."""
        number = self._tip if tip is None else self.blocks.number(tip)
        found = self.blocks.at_height(height, number)
        return None if found is None else self.blocks.ids[found]

    def header(self, block: bytes) -> bytes:
        """What the chain keeps of a block."""
        return self.backing.header(self.blocks.number(block))

    def root(self, block: bytes) -> bytes | None:
        """The root hash of a block, where the store has one."""
        return self.backing.root(self.blocks.number(block))

    # The line of blocks that `runtime.state` speaks of

    def end_block(self, height: int) -> None:
        """What is written from here on belongs to blocks after `height`."""
        if self._tip and self.backing.label(self._tip) >= height:
            return
        block = _name(self.tip or b"", height, self._overlay.data)
        if block in self.blocks:
            # The same writes at the same place, after a revert: that block is there already.
            number = self.blocks.number(block)
            self.drop_block()
            self._stand_on(number)
            return
        self.commit_block(block, label=height)

    def at(self, height: int) -> Get:
        """Reads as of the end of the block at `height`."""
        backing, tip = self.backing, self._tip
        if tip == ROOTLESS:
            return _nothing
        if height > backing.label(tip):
            now = self._overlay.before_marks()
            return lambda key: now[key] if key in now else backing.read(tip, key)
        number = newest_up_to(backing, tip, height)
        return _nothing if number is None else lambda key: backing.read(number, key)

    def snapshot(self) -> Place:
        """A place to `revert` to; takes as long as what the open block wrote."""
        self._no_mark()
        return Place(self._tip, dict(self._overlay.data))

    def revert(self, place: Place) -> None:
        """Undo all that was written since, blocks included; no mark may be open."""
        self._no_mark()
        self.drop_block()
        self._stand_on(place.tip)
        self._begin_anew(dict(place.pending))

    def fork(self) -> Store:
        """Another store that goes on from here by itself; the blocks of both are kept together.

        Which block this one stands on is what is found when the chain is opened again.
        """
        self._no_mark()
        other = Store(self.backing)
        other._tip, other._main = self._tip, False
        other._overlay.replace(dict(self._overlay.data))
        return other

    def adopt(self, fork: Store) -> None:
        """Stand where a fork stands: the block found when the chain is opened again is its."""
        if fork.backing is not self.backing:
            raise StoreError("a fork of another chain")
        self.revert(fork.snapshot())

    def close(self) -> None:
        """Let go of files; what is in no block is lost."""
        if self._main:
            self.backing.close()

    def _no_mark(self) -> None:
        if self._overlay.depth:
            raise RuntimeError("a transaction is under way")

    def _begin_anew(self, data: dict[str, bytes]) -> None:
        self._overlay.replace(data)
        self._sealed = False

    def _stand_on(self, number: int) -> None:
        if number != self._tip:
            if self._main:
                self.backing.set_tip(number)
            self._tip = number
            self._overlay.version += 1
            self._kept.clear()


def _nothing(key: str) -> bytes | None:
    """Reads before the first block."""
    del key
    return None


def _name(parent: bytes, height: int, writes: Mapping[str, bytes]) -> bytes:
    """An identifier for a block that the chain does not name: of its place and its writes."""
    parts = [parent, height.to_bytes(8, "big")]
    for key, value in writes.items():
        name = key.encode()
        parts += (len(name).to_bytes(4, "big"), name, len(value).to_bytes(4, "big"), value)
    return sha512_256(b"".join(parts))
