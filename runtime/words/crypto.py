"""Keys and signatures: `runtime.hashing` on values, with the interpreter's checks of lengths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from compiler.description import Site
from compiler.values import Buffer, Err, Ok, UInt, Value
from runtime import hashing
from runtime.words.arguments import bytes_of
from runtime.words.context import WordContext

_MESSAGE: Final = 32
_KEY: Final = 33
_SIGNATURE: Final = 64
_ED25519_KEY: Final = 32


def _decompress(_context: WordContext, _site: Site, arguments: Sequence[Value]) -> Value:
    key = hashing.secp256k1_decompress(bytes_of(arguments[0], _KEY))
    return Err(UInt(1)) if key is None else Ok(Buffer(key))


def _verify_r1(_context: WordContext, site: Site, arguments: Sequence[Value]) -> Value:
    """`extra` is "hash" where the version hashes the message once more."""
    message = bytes_of(arguments[0], _MESSAGE)
    signature = bytes_of(arguments[1])
    if len(signature) != _SIGNATURE:
        return False
    key = bytes_of(arguments[2], _KEY)
    return hashing.secp256r1_verify(message, signature, key, double=site.extra == "hash")


def _verify_ed25519(_context: WordContext, _site: Site, arguments: Sequence[Value]) -> Value:
    message = bytes_of(arguments[0])
    signature = bytes_of(arguments[1], _SIGNATURE)
    key = bytes_of(arguments[2], _ED25519_KEY)
    return hashing.ed25519_verify(message, signature, key)


WORDS: Final = {
    "secp256k1-decompress?": _decompress,
    "secp256r1-verify": _verify_r1,
    "ed25519-verify": _verify_ed25519,
}
