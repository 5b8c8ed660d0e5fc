"""The per-user key that seals native code, its file and its rotation; knows no entries.

The file is one line, readable by its owner alone. Whoever could read it could plant code, so a file
that others can read is replaced, and one that another user owns is not used.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from blake3 import blake3
from msgspec import Struct

_MAGIC: Final = b"clarbuild-seal-1 "
_ID_CONTEXT: Final = "clarbuild v1 seal id"
_FILE_BYTES: Final = len(_MAGIC) + 64 + 1


class SealKey(Struct, frozen=True):
    """A secret, and the id that entries name it by."""

    secret: bytes
    id: bytes

    def __repr__(self) -> str:
        # The secret must not get into logs and tracebacks.
        return f"SealKey(id={self.id!r})"

    @classmethod
    def of(cls, secret: bytes) -> SealKey:
        """The key with this secret of 32 bytes."""
        return cls(secret, blake3(secret, derive_key_context=_ID_CONTEXT).digest()[:8])


class SealUnavailable(Exception):
    """No key can be read or made, and why."""


class SealFile:
    """The key's file, read when first needed and made when missing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._key: SealKey | None = None

    def key(self) -> SealKey:
        """The key in memory, else the one on the disk, else a new one."""
        if self._key is None:
            self._key = self.reread()
        return self._key

    def reread(self) -> SealKey:
        """The key on the disk now, which another process may have rotated."""
        try:
            found = _read(self.path)
            if found is None:
                _write(self.path, replace=self.path.is_symlink() or self.path.exists())
                found = _read(self.path)
        except OSError as error:
            raise SealUnavailable(f"{self.path}: {error.strerror or error}") from error
        if found is None:
            raise SealUnavailable(f"{self.path}: the key cannot be kept")
        self._key = found
        return found

    def rotate(self) -> SealKey:
        """Throw the key away and make another; nothing sealed before is ever opened again."""
        try:
            _write(self.path, replace=True)
        except OSError as error:
            raise SealUnavailable(f"{self.path}: {error.strerror or error}") from error
        return self.reread()


def _read(path: Path) -> SealKey | None:
    """The key of a sound file; None when there is none or it must be replaced."""
    _check_folder(path.parent)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError:
        if path.is_symlink():
            return None
        raise
    try:
        info = os.fstat(fd)
        if info.st_uid != os.geteuid():
            raise SealUnavailable(f"{path}: owned by another user")
        if not stat.S_ISREG(info.st_mode) or info.st_mode & 0o077 or info.st_size != _FILE_BYTES:
            return None
        text = os.read(fd, _FILE_BYTES + 1)
    finally:
        os.close(fd)
    if not text.startswith(_MAGIC):
        return None
    try:
        secret = bytes.fromhex(text[len(_MAGIC) :].decode("ascii"))
    except ValueError:
        return None
    return SealKey.of(secret) if len(secret) == 32 else None


def _check_folder(folder: Path) -> None:
    """Whoever can rename files in the key's folder can choose the key."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    info = folder.stat()
    if info.st_uid != os.geteuid():
        raise SealUnavailable(f"{folder}: owned by another user")
    if info.st_mode & 0o022:
        raise SealUnavailable(f"{folder}: others can write to it")


def _write(path: Path, *, replace: bool) -> None:
    """Put a new key in place at once; without `replace`, one that is already there wins."""
    _check_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(temporary, flags, 0o600)
    try:
        try:
            os.write(fd, _MAGIC + secrets.token_bytes(32).hex().encode() + b"\n")
            # Unlike an entry, a key that is lost to a power cut cannot be made again.
            os.fsync(fd)
        finally:
            os.close(fd)
        if replace:
            os.replace(temporary, path)
        else:
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
