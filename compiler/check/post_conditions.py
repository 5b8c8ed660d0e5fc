"""Types of `restrict-assets?`, `as-contract?` and the allowances that stand in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from compiler.check import faults
from compiler.check.forms import Args, at_least, exactly, expecting, name_of
from compiler.syntax.ast import ListNode
from compiler.type_relations import response_of
from compiler.types import BOOL, PRINCIPAL, UINT, ListType, ResponseType, StringAsciiType, Type
from compiler.words.names import word_kind

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.rules import Rule
    from compiler.check.scope import Scope
    from compiler.syntax.ast import Node

MAX_ALLOWANCES = 128
MAX_NFT_IDENTIFIERS = 128

_ALL = "with-all-assets-unsafe"
_TOKEN_NAME = StringAsciiType(128)


def _restrict_assets(checker: Checker, call: ListNode, scope: Scope) -> Type:
    owner, listed, *body = at_least(call, 3)
    allowances = _listed(listed, "restrict-assets?", 2)
    checker.expect(owner, scope, PRINCIPAL)
    for allowance in allowances:
        if _allowance(checker, allowance, scope) == _ALL:
            raise faults.all_assets_not_allowed()
    return _answer(checker, tuple(body), scope)


def _as_contract(checker: Checker, call: ListNode, scope: Scope) -> Type:
    listed, *body = at_least(call, 2)
    allowances = _listed(listed, "as-contract?", 1)
    for allowance in allowances:
        if _allowance(checker, allowance, scope) == _ALL and len(allowances) > 1:
            raise faults.all_assets_not_alone()
    return _answer(checker, tuple(body), scope)


def _listed(node: Node, word: str, position: int) -> Args:
    if not isinstance(node, ListNode):
        raise faults.expected_allowances(word, position)
    if len(node.children) > MAX_ALLOWANCES:
        raise faults.too_many_allowances(MAX_ALLOWANCES, len(node.children))
    return node.children


def _answer(checker: Checker, body: Args, scope: Scope) -> Type:
    """The body's last value in a response; it may not be a response itself, nor any before it."""
    for node in body:
        found = checker.visit(node, scope)
        if isinstance(found, ResponseType):
            raise faults.unchecked_response()
    return response_of(found, UINT)


def _allowance(checker: Checker, node: Node, scope: Scope) -> str:
    """Check an allowance, whose word is the answer."""
    if not isinstance(node, ListNode) or not node.children:
        raise faults.expected_list_application()
    name = name_of(node.children[0], faults.non_function_application)
    rule = _ALLOWANCES.get(name)
    if rule is None or word_kind(name, checker.version) is None:
        raise faults.expected_allowance(name)
    rule(checker, node, scope)
    return name


def _with_nft(checker: Checker, call: ListNode, scope: Scope) -> Type:
    contract, token, identifiers = exactly(call, 3)
    checker.expect(contract, scope, PRINCIPAL)
    checker.expect(token, scope, _TOKEN_NAME)
    found = checker.visit(identifiers, scope)
    if not isinstance(found, ListType):
        raise faults.nft_expects_identifiers()
    if found.max_len > MAX_NFT_IDENTIFIERS:
        raise faults.too_many_identifiers(MAX_NFT_IDENTIFIERS, found.max_len)
    return BOOL


# An allowance has no type; what these rules answer is not looked at.
_ALLOWANCES: dict[str, Callable[[Checker, ListNode, Scope], Type]] = {
    "with-stx": expecting([UINT], BOOL),
    "with-ft": expecting([PRINCIPAL, _TOKEN_NAME, UINT], BOOL),
    "with-nft": _with_nft,
    "with-stacking": expecting([UINT], BOOL),
    "with-staking": expecting([UINT], BOOL),
    "with-pox": expecting([], BOOL),
    _ALL: expecting([], BOOL),
}


def _stray(_checker: Checker, _call: ListNode, _scope: Scope) -> Type:
    raise faults.allowance_not_allowed()


RULES: dict[str, Rule] = {
    "restrict-assets?": _restrict_assets,
    "as-contract?": _as_contract,
    **dict.fromkeys(_ALLOWANCES, _stray),
}
