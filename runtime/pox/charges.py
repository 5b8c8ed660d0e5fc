"""What computing an event was charged up to epoch 2.4: the interpreter ran two small programs then.

The steps are those programs' in the order of their charges: cost functions, each with its `n`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from compiler.consensus_untyped import serialized_size
from compiler.type_sizes import size
from compiler.types import PRINCIPAL, UINT, StringAsciiType, TupleType
from compiler.values import Principal, Some, Tuple, Value, display
from runtime.pox.events import Action, Cycles, Unavailable, subject
from runtime.pox.ledger import Ledger

Step = tuple[str, int]
Steps = tuple[Step, ...]

_ACCOUNT: Final = TupleType((("locked", UINT), ("unlock-height", UINT), ("unlocked", UINT)))
_STORED_UINT: Final = 17


class _Program(NamedTuple):
    """The program for a function's data: its length without arguments, and what it holds of them."""

    length: int
    shown: tuple[int, ...]
    run: Callable[[Action, Ledger], Steps]


def charges(action: Action, ledger: Ledger) -> Iterator[Step]:
    """All charges for a call's event."""
    name = action.function
    program = _PROGRAMS.get(name)
    if program is None:
        return
    aggregates = name.startswith("stack-aggregation")
    general = 690 + len(name) if aggregates else 736 + len(name) + len(subject(action))
    yield from _parse(general)
    yield from _aggregator() if aggregates else _stacker(name)
    shown = sum(len(display(action.arguments[at])) for at in program.shown)
    yield from _parse(program.length + shown)
    yield from program.run(action, ledger)


# Steps


def _parse(length: int) -> Steps:
    return ("cost_ast_parse", length), ("cost_ast_cycle_detection", 0)


def _apply(word: str, n: int, *arguments: Steps) -> Steps:
    """A word that evaluates its arguments and is charged then."""
    return (_LOOKUP, *(step for steps in arguments for step in steps), (f"cost_{word}", n))


def _before(word: str, n: int, *arguments: Steps) -> Steps:
    """A word that is charged, then evaluates its arguments."""
    return (_LOOKUP, (f"cost_{word}", n), *(step for steps in arguments for step in steps))


def _name(of: int, depth: int = 1) -> Steps:
    """A name's value of size `of`."""
    return ("cost_lookup_variable_depth", depth), ("cost_lookup_variable_size", of)


def _call(argument: Steps | None, *body: Steps) -> Steps:
    """A call of one of the contract's functions, with a uint or nothing."""
    count = argument is not None
    sizes: Steps = (("cost_inner_type_check_cost", size(UINT)),) if count else ()
    inner = tuple(step for steps in body for step in steps)
    return (
        _LOOKUP,
        *(argument or ()),
        ("cost_user_function_application", int(count)),
        *sizes,
        *inner,
    )


def _tuple(*fields: Steps) -> Steps:
    return _apply("tuple_cons", len(fields), *fields)


_LOOKUP: Final = ("cost_lookup_function", 0)
_LITERAL: Final[Steps] = ()
_UINT_NAME: Final = _name(size(UINT))
_PARAMETER: Final = _name(size(UINT), 0)
_VARIABLE: Final = _before("fetch_var", _STORED_UINT)
_HEIGHT: Final[Steps] = (("cost_fetch_var", 1),)


def _cycle_of(height: Steps) -> Steps:
    passed = _apply("sub", 2, _PARAMETER, _VARIABLE)
    return _call(height, _apply("div", 2, passed, _VARIABLE))


def _start_of(cycle: Steps) -> Steps:
    whole = _apply("mul", 2, _PARAMETER, _VARIABLE)
    return _call(cycle, _apply("add", 2, _VARIABLE, whole))


_CURRENT: Final = _call(None, _cycle_of(_HEIGHT))


def _account(owner: Steps) -> Steps:
    return _before("stx_account", 0, owner)


def _field(account: Steps) -> Steps:
    return _apply("tuple_get", len(_ACCOUNT.fields), account)


def _stacker(function: str) -> Steps:
    owner = _name(size(PRINCIPAL))
    account = _field(_name(size(_ACCOUNT)))
    name = _name(size(StringAsciiType(len(function))))
    return _before(
        "let",
        4,
        _account(owner),
        _before("stx_balance", 0, owner),
        _tuple(name, owner, _UINT_NAME, account, account),
    )


def _aggregator() -> Steps:
    account = _field(_name(size(_ACCOUNT)))
    balance = _before("stx_balance", 0)
    return _before("let", 1, _account(()), _tuple(_LITERAL, _LITERAL, balance, account, account))


