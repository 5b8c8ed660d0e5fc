"""A chain's folder: one file of SQLite and a lock, so that there is one writer at a time.

    with open_chain(folder) as chain:
        chain.store.put(…)

A block is one transaction in SQLite's write-ahead log: after a kill at any moment the last block
that was committed is there, whole, and nothing of the next.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from filelock import FileLock, Timeout

from runtime.stores.database import ChainError
from runtime.stores.marf import MarfBacking
from runtime.stores.sqlite import SqliteBacking
from runtime.stores.store import Store

Kind = Literal["marf", "sqlite"]

_FILE: Final = "chain.sqlite"
_LOCK: Final = "lock"
_OWNER: Final = "owner"
_BACKINGS: Final[dict[str, type[MarfBacking | SqliteBacking]]] = {
    "marf": MarfBacking,
    "sqlite": SqliteBacking,
}


class ChainInUse(ChainError):
    """Another process writes to the chain."""

    def __init__(self, folder: Path, owner: str) -> None:
        by = f"process {owner}" if owner else "another process"
        super().__init__(f"the chain in {folder} is in use by {by}: stop it, or use another folder")
        self.folder = folder
        self.owner = owner


class ChainFolder:
    """An open chain; `store` is its state."""

    __slots__ = ("_lock", "_owner", "path", "store")

    def __init__(self, path: Path, store: Store, lock: FileLock) -> None:
        self.path = path
        self.store = store
        self._lock = lock
        self._owner = path / _OWNER

    def close(self) -> None:
        """Close the chain; what is in no block is lost."""
        self.store.close()
        self._owner.unlink(missing_ok=True)
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_chain(path: Path | str, kind: Kind = "marf", *, durable: bool = False) -> ChainFolder:
    """Open the chain in a folder, or begin one there; `ChainError` says why it cannot be.

    `durable` waits for the disk at each block, so that not even a power cut loses one.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ChainInUse(folder, _owner(folder)) from error
    except OSError as error:
        raise ChainError(f"no chain can be kept in {folder}: {error}") from error
    try:
        (folder / _OWNER).write_text(str(os.getpid()))
        backing = _BACKINGS[kind](folder / _FILE, durable=durable)
    except BaseException as error:
        lock.release()
        if isinstance(error, OSError):
            raise ChainError(f"no chain can be kept in {folder}: {error}") from error
        raise
    return ChainFolder(folder, Store(backing), lock)


def _owner(folder: Path) -> str:
    """Who said last that the chain is theirs."""
    try:
        text = (folder / _OWNER).read_text()
    except OSError:
        return ""
    return text if text.isdecimal() else ""
