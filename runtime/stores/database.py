"""The SQLite file of a chain: its blocks, and the one transaction in which a block is added."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from runtime.marf.blocks import ROOTLESS, Blocks
from runtime.stores.backing import BlockRow

FORMAT: Final = 1
_PAGES_IN_KIB: Final = 32_768
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS blocks (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    parent INTEGER NOT NULL,
    label INTEGER NOT NULL,
    header BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
"""


class ChainError(RuntimeError):
    """A chain on disk that cannot be used; the message says why and what to do."""


class DamagedChain(ChainError):
    """The file is no chain, or not all of one."""


class Database:
    """One connection, for one thread at a time. What a block holds is the subclass's."""

    __slots__ = ("_labels", "blocks", "db", "tip")
    kind: str

    def __init__(self, path: Path | str, *, durable: bool = False) -> None:
        self.blocks = Blocks()
        self.tip = ROOTLESS
        self._labels = array("q", [-1])
        try:
            self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise ChainError(f"{path} cannot be opened: {error}") from error
        try:
            self._prepare(durable)
        except sqlite3.Error as error:
            self.db.close()
            raise DamagedChain(f"{path} cannot be read as a chain: {error}") from error
        except ChainError:
            self.db.close()
            raise

    def _prepare(self, durable: bool) -> None:
        db = self.db
        # In WAL mode a kill loses nothing that was committed; only a power cut could, unless FULL.
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        db.execute(f"PRAGMA cache_size = -{_PAGES_IN_KIB}")
        with self.transaction():
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
            for name, value in (("format", FORMAT), ("store", self.kind)):
                db.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (name, value))
        if (found := self._fact("format")) != FORMAT:
            raise ChainError(f"the chain has format {found}; this version reads {FORMAT}")
        if (found := self._fact("store")) != self.kind:
            raise ChainError(f"the chain is kept in the store '{found}', not in '{self.kind}'")
        rows = db.execute("SELECT number, id, parent, label FROM blocks ORDER BY number")
        for expected, (number, block, parent, label) in enumerate(rows, 1):
            if number != expected or not ROOTLESS <= parent < number:
                raise DamagedChain(f"block {expected} is missing")
            self.blocks.add(block, parent)
            self._labels.append(label)
        self.tip = int(self._fact("tip") or ROOTLESS)  # type: ignore[call-overload]

    def _fact(self, name: str) -> object:
        row = self.db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is done within stays, or none of it."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    def insert(self, row: BlockRow, *, is_tip: bool) -> int:
        """Within a transaction: a block's row; the number it will have."""
        number = len(self.blocks) + 1
        values = (number, row.id, row.parent, row.label, row.header)
        self.db.execute("INSERT INTO blocks VALUES (?, ?, ?, ?, ?)", values)
        if is_tip:
            self._write_tip(number)
        return number

    def added(self, row: BlockRow, *, is_tip: bool) -> int:
        """After the transaction: the block is there."""
        number = self.blocks.add(row.id, row.parent)
        self._labels.append(row.label)
        if is_tip:
            self.tip = number
        return number

    def set_tip(self, block: int) -> None:
        """Make another block the tip."""
        if block != self.tip:
            with self.transaction():
                self._write_tip(block)
            self.tip = block

    def _write_tip(self, block: int) -> None:
        self.db.execute("REPLACE INTO facts VALUES ('tip', ?)", (block,))

    def label(self, block: int) -> int:
        """The number that the chain gave a block."""
        return self._labels[block]

    def header(self, block: int) -> bytes:
        """What the chain keeps of a block."""
        row = self.db.execute("SELECT header FROM blocks WHERE number = ?", (block,)).fetchone()
        return b"" if row is None else bytes(row[0])

    def close(self) -> None:
        """Close the file."""
        self.db.close()