def _literal(value: Value) -> Steps:
    """An argument as it stands in a program: tuples and optionals are built there."""
    match value:
        case Tuple(fields):
            return _tuple(*map(_literal, fields.values()))
        case Some(inner):
            return _apply("some_cons", 1, _literal(inner))
        case _:
            return _LITERAL


def _data(*fields: Steps) -> Steps:
    return _tuple(_tuple(*fields))


# The programs


def _stack(action: Action, _: Ledger) -> Steps:
    until = _start_of(_apply("add", 3, _CURRENT))
    return _data(_LITERAL, until, _literal(action.arguments[1]), _LITERAL, _LITERAL)


def _delegate_stack(action: Action, _: Ledger) -> Steps:
    until = _start_of(_apply("add", 3, _CURRENT))
    address = _literal(action.arguments[2])
    return _data(_LITERAL, until, address, _LITERAL, _LITERAL, _LITERAL, _LITERAL)


_RAISED: Final = _apply("add", 2, _field(_account(_LITERAL)))


def _increase(action: Action, ledger: Ledger) -> Steps:
    key = Tuple({"stacker": Principal(action.sender)})
    return _data(_LITERAL, _RAISED, _entry_field("stacking-state", key, ledger))


def _delegate_increase(action: Action, _: Ledger) -> Steps:
    return _data(_literal(action.arguments[1]), _LITERAL, _RAISED, _LITERAL, _LITERAL)


def _extended(action: Action, ledger: Ledger) -> Steps:
    following = _apply("add", 2, _UINT_NAME)
    cycles = Cycles(ledger)
    ends = cycles.of(ledger.account(subject(action)).shown_unlock_height)
    return (
        _LOOKUP,
        ("cost_let", 6),
        *_CURRENT,
        *_field(_account(_LITERAL)),
        *_cycle_of(_UINT_NAME),
        *_before("if", 0, _apply("ge", size(UINT), following, _UINT_NAME)),
        *(following if cycles.current + 1 > ends else _UINT_NAME),
        *_apply("sub", 2, _apply("add", 2, _UINT_NAME)),
        *_start_of(following),
    )


def _extend(action: Action, ledger: Ledger) -> Steps:
    address = _literal(action.arguments[1])
    return (*_extended(action, ledger), *_data(address, _LITERAL, _UINT_NAME))


def _delegate_extend(action: Action, ledger: Ledger) -> Steps:
    address = _literal(action.arguments[1])
    data = _data(address, _LITERAL, _UINT_NAME, _LITERAL, _LITERAL)
    return (*_extended(action, ledger), *data)


def _aggregate(action: Action, ledger: Ledger) -> Steps:
    address, cycle = action.arguments[:2]
    key = Tuple({"pox-addr": address, "reward-cycle": cycle, "sender": Principal(action.sender)})
    amount = _entry_field("logged-partial-stacked-by-cycle", key, ledger)
    return _data(_literal(address), _LITERAL, amount, _LITERAL)


def _delegate(action: Action, _: Ledger) -> Steps:
    return _data(*map(_literal, action.arguments))


def _entry_field(name: str, key: Tuple, ledger: Ledger) -> Steps:
    """A field of a map's entry, which has to be there."""
    entry = ledger.entry(name, key)
    if not isinstance(entry, Tuple):
        raise Unavailable
    length = serialized_size(key) + 1 + serialized_size(entry)
    fetched = (*_literal(key), ("cost_fetch_entry", length))
    return _apply("tuple_get", len(entry), _apply("unwrap", 1, (_LOOKUP, *fetched)))


_PROGRAMS: Final = {
    "stack-stx": _Program(868, (0, 1, 2, 3, 3), _stack),
    "delegate-stack-stx": _Program(1064, (0, 1, 2, 3, 4, 4), _delegate_stack),
    "stack-increase": _Program(636, (0, 0), _increase),
    "delegate-stack-increase": _Program(810, (0, 0, 1, 2, 2), _delegate_increase),
    "stack-extend": _Program(1170, (0, 0, 1), _extend),
    "delegate-stack-extend": _Program(1312, (0, 0, 1, 2, 2), _delegate_extend),
    "stack-aggregation-commit": _Program(827, (0, 0, 1, 1), _aggregate),
    "stack-aggregation-commit-indexed": _Program(827, (0, 0, 1, 1), _aggregate),
    "stack-aggregation-increase": _Program(827, (0, 0, 1, 1), _aggregate),
    "delegate-stx": _Program(686, (0, 1, 2, 3), _delegate),
}
