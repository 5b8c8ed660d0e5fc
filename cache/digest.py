"""The two ids of the store, digests of bytes and keys of actions; knows no storage."""

from __future__ import annotations

from typing import Final, Self

from blake3 import blake3

CONTENT_CONTEXT: Final = "clarbuild v1 content"
DIGEST_BYTES: Final = 32


class _Id:
    """Thirty-two bytes with a type; two ids of different types are never equal. Immutable."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        if type(raw) is not bytes or len(raw) != DIGEST_BYTES:
            raise ValueError(f"an id is {DIGEST_BYTES} bytes")
        self.raw = raw

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.raw == self.raw

    def __lt__(self, other: Self) -> bool:
        return self.raw < other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.short})"

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """Read an id back from its 64 hexadecimal digits; ValueError when it is not one."""
        return cls(bytes.fromhex(text))

    @property
    def hex(self) -> str:
        """The whole id in lower-case hexadecimal."""
        return self.raw.hex()

    @property
    def short(self) -> str:
        """The first twelve digits, for people."""
        return self.raw[:6].hex()

    def __str__(self) -> str:
        return self.raw.hex()


class Digest(_Id):
    """What some bytes are: BLAKE3 of them under the content context.

    `b3sum --derive-key "clarbuild v1 content" FILE` prints the same.
    """

    __slots__ = ()

    @classmethod
    def of(cls, data: bytes | bytearray | memoryview) -> Digest:
        """The digest of these bytes."""
        return cls(blake3(data, derive_key_context=CONTENT_CONTEXT).digest())


class ActionKey(_Id):
    """What decides some bytes: the hash of a described key, made by `cache.key.action_key`."""

    __slots__ = ()


Id = ActionKey | Digest
