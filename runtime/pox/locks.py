"""Changes of an account's lock, with the checks that the interpreter makes.

`pox` is the number of the contract. What its code should have made impossible is a `Violation`.
"""

from __future__ import annotations

from runtime.accounts import Account
from runtime.errors import runtime
from runtime.pox.ledger import Ledger


class Violation(Exception):
    """The contract answered what it never should."""


def lock(ledger: Ledger, staker: str, amount: int, until: int, pox: int) -> None:
    """Lock STX of an account that has no lock."""
    _wanted(until and amount, "nothing to lock")
    account = ledger.account(staker)
    if account.locked:
        raise runtime("PoxAlreadyLocked")
    _wanted(account.unlocked >= amount, "more than there is")
    _wanted(until > ledger.burn_height, "the lock is over")
    ledger.write(staker, Account(account.unlocked - amount, amount, until, pox))


def extend(ledger: Ledger, staker: str, until: int, pox: int) -> Account:
    """Move the end of a lock."""
    _wanted(until, "no height")
    account = _locked(ledger, staker)
    _wanted(until > ledger.burn_height, "the lock is over")
    changed = Account(account.unlocked, account.locked, until, pox)
    ledger.write(staker, changed)
    return changed


def increase(ledger: Ledger, staker: str, total: int, pox: int) -> Account:
    """Raise what is locked to `total`."""
    _wanted(total, "nothing to lock")
    account = _locked(ledger, staker)
    both = account.unlocked + account.locked
    _wanted(account.locked <= total <= both, "less than before, or more than there is")
    _wanted(account.pox == pox, "another contract's lock")
    changed = Account(both - total, total, account.unlock_height, pox)
    ledger.write(staker, changed)
    return changed


def carry_over(ledger: Ledger, staker: str, total: int, until: int, pox: int) -> None:
    """Replace a lock by a later one, of more or of less."""
    _wanted(total, "nothing to lock")
    account = _locked(ledger, staker)
    both = account.unlocked + account.locked
    _wanted(total <= both, "more than there is")
    _wanted(until > max(account.unlock_height, ledger.burn_height), "not later")
    _wanted(account.pox == pox, "another contract's lock")
    ledger.write(staker, Account(both - total, total, until, pox))


def _locked(ledger: Ledger, staker: str) -> Account:
    account = ledger.account(staker)
    _wanted(account.locked, "no lock")
    return account


def _wanted(condition: object, otherwise: str) -> None:
    if not condition:
        raise Violation(otherwise)
