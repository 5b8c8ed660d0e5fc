"""How the network's database writes keys and values: text for each of the state's bytes.

A node stores every value as text: mostly the bytes in hex, in some rows a decimal number. A leaf of
the MARF holds the hash of that text.
"""

from __future__ import annotations

from typing import Final

METADATA: Final = "clr-meta::"
"""Begins the keys of metadata, which a node keeps beside the MARF."""

_WHOLE_KEYS: Final = {
    "vm-epoch::epoch-version": 4,
    "_stx-data::tenure_height": 4,
    "_stx-data::clarity_storage::block_time": 8,
    "vm_pox::stx_btc_ops::processed_blocks": 8,
}
_TOKENS: Final = ("2", "3")
"""Store types of fungible tokens: balances and supplies."""
_NONCE: Final = "::18"


class BadStoredValue(ValueError):
    """A value that the network has no text for, or a text that is no value."""


def metadata_key(contract: str, key: str) -> str:
    """The state's key of a row of a contract's metadata."""
    return f"{METADATA}{contract}::{key}"


def _number_size(key: str) -> int:
    """Bytes of a value that is stored as a decimal number; 0 for all others."""
    if key.startswith("vm::"):
        parts = key.split("::", 3)
        return 16 if len(parts) == 4 and parts[2] in _TOKENS else 0
    if key.startswith("vm-account::"):
        return 8 if key.endswith(_NONCE) else 0
    return _WHOLE_KEYS.get(key, 0)


def text_of(key: str, value: bytes) -> str:
    """The network's text of a value."""
    size = _number_size(key)
    if not size:
        return value.hex()
    if len(value) != size:
        raise BadStoredValue(f"{key} has {len(value)} bytes, not {size}")
    return str(int.from_bytes(value, "big"))


def value_of(key: str, text: str) -> bytes:
    """The value that a text of the network's stands for."""
    size = _number_size(key)
    try:
        return int(text).to_bytes(size, "big") if size else bytes.fromhex(text)
    except (ValueError, OverflowError) as error:
        raise BadStoredValue(f"{key} is stored as {text[:80]!r}") from error
