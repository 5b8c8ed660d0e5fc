"""Leases: what a running build used since it began is not evicted; knows no entries.

A lease is a file that its process keeps locked. The system drops the lock when the process dies,
however it dies, so a lease can neither be forgotten nor outlive its build.
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import secrets
from pathlib import Path
from typing import Final

_SUFFIX: Final = ".lease"
_NEW: Final = ".new-"
_READ: Final = 64


class Lease:
    """A lease held by this process until it is released."""

    def __init__(self, folder: Path, start: float) -> None:
        name = secrets.token_hex(8)
        making = folder / f"{_NEW}{name}"
        self.start = start
        self._path = folder / f"{name}{_SUFFIX}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._fd = os.open(making, flags, 0o600)
        try:
            # Locked before it has its name: a lease that is not locked is a dead one.
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.write(self._fd, repr(start).encode())
            making.rename(self._path)
        except BaseException:
            os.close(self._fd)
            with contextlib.suppress(OSError):
                making.unlink()
            raise

    def release(self) -> None:
        """The build has ended."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        os.close(self._fd)


def remove_abandoned(folder: Path) -> None:
    """Delete what processes left that died while they made a lease.

    Leases are made under the database's write lock; so must this be called.
    """
    for path in list(folder.iterdir()):
        if path.name.startswith(_NEW):
            with contextlib.suppress(OSError):
                path.unlink()


def live_starts(folder: Path) -> list[float]:
    """When each running build began; files of dead ones are removed."""
    starts = []
    for path in list(folder.iterdir()):
        if not path.name.endswith(_SUFFIX):
            continue
        try:
            fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(OSError):
                path.unlink()
        except BlockingIOError:
            starts.append(_start(os.read(fd, _READ)))
        finally:
            os.close(fd)
    return starts


def _start(text: bytes) -> float:
    """A time; what cannot be read protects everything."""
    try:
        start = float(text)
    except ValueError:
        return 0.0
    return 0.0 if math.isnan(start) else start
