"""Makes signed transactions of one key, for the network that simnet is."""

from __future__ import annotations

from typing import Final

import coincurve
from msgspec.structs import replace

from runtime.hashing import hash160
from runtime.simnet import CHAIN_ID
from runtime.transactions.auth import initial_sighash, sighash
from runtime.transactions.model import (
    TESTNET,
    HashMode,
    Mode,
    Payload,
    Signature,
    Spending,
    Transaction,
)
from runtime.transactions.wire import SIGNATURE_SIZE, STANDARD

_ANY_ANCHOR: Final = 3


def address_of(key: bytes) -> str:
    """The account of a private key of 32 bytes."""
    return _spending(coincurve.PrivateKey(key), 0, 0).address(mainnet=False)


def sign(
    payload: Payload, key: bytes, nonce: int, fee: int, mode: Mode = Mode.ALLOW
) -> Transaction:
    """A transaction without post-conditions, signed with a private key of 32 bytes."""
    private = coincurve.PrivateKey(key)
    origin = _spending(private, nonce, fee)
    draft = Transaction(TESTNET, CHAIN_ID, origin, None, _ANY_ANCHOR, mode, (), payload)
    message = sighash(initial_sighash(draft), STANDARD, fee, nonce)
    data = private.sign_recoverable(message, hasher=None)
    return replace(draft, origin=replace(origin, fields=(Signature(data[64:] + data[:64]),)))


def _spending(key: coincurve.PrivateKey, nonce: int, fee: int) -> Spending:
    blank = Signature(bytes(SIGNATURE_SIZE))
    return Spending(HashMode.P2PKH, hash160(key.public_key.format()), nonce, fee, (blank,))
