"""Types of the words of control: bodies, bindings, branches, assertions, contexts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.check import faults
from compiler.check.forms import at_least, bindings, exactly
from compiler.syntax.ast import ListNode
from compiler.type_relations import TypeFault, concretize, least_supertype_v2_1
from compiler.types import BOOL, BufferType, Type

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.rules import Rule
    from compiler.check.scope import Scope

_BLOCK_HASH = BufferType(32)


def _begin(checker: Checker, call: ListNode, scope: Scope) -> Type:
    return checker.visit_body(at_least(call, 1), scope)


def _let(checker: Checker, call: ListNode, scope: Scope) -> Type:
    pairs, *_ = args = at_least(call, 2)
    if not isinstance(pairs, ListNode):
        raise faults.bad_let_syntax()
    inner = scope.inner()
    for name, expression in bindings(pairs.children, "Let-binding"):
        checker.check_name(name)
        if name in inner.variables:
            raise faults.name_already_used(name)
        bound = checker.visit(expression, inner)
        inner.bind(name, bound, binds_traits=checker.version.casts_traits)
    return checker.visit_body(args[1:], inner)


def _if(checker: Checker, call: ListNode, scope: Scope) -> Type:
    condition, yes, no = exactly(call, 3)
    checker.expect(condition, scope, BOOL)
    first = checker.visit(yes, scope)
    second = checker.visit(no, scope)
    try:
        return concretize(least_supertype_v2_1(first, second))
    except TypeFault:
        raise faults.if_arms_must_match(first, second) from None


def _asserts(checker: Checker, call: ListNode, scope: Scope) -> Type:
    condition, thrown = exactly(call, 2)
    checker.expect(condition, scope, BOOL)
    checker.leave_with(checker.visit(thrown, scope))
    return BOOL


def _same(checker: Checker, call: ListNode, scope: Scope) -> Type:
    (arg,) = exactly(call, 1)
    return checker.visit(arg, scope)


def _at_block(checker: Checker, call: ListNode, scope: Scope) -> Type:
    block, body = exactly(call, 2)
    if not checker.epoch.has_at_block:
        raise faults.at_block_unavailable()
    checker.expect(block, scope, _BLOCK_HASH)
    return checker.visit(body, scope)


RULES: dict[str, Rule] = {
    "begin": _begin,
    "let": _let,
    "if": _if,
    "asserts!": _asserts,
    "print": _same,
    "as-contract": _same,
    "at-block": _at_block,
}
