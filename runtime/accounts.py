"""STX: accounts with their locks, and the liquid supply, in the network's stored forms."""

from __future__ import annotations

import struct
from typing import Final

from msgspec import Struct

from compiler.values import UINT_MAX
from compiler.versions import Epoch
from runtime.errors import runtime
from runtime.state import Get, State

SUPPLY_KEY: Final = "_stx-data::ustx_liquid_supply"
_UINT: Final = 0x01
_PLAIN: Final = struct.Struct(">QQQQQ")
_U64: Final = (1 << 64) - 1
_NO_END: Final = (1 << 32) - 1
"""The burn height, as good as never, at which the contracts that are not over end theirs."""
_FIRST_VERSIONED: Final = 2
"""Locks of this PoX contract have the version 0 in their stored form; older ones have none."""


class Account(Struct, frozen=True):
    """What a principal has; `pox` is the PoX contract that locked, 0 where nothing is locked."""

    unlocked: int
    locked: int = 0
    unlock_height: int = 0
    pox: int = 0

    def at(self, burn_height: int, epoch: Epoch) -> Account:
        """The account with its lock undone if that, or its contract, has ended by `burn_height`."""
        if self.locked and (self.unlock_height <= burn_height or self.pox <= epoch.ended_pox):
            return Account(self.unlocked + self.locked)
        return self

    @property
    def shown_unlock_height(self) -> int:
        """The height that contracts see."""
        if self.pox in (2, 3, 4):
            return min(self.unlock_height, _NO_END)
        return self.unlock_height


EMPTY: Final = Account(0)


def key(principal: str) -> str:
    """The state's key of an account."""
    return f"vm-account::{principal}::19"


def read(get: Get, principal: str) -> Account:
    """The account as it is stored."""
    data = get(f"vm-account::{principal}::19")
    if data is None:
        return EMPTY
    pox = 1
    if len(data) > _PLAIN.size:
        pox, data = data[0] + _FIRST_VERSIONED, data[1:]
    high, low, locked_high, locked_low, height = _PLAIN.unpack(data)
    locked = locked_high << 64 | locked_low
    return Account(high << 64 | low, locked, height, pox if locked else 0)


def write(state: State, principal: str, account: Account) -> None:
    """Store an account."""
    amount, locked = account.unlocked, account.locked
    data = _PLAIN.pack(
        amount >> 64, amount & _U64, locked >> 64, locked & _U64, account.unlock_height
    )
    if account.pox >= _FIRST_VERSIONED:
        data = bytes((account.pox - _FIRST_VERSIONED,)) + data
    state.put(key(principal), data)


def credit(state: State, principal: str, amount: int) -> None:
    """Add to what is unlocked; a lock stays as it is stored, over or not."""
    account = read(state.get, principal)
    total = account.unlocked + amount
    if total > UINT_MAX:
        raise runtime("ArithmeticOverflow")
    write(state, principal, Account(total, account.locked, account.unlock_height, account.pox))


def debit(state: State, principal: str, amount: int, burn_height: int, epoch: Epoch) -> bool:
    """Take from what is unlocked; False if it is not enough."""
    account = read(state.get, principal).at(burn_height, epoch)
    if account.unlocked < amount:
        return False
    write(
        state,
        principal,
        Account(account.unlocked - amount, account.locked, account.unlock_height, account.pox),
    )
    return True


def supply(get: Get) -> int:
    """The liquid supply."""
    data = get(SUPPLY_KEY)
    return 0 if data is None else int.from_bytes(data[1:], "big")


def change_supply(state: State, by: int) -> None:
    """Add to the liquid supply, or take from it."""
    total = supply(state.get) + by
    if total > UINT_MAX:
        raise runtime("ArithmeticOverflow")
    if total < 0:
        raise runtime("ArithmeticUnderflow")
    state.put(SUPPLY_KEY, bytes((_UINT,)) + total.to_bytes(16, "big"))
