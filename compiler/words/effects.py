"""Which words do something that a failed function must undo."""

from __future__ import annotations

from typing import Final

EFFECTS: Final = frozenset(
    {
        "var-set",
        "map-set",
        "map-insert",
        "map-delete",
        "print",
        "ft-mint?",
        "ft-burn?",
        "ft-transfer?",
        "nft-mint?",
        "nft-burn?",
        "nft-transfer?",
        "stx-transfer?",
        "stx-transfer-memo?",
        "stx-burn?",
        "contract-call?",
        "restrict-assets?",
        "as-contract?",
    }
)
"""Writes, events, and calls of other contracts, which may do either."""
