"""The file system as the tool sees it, small enough that a dictionary can stand in for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from msgspec import Struct

_SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__"})


class Stamp(Struct, frozen=True):
    """What tells cheaply that a file is probably the one seen before.

    `changed_ns` is the inode's own time, which a program that sets back the other one can't set.
    """

    modified_ns: int
    changed_ns: int
    size: int
    inode: int

    @property
    def latest_ns(self) -> int:
        """When anything last happened to the file, by its file system's clock."""
        return max(self.modified_ns, self.changed_ns)


class Files(Protocol):
    """Reads; every method raises `OSError` as the operating system does."""

    def read(self, path: Path) -> bytes:
        """The file's bytes."""

    def stamp(self, path: Path) -> Stamp:
        """The file's stamp."""

    def is_folder(self, path: Path) -> bool:
        """Whether `path` is a folder."""

    def exists(self, path: Path) -> bool:
        """Whether there is anything at `path`."""

    def contracts(self, folder: Path) -> Iterator[Path]:
        """Every `.clar` file under `folder`, in order of their names."""


class DiskFiles:
    """The real file system."""

    def read(self, path: Path) -> bytes:
        """The file's bytes."""
        return path.read_bytes()

    def stamp(self, path: Path) -> Stamp:
        """The file's stamp."""
        status = os.stat(path)
        return Stamp(status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)

    def is_folder(self, path: Path) -> bool:
        """Whether `path` is a folder."""
        return path.is_dir()

    def exists(self, path: Path) -> bool:
        """Whether there is anything at `path`."""
        return path.exists()

    def contracts(self, folder: Path) -> Iterator[Path]:
        """Every `.clar` file under `folder`, hidden folders and dependencies' folders left out."""
        for base, folders, names in os.walk(folder):
            folders[:] = sorted(
                name for name in folders if name[0] != "." and name not in _SKIPPED_FOLDERS
            )
            for name in sorted(names):
                if name.endswith(".clar"):
                    yield Path(base, name)
