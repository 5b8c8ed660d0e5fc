"""Types of the words of tuples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.check import faults
from compiler.check.forms import at_least, bindings, exactly, name_of
from compiler.type_relations import (
    MAX_VALUE_SIZE,
    TypeFault,
    merged,
    optional_of,
    size,
    tuple_of,
    type_size,
)
from compiler.types import OptionalType, TupleType, Type

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.rules import Rule
    from compiler.check.scope import Scope
    from compiler.syntax.ast import ListNode


def _tuple(checker: Checker, call: ListNode, scope: Scope) -> Type:
    fields: list[tuple[str, Type]] = []
    # Twice the names, the types' descriptions and the values: what the interpreter adds up.
    total = 0
    too_large: TypeFault | None = None
    for name, expression in bindings(at_least(call, 1), "Tuple constructor"):
        found = checker.visit(expression, scope)
        if total < MAX_VALUE_SIZE:
            total += 2 * len(name) + type_size(found) + size(found)
            fields.append((name, found))
        else:
            too_large = faults.bad_tuple_construction(
                f"type size of {total} bytes exceeds maximum of {MAX_VALUE_SIZE} bytes"
            )
    if too_large is not None:
        raise too_large
    try:
        return tuple_of(fields)
    except TypeFault as fault:
        raise faults.bad_tuple_construction(fault.message) from None


def _field(of: Type, name: str) -> Type:
    if not isinstance(of, TupleType):
        raise faults.expected_tuple(of)
    for field, found in of.declared:
        if field == name:
            return found
    raise faults.no_such_field(name, of)


def _get(checker: Checker, call: ListNode, scope: Scope) -> Type:
    field, node = exactly(call, 2)
    name = name_of(field, faults.bad_tuple_field_name)
    found = checker.visit(node, scope)
    if isinstance(found, OptionalType):
        return optional_of(_field(found.inner, name))
    return _field(found, name)


def _merge(checker: Checker, call: ListNode, scope: Scope) -> Type:
    first, second = exactly(call, 2)
    base = _checked(checker.visit(first, scope))
    update = _checked(checker.visit(second, scope))
    # No limit here: the merged type may be too large, which shows when its size is asked for.
    return merged(base, update)


def _checked(of: Type) -> TupleType:
    if not isinstance(of, TupleType):
        raise faults.expected_tuple(of)
    return of


RULES: dict[str, Rule] = {"tuple": _tuple, "get": _get, "merge": _merge}
