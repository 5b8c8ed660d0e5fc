"""Who signed a transaction: hashes to sign, keys recovered from signatures, accounts of keys."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from compiler.versions import Epoch
from runtime.hashing import (
    hash160,
    secp256k1_decompress,
    secp256k1_recover,
    sha256,
    sha512_256,
)
from runtime.transactions.model import (
    HashMode,
    PublicKey,
    Signature,
    Spending,
    Transaction,
    TransactionFault,
)
from runtime.transactions.wire import SIGNATURE_SIZE, SPONSORED, STANDARD, serialize

_NO_SIGNATURE: Final = Signature(bytes(SIGNATURE_SIZE))
_SOMEBODY: Final = Spending(HashMode.P2PKH, bytes(20), 0, 0, (_NO_SIGNATURE,))
"""Who stands for the sponsor in what the origin signs."""

_MAX_KEYS: Final = 16
"""Beyond these, numbers have no opcodes of their own in the script that is hashed."""
_HIGHEST_S: Final = 0x7FFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_5D576E73_57A4501D_DFE92F46_681B20A0
_OP_1: Final = 0x51
_OP_CHECKMULTISIG: Final = 0xAE


def txid(transaction: Transaction) -> bytes:
    """The transaction's identifier."""
    return sha512_256(serialize(transaction))


def initial_sighash(transaction: Transaction) -> bytes:
    """What signing begins with: the txid without anything that signing adds."""
    origin = transaction.origin
    fields = (Signature(bytes(SIGNATURE_SIZE), origin.fields[0].compressed),)
    blank = replace(origin, nonce=0, fee=0, fields=fields if origin.mode.single else ())
    sponsor = None if transaction.sponsor is None else _SOMEBODY
    return txid(replace(transaction, origin=blank, sponsor=sponsor))


def sighash(before: bytes, flag: int, fee: int, nonce: int) -> bytes:
    """What a key signs."""
    parts = (before, bytes((flag,)), fee.to_bytes(8, "big"), nonce.to_bytes(8, "big"))
    return sha512_256(b"".join(parts))


def verify(transaction: Transaction, epoch: Epoch) -> None:
    """Check all signatures; `TransactionFault` says what is wrong."""
    after = _verify(transaction.origin, initial_sighash(transaction), STANDARD, epoch)
    if transaction.sponsor is not None:
        _verify(transaction.sponsor, after, SPONSORED, epoch)


def _verify(spending: Spending, before: bytes, flag: int, epoch: Epoch) -> bytes:
    """Check one spender's signatures; what the next one's sighash begins with."""
    if spending.mode.unordered and not epoch.orders_no_signatures:
        raise _invalid(f"authentication mode not supported in Epoch {epoch}")
    now = before
    keys: list[tuple[bytes, bool]] = []
    for field in spending.fields:
        if isinstance(field, PublicKey):
            keys.append((field.data, field.compressed))
            continue
        start = before if spending.mode.unordered else now
        signed = sighash(start, flag, spending.fee, spending.nonce)
        keys.append((_recover(signed, field, epoch), field.compressed))
        now = sha512_256(signed + bytes((not field.compressed,)) + field.data)
    signer = account_hash(spending.mode, keys, spending.required)
    if signer != spending.signer:
        raise _invalid(
            "Signer hash does not equal hash of public key(s): "
            f"{signer.hex()} != {spending.signer.hex()}"
        )
    return before if spending.mode.unordered else now


def _recover(signed: bytes, field: Signature, epoch: Epoch) -> bytes:
    if not epoch.accepts_high_s and int.from_bytes(field.data[33:], "big") > _HIGHEST_S:
        raise _invalid("Invalid signature: high-S")
    key = secp256k1_recover(signed, field.data[1:] + field.data[:1])
    if isinstance(key, int):
        raise _invalid("Invalid signature: failed to recover public key")
    return key


def account_hash(mode: HashMode, keys: list[tuple[bytes, bool]], required: int) -> bytes:
    """The hash of an account of compressed keys, each with whether it is hashed so."""
    hashed = [key if compressed else _uncompressed(key) for key, compressed in keys]
    if mode is HashMode.P2PKH:
        return hash160(hashed[0])
    if mode is HashMode.P2WPKH:
        return hash160(b"\x00\x14" + hash160(hashed[0]))
    if not 0 < required <= len(hashed):
        raise _invalid("Failed to generate address from public keys")
    script = b"".join(
        (
            _pushed(required),
            *(bytes((len(key),)) + key for key in hashed),
            _pushed(len(hashed)),
            bytes((_OP_CHECKMULTISIG,)),
        )
    )
    return hash160(b"\x00\x20" + sha256(script) if mode.witness else script)


def _pushed(number: int) -> bytes:
    """A number as a script of Bitcoin pushes it."""
    if number <= _MAX_KEYS:
        return bytes((_OP_1 + number - 1,))
    data = number.to_bytes(number.bit_length() // 8 + 1, "little")
    return bytes((len(data),)) + data


def _uncompressed(key: bytes) -> bytes:
    large = secp256k1_decompress(key)
    if large is None:
        raise _invalid("Invalid public key")
    return large


def _invalid(message: str) -> TransactionFault:
    return TransactionFault("SignatureValidation", message)
