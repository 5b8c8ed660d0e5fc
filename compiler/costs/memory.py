"""What the interpreter counts as memory in use; knows no code.

Two kinds. What is *held* is counted while an application is under way: the arguments of native
words and of functions, what `let` and `match` bind, the source of a contract that is called,
constants until their deployment ends. What is *kept* is counted until the transaction ends: what is
written to the chain, even where that is undone. Sources are in stacks-core's clarity/src/vm:
`mod.rs` (`apply`, `eval_all`), `contexts.rs` (`inner_execute_contract`), `functions/`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

PRINCIPAL: Final = 148
AMOUNT: Final = 16
# STXBalance::unlocked_and_v1_size of clarity/src/vm/database/structures.rs.
STX_BALANCE: Final = 40

TOKENS: Final = {
    "ft_mint": (PRINCIPAL, AMOUNT),
    "ft_burn": (PRINCIPAL, AMOUNT),
    "ft_transfer": (PRINCIPAL, PRINCIPAL, AMOUNT, AMOUNT),
    "nft_mint": (PRINCIPAL,),
    "nft_burn": (PRINCIPAL,),
    "nft_transfer": (PRINCIPAL,),
    "stx_transfer": (PRINCIPAL, PRINCIPAL, STX_BALANCE, STX_BALANCE),
    "stx_burn": (PRINCIPAL, STX_BALANCE),
}
"""What the host functions that move tokens keep, in order, by name (functions/assets.rs), where they
succeed; those of STX also where the balance is too low. An NFT's identifier comes last."""

# What allowances take besides names and identifiers (functions/post_conditions.rs): the sizes of
# Rust's structures in the reference VM, which is built for wasm32, with the 21 bytes of an address.
ALLOWED_AMOUNT: Final = 16
ALLOWED_TOKEN: Final = 64 + 21
ALLOWED_ASSETS: Final = 60 + 21
MAX_CONTRACT_NAME: Final = 128
MAX_NAME: Final = 128

NATIVE_FORMS: Final = frozenset(
    {
        "begin",
        "ed25519-verify",
        "get-bitcoin-tx-output?",
        "merge",
        "try!",
        "unwrap!",
        "unwrap-err!",
        "unwrap-err-panic",
        "unwrap-panic",
        "verify-merkle-proof",
    }
)
"""Words whose arguments the interpreter evaluates itself, and holds, that are forms here."""


class MemoryBound(NamedTuple):
    """No run of a function comes to hold more than `held`, nor keeps more than `kept`.

    Without what contracts that it calls hold and keep.
    """

    held: int = 0
    kept: int = 0

    @property
    def total(self) -> int:
        """The most that is in use at once."""
        return self.held + self.kept


NOTHING: Final = MemoryBound()


def add_up(bounds: Iterable[tuple[MemoryBound, int]]) -> MemoryBound:
    """The bound of runs one after the other, each with what it leaves held for those after it."""
    left = held = kept = 0
    for bound, leaves in bounds:
        held = max(held, left + bound.held)
        kept += bound.kept
        left += leaves
    return MemoryBound(held, kept)
