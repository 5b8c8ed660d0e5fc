"""Finished blocks in the network's MARF: values by their hashes, metadata in a table beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from runtime.marf.audit import audit
from runtime.marf.forest import Forest, ForestError, leaf_value, path_of
from runtime.marf.proofs import Proof
from runtime.stores.backing import BlockRow
from runtime.stores.database import DamagedChain, Database
from runtime.stores.history import History
from runtime.stores.network import METADATA, text_of, value_of

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS texts (hash BLOB PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID
"""
_HASH_SIZE: Final = 32


class MarfBacking(Database):
    """A trie for each block."""

    __slots__ = ("_forest", "_metadata", "_sealed")
    kind = "marf"

    def __init__(self, path: Path | str = ":memory:", *, durable: bool = False) -> None:
        super().__init__(path, durable=durable)
        self._metadata = History(self.db, self.blocks)
        self.db.execute(_SCHEMA)
        Forest.create(self.db)
        self._forest = Forest(self.db, self.blocks)
        # The writes that a block was sealed with, and their texts by hash.
        self._sealed: tuple[Mapping[str, bytes], dict[bytes, str]] | None = None

    def read(self, block: int, key: str) -> bytes | None:
        """The value of a key as of the end of a block."""
        if key.startswith(METADATA):
            return self._metadata.read(block, key)
        text = self.text_at(block, path_of(key))
        return None if text is None else value_of(key, text)

    def text_at(self, block: int, path: bytes) -> str | None:
        """The network's text of what the path of a key holds."""
        if not block:
            return None
        leaf = self._forest.get(block, path)
        if leaf is None:
            return None
        row = self.db.execute(
            "SELECT text FROM texts WHERE hash = ?", (leaf[:_HASH_SIZE],)
        ).fetchone()
        if row is None:
            # The rows by which the MARF itself keeps heights have no text.
            return None
        return str(row[0])

    def seal(self, parent: int, name: bytes, writes: Mapping[str, bytes]) -> bytes | None:
        """The root hash that the block will have; nothing more can be written to it."""
        texts: dict[bytes, str] = {}
        forest = self._forest
        forest.open(parent, name)
        try:
            for key, value in writes.items():
                if not key.startswith(METADATA):
                    text = text_of(key, value)
                    leaf = leaf_value(text)
                    texts[leaf[:_HASH_SIZE]] = text
                    forest.insert(path_of(key), leaf)
            root = forest.seal()
        except BaseException:
            forest.drop()
            raise
        self._sealed = writes, texts
        return root

    def append(self, row: BlockRow, writes: Mapping[str, bytes], *, is_tip: bool) -> int:
        """Add a block, in one transaction."""
        if self._sealed is None:
            self.seal(row.parent, row.id, writes)
        assert self._sealed is not None  # seal() made it
        sealed, texts = self._sealed
        if sealed is not writes:
            raise ForestError("another block is sealed: commit or drop that first")
        number = len(self.blocks) + 1
        metadata = (item for item in writes.items() if item[0].startswith(METADATA))
        try:
            with self.transaction():
                self.insert(row, is_tip=is_tip)
                self.db.executemany("INSERT OR IGNORE INTO texts VALUES (?, ?)", texts.items())
                self._metadata.write(number, metadata)
                self._forest.commit(number)
        except BaseException:
            self._forest.forget(number)
            raise
        finally:
            self.drop()
        return self.added(row, is_tip=is_tip)

    def drop(self) -> None:
        """Forget what `seal` prepared."""
        self._forest.drop()
        self._sealed = None

    def root(self, block: int) -> bytes | None:
        """The root hash of a block."""
        return self._forest.root_of(block)

    def prove(self, block: int, path: bytes) -> Proof | None:
        """A proof of what a path holds as of a block."""
        return self._forest.prove(block, path)

    def block_of_root(self, root: bytes) -> bytes | None:
        """The block that has a root hash: what verifying a proof needs to know."""
        return self._forest.block_of_root(root)

    def audit(self, block: int) -> None:
        """Compute a block's root hash anew from what is stored; raises `DamagedChain`."""
        fault = audit(self._forest, self.blocks, block)
        if fault is not None:
            raise DamagedChain(f"block {self.blocks.ids[block].hex()}: {fault}")
