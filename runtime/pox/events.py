"""The print events that the interpreter makes up for PoX contracts 2 to 4.

Up to epoch 2.4 they say less, and what it takes to compute them is charged (`charges`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from compiler.values import (
    NONE,
    UINT_MAX,
    Ok,
    Principal,
    Some,
    StringAscii,
    Tuple,
    UInt,
    Value,
)
from runtime.pox.ledger import Ledger

Fields = dict[str, Value]


class Unavailable(Exception):
    """The event can't be computed: there is none then."""


class Action(NamedTuple):
    """A call that succeeded; `detailed` is how events are made since epoch 2.5."""

    function: str
    sender: str
    arguments: Sequence[Value]
    answer: Value
    detailed: bool

    def argument(self, at: int) -> Value:
        """An argument; older contracts have fewer, and `none` stands for what they lack."""
        return self.arguments[at] if at < len(self.arguments) else NONE

    def amount(self, at: int) -> int:
        """An argument that is a uint."""
        return _number(self.arguments[at])


def event(action: Action, ledger: Ledger) -> Value | None:
    """What is printed, if anything; `Unavailable` where computing it fails."""
    make = _DATA.get(action.function)
    if make is None or (action.function == "revoke-delegate-stx" and not action.detailed):
        return None
    owner = subject(action)
    account = ledger.account(owner)
    return Ok(
        Tuple(
            {
                "name": StringAscii(action.function),
                "stacker": Principal(owner),
                "balance": UInt(account.unlocked),
                "locked": UInt(account.locked),
                "burnchain-unlock-height": UInt(account.shown_unlock_height),
                "data": Tuple(make(action, ledger)),
            }
        )
    )


def subject(action: Action) -> str:
    """Whose STX it is about; of an aggregation, who makes it."""
    if action.function.startswith("delegate-stack-"):
        return _text(action.arguments[0])
    return action.sender


# Cycles, with the interpreter's arithmetic


class Cycles:
    """The contract's burn heights and reward cycles."""

    __slots__ = ("_burn_height", "_first", "_length", "_prepare")

    def __init__(self, ledger: Ledger) -> None:
        self._burn_height = ledger.burn_height
        self._first = ledger.variable("first-burnchain-block-height")
        self._length = ledger.variable("pox-reward-cycle-length")
        self._prepare = ledger.variable("pox-prepare-cycle-length")

    def of(self, height: int) -> int:
        """The cycle that a burn height lies in."""
        if height < self._first or not self._length:
            raise Unavailable
        return (height - self._first) // self._length

    def start(self, cycle: int) -> int:
        """The burn height that a cycle starts at."""
        return _fits(self._first + cycle * self._length)

    @property
    def current(self) -> int:
        """The cycle that it is now."""
        return self.of(self._burn_height)

    @property
    def next_counted(self) -> int:
        """The next cycle whose set of stackers is still open: it closes as preparing begins."""
        following = self.current + 1
        if self._prepare > self._length:
            raise Unavailable
        into = (self._burn_height - self._first) % self._length
        return following if into < self._length - self._prepare else following + 1


# The data of each function


def _stack(action: Action, ledger: Ledger) -> Fields:
    amount, address, start, period = action.arguments[:4]
    fields = _locked_anew(action, ledger, amount, address, start, period)
    return {**fields, **_signer(action, 4)}


def _delegate_stack(action: Action, ledger: Ledger) -> Fields:
    stacker, amount, address, start, period = action.arguments
    fields = _locked_anew(action, ledger, amount, address, start, period)
    return {**fields, **_delegated(action, stacker)}


def _locked_anew(
    action: Action, ledger: Ledger, amount: Value, address: Value, start: Value, period: Value
) -> Fields:
    cycles = Cycles(ledger)
    until = cycles.start(_fits(cycles.current + 1 + _number(period)))
    fields: Fields = {
        "lock-amount": amount,
        "unlock-burn-height": UInt(until),
        "pox-addr": address,
        "start-burn-height": start,
        "lock-period": period,
    }
    return {**fields, **_span(action, cycles, until)}


def _increase(action: Action, ledger: Ledger) -> Fields:
    owner = Principal(action.sender)
    state = ledger.entry("stacking-state", Tuple({"stacker": owner}))
    if not isinstance(state, Tuple):
        raise Unavailable
    fields = _raised(action, ledger, 0)
    return {**fields, "pox-addr": state["pox-addr"], **_signer(action, 1)}


def _delegate_increase(action: Action, ledger: Ledger) -> Fields:
    stacker, address, _ = action.arguments
    fields = _raised(action, ledger, 2)
    return {**fields, "pox-addr": address, **_delegated(action, stacker)}


