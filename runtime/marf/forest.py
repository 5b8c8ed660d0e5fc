"""The forest: opens a block on any other, writes to it, seals it, reads at every past block.

Root hashes are the network's. Knows no values: it maps 32-byte paths to the 40 bytes of a leaf.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from runtime.hashing import sha512_256
from runtime.marf.blocks import ROOTLESS, Blocks
from runtime.marf.nodes import LEAF, VALUE_SIZE, find_child, kind_of, read_leaf, root_hash
from runtime.marf.proofs import Proof, build
from runtime.marf.trie import Trie
from runtime.marf.tries import SCHEMA, Tries

_HASH_TO_HEIGHT: Final = "__MARF_BLOCK_HASH_TO_HEIGHT::"
_HEIGHT_TO_HASH: Final = "__MARF_BLOCK_HEIGHT_TO_HASH::"
_OWN_HEIGHT: Final = "__MARF_BLOCK_HEIGHT_SELF"
_PADDING: Final = bytes(VALUE_SIZE - 32)


class ForestError(RuntimeError):
    """A call that the forest's state does not allow."""


def path_of(key: str) -> bytes:
    """The path of a key."""
    return sha512_256(key.encode())


def leaf_value(text: str) -> bytes:
    """What a leaf holds of a value: its hash."""
    return sha512_256(text.encode()) + _PADDING


def leaf_number(number: int) -> bytes:
    """What a leaf holds of a height."""
    return number.to_bytes(VALUE_SIZE, "little")


class Forest:
    """A trie a block, in the caller's database and transactions.

    `blocks` is the caller's: it adds a block there when the transaction of `commit` went through.
    """

    __slots__ = ("_blocks", "_open", "_parent", "_sealed", "root_of", "tries")

    def __init__(self, db: sqlite3.Connection, blocks: Blocks) -> None:
        self.tries = Tries(db)
        self._blocks = blocks
        self._open: Trie | None = None
        self._parent = ROOTLESS
        self._sealed: tuple[bytes, int, bytes] | None = None
        self.root_of = self.tries.root_hash
        """The root hash of a block by its number."""

    @staticmethod
    def create(db: sqlite3.Connection) -> None:
        """Make the tables where they are missing."""
        db.executescript(SCHEMA)

    def open(self, parent: int, block: bytes) -> None:
        """Start a block on a parent (`ROOTLESS`: a first block), under a name that may change."""
        if self._open is not None:
            raise ForestError("a block is open already")
        blocks = self._blocks
        before = None if parent == ROOTLESS else self.tries.root(parent)
        self._open, self._parent = Trie(self.tries.fetch, before), parent
        height = blocks.height(parent) + 1
        insert = self.insert
        insert(path_of(_OWN_HEIGHT), leaf_number(height))
        insert(path_of(f"{_HEIGHT_TO_HASH}{height}"), block + _PADDING)
        insert(path_of(_HASH_TO_HEIGHT + block.hex()), leaf_number(height))
        if height:
            previous = blocks.ids[parent]
            insert(path_of(f"{_HEIGHT_TO_HASH}{height - 1}"), previous + _PADDING)
            insert(path_of(_HASH_TO_HEIGHT + previous.hex()), leaf_number(height - 1))

    def insert(self, path: bytes, value: bytes) -> None:
        """Set a path in the open block."""
        if self._open is None or self._sealed is not None:
            raise ForestError("no block is open to write to")
        self._open.insert(path, value)

    def seal(self) -> bytes:
        """End the open block's writes; its root hash."""
        if self._open is None:
            raise ForestError("no block is open")
        if self._sealed is None:
            blocks = self._blocks
            hashed, nodes, place = self._open.seal(blocks.ids)
            ancestors = [self.root_of(number) for number in blocks.skip_list(self._parent)]
            self._sealed = root_hash(hashed, ancestors), place, nodes
        return self._sealed[0]

    def commit(self, number: int) -> bytes:
        """Write the open block as the block of this number; its root hash."""
        root = self.seal()
        assert self._sealed is not None  # seal() made it
        self.tries.add(number, *self._sealed)
        self.drop()
        return root

    def drop(self) -> None:
        """Forget the open block."""
        self._open = self._sealed = None

    def forget(self, number: int) -> None:
        """The transaction around `commit` failed."""
        self.tries.forget(number)

    def get(self, block: int, path: bytes) -> bytes | None:
        """The 40 bytes at a path as of the end of a block."""
        tries = self.tries
        at = tries.root(block)
        position = 0
        while True:
            data, place = tries.bytes_at(at)
            if kind_of(at) == LEAF:
                leaf = read_leaf(data, place)
                return leaf.value if path.startswith(leaf.path, position) else None
            child, position = find_child(data, place, path, position)
            if not child:
                return None
            at = child if child >> 32 else (at >> 32 << 32) | child

    def get_open(self, path: bytes) -> bytes | None:
        """The 40 bytes at a path as the open block has it."""
        if self._open is None:
            raise ForestError("no block is open")
        return self._open.get(path)

    def prove(self, block: int, path: bytes) -> Proof | None:
        """A proof of what a path holds as of a block; `None` where it holds nothing."""
        return build(self.tries, self._blocks, block, path)

    def block_of_root(self, root: bytes) -> bytes | None:
        """The identifier of the block that has a root hash: what a verifier asks for."""
        number = self.tries.block_of_root(root)
        return None if number is None else self._blocks.ids[number]
