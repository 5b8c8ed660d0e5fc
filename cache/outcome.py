"""What the store answers with: actions, misses with their reasons, and the errors of opening it."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import diskcache
from msgspec import Struct, field

from cache.digest import Digest


class Layer(StrEnum):
    """The three kinds of entry."""

    ACTION = "action"
    BLOB = "blob"
    NATIVE = "native"


class Reason(StrEnum):
    """Why something is not given out, or not taken in."""

    ABSENT = "absent"  # never stored, or evicted
    OUTPUT_MISSING = "output missing"  # the action is here, a blob that it names is not
    GONE = "file gone"  # the index has it, the folder does not
    DAMAGED = "damaged"  # bytes that do not hash to what they should
    TRUNCATED = "wrong length"
    FOREIGN = "foreign"  # a sound entry in another entry's place
    FORMAT = "unknown format"
    UNSAFE = "unsafe row"  # a row that this store never writes: pickle, text, a path of its own
    SEAL = "seal broken"  # native bytes that this user's key did not seal
    SEAL_KEY = "sealed with another key"
    NO_SEAL = "no seal key"  # the key cannot be read or made, so nothing native can be trusted
    BUSY = "busy"  # other processes held the database for too long
    FULL = "disk full"
    READ_ONLY = "no permission"
    IO = "input/output error"
    DATABASE = "database damaged"
    OFF = "closed"  # the store is closed, or gave up after repeated failures


HIT: Final = "hit"


class Miss(Struct, frozen=True):
    """Nothing can be given, and why; false in a condition."""

    layer: Layer
    reason: Reason
    detail: str = ""

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)


class Action(Struct, frozen=True):
    """What an action made: named blobs, and metadata in bytes whose format the caller versions."""

    kind: str
    outputs: Mapping[str, Digest] = field(default_factory=dict)
    meta: bytes = b""
    version: int = 1


class CacheUnavailable(Exception):
    """The folder cannot be used; `message` says why and `hint` what to do."""

    def __init__(self, message: str, hint: str, reason: Reason = Reason.IO) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.reason = reason


class CacheCorrupt(Exception):
    """An entry is not what it should be; never leaves this package."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


# All that storage may raise when what is on the disk is damaged, missing, locked or full.
STORAGE_ERRORS: Final = (
    sqlite3.Error,
    sqlite3.Warning,
    OSError,
    UnicodeDecodeError,  # a damaged schema's names in SQLite's own messages
    MemoryError,  # a damaged length
    diskcache.Timeout,
)

_ERRNO = {
    errno.ENOSPC: Reason.FULL,
    errno.EDQUOT: Reason.FULL,
    errno.EROFS: Reason.READ_ONLY,
    errno.EACCES: Reason.READ_ONLY,
    errno.EPERM: Reason.READ_ONLY,
}
# Primary result codes of SQLite (sqlite.org/rescode.html); what is not here means damage.
_SQLITE = {
    3: Reason.READ_ONLY,
    5: Reason.BUSY,
    6: Reason.BUSY,
    7: Reason.IO,
    8: Reason.READ_ONLY,
    9: Reason.IO,
    10: Reason.IO,
    13: Reason.FULL,
    14: Reason.IO,
    15: Reason.BUSY,
    18: Reason.IO,
    23: Reason.READ_ONLY,
}


def reason_of(error: BaseException) -> Reason:
    """Why storage failed."""
    if isinstance(error, diskcache.Timeout):
        return Reason.BUSY
    if isinstance(error, MemoryError):
        return Reason.IO
    if isinstance(error, OSError):
        return _ERRNO.get(error.errno or 0, Reason.IO)
    code = getattr(error, "sqlite_errorcode", None)
    return Reason.DATABASE if code is None else _SQLITE.get(code & 0xFF, Reason.DATABASE)
