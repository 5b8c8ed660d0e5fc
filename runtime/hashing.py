"""Hashes and signatures of Clarity, on well-kept libraries; knows bytes only.

What is accepted is what the interpreter accepts. Lengths that its type checker guarantees (32-byte
messages and keys of 33 bytes) are taken for granted; shorter signatures are not.

The libraries take 150 ms to import, more than a first call: each is imported by who uses it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey

Hash = Callable[[bytes], bytes]

BAD_SIGNATURE: Final = 1
BAD_RECOVERY_ID: Final = 2
"""The error codes of `secp256k1-recover?`."""

_R1_PRIME: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_COMPACT: Final = 5
"""SEC 1's little-used third prefix of a 33-byte key: of the two points, that of the smaller y."""


def sha256(data: bytes) -> bytes:
    """`sha256`."""
    return hashlib.sha256(data).digest()


def sha512(data: bytes) -> bytes:
    """`sha512`."""
    return hashlib.sha512(data).digest()


def keccak256(data: bytes) -> bytes:
    """`keccak256`: Keccak with its original padding, as Ethereum has it."""
    from Crypto.Hash import keccak

    return keccak.new(data=data, digest_bits=256).digest()


def _choose(name: str, fall_back: Hash) -> Hash:
    """OpenSSL's hash, four times faster, where the installed OpenSSL has it."""
    try:
        hashlib.new(name)
    except ValueError:
        return fall_back
    return lambda data: hashlib.new(name, data).digest()


def _pure_ripemd160(data: bytes) -> bytes:
    from Crypto.Hash import RIPEMD160

    return RIPEMD160.new(data).digest()


def _pure_sha512_256(data: bytes) -> bytes:
    from Crypto.Hash import SHA512

    return SHA512.new(data, truncate="256").digest()


ripemd160: Final[Hash] = _choose("ripemd160", _pure_ripemd160)
sha512_256: Final[Hash] = _choose("sha512_256", _pure_sha512_256)


def hash160(data: bytes) -> bytes:
    """`hash160`: RIPEMD-160 of SHA-256."""
    return ripemd160(hashlib.sha256(data).digest())


HASHES: Final[dict[str, Hash]] = {
    "hash160": hash160,
    "sha256": sha256,
    "sha512": sha512,
    "sha512/256": sha512_256,
    "keccak256": keccak256,
}
"""Clarity's words that hash."""


def secp256k1_recover(message: bytes, signature: bytes) -> bytes | int:
    """`secp256k1-recover?`: the compressed key, or the error's code. High S is accepted."""
    import coincurve

    if len(signature) < 65 or signature[64] > 3:
        return BAD_RECOVERY_ID
    try:
        key = coincurve.PublicKey.from_signature_and_message(signature, message, hasher=None)
    except ValueError:
        return BAD_SIGNATURE
    return bytes(key.format())


def secp256k1_verify(message: bytes, signature: bytes, key: bytes, *, low_s: bool = False) -> bool:
    """`secp256k1-verify`, of 64 bytes with or without a recovery id, which is not used.

    With `low_s`, only the smaller of the two values of S is good. Nodes on the network ask for that
    (libsecp256k1 in C); the reference interpreter (the Rust library of that name) does not.
    """
    import coincurve
    from coincurve.ecdsa import cdata_to_der, deserialize_compact, signature_normalize

    if len(signature) < 64 or (len(signature) == 65 and signature[64] > 3):
        return False
    try:
        parsed = deserialize_compact(signature[:64])
        was_high, normal = signature_normalize(parsed)
        if was_high and low_s:
            return False
        point = coincurve.PublicKey(key)
        return bool(point.verify(cdata_to_der(normal), message, hasher=None))
    except ValueError:
        return False


def secp256k1_decompress(key: bytes) -> bytes | None:
    """`secp256k1-decompress?`: the key in 65 bytes; None where it is not one.

    `principal-of?` takes the same keys for valid.
    """
    import coincurve

    try:
        return bytes(coincurve.PublicKey(key).format(compressed=False))
    except ValueError:
        return None


def secp256r1_verify(message: bytes, signature: bytes, key: bytes, *, double: bool) -> bool:
    """`secp256r1-verify`, with either S; `double`: of the message's SHA-256, as in Clarity 4."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    if len(signature) != 64:
        return False
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:], "big")
    digest = hashlib.sha256(message).digest() if double else message
    try:
        _r1_key(key).verify(encode_dss_signature(r, s), digest, _prehashed())
    except (InvalidSignature, ValueError):
        return False
    return True


@cache
def _prehashed() -> ECDSA:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    return ECDSA(Prehashed(hashes.SHA256()))


def _r1_key(key: bytes) -> EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        SECP256R1,
        EllipticCurvePublicKey,
        EllipticCurvePublicNumbers,
    )

    if key[0] != _COMPACT:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), key)
    either = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), b"\x02" + key[1:])
    point = either.public_numbers()
    return EllipticCurvePublicNumbers(
        point.x, min(point.y, _R1_PRIME - point.y), SECP256R1()
    ).public_key()


_ED_PRIME: Final = 2**255 - 19
_ED_ORDER_8: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_ED_SMALL: Final = frozenset(
    y.to_bytes(32, "little")
    for y in (
        0,
        1,
        _ED_ORDER_8,
        _ED_PRIME - _ED_ORDER_8,
        _ED_PRIME - 1,
        _ED_PRIME,
        _ED_PRIME + 1,
    )
)
"""The y of all points whose order divides 8, in every encoding that decodes to one."""


def ed25519_verify(message: bytes, signature: bytes, key: bytes) -> bool:
    """`ed25519-verify`, strict: neither the key nor the signature's point may be of small order."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if len(signature) != 64 or len(key) != 32 or _small(key) or _small(signature[:32]):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _small(point: bytes) -> bool:
    """Whether an encoded point is of small order, whatever its sign."""
    return point[:31] + bytes((point[31] & 0x7F,)) in _ED_SMALL
