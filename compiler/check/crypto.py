"""Types of the words of hashing, signatures and Bitcoin proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.check.forms import expecting
from compiler.check.simple import BUFFER_MAX, one_of
from compiler.type_relations import list_of, tuple_of
from compiler.types import BOOL, INT, UINT, BufferType, ResponseType

if TYPE_CHECKING:
    from compiler.check.rules import Rule

_HASHED = (BUFFER_MAX, UINT, INT)
_BUFFER_20 = BufferType(20)
_BUFFER_32 = BufferType(32)
_BUFFER_33 = BufferType(33)
_BUFFER_64 = BufferType(64)
_BUFFER_65 = BufferType(65)
_MERKLE_DEPTH = 24
_BITCOIN_OUTPUT = tuple_of([("script", BufferType(1024)), ("amount", UINT), ("txid", _BUFFER_32)])


RULES: dict[str, Rule] = {
    "hash160": one_of(_HASHED, _BUFFER_20),
    "sha256": one_of(_HASHED, _BUFFER_32),
    "sha512": one_of(_HASHED, _BUFFER_64),
    "sha512/256": one_of(_HASHED, _BUFFER_32),
    "keccak256": one_of(_HASHED, _BUFFER_32),
    "secp256k1-recover?": expecting([_BUFFER_32, _BUFFER_65], ResponseType(_BUFFER_33, UINT)),
    "secp256k1-verify": expecting([_BUFFER_32, _BUFFER_65, _BUFFER_33], BOOL),
    "secp256k1-decompress?": expecting([_BUFFER_33], ResponseType(_BUFFER_65, UINT)),
    "secp256r1-verify": expecting([_BUFFER_32, _BUFFER_64, _BUFFER_33], BOOL),
    "ed25519-verify": expecting([BUFFER_MAX, _BUFFER_64, _BUFFER_32], BOOL),
    "verify-merkle-proof": expecting(
        [_BUFFER_32, _BUFFER_32, UINT, UINT, list_of(_BUFFER_32, _MERKLE_DEPTH)], BOOL
    ),
    "get-bitcoin-tx-output?": expecting([BUFFER_MAX, UINT], ResponseType(_BITCOIN_OUTPUT, UINT)),
}
