"""Types of the words of optionals and responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.check import faults
from compiler.check.forms import Args, at_least, exactly, name_of
from compiler.type_relations import TypeFault, least_supertype_v2_1, optional_of, response_of
from compiler.types import BOOL, NO_TYPE, OptionalType, ResponseType, Type

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.rules import Rule
    from compiler.check.scope import Scope
    from compiler.syntax.ast import ListNode, Node


def _some(checker: Checker, call: ListNode, scope: Scope) -> Type:
    (arg,) = exactly(call, 1)
    return optional_of(checker.visit(arg, scope))


def _ok(checker: Checker, call: ListNode, scope: Scope) -> Type:
    (arg,) = exactly(call, 1)
    return response_of(checker.visit(arg, scope), NO_TYPE)


def _err(checker: Checker, call: ListNode, scope: Scope) -> Type:
    (arg,) = exactly(call, 1)
    return response_of(NO_TYPE, checker.visit(arg, scope))


def _is_response(checker: Checker, call: ListNode, scope: Scope) -> Type:
    (arg,) = exactly(call, 1)
    found = checker.visit(arg, scope)
    if not isinstance(found, ResponseType):
        raise faults.expected_response(found)
    return BOOL


def _is_optional(checker: Checker, call: ListNode, scope: Scope) -> Type:
    (arg,) = exactly(call, 1)
    found = checker.visit(arg, scope)
    if not isinstance(found, OptionalType):
        raise faults.expected_optional(found)
    return BOOL


def _default_to(checker: Checker, call: ListNode, scope: Scope) -> Type:
    default, given = (checker.visit(arg, scope) for arg in exactly(call, 2))
    if not isinstance(given, OptionalType):
        raise faults.expected_optional(given)
    try:
        return least_supertype_v2_1(default, given.inner)
    except TypeFault:
        raise faults.default_types_must_match(default, given.inner) from None


def _inside(found: Type) -> Type:
    if isinstance(found, OptionalType):
        inside = found.inner
    elif isinstance(found, ResponseType):
        inside = found.ok
    else:
        raise faults.expected_optional_or_response(found)
    if inside is NO_TYPE:
        raise faults.unknown_ok_type()
    return inside


def _inside_err(found: Type) -> Type:
    if not isinstance(found, ResponseType):
        raise faults.expected_response(found)
    if found.err is NO_TYPE:
        raise faults.unknown_err_type()
    return found.err


def _unwrap_or_leave(checker: Checker, call: ListNode, scope: Scope) -> Type:
    given, thrown = (checker.visit(arg, scope) for arg in exactly(call, 2))
    checker.leave_with(thrown)
    return _inside(given)


def _unwrap_err_or_leave(checker: Checker, call: ListNode, scope: Scope) -> Type:
    given, thrown = (checker.visit(arg, scope) for arg in exactly(call, 2))
    checker.leave_with(thrown)
    return _inside_err(given)


def _unwrap_panic(checker: Checker, call: ListNode, scope: Scope) -> Type:
    (arg,) = exactly(call, 1)
    return _inside(checker.visit(arg, scope))


def _unwrap_err_panic(checker: Checker, call: ListNode, scope: Scope) -> Type:
    (arg,) = exactly(call, 1)
    return _inside_err(checker.visit(arg, scope))


def _try(checker: Checker, call: ListNode, scope: Scope) -> Type:
    (arg,) = exactly(call, 1)
    given = checker.visit(arg, scope)
    inside = _inside(given)
    if isinstance(given, ResponseType):
        if given.err is NO_TYPE:
            raise faults.unknown_err_type()
        checker.leave_with(response_of(NO_TYPE, given.err))
    else:
        checker.leave_with(OptionalType(NO_TYPE))
    return inside


def _match(checker: Checker, call: ListNode, scope: Scope) -> Type:
    given, *arms = at_least(call, 1)
    found = checker.visit(given, scope)
    if isinstance(found, OptionalType):
        first, second = _match_optional(checker, found, tuple(arms), scope)
    elif isinstance(found, ResponseType):
        first, second = _match_response(checker, found, tuple(arms), scope)
    else:
        raise faults.bad_match_input(found)
    try:
        return least_supertype_v2_1(first, second)
    except TypeFault:
        raise faults.match_arms_must_match(first, second) from None


def _match_optional(
    checker: Checker, given: OptionalType, arms: Args, scope: Scope
) -> tuple[Type, Type]:
    if len(arms) != 3:
        raise faults.bad_match_option_syntax(faults.argument_count(4, len(arms) + 1))
    name = name_of(arms[0], lambda: faults.bad_match_option_syntax(faults.expected_name()))
    if given.inner is NO_TYPE:
        raise faults.unknown_match_types()
    first = _arm(checker, name, given.inner, arms[1], scope)
    return first, checker.visit(arms[2], scope)


def _match_response(
    checker: Checker, given: ResponseType, arms: Args, scope: Scope
) -> tuple[Type, Type]:
    if len(arms) != 4:
        raise faults.bad_match_response_syntax(faults.argument_count(5, len(arms) + 1))
    ok_name, err_name = (
        name_of(arm, lambda: faults.bad_match_response_syntax(faults.expected_name()))
        for arm in (arms[0], arms[2])
    )
    if given.ok is NO_TYPE or given.err is NO_TYPE:
        raise faults.unknown_match_types()
    first = _arm(checker, ok_name, given.ok, arms[1], scope)
    return first, _arm(checker, err_name, given.err, arms[3], scope)


def _arm(checker: Checker, name: str, bound: Type, body: Node, scope: Scope) -> Type:
    inner = scope.inner()
    checker.check_name(name)
    if name in inner.variables:
        raise faults.name_already_used(name)
    inner.bind(name, bound, binds_traits=checker.version.casts_traits)
    return checker.visit(body, inner)


RULES: dict[str, Rule] = {
    "some": _some,
    "ok": _ok,
    "err": _err,
    "is-ok": _is_response,
    "is-err": _is_response,
    "is-some": _is_optional,
    "is-none": _is_optional,
    "default-to": _default_to,
    "unwrap!": _unwrap_or_leave,
    "unwrap-err!": _unwrap_err_or_leave,
    "unwrap-panic": _unwrap_panic,
    "unwrap-err-panic": _unwrap_err_panic,
    "try!": _try,
    "match": _match,
}