def _raised(action: Action, ledger: Ledger, at: int) -> Fields:
    account = ledger.account(subject(action))
    fields: Fields = {
        "increase-by": action.arguments[at],
        "total-locked": UInt(_fits(action.amount(at) + account.locked)),
    }
    if action.detailed:
        fields |= _span(action, Cycles(ledger), account.shown_unlock_height)
    return fields


def _extend(action: Action, ledger: Ledger) -> Fields:
    return {**_extended(action, ledger, 0), "pox-addr": action.arguments[1], **_signer(action, 2)}


def _delegate_extend(action: Action, ledger: Ledger) -> Fields:
    stacker, address, _ = action.arguments
    fields = _extended(action, ledger, 2)
    return {**fields, "pox-addr": address, **_delegated(action, stacker)}


def _extended(action: Action, ledger: Ledger, at: int) -> Fields:
    cycles = Cycles(ledger)
    ends = cycles.of(ledger.account(subject(action)).shown_unlock_height)
    first = max(cycles.current + 1, ends)
    until = cycles.start(_fits(first + action.amount(at)))
    fields: Fields = {
        "extend-count": action.arguments[at],
        "unlock-burn-height": UInt(until),
    }
    return {**fields, **_span(action, cycles, until)}


def _aggregate(action: Action, ledger: Ledger) -> Fields:
    address, cycle = action.arguments[:2]
    sender = Principal(action.sender)
    key = Tuple({"pox-addr": address, "reward-cycle": cycle, "sender": sender})
    logged = ledger.entry("logged-partial-stacked-by-cycle", key)
    if not isinstance(logged, Tuple):
        raise Unavailable
    fields: Fields = {
        "pox-addr": address,
        "reward-cycle": cycle,
        "amount-ustx": logged["stacked-amount"],
        "delegator": sender,
    }
    if not action.detailed:
        return fields
    cycles, number = Cycles(ledger), _number(cycle)
    counted = cycles.next_counted
    fields["end-cycle-id"] = Some(UInt(_fits(number + 1)))
    fields["start-cycle-id"] = UInt(counted if number == cycles.current + 1 else number)
    if action.function == "stack-aggregation-increase":
        fields["reward-cycle-index"] = action.argument(2)
        return {**fields, **_signer(action, 3)}
    return {**fields, **_signer(action, 2)}


def _delegate(action: Action, ledger: Ledger) -> Fields:
    amount, delegate, until, address = action.arguments
    fields: Fields = {
        "amount-ustx": amount,
        "delegate-to": delegate,
        "unlock-burn-height": until,
        "pox-addr": address,
    }
    if action.detailed:
        cycles = Cycles(ledger)
        ends = Some(UInt(cycles.of(_number(until.value)))) if isinstance(until, Some) else NONE
        fields |= {"end-cycle-id": ends, "start-cycle-id": UInt(cycles.next_counted)}
    return fields


def _revoke(action: Action, ledger: Ledger) -> Fields:
    match action.answer:
        case Some(Tuple(state)):
            return {
                "delegate-to": state["delegated-to"],
                "end-cycle-id": NONE,
                "start-cycle-id": UInt(Cycles(ledger).current + 1),
            }
        case _:
            raise Unavailable


def _span(action: Action, cycles: Cycles, until: int) -> Fields:
    if not action.detailed:
        return {}
    return {
        "end-cycle-id": Some(UInt(cycles.of(until))),
        "start-cycle-id": UInt(cycles.next_counted),
    }


def _signer(action: Action, at: int) -> Fields:
    if not action.detailed:
        return {}
    return {name: action.argument(at + index) for index, name in enumerate(_SIGNER)}


def _delegated(action: Action, stacker: Value) -> Fields:
    return {"delegator": Principal(action.sender), "stacker": stacker}


def _number(value: Value) -> int:
    assert isinstance(value, UInt)
    return value.value


def _text(value: Value) -> str:
    assert isinstance(value, Principal)
    return value.value


def _fits(number: int) -> int:
    if number > UINT_MAX:
        raise Unavailable
    return number


_SIGNER: Final = ("signer-sig", "signer-key", "max-amount", "auth-id")
_DATA: Final[Mapping[str, Callable[[Action, Ledger], Fields]]] = {
    "stack-stx": _stack,
    "delegate-stack-stx": _delegate_stack,
    "stack-increase": _increase,
    "delegate-stack-increase": _delegate_increase,
    "stack-extend": _extend,
    "delegate-stack-extend": _delegate_extend,
    "stack-aggregation-commit": _aggregate,
    "stack-aggregation-commit-indexed": _aggregate,
    "stack-aggregation-increase": _aggregate,
    "delegate-stx": _delegate,
    "revoke-delegate-stx": _revoke,
}
