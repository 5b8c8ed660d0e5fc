"""Finished tries in SQLite, one row a block, and the nodes read from them."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from typing import Final

from runtime.marf.nodes import (
    LEAF,
    MAX_RECORD,
    NODE256,
    Leaf,
    Node,
    block_of,
    kind_of,
    place_of,
    read_children,
    read_leaf,
    read_path,
    reference,
)

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS tries (
    block INTEGER PRIMARY KEY,
    root BLOB NOT NULL UNIQUE,
    place INTEGER NOT NULL,
    size INTEGER NOT NULL,
    nodes BLOB NOT NULL
);
"""

_WHOLE: Final = 1 << 18
"""Tries up to this size are kept whole; of larger ones only the nodes asked for are read."""
_KEPT: Final = 1 << 25
"""How many bytes of tries are kept."""


class DamagedTrie(RuntimeError):
    """A trie that is missing or cannot be read."""


class Tries:
    """Tries by the numbers of their blocks."""

    __slots__ = ("_db", "_kept", "_roots", "_size")

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._kept: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._size = 0
        # Place, size and root hash of a block's trie.
        self._roots: dict[int, tuple[int, int, bytes]] = {}

    def add(self, block: int, root: bytes, place: int, nodes: bytes) -> None:
        """Store a block's trie; the caller's transaction decides whether it stays."""
        self._db.execute(
            "INSERT INTO tries (block, root, place, size, nodes) VALUES (?, ?, ?, ?, ?)",
            (block, root, place, len(nodes), nodes),
        )

    def root_hash(self, block: int) -> bytes:
        """The root hash of a block."""
        return self._row(block)[2]

    def root(self, block: int) -> int:
        """The reference to a block's root node."""
        return reference(block, self._row(block)[0], NODE256)

    def block_of_root(self, root: bytes) -> int | None:
        """The block that has a root hash."""
        row = self._db.execute("SELECT block FROM tries WHERE root = ?", (root,)).fetchone()
        return None if row is None else int(row[0])

    def bytes_at(self, child: int) -> tuple[bytes, int]:
        """Bytes that hold a node, and where in them it starts."""
        block, place = block_of(child), place_of(child)
        size = self._row(block)[1]
        if size <= _WHOLE:
            return self._read(block, 0, size), place
        return self._read(block, place, min(MAX_RECORD, size - place)), 0

    def fetch(self, child: int) -> Leaf | Node:
        """A node of its own to change, by its reference."""
        data, at = self.bytes_at(child)
        kind = kind_of(child)
        if kind == LEAF:
            return read_leaf(data, at)
        children = read_children(data, at, block_of(child))
        return Node(kind, read_path(data, at), dict(children))

    def forget(self, block: int) -> None:
        """Drop what is remembered of a block whose transaction did not go through."""
        self._roots.pop(block, None)
        for key in [key for key in self._kept if key[0] == block]:
            self._size -= len(self._kept.pop(key))

    def _row(self, block: int) -> tuple[int, int, bytes]:
        row = self._roots.get(block)
        if row is None:
            row = self._db.execute(
                "SELECT place, size, root FROM tries WHERE block = ?", (block,)
            ).fetchone()
            if row is None:
                raise DamagedTrie(f"block {block} has no trie")
            self._roots[block] = row
        return row

    def _read(self, block: int, start: int, size: int) -> bytes:
        key = block, start
        kept = self._kept
        data = kept.get(key)
        if data is not None:
            kept.move_to_end(key)
            return data
        with self._db.blobopen("tries", "nodes", block, readonly=True) as blob:
            blob.seek(start)
            data = blob.read(size)
        if len(data) != size:
            raise DamagedTrie(f"the trie of block {block} is shorter than {start + size}")
        kept[key] = data
        self._size += size
        while self._size > _KEPT:
            self._size -= len(kept.popitem(last=False)[1])
        return data
