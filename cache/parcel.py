"""How an action with its blobs travels: one compressed, checked and perhaps signed piece of bytes.

A parcel is believed as far as it goes: that its bytes are whole, that it says it is of the key
asked for, and that a trusted key signed exactly this. It knows no network and no Clarity.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from blake3 import blake3
from msgspec import Struct

from cache.digest import ActionKey, Digest
from cache.envelope import action_row, decode_action, encode_action
from cache.outcome import Action, CacheCorrupt
from cache.signing import KEY_BYTES, SIGNATURE_BYTES, PublicKey, SigningKey

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_PARCEL_BYTES: Final = 32 << 20
MAX_CONTENT_BYTES: Final = 128 << 20
"""What a parcel may weigh, and what it may unpack to: a compressed bomb stops there."""

_CONTEXT: Final = "clarbuild v1 parcel"
_SIGNED: Final = b"clarbuild v1 signed parcel\0"
_MAGIC: Final = b"CLBP\x01"
# magic and format, key, digest of the body, length of the content; then signer and signature
_HEAD: Final = struct.Struct("<5s32s32sQ")
_SIGNATURE: Final = struct.Struct(f"<{KEY_BYTES}s{SIGNATURE_BYTES}s")
_LENGTH: Final = struct.Struct("<Q")
_LEVEL: Final = 6


class RemoteReason(StrEnum):
    """Why something does not come from, or go to, a remote store."""

    ABSENT = "not in the remote"
    OFF = "remote switched off"
    UNREACHABLE = "remote can't be reached"
    DENIED = "remote denies access"
    SLOW = "remote too slow"
    TRUNCATED = "cut short"
    DAMAGED = "damaged"
    FORMAT = "unknown format"
    FOREIGN = "entry of another key"
    TOO_LARGE = "too large"
    UNSIGNED = "not signed"
    SIGNER = "signed with a key that is not trusted"
    SIGNATURE = "wrong signature"
    REFUSED = "contents refused"


class RemoteMiss(Struct, frozen=True):
    """Nothing came that can be used, and why; false in a condition."""

    reason: RemoteReason
    detail: str = ""

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)


class Parcel(Struct, frozen=True):
    """An action that came from elsewhere, the bytes of its outputs, and who signed it."""

    action: Action
    outputs: Mapping[str, bytes]
    signer: PublicKey | None = None


class ParcelRefused(Exception):
    """Bytes that are no parcel of the key asked for; never leaves this package."""

    def __init__(self, reason: RemoteReason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.miss = RemoteMiss(reason, detail)


def pack(
    key: ActionKey,
    action: Action,
    outputs: Mapping[str, bytes],
    signing: SigningKey | None = None,
) -> bytes:
    """An action and the bytes of its outputs as a parcel."""
    entry = encode_action(key, action)
    parts = [_LENGTH.pack(len(entry)), entry]
    for name in sorted(action.outputs):
        parts += (_LENGTH.pack(len(outputs[name])), outputs[name])
    content = b"".join(parts)
    body = zstd.compress(content, _LEVEL)
    head = _HEAD.pack(_MAGIC, key.raw, _digest(body), len(content))
    if signing is None:
        return head + bytes(_SIGNATURE.size) + body
    signature = signing.sign(_SIGNED + head)
    return head + _SIGNATURE.pack(signing.public.raw, signature) + body


def unpack(data: bytes, key: ActionKey, trusted: frozenset[PublicKey] | None) -> Parcel:
    """The parcel of `key`; ParcelRefused for anything else.

    With `trusted` keys only what one of them signed is unpacked at all.
    """
    body_at = _HEAD.size + _SIGNATURE.size
    if len(data) < body_at:
        raise ParcelRefused(RemoteReason.TRUNCATED, f"{len(data)} bytes")
    head = data[: _HEAD.size]
    magic, owner, digest, length = _HEAD.unpack(head)
    if magic != _MAGIC:
        raise ParcelRefused(RemoteReason.FORMAT)
    if owner != key.raw:
        raise ParcelRefused(RemoteReason.FOREIGN, ActionKey(owner).short)
    body = data[body_at:]
    if _digest(body) != digest:
        raise ParcelRefused(RemoteReason.DAMAGED, f"{len(data)} bytes")
    signer = _signer(head, data[_HEAD.size : body_at], trusted)
    if length > MAX_CONTENT_BYTES:
        raise ParcelRefused(RemoteReason.TOO_LARGE, f"{length} bytes")
    action, outputs = _content(key, _decompressed(body, length))
    return Parcel(action, outputs, signer)


def _digest(body: bytes) -> bytes:
    return blake3(body, derive_key_context=_CONTEXT).digest()


def _signer(head: bytes, block: bytes, trusted: frozenset[PublicKey] | None) -> PublicKey | None:
    """Who signed; without required keys a signature is only kept when it is right."""
    raw, signature = _SIGNATURE.unpack(block)
    if not any(block):
        if trusted is not None:
            raise ParcelRefused(RemoteReason.UNSIGNED)
        return None
    signer = PublicKey(raw)
    if trusted is not None and signer not in trusted:
        raise ParcelRefused(RemoteReason.SIGNER, str(signer))
    if not signer.verify(signature, _SIGNED + head):
        raise ParcelRefused(RemoteReason.SIGNATURE, str(signer))
    return signer


def _decompressed(body: bytes, length: int) -> bytes:
    decompressor = zstd.ZstdDecompressor()
    try:
        # One byte more than announced would be too much; no more is ever made.
        content = decompressor.decompress(body, max_length=length + 1)
    except zstd.ZstdError as error:
        raise ParcelRefused(RemoteReason.DAMAGED, str(error)) from None
    if len(content) != length or not decompressor.eof or decompressor.unused_data:
        raise ParcelRefused(RemoteReason.DAMAGED, "length of the content")
    return content


def _content(key: ActionKey, content: bytes) -> tuple[Action, dict[str, bytes]]:
    entry, at = _piece(content, 0)
    try:
        action = decode_action(action_row(key), entry)
    except CacheCorrupt as damage:
        raise ParcelRefused(RemoteReason.DAMAGED, str(damage)) from None
    outputs: dict[str, bytes] = {}
    for name in sorted(action.outputs):
        outputs[name], at = _piece(content, at)
        if Digest.of(outputs[name]) != action.outputs[name]:
            raise ParcelRefused(RemoteReason.DAMAGED, name)
    if at != len(content):
        raise ParcelRefused(RemoteReason.DAMAGED, "bytes left over")
    return action, outputs


def _piece(content: bytes, at: int) -> tuple[bytes, int]:
    start = at + _LENGTH.size
    if start > len(content):
        raise ParcelRefused(RemoteReason.DAMAGED, "a piece is missing")
    end = start + _LENGTH.unpack_from(content, at)[0]
    if end > len(content):
        raise ParcelRefused(RemoteReason.DAMAGED, "a piece is missing")
    return content[start:end], end
