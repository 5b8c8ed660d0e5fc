"""Ed25519 keys as text and files, signatures over bytes; knows nothing of what is signed.

A public key is written `ed25519:BASE64`. A secret key is a file of one line, readable by its owner
alone. The cryptography package is imported when something is signed or checked, not before.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from pathlib import Path
from typing import Final

PUBLIC_PREFIX: Final = "ed25519:"
SECRET_PREFIX: Final = "ed25519-secret:"
KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
# A key file has one line; anything longer is something else.
_MAX_FILE_BYTES: Final = 4096


class SigningError(Exception):
    """A key that can't be used; the message says why."""


class PublicKey:
    """Whose signatures are believed; equal keys are equal values."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise SigningError(f"an Ed25519 key is {KEY_BYTES} bytes, got {len(raw)}")
        self.raw = raw

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """A key from its text; SigningError when it is not one."""
        if text.startswith(SECRET_PREFIX):
            raise SigningError("this is a secret key: give the public one, and make a new pair")
        return cls(_decoded(text, PUBLIC_PREFIX))

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether this key's owner signed the message."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and other.raw == self.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __str__(self) -> str:
        return PUBLIC_PREFIX + base64.b64encode(self.raw).decode()

    def __repr__(self) -> str:
        return f"PublicKey({self})"


class SigningKey:
    """A secret key; never printed."""

    __slots__ = ("_secret", "public")

    def __init__(self, secret: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if len(secret) != KEY_BYTES:
            raise SigningError(f"an Ed25519 key is {KEY_BYTES} bytes, got {len(secret)}")
        self._secret = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = PublicKey(self._secret.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The signature of a message."""
        return self._secret.sign(message)

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """A key from its file; SigningError when it can't be read or others can read it."""
        try:
            with open(path, "rb") as file:
                info = os.fstat(file.fileno())
                text = file.read(_MAX_FILE_BYTES).decode("ascii", "replace")
        except OSError as error:
            raise SigningError(f"{path}: {(error.strerror or str(error)).lower()}") from None
        if os.name == "posix" and stat.S_IMODE(info.st_mode) & 0o077:
            raise SigningError(f"{path}: others may read this secret key: chmod 600 {path}")
        return cls(_decoded(text.strip(), SECRET_PREFIX))

    @classmethod
    def create(cls, path: Path) -> SigningKey:
        """A new key in a new file; SigningError where it can't be written or one is there."""
        secret = os.urandom(KEY_BYTES)
        line = f"{SECRET_PREFIX}{base64.b64encode(secret).decode()}\n"
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(fd, "w", encoding="ascii") as file:
                file.write(line)
        except OSError as error:
            raise SigningError(f"{path}: {(error.strerror or str(error)).lower()}") from None
        return cls(secret)


def _decoded(text: str, prefix: str) -> bytes:
    if not text.startswith(prefix):
        raise SigningError(f"not a key: want {prefix}BASE64")
    try:
        raw = base64.b64decode(text[len(prefix) :], validate=True)
    except (binascii.Error, ValueError):
        raise SigningError(f"not a key: want {prefix}BASE64") from None
    if len(raw) != KEY_BYTES:
        raise SigningError(f"an Ed25519 key is {KEY_BYTES} bytes, got {len(raw)}")
    return raw
