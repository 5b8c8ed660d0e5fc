"""Clarity versions, Stacks epochs, and every rule that changes with one of them, by name.

No other module compares epochs or versions: what a rule depends on is said here, once. The
names follow `StacksEpochId` of stacks-core. Rules are worked out once a member: a comparison with
a member takes a microsecond, and calls ask.
"""

from __future__ import annotations

from enum import IntEnum
from functools import cached_property


class ClarityVersion(IntEnum):
    """A version of the Clarity language."""

    CLARITY_1 = 1
    CLARITY_2 = 2
    CLARITY_3 = 3
    CLARITY_4 = 4
    CLARITY_5 = 5
    CLARITY_6 = 6

    def __str__(self) -> str:
        return f"Clarity {self.value}"

    @cached_property
    def casts_traits(self) -> bool:
        """Traits can be bound, stand inside other types, and be cast to compatible ones."""
        return self >= ClarityVersion.CLARITY_2

    @cached_property
    def compares_sequences(self) -> bool:
        """`<`, `<=`, `>` and `>=` take strings and buffers as well as integers."""
        return self >= ClarityVersion.CLARITY_2

    @cached_property
    def refuses_duplicate_methods(self) -> bool:
        """A trait may not define a method twice."""
        return self >= ClarityVersion.CLARITY_2

    @cached_property
    def checks_trait_names(self) -> bool:
        """A trait's name may not be that of another definition."""
        return self >= ClarityVersion.CLARITY_3

    @cached_property
    def has_miner_spends(self) -> bool:
        """`get-block-info?` tells what miners spent and earned."""
        return self >= ClarityVersion.CLARITY_2

    @cached_property
    def reserves_block_height(self) -> bool:
        """`block-height` names nothing any more, and may not be defined."""
        return self >= ClarityVersion.CLARITY_3

    @cached_property
    def has_testnet_principals(self) -> bool:
        """`principal-of?` gives testnet addresses on every network."""
        return self < ClarityVersion.CLARITY_2

    @cached_property
    def hashes_p256_messages(self) -> bool:
        """`secp256r1-verify` hashes the hash that it is given once more."""
        return self <= ClarityVersion.CLARITY_4

    @cached_property
    def charges_empty_buffers(self) -> bool:
        """Reading an empty buffer costs what one byte does; earlier it had no cost, an error."""
        return self >= ClarityVersion.CLARITY_5

    @cached_property
    def counts_tenures(self) -> bool:
        """`get-block-info?` takes a tenure's height for a block's, where they differ."""
        return self < ClarityVersion.CLARITY_3

    @cached_property
    def has_variadic_concat(self) -> bool:
        """`concat` takes two or more sequences."""
        return self >= ClarityVersion.CLARITY_6


