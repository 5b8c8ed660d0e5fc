"""Types of the words of STX and of fungible and non-fungible tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.check import faults
from compiler.check.forms import exactly, expecting, name_of
from compiler.check.simple import fixed
from compiler.type_relations import tuple_of
from compiler.types import BOOL, PRINCIPAL, UINT, BufferType, OptionalType, ResponseType, Type

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.rules import Rule
    from compiler.check.scope import Scope
    from compiler.syntax.ast import ListNode

_DONE = ResponseType(BOOL, UINT)
_MEMO = BufferType(34)
_ACCOUNT = tuple_of([("unlocked", UINT), ("locked", UINT), ("unlock-height", UINT)])


def _ft(checker: Checker, name: str) -> None:
    if name not in checker.contract.fungible_tokens:
        raise faults.no_such_ft(name)


def _ft_supply(checker: Checker, call: ListNode, _scope: Scope) -> Type:
    (token,) = exactly(call, 1)
    _ft(checker, name_of(token, faults.bad_token_name))
    return UINT


def _ft_balance(checker: Checker, call: ListNode, scope: Scope) -> Type:
    token, owner = exactly(call, 2)
    _ft(checker, name_of(token, faults.bad_token_name))
    checker.expect(owner, scope, PRINCIPAL)
    return UINT


def _ft_change(principals: int) -> Rule:
    """The rule of a word that moves an amount of tokens of or between `principals`."""

    def rule(checker: Checker, call: ListNode, scope: Scope) -> Type:
        token, amount, *owners = exactly(call, 2 + principals)
        name = name_of(token, faults.bad_token_name)
        checker.expect(amount, scope, UINT)
        for owner in owners:
            checker.expect(owner, scope, PRINCIPAL)
        # The token is looked up last, unlike anywhere else.
        _ft(checker, name)
        return _DONE

    return rule


def _nft(principals: int, returns: Type) -> Rule:
    """The rule of a word on one non-fungible token of or between `principals`."""

    def rule(checker: Checker, call: ListNode, scope: Scope) -> Type:
        token, identifier, *owners = exactly(call, 2 + principals)
        name = name_of(token, faults.bad_token_name)
        wanted = checker.contract.non_fungible_tokens.get(name)
        if wanted is None:
            raise faults.no_such_nft(name)
        checker.expect(identifier, scope, wanted)
        for owner in owners:
            checker.expect(owner, scope, PRINCIPAL)
        return returns

    return rule


RULES: dict[str, Rule] = {
    "stx-get-balance": fixed([PRINCIPAL], UINT),
    "stx-account": fixed([PRINCIPAL], _ACCOUNT),
    "stx-burn?": fixed([UINT, PRINCIPAL], _DONE),
    "stx-transfer?": expecting([UINT, PRINCIPAL, PRINCIPAL], _DONE),
    "stx-transfer-memo?": expecting([UINT, PRINCIPAL, PRINCIPAL, _MEMO], _DONE),
    "ft-get-supply": _ft_supply,
    "ft-get-balance": _ft_balance,
    "ft-mint?": _ft_change(1),
    "ft-burn?": _ft_change(1),
    "ft-transfer?": _ft_change(2),
    "nft-get-owner?": _nft(0, OptionalType(PRINCIPAL)),
    "nft-mint?": _nft(1, _DONE),
    "nft-burn?": _nft(1, _DONE),
    "nft-transfer?": _nft(2, _DONE),
}
