"""How entries are written as bytes that describe and check themselves; knows no storage.

A blob is its own bytes: its name is its digest. An action is checked by an unkeyed BLAKE3 over key
and body. A native entry is sealed with this user's key, so that only what this user stored on this
machine is ever run.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

from blake3 import blake3

from cache.digest import ActionKey, Digest
from cache.outcome import Action, CacheCorrupt, Layer, Reason
from cache.seal import SealKey

_ENTRY_CONTEXT: Final = "clarbuild v1 action entry"
_ACTION_HEAD = struct.Struct("<5s32s32s")  # magic and format, key, check sum
_SHORT = struct.Struct("<H")
_ACTION_MAGIC: Final = b"CLBA\x01"
_NATIVE_HEAD = struct.Struct("<5s8sQ32s32s")  # magic and format, key id, length, wasm, fingerprint
_NATIVE_MAGIC: Final = b"CLBN\x01"
_SEAL_BYTES: Final = 32

_PREFIX: Final = {Layer.ACTION: b"a", Layer.BLOB: b"b", Layer.NATIVE: b"n"}
_LAYER_OF: Final = {ord(b"a"): Layer.ACTION, ord(b"b"): Layer.BLOB, ord(b"n"): Layer.NATIVE}
_KEY_BYTES: Final = {Layer.ACTION: 33, Layer.BLOB: 33, Layer.NATIVE: 65}


class Row(NamedTuple):
    """One value to store; `kind` is a tag for people and for `stat`."""

    key: bytes
    kind: str
    value: bytes


def action_row(key: ActionKey) -> bytes:
    """The row of an action."""
    return b"a" + key.raw


def blob_row(digest: Digest) -> bytes:
    """The row of a blob."""
    return b"b" + digest.raw


def native_row(wasm: Digest, fingerprint: Digest) -> bytes:
    """The row of the native code of a Wasm module for one engine."""
    return b"n" + wasm.raw + fingerprint.raw


def prefix_of(layer: Layer) -> bytes:
    """What the rows of a layer begin with."""
    return _PREFIX[layer]


def layer_of(row: object) -> Layer | None:
    """Which layer a row belongs to; None when the store cannot have written it."""
    if type(row) is not bytes or not row:
        return None
    layer = _LAYER_OF.get(row[0])
    return layer if layer is not None and len(row) == _KEY_BYTES[layer] else None


def encode_action(key: ActionKey, action: Action) -> bytes:
    """An action as bytes."""
    kind = action.kind.encode()
    parts = [struct.pack("<IH", action.version, len(kind)), kind]
    parts.append(struct.pack("<H", len(action.outputs)))
    for name, digest in sorted(action.outputs.items()):
        encoded = name.encode()
        parts += (struct.pack("<H", len(encoded)), encoded, digest.raw)
    parts += (struct.pack("<I", len(action.meta)), action.meta)
    body = b"".join(parts)
    return _ACTION_HEAD.pack(_ACTION_MAGIC, key.raw, _check_sum(key.raw, body)) + body


def _check_sum(key: bytes, body: bytes) -> bytes:
    return blake3(key + body, derive_key_context=_ENTRY_CONTEXT).digest()


def decode_action(row: bytes, value: bytes) -> Action:
    """An action from its row's bytes; CacheCorrupt unless they are exactly what was stored."""
    if len(value) < _ACTION_HEAD.size:
        raise CacheCorrupt(Reason.TRUNCATED)
    magic, key, check_sum = _ACTION_HEAD.unpack_from(value)
    if magic != _ACTION_MAGIC:
        raise CacheCorrupt(Reason.FORMAT)
    if key != row[1:]:
        raise CacheCorrupt(Reason.FOREIGN, f"entry of {key[:6].hex()}")
    body = value[_ACTION_HEAD.size :]
    if _check_sum(key, body) != check_sum:
        raise CacheCorrupt(Reason.DAMAGED)
    try:
        return _action_body(body)
    except (struct.error, UnicodeDecodeError, ValueError):
        raise CacheCorrupt(Reason.FORMAT) from None


def _action_body(body: bytes) -> Action:
    version, kind_size = struct.unpack_from("<IH", body)
    at = 6 + kind_size
    kind = body[6:at].decode()
    (count,) = _SHORT.unpack_from(body, at)
    at += 2
    outputs: dict[str, Digest] = {}
    for _ in range(count):
        (size,) = _SHORT.unpack_from(body, at)
        name_end = at + 2 + size
        outputs[body[at + 2 : name_end].decode()] = Digest(body[name_end : name_end + 32])
        at = name_end + 32
    (meta_size,) = struct.unpack_from("<I", body, at)
    meta = body[at + 4 :]
    if len(meta) != meta_size:
        raise ValueError("length of metadata")
    return Action(kind, outputs, meta, version)


def check_blob(row: bytes, value: bytes) -> None:
    """CacheCorrupt unless these bytes are the blob of this row."""
    if Digest.of(value).raw != row[1:]:
        raise CacheCorrupt(Reason.DAMAGED, f"{len(value)} bytes")


def seal_native(wasm: Digest, fingerprint: Digest, code: bytes, seal: SealKey) -> bytes:
    """Native code as a sealed entry."""
    head = _NATIVE_HEAD.pack(_NATIVE_MAGIC, seal.id, len(code), wasm.raw, fingerprint.raw)
    return b"".join((head, code, _mac(head, code, seal)))


def _mac(head: bytes, code: bytes, seal: SealKey) -> bytes:
    hasher = blake3(head, key=seal.secret)
    hasher.update(code)
    return hasher.digest()


def open_native(row: bytes, value: bytes, seals: Sequence[SealKey]) -> bytes:
    """The code of a sealed entry; what is returned is the very object that the seal was checked on.

    `seals` are the keys that may have sealed it: the one in memory, and the one on the disk now.
    """
    head_size = _NATIVE_HEAD.size
    if len(value) < head_size + _SEAL_BYTES:
        raise CacheCorrupt(Reason.TRUNCATED)
    head = value[:head_size]
    magic, key_id, length, wasm, fingerprint = _NATIVE_HEAD.unpack(head)
    if magic != _NATIVE_MAGIC:
        raise CacheCorrupt(Reason.FORMAT)
    if wasm + fingerprint != row[1:]:
        raise CacheCorrupt(Reason.FOREIGN, f"code of {wasm[:6].hex()}")
    if length != len(value) - head_size - _SEAL_BYTES:
        raise CacheCorrupt(Reason.TRUNCATED)
    seal = next((seal for seal in seals if seal.id == key_id), None)
    if seal is None:
        raise CacheCorrupt(Reason.SEAL_KEY)
    code = value[head_size:-_SEAL_BYTES]
    if not hmac.compare_digest(_mac(head, code, seal), value[-_SEAL_BYTES:]):
        raise CacheCorrupt(Reason.SEAL)
    return code


def sealed_by(value: bytes) -> bytes:
    """The id of the key that an entry says it was sealed with."""
    return value[5:13]
