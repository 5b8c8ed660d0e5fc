"""Finished blocks in a table of SQLite."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runtime.stores.backing import BlockRow
from runtime.stores.database import Database
from runtime.stores.history import History


class SqliteBacking(Database):
    """A row for each key that a block wrote."""

    __slots__ = ("_history",)
    kind = "sqlite"

    def __init__(self, path: Path | str = ":memory:", *, durable: bool = False) -> None:
        super().__init__(path, durable=durable)
        self._history = History(self.db, self.blocks)

    def read(self, block: int, key: str) -> bytes | None:
        """The value of a key as of the end of a block."""
        return self._history.read(block, key)

    def seal(self, parent: int, name: bytes, writes: Mapping[str, bytes]) -> bytes | None:
        """This store has no roots."""
        del parent, name, writes
        return None

    def append(self, row: BlockRow, writes: Mapping[str, bytes], *, is_tip: bool) -> int:
        """Add a block, in one transaction."""
        with self.transaction():
            number = self.insert(row, is_tip=is_tip)
            self._history.write(number, writes.items())
        return self.added(row, is_tip=is_tip)

    def drop(self) -> None:
        """Nothing is prepared here."""

    def root(self, block: int) -> bytes | None:
        """This store has no roots."""
        del block
        return None
