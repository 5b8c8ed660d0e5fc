"""Types of the words of lists, buffers and strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.check import faults
from compiler.check.forms import at_least, exactly, name_of
from compiler.check.simple import Simple, fixed
from compiler.syntax.ast import LiteralNode
from compiler.type_relations import (
    MAX_VALUE_SIZE,
    TypeFault,
    buffer_of,
    least_supertype_v2_1,
    list_of,
    optional_of,
    parent_list_type,
    size,
    string_ascii_of,
    string_utf8_of,
    type_mismatch,
)
from compiler.types import (
    BOOL,
    UINT,
    BufferType,
    ListType,
    OptionalType,
    StringAsciiType,
    StringUtf8Type,
    Type,
)
from compiler.values import UInt

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.rules import Rule
    from compiler.check.scope import Scope
    from compiler.syntax.ast import ListNode, Node

_SequenceType = ListType | BufferType | StringAsciiType | StringUtf8Type
_SEQUENCES = (ListType, BufferType, StringAsciiType, StringUtf8Type)
_UNITS: dict[type, Type] = {
    BufferType: BufferType(1),
    StringAsciiType: StringAsciiType(1),
    StringUtf8Type: StringUtf8Type(1),
}
_MAX_U32 = 0xFFFF_FFFF


def _sequence(found: Type) -> _SequenceType:
    if not isinstance(found, _SEQUENCES):
        raise faults.expected_sequence(found)
    return found


def _unit(of: _SequenceType) -> Type:
    """The type of what stands at one place: a sequence of one, but in a list an entry."""
    return of.entry if isinstance(of, ListType) else _UNITS[of.__class__]


def _function(checker: Checker, node: Node) -> Simple:
    """The function given to `map`, `filter` or `fold`: a simple word or a defined one."""
    name = name_of(node, faults.non_function_application)
    rule = checker.rule(name)
    if rule is None:
        function = checker.contract.functions.get(name)
        if function is not None:
            signature = function.signature
            return fixed([arg for _, arg in signature.args], signature.returns)
    elif isinstance(rule, Simple):
        return rule
    raise faults.illegal_function(name)


def _map(checker: Checker, call: ListNode, scope: Scope) -> Type:
    function, *sequences = at_least(call, 2)
    check = _function(checker, function).check
    shortest = _MAX_U32
    units: list[Type] = []
    for node in sequences:
        sequence = _sequence(checker.visit(node, scope))
        shortest = min(shortest, sequence.max_len)
        units.append(_unit(sequence))
    mapped = check(units, checker.version)
    try:
        return list_of(mapped, shortest)
    except TypeFault:
        raise faults.list_too_large() from None


def _filter(checker: Checker, call: ListNode, scope: Scope) -> Type:
    function, node = exactly(call, 2)
    check = _function(checker, function).check
    sequence = _sequence(checker.visit(node, scope))
    answer = check([_unit(sequence)], checker.version)
    if answer is not BOOL:
        raise type_mismatch(BOOL, answer)
    return sequence


def _fold(checker: Checker, call: ListNode, scope: Scope) -> Type:
    function, node, start = exactly(call, 3)
    check = _function(checker, function).check
    unit = _unit(_sequence(checker.visit(node, scope)))
    initial = checker.visit(start, scope)
    # The function must take the start value, and then what it answers itself.
    once = check([unit, initial], checker.version)
    return check([unit, once], checker.version)


def _concat(checker: Checker, call: ListNode, scope: Scope) -> Type:
    args = at_least(call, 2) if checker.version.has_variadic_concat else exactly(call, 2)
    joined = checker.visit(args[0], scope)
    for arg in args[1:]:
        joined = _join(joined, checker.visit(arg, scope))
    return joined


def _join(left: Type, right: Type) -> Type:
    if not isinstance(left, _SEQUENCES) or not isinstance(right, _SEQUENCES):
        raise faults.expected_sequence(left)
    if left.__class__ is not right.__class__:
        raise type_mismatch(left, right)
    entry = None
    if isinstance(left, ListType) and isinstance(right, ListType):
        entry = least_supertype_v2_1(left.entry, right.entry)
    length = left.max_len + right.max_len
    if length > _MAX_U32:
        raise faults.length_overflow()
    return _resized(left, length, entry)


def _resized(of: _SequenceType, length: int, entry: Type | None = None) -> Type:
    if isinstance(of, ListType):
        return list_of(of.entry if entry is None else entry, length)
    if isinstance(of, BufferType):
        return buffer_of(length)
    if isinstance(of, StringAsciiType):
        return string_ascii_of(length)
    return string_utf8_of(length)


def _append(checker: Checker, call: ListNode, scope: Scope) -> Type:
    sequence, item = exactly(call, 2)
    found = checker.visit(sequence, scope)
    if not isinstance(found, ListType):
        raise faults.expected_list_application()
    entry = least_supertype_v2_1(found.entry, checker.visit(item, scope))
    return list_of(entry, found.max_len + 1)


def _as_max_len(checker: Checker, call: ListNode, scope: Scope) -> Type:
    sequence, length = exactly(call, 2)
    if not isinstance(length, LiteralNode) or not isinstance(length.value, UInt):
        raise type_mismatch(UINT, checker.visit(length, scope))
    checker.types[length.id] = UINT
    if length.value.value > _MAX_U32:
        raise faults.length_overflow()
    found = _sequence(checker.visit(sequence, scope))
    return OptionalType(_resized(found, length.value.value))


def _len(checker: Checker, call: ListNode, scope: Scope) -> Type:
    (sequence,) = exactly(call, 1)
    _sequence(checker.visit(sequence, scope))
    return UINT


def _element_at(checker: Checker, call: ListNode, scope: Scope) -> Type:
    sequence, index = exactly(call, 2)
    checker.expect(index, scope, UINT)
    return optional_of(_unit(_sequence(checker.visit(sequence, scope))))


def _index_of(checker: Checker, call: ListNode, scope: Scope) -> Type:
    sequence, item = exactly(call, 2)
    checker.expect(item, scope, _unit(_sequence(checker.visit(sequence, scope))))
    return OptionalType(UINT)


def _slice(checker: Checker, call: ListNode, scope: Scope) -> Type:
    sequence, start, end = exactly(call, 3)
    found = optional_of(_sequence(checker.visit(sequence, scope)))
    checker.expect(start, scope, UINT)
    checker.expect(end, scope, UINT)
    return found


def _replace_at(checker: Checker, call: ListNode, scope: Scope) -> Type:
    sequence, index, item = exactly(call, 3)
    found = _sequence(checker.visit(sequence, scope))
    checker.expect(index, scope, UINT)
    checker.expect(item, scope, _unit(found))
    return optional_of(found)


def _list(checker: Checker, call: ListNode, scope: Scope) -> Type:
    entries: list[Type] = []
    total = 0
    for node in call.children[1:]:
        entry = checker.visit(node, scope)
        total += size(entry)
        entries.append(entry)
    if total > MAX_VALUE_SIZE:
        raise faults.value_too_large()
    return parent_list_type(entries)


RULES: dict[str, Rule] = {
    "map": _map,
    "filter": _filter,
    "fold": _fold,
    "concat": _concat,
    "append": _append,
    "as-max-len?": _as_max_len,
    "len": _len,
    "element-at": _element_at,
    "element-at?": _element_at,
    "index-of": _index_of,
    "index-of?": _index_of,
    "slice?": _slice,
    "replace-at?": _replace_at,
    "list": _list,
}
