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
    root BLOB NOT NULL,
    place INTEGER NOT NULL,
    size INTEGER NOT NULL,
    nodes BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS tries_by_root ON tries (root);
CREATE TABLE IF NOT EXISTS trie_parts (
    block INTEGER NOT NULL,
    part INTEGER NOT NULL,
    nodes BLOB NOT NULL,
    PRIMARY KEY (block, part)
) WITHOUT ROWID;
"""

_PART: Final = 1 << 17
"""A trie is one row. What exceeds this size is cut into rows of it: SQLite walks a long value from
its start, so that one read in a trie of 9 MB took 7 ms.
"""
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
            (block, root, place, len(nodes), nodes[:_PART]),
        )
        self._db.executemany(
            "INSERT INTO trie_parts (block, part, nodes) VALUES (?, ?, ?)",
            (
                (block, start // _PART, nodes[start : start + _PART])
                for start in range(_PART, len(nodes), _PART)
            ),
        )

    def root_hash(self, block: int) -> bytes:
        """The root hash of a block."""
        return self._row(block)[2]

    def root(self, block: int) -> int:
        """The reference to a block's root node."""
        return reference(block, self._row(block)[0], NODE256)

    def block_of_root(self, root: bytes) -> int | None:
        """The block that has a root hash.

        Two blocks of one parent can have the same: they wrote the same, and were called the same
        while they were made. The later is taken, as the network does.
        """
        row = self._db.execute(
            "SELECT block FROM tries WHERE root = ? ORDER BY block DESC LIMIT 1", (root,)
        ).fetchone()
        return None if row is None else int(row[0])

    def bytes_at(self, child: int) -> tuple[bytes, int]:
        """Bytes that hold a node, and where in them it starts."""
        block, place = block_of(child), place_of(child)
        part, place = divmod(place, _PART)
        data = self._part(block, part)
        if place + MAX_RECORD > _PART and len(data) == _PART:
            size = self._row(block)[1]
            if (part + 1) * _PART < size:
                return data[place:] + self._part(block, part + 1)[:MAX_RECORD], 0
        return data, place

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

    def _part(self, block: int, part: int) -> bytes:
        key = block, part
        kept = self._kept
        found = kept.get(key)
        if found is not None:
            kept.move_to_end(key)
            return found
        if part:
            query = "SELECT nodes FROM trie_parts WHERE block = ? AND part = ?"
            row = self._db.execute(query, key).fetchone()
        else:
            row = self._db.execute("SELECT nodes FROM tries WHERE block = ?", (block,)).fetchone()
        if row is None:
            raise DamagedTrie(f"part {part} of the trie of block {block} is missing")
        data: bytes = row[0]
        kept[key] = data
        self._size += len(data)
        while self._size > _KEPT:
            self._size -= len(kept.popitem(last=False)[1])
        return data
