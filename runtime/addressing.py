"""Addresses as they come from outside, in logs and calls."""

from __future__ import annotations

from functools import lru_cache

from compiler.addresses import decode_address


@lru_cache(maxsize=65_536)
def is_standard(text: str) -> bool:
    """Whether `text` is an address (no contract)."""
    try:
        decode_address(text)
    except ValueError:
        return False
    return True
