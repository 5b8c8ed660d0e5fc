"""Types of the words of maps and data variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.check import faults
from compiler.check.forms import at_least, exactly, name_of
from compiler.check.simple import expect
from compiler.type_relations import optional_of
from compiler.types import BOOL, Type

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.rules import Rule
    from compiler.check.scope import Scope
    from compiler.syntax.ast import ListNode


def _map_types(checker: Checker, name: str) -> tuple[Type, Type]:
    types = checker.contract.maps.get(name)
    if types is None:
        raise faults.no_such_map(name)
    return types


def _map_get(checker: Checker, call: ListNode, scope: Scope) -> Type:
    # Arguments after those wanted are not looked at, here and in the words below.
    args = at_least(call, 2)
    name = name_of(args[0], faults.bad_map_name)
    key = checker.visit(args[1], scope)
    key_type, value_type = _map_types(checker, name)
    answer = optional_of(value_type)
    expect(key_type, key)
    return answer


def _map_delete(checker: Checker, call: ListNode, scope: Scope) -> Type:
    args = at_least(call, 2)
    name = name_of(args[0], faults.bad_map_name)
    key = checker.visit(args[1], scope)
    expect(_map_types(checker, name)[0], key)
    return BOOL


def _map_write(checker: Checker, call: ListNode, scope: Scope) -> Type:
    args = at_least(call, 3)
    name = name_of(args[0], faults.bad_map_name)
    key = checker.visit(args[1], scope)
    value = checker.visit(args[2], scope)
    key_type, value_type = _map_types(checker, name)
    expect(key_type, key)
    expect(value_type, value)
    return BOOL


def _variable_type(checker: Checker, name: str) -> Type:
    found = checker.contract.data_vars.get(name)
    if found is None:
        raise faults.no_such_variable(name)
    return found


def _var_get(checker: Checker, call: ListNode, _scope: Scope) -> Type:
    (name,) = exactly(call, 1)
    return _variable_type(checker, name_of(name, faults.bad_map_name))


def _var_set(checker: Checker, call: ListNode, scope: Scope) -> Type:
    args = at_least(call, 2)
    name = name_of(args[0], faults.bad_map_name)
    value = checker.visit(args[1], scope)
    expect(_variable_type(checker, name), value)
    return BOOL


RULES: dict[str, Rule] = {
    "map-get?": _map_get,
    "map-set": _map_write,
    "map-insert": _map_write,
    "map-delete": _map_delete,
    "var-get": _var_get,
    "var-set": _var_set,
}
