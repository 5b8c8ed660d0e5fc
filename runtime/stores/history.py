"""Keys and the blocks that wrote them, in a table of SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from runtime.marf.blocks import Blocks

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS history (
    key TEXT NOT NULL,
    block INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (key, block)
) WITHOUT ROWID
"""


class History:
    """Of each key, the blocks that wrote it and what they wrote."""

    __slots__ = ("_blocks", "_db")

    def __init__(self, db: sqlite3.Connection, blocks: Blocks) -> None:
        self._db = db
        self._blocks = blocks
        db.execute(SCHEMA)

    def read(self, block: int, key: str) -> bytes | None:
        """The value of a key as of the end of a block."""
        rows = self._db.execute(
            "SELECT block, value FROM history WHERE key = ? AND block <= ? ORDER BY block DESC",
            (key, block),
        )
        for writer, value in rows:
            if self._blocks.is_ancestor(writer, block):
                rows.close()
                return bytes(value)
        return None

    def write(self, block: int, writes: Iterable[tuple[str, bytes]]) -> None:
        """Within a transaction: what a block wrote."""
        self._db.executemany(
            "INSERT INTO history VALUES (?, ?, ?)", ((key, block, value) for key, value in writes)
        )
