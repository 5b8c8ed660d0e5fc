"""Which functions of the PoX contracts lock or move something, and what comes of their calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from compiler.consensus import serialize
from compiler.values import Err, Ok, Principal, Tuple, UInt, Value
from compiler.versions import Epoch
from runtime.errors import TransactionError, VmPanic, internal, runtime
from runtime.events import Event, print_event
from runtime.host import Host
from runtime.pox import locks
from runtime.pox.charges import charges
from runtime.pox.events import Action, Unavailable, event
from runtime.pox.ledger import Ledger
from runtime.pox.table import POX

Charge = Callable[[str, int], None]

_HEIGHT_MAX: Final = (1 << 64) - 1


class PoxCall(Struct, frozen=True):
    """A call of a PoX contract and its answer; `sender` is `tx-sender`."""

    contract: str
    function: str
    arguments: Sequence[Value]
    sender: str
    answer: Value


def settle(call: PoxCall, host: Host, charge: Charge) -> None:
    """Do what a call that came to its end makes the interpreter do besides."""
    pox = POX[call.contract]
    if pox.number <= host.epoch.ended_pox and call.function not in pox.readable:
        raise runtime("DefunctPoxContract")
    ledger = Ledger(host, call.contract)
    if pox.number == 1:
        return
    printed = None
    if pox.number < 5 and isinstance(call.answer, Ok):
        printed = _printed(call, call.answer.value, host, ledger, charge)
    locked = _locked(call, pox.number, host, ledger, charge)
    _note_actions(call, pox.number, host)
    host.tx.events.extend(found for found in (printed, locked) if found is not None)


def known_charges(contract: str, function: str, epoch: Epoch) -> tuple[list[tuple[str, int]], bool]:
    """What `settle` charges for every call, whatever it answers: cost functions with their `n`; and
    whether more may come on top of it, which only the call can tell."""
    pox = POX.get(contract)
    if pox is None or pox.number == 1:
        return [], False
    locks_something = function in _changes(pox.number)
    prints = pox.number < 5 and function not in pox.readable and not epoch.details_pox_events
    return [("cost_stx_transfer", 1)] * locks_something, prints


def _printed(
    call: PoxCall, answer: Value, host: Host, ledger: Ledger, charge: Charge
) -> Event | None:
    """The event that tells of a success; where it can't be made there is none."""
    detailed = host.epoch.details_pox_events
    action = Action(call.function, call.sender, call.arguments, answer, detailed)
    try:
        if not detailed:
            for function, n in charges(action, ledger):
                charge(function, n)
        value = event(action, ledger)
    except (TransactionError, Unavailable):
        return None
    return None if value is None else print_event(call.contract, serialize(value))


def _locked(call: PoxCall, number: int, host: Host, ledger: Ledger, charge: Charge) -> Event | None:
    """Change the lock that the answer tells of."""
    change = _changes(number).get(call.function)
    if change is None:
        return None
    charge("cost_stx_transfer", 1)
    if isinstance(call.answer, Err):
        return None
    assert isinstance(call.answer, Ok)
    told = call.answer.value
    assert isinstance(told, Tuple)
    staker = told["staker" if number == 5 else "stacker"]
    assert isinstance(staker, Principal)
    try:
        amount, until = change(told, ledger, staker.value, number)
    except locks.Violation as violation:
        if number == 5:
            raise internal("Expect", str(violation)) from violation
        raise VmPanic(f"{call.contract}: {violation}") from violation
    if call.function in _COUNTED.get(number, ()):
        host.tx.assets.stack(staker.value, amount)
    return Event("stx_lock_event", (staker.value, amount, until, call.contract))


def _note_actions(call: PoxCall, number: int, host: Host) -> None:
    """What allowances are to see, whether the call succeeded or not."""
    if number == 4 and call.function == "delegate-stx":
        amount = call.arguments[0]
        assert isinstance(amount, UInt)
        host.tx.assets.stack(call.sender, amount.value)
    if number == 5 and call.function in _GATED:
        host.tx.assets.pox(call.sender)


# Changes of locks: (what is locked then, until when)

_Change = Callable[[Tuple, Ledger, str, int], tuple[int, int]]


def _uint(told: Tuple, name: str) -> int:
    value = told[name]
    assert isinstance(value, UInt)
    return value.value


def _until(told: Tuple) -> int:
    height = _uint(told, "unlock-burn-height")
    if height > _HEIGHT_MAX:
        raise locks.Violation("a height that is too large")
    return height


def _lock(told: Tuple, ledger: Ledger, staker: str, number: int) -> tuple[int, int]:
    amount, until = _uint(told, "lock-amount"), _until(told)
    locks.lock(ledger, staker, amount, until, number)
    return amount, until


def _extend(told: Tuple, ledger: Ledger, staker: str, number: int) -> tuple[int, int]:
    account = locks.extend(ledger, staker, _until(told), number)
    return account.locked, account.unlock_height


def _increase(told: Tuple, ledger: Ledger, staker: str, number: int) -> tuple[int, int]:
    account = locks.increase(ledger, staker, _uint(told, "total-locked"), number)
    return account.locked, account.unlock_height


def _stake(told: Tuple, ledger: Ledger, staker: str, number: int) -> tuple[int, int]:
    amount, until = _uint(told, "amount-ustx"), _until(told)
    change = locks.carry_over if ledger.account(staker).locked else locks.lock
    change(ledger, staker, amount, until, number)
    return amount, until


def _update(told: Tuple, ledger: Ledger, staker: str, number: int) -> tuple[int, int]:
    amount, until = _uint(told, "amount-ustx"), _until(told)
    locks.extend(ledger, staker, until, number)
    locks.increase(ledger, staker, amount, number)
    return amount, until


def _unstake(told: Tuple, ledger: Ledger, staker: str, number: int) -> tuple[int, int]:
    amount, until = _uint(told, "amount-ustx"), _until(told)
    locks.extend(ledger, staker, until, number)
    return amount, until


_BEFORE_5: Final[Mapping[str, _Change]] = {
    "stack-stx": _lock,
    "delegate-stack-stx": _lock,
    "stack-extend": _extend,
    "delegate-stack-extend": _extend,
    "stack-increase": _increase,
    "delegate-stack-increase": _increase,
}
_SINCE_5: Final[Mapping[str, _Change]] = {
    "stake": _stake,
    "register-for-bond": _stake,
    "stake-update": _update,
    "unstake": _unstake,
}


def _changes(number: int) -> Mapping[str, _Change]:
    """What the functions of PoX `number` change of locks."""
    return _SINCE_5 if number == 5 else _BEFORE_5


_COUNTED: Final[Mapping[int, tuple[str, ...]]] = {
    4: ("stack-stx", "stack-extend", "stack-increase"),
    5: ("stake", "register-for-bond", "stake-update"),
}
"""By contract, after what allowances see an account's lock; delegating was seen before."""
_GATED: Final = frozenset(
    {"unstake", "unstake-sbtc", "update-bond-registration", "announce-l1-early-exit"}
)