class Epoch(IntEnum):
    """A Stacks epoch; the values are those that the network stores (`0x02005` is 2.05)."""

    EPOCH_2_0 = 0x02000
    EPOCH_2_05 = 0x02005
    EPOCH_2_1 = 0x0200A
    EPOCH_2_2 = 0x0200F
    EPOCH_2_3 = 0x02014
    EPOCH_2_4 = 0x02019
    EPOCH_2_5 = 0x0201A
    EPOCH_3_0 = 0x03000
    EPOCH_3_1 = 0x03001
    EPOCH_3_2 = 0x03002
    EPOCH_3_3 = 0x03003
    EPOCH_3_4 = 0x03004
    EPOCH_4_0 = 0x04000

    def __str__(self) -> str:
        return EPOCH_NAMES[self]

    @classmethod
    def parse(cls, text: str) -> Epoch:
        """The epoch named `text` ("2.05", "3.1"); `ValueError` for any other text."""
        for epoch, name in EPOCH_NAMES.items():
            if name == text:
                return epoch
        raise ValueError(f"unknown epoch {text!r}; known: {', '.join(EPOCH_NAMES.values())}")

    @cached_property
    def newest_clarity(self) -> ClarityVersion:
        """The newest Clarity that can be deployed in this epoch; the default where none is named."""
        newest = ClarityVersion.CLARITY_1
        for since, version in _NEWEST_CLARITY:
            if self >= since:
                newest = version
        return newest

    @cached_property
    def has_callable_types(self) -> bool:
        """Traits and literal contracts are callables; types are checked by the rules of 2.1."""
        return self >= Epoch.EPOCH_2_1

    @cached_property
    def canonicalizes_types(self) -> bool:
        """Types of earlier epochs are brought up to date (but not in 2.2, which forgot to)."""
        return self >= Epoch.EPOCH_2_1 and self != Epoch.EPOCH_2_2

    @cached_property
    def max_call_stack_depth(self) -> int:
        """How deep calls may nest; expressions a little deeper."""
        return 128 if self >= Epoch.EPOCH_3_4 else 64

    @cached_property
    def sanitizes_values(self) -> bool:
        """Values are sanitised when read and in other places (SIP-024)."""
        return self >= Epoch.EPOCH_2_4

    @cached_property
    def sanitizes_constants(self) -> bool:
        """Constants are sanitised at every look-up; later once, when their contract is loaded."""
        return Epoch.EPOCH_2_4 <= self < Epoch.EPOCH_3_4

    @cached_property
    def unexpected_serialization_is_none(self) -> bool:
        """`from-consensus-buff?` answers `none` on bytes that earlier were an internal error."""
        return self >= Epoch.EPOCH_3_4

    @cached_property
    def borrows_variables(self) -> bool:
        """Looking up a variable charges for its size only when the value is cloned."""
        return self >= Epoch.EPOCH_3_4

    @cached_property
    def charges_serialized_arguments(self) -> bool:
        """Words such as `is-eq` are charged for the size of their arguments, not their number."""
        return self >= Epoch.EPOCH_2_05

    @cached_property
    def charges_stored_length(self) -> bool:
        """Storage is charged for the serialised bytes, not for the declared type's size."""
        return self >= Epoch.EPOCH_2_05

    @cached_property
    def charges_as_contract(self) -> bool:
        """`as-contract` has a cost of its own."""
        return self >= Epoch.EPOCH_2_1

    @cached_property
    def charges_argument_size(self) -> bool:
        """A function's arguments are charged by their own size, not by the parameter's type."""
        return self >= Epoch.EPOCH_3_3

    @cached_property
    def limits_parameters_and_methods(self) -> bool:
        """Functions' parameters and traits' methods are limited in number."""
        return self >= Epoch.EPOCH_3_3

    @cached_property
    def combines_with_stx_check(self) -> bool:
        """`with-stx` allowances check transfers and burns together."""
        return self >= Epoch.EPOCH_3_4

    @cached_property
    def calls_with_constants(self) -> bool:
        """A constant holding a contract principal can name the contract of a `contract-call?`."""
        return self >= Epoch.EPOCH_3_4

    @cached_property
    def has_at_block(self) -> bool:
        """`at-block` exists."""
        return self < Epoch.EPOCH_3_4

    @cached_property
    def has_tenures(self) -> bool:
        """A tenure may have more than one block."""
        return self >= Epoch.EPOCH_3_0

    @cached_property
    def tip_burn_block(self) -> bool:
        """Burn-block properties are those of the tip, not of the parent block."""
        return self >= Epoch.EPOCH_3_0

    @cached_property
    def ended_pox(self) -> int:
        """The PoX contracts up to this one are over, and so are their locks.

        As in simnet, where what an epoch ends is over as the epoch begins.
        """
        if self >= Epoch.EPOCH_4_0:
            return 4
        if self >= Epoch.EPOCH_2_5:
            return 3
        return 2 if self >= Epoch.EPOCH_2_2 else 1

    @cached_property
    def details_pox_events(self) -> bool:
        """The events of PoX contracts tell of cycles and signers, and are free."""
        return self >= Epoch.EPOCH_2_5

    @cached_property
    def rejects_supertype_too_large(self) -> bool:
        """A transaction whose analysis meets a supertype that is too large is not includable."""
        return self < Epoch.EPOCH_3_4

    @cached_property
    def pays_before_running(self) -> bool:
        """A transaction's fee is paid before it runs, not after."""
        return self >= Epoch.EPOCH_2_1

    @cached_property
    def orders_no_signatures(self) -> bool:
        """Several signatures of one account may come in any order."""
        return self >= Epoch.EPOCH_3_0

    @cached_property
    def has_originator_mode(self) -> bool:
        """Post-conditions have a mode for the originator alone, and "maybe sent" (SIP-040)."""
        return self >= Epoch.EPOCH_3_4

    @cached_property
    def has_staking_conditions(self) -> bool:
        """Post-conditions look at what is staked, too."""
        return self >= Epoch.EPOCH_4_0

    @cached_property
    def accepts_high_s(self) -> bool:
        """A transaction's signature may be the one of two whose S is high."""
        return self < Epoch.EPOCH_4_0


EPOCH_NAMES: dict[Epoch, str] = {
    Epoch.EPOCH_2_0: "2.0",
    Epoch.EPOCH_2_05: "2.05",
    Epoch.EPOCH_2_1: "2.1",
    Epoch.EPOCH_2_2: "2.2",
    Epoch.EPOCH_2_3: "2.3",
    Epoch.EPOCH_2_4: "2.4",
    Epoch.EPOCH_2_5: "2.5",
    Epoch.EPOCH_3_0: "3.0",
    Epoch.EPOCH_3_1: "3.1",
    Epoch.EPOCH_3_2: "3.2",
    Epoch.EPOCH_3_3: "3.3",
    Epoch.EPOCH_3_4: "3.4",
    Epoch.EPOCH_4_0: "4.0",
}

_NEWEST_CLARITY: tuple[tuple[Epoch, ClarityVersion], ...] = (
    (Epoch.EPOCH_2_1, ClarityVersion.CLARITY_2),
    (Epoch.EPOCH_3_0, ClarityVersion.CLARITY_3),
    (Epoch.EPOCH_3_3, ClarityVersion.CLARITY_4),
    (Epoch.EPOCH_3_4, ClarityVersion.CLARITY_5),
    (Epoch.EPOCH_4_0, ClarityVersion.CLARITY_6),
)

LATEST_EPOCH = max(Epoch)
