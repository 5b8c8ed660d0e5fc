"""The memory that the interpreter counts, along calls between contracts.

Modules usually count nothing: what a function may hold and keep at most is known from types
(`compiler.lower.memory`), and bounds are added up here, in the cells where modules that count have
the true figures. Where the bounds pass the limit nobody knows, and the transaction is run again by
modules that count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from compiler import abi
from compiler.costs.limits import MEMORY_LIMIT
from compiler.costs.memory import TOKENS, MemoryBound
from compiler.type_sizes import size
from runtime.engine import HostFunction, Slots
from runtime.errors import TransactionError, check

if TYPE_CHECKING:
    from runtime.host import Host
    from runtime.instance import Guest

HELD: Final = abi.HELD // 8
KEPT: Final = abi.KEPT // 8
"""Indices of 64-bit words."""

NO_LIMIT: Final = 1 << 62
"""For what is free: no sum comes near it."""

_NOT_ENOUGH: Final = 1
"""What the host's STX functions answer where the balance is too low."""


class UncountedMemoryError(Exception):
    """Nobody knows whether the transaction stays within the limit, or what it did before it went
    too deep: it is to be run by modules that count, all that it did being undone."""


class Usage:
    """What is in use where a contract is about to be entered: exact figures, or bounds of them."""

    __slots__ = ("_counts", "_limit", "held", "kept")

    def __init__(self, caller: Guest | None, *, counts: bool, limit: int = MEMORY_LIMIT) -> None:
        self._counts = counts
        self._limit = limit
        self.held = 0 if caller is None else caller.long[HELD]
        self.kept = 0 if caller is None else caller.long[KEPT]

    def load(self, length: int, caller: Guest | None) -> None:
        """Hold a contract of so many bytes."""
        self.held += length
        if self.held + self.kept > self._limit:
            if self._counts and caller is not None:
                # The interpreter never lets go of what was too much.
                caller.long[KEPT] += length
            raise self._exceeded()

    def enter(self, guest: Guest, bound: MemoryBound) -> None:
        """Let a function of the guest go on from here that has the bound."""
        if not self._counts:
            self.held += bound.held
            self.kept += bound.kept
            if self.held + self.kept > self._limit:
                raise self._exceeded()
        guest.long[HELD] = self.held
        guest.long[KEPT] = self.kept

    def _exceeded(self) -> Exception:
        return exceeded() if self._counts else UncountedMemoryError()


def exceeded() -> TransactionError:
    """The error of a transaction that uses too much."""
    return check("MemoryBalanceExceeded")


def counting_functions(
    host: Host, functions: Mapping[str, HostFunction]
) -> dict[str, HostFunction]:
    """Host functions for modules that count: those for tokens count what they keep."""
    return {
        name: _counting(host, name, function) if name in TOKENS else function
        for name, function in functions.items()
    }


def _counting(host: Host, name: str, function: HostFunction) -> HostFunction:
    answers = {0, _NOT_ENOUGH} if name.startswith("stx") else {0}
    asset = name.startswith("nft")

    def call(slots: Slots) -> None:
        guest = host.guest
        keeps = TOKENS[name]
        if asset:
            keeps += (_asset_size(guest, slots, host),)
        # The interpreter counts before it moves anything.
        host.tx.begin()
        function(slots)
        if slots[0] in answers:
            for amount in keeps:
                guest.long[KEPT] += amount
                if guest.long[HELD] + guest.long[KEPT] > MEMORY_LIMIT:
                    host.tx.roll_back()
                    raise exceeded()
        host.tx.commit()

    return call


def _asset_size(guest: Guest, slots: Slots, host: Host) -> int:
    """What an NFT's identifier takes: its bytes; in epoch 2.0 as much as its type says."""
    if host.epoch.charges_stored_length:
        return slots[2]
    return size(guest.description.non_fungible_tokens[slots[0]][1])
