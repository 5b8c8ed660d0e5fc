"""A small MARF to test."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from runtime.marf import Blocks, Forest


class Marf:
    """A forest with its database and its blocks."""

    def __init__(self) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.blocks = Blocks()
        Forest.create(self.db)
        self.forest = Forest(self.db, self.blocks)

    def add(
        self,
        parent: int,
        block: bytes,
        rows: Iterable[tuple[bytes, bytes]],
        name: bytes | None = None,
    ) -> int:
        self.forest.open(parent, block if name is None else name)
        for path, value in rows:
            self.forest.insert(path, value)
        number = len(self.blocks) + 1
        with self.db:
            self.forest.commit(number)
        assert self.blocks.add(block, parent) == number
        return number
