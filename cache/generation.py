"""Generations: a database that turns out damaged is left behind for a new one, never replaced.

Renaming or deleting a SQLite file that another process has open can ruin the file that takes its
name, so each generation has a folder of its own, and one is deleted only when no process uses it.
It knows folders, locks and databases, not entries.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from cache.folder import generations, remove_tree
from cache.outcome import STORAGE_ERRORS, CacheCorrupt, CacheUnavailable, Reason, reason_of
from cache.sealed import VALUES, SealedCache, create_database

_LOCK: Final = "use.lock"
_NEW: Final = ".new-"
_DEAD: Final = ".dead-"
_ATTEMPTS: Final = 8
_NOT_DAMAGE: Final = (Reason.BUSY, Reason.FULL, Reason.READ_ONLY)


class Generation:
    """One opened generation; holds it against deletion until closed."""

    def __init__(
        self, version: Path, number: int, clock: Callable[[], float], timeout: float
    ) -> None:
        self.number = number
        self.directory = version / f"g{number}"
        with contextlib.ExitStack() as undo:
            try:
                self._lock = os.open(
                    self.directory / _LOCK,
                    os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC,
                    0o600,
                )
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENOTDIR):
                    raise CacheCorrupt(Reason.DATABASE, str(error)) from error
                raise
            undo.callback(os.close, self._lock)
            fcntl.flock(self._lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if self.deleted:
                raise FileNotFoundError(self.directory)  # deleted just before the lock was had
            try:
                self._values = os.open(
                    self.directory / VALUES,
                    os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC,
                )
            except OSError as error:
                raise CacheCorrupt(Reason.DATABASE, str(error)) from error
            undo.callback(os.close, self._values)
            self.cache = SealedCache(self.directory, self._values, clock, timeout)
            undo.pop_all()

    @property
    def deleted(self) -> bool:
        """Whether its folder was deleted, by hand or with the whole cache."""
        return os.fstat(self._lock).st_nlink == 0

    def close(self) -> None:
        """Let go of it."""
        with contextlib.suppress(sqlite3.Error):
            self.cache.close()
        for fd in (self._values, self._lock):
            os.close(fd)


def open_current(
    version: Path, clock: Callable[[], float], timeout: float, *, above: int = 0
) -> Generation:
    """The newest generation that is sound and numbered above `above`, made if there is none."""
    error: Exception | None = None
    for _ in range(_ATTEMPTS):
        newest = max(generations(version), default=0)
        if newest <= above:
            newest = above + 1
            _create(version, newest)
        try:
            return Generation(version, newest, clock, timeout)
        except (FileNotFoundError, BlockingIOError) as gone:
            error = gone  # another process has just deleted it, or is about to
            time.sleep(0.01)
        except CacheCorrupt as damaged:
            error, above = damaged, newest
        except STORAGE_ERRORS as failed:
            # SQLite reports some damage as trouble of the disk; if it is that, making another
            # generation fails as well.
            if isinstance(failed, OSError) or reason_of(failed) in _NOT_DAMAGE:
                raise
            error, above = failed, newest
    raise CacheUnavailable(
        f"cache folder {version} cannot be opened: {error}", f"remove the folder {version}"
    )


def _create(version: Path, number: int) -> None:
    """Make an empty generation in one step; if another process was faster, that one is as good."""
    for _ in range(_ATTEMPTS):
        making = version / f"{_NEW}{secrets.token_hex(8)}"
        making.mkdir(mode=0o700)
        try:
            # Held while it is made: one that nobody holds is a dead process's.
            with _held(making):
                create_database(making)
                with contextlib.suppress(OSError):
                    making.rename(version / f"g{number}")
            return
        except FileNotFoundError:
            continue  # a collection took it for abandoned before it was held
        finally:
            if making.exists():
                remove_tree(making)


@contextlib.contextmanager
def _held(folder: Path, flags: int = 0) -> Iterator[None]:
    """Hold a folder's lock; with LOCK_NB BlockingIOError where another process does."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | flags)
        yield
    finally:
        os.close(fd)


def remove_unused(version: Path, current: int) -> int:
    """Delete the generations below `current` that no process uses; how many there were."""
    removed = 0
    for number in generations(version):
        if number < current:
            removed += _remove(version, number)
    with contextlib.suppress(OSError):
        for path in version.iterdir():
            if path.name.startswith(_DEAD):
                remove_tree(path)
            elif path.name.startswith(_NEW):
                with contextlib.suppress(OSError), _held(path, fcntl.LOCK_NB):
                    remove_tree(path)
    return removed


def _remove(version: Path, number: int) -> bool:
    directory = version / f"g{number}"
    try:
        lock = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        dead = version / f"{_DEAD}{secrets.token_hex(8)}"
        directory.rename(dead)
        remove_tree(dead)
    except OSError:
        return False  # in use, or another process was faster
    finally:
        os.close(lock)
    return True
