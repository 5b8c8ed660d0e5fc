"""Types of the words that convert between integers, strings, buffers and serialised values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.check import faults
from compiler.check.forms import exactly
from compiler.check.simple import BUFFER_MAX, STRING_ASCII_MAX, STRING_UTF8_MAX, fixed, one_of
from compiler.check.type_syntax import parse_type
from compiler.type_relations import (
    MAX_TO_ASCII_BUFFER,
    buffer_of,
    max_serialized_size,
    optional_of,
    response_of,
    string_ascii_of,
)
from compiler.types import (
    BOOL,
    INT,
    PRINCIPAL,
    UINT,
    BufferType,
    CallablePrincipalType,
    CallableTraitType,
    OptionalType,
    StringAsciiType,
    StringUtf8Type,
    Type,
)

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.rules import Rule
    from compiler.check.scope import Scope
    from compiler.syntax.ast import ListNode

_BUFFER_16 = BufferType(16)
# The longest text of a 128-bit integer.
_INTEGER_LENGTH = 40
# An address of 41 characters, a dot and a contract's name of at most 128.
_PRINCIPAL_LENGTH = 170
_STRINGS = (STRING_ASCII_MAX, STRING_UTF8_MAX)
_TO_ASCII_TAKES = (INT, UINT, BOOL, PRINCIPAL, BufferType(MAX_TO_ASCII_BUFFER), STRING_UTF8_MAX)


def _to_consensus_buff(checker: Checker, call: ListNode, scope: Scope) -> Type:
    (arg,) = exactly(call, 1)
    return optional_of(buffer_of(max_serialized_size(checker.visit(arg, scope))))


def _from_consensus_buff(checker: Checker, call: ListNode, scope: Scope) -> Type:
    described, arg = exactly(call, 2)
    wanted = parse_type(described, checker.epoch)
    checker.contract.parsed_types[described.id] = wanted
    checker.expect(arg, scope, BUFFER_MAX)
    return optional_of(wanted)


def _to_ascii(checker: Checker, call: ListNode, scope: Scope) -> Type:
    (arg,) = exactly(call, 1)
    return response_of(string_ascii_of(_ascii_length(checker.visit(arg, scope))), UINT)


def _ascii_length(found: Type) -> int:
    if found is INT or found is UINT:
        return _INTEGER_LENGTH
    if found is BOOL:
        return len("false")
    if isinstance(found, CallablePrincipalType | CallableTraitType) or found is PRINCIPAL:
        return _PRINCIPAL_LENGTH
    if isinstance(found, BufferType) and found.max_len <= MAX_TO_ASCII_BUFFER:
        return 2 * found.max_len + len("0x")
    if isinstance(found, StringUtf8Type):
        return found.max_len
    raise faults.union_mismatch(_TO_ASCII_TAKES, found)


RULES: dict[str, Rule] = {
    "buff-to-int-le": fixed([_BUFFER_16], INT),
    "buff-to-int-be": fixed([_BUFFER_16], INT),
    "buff-to-uint-le": fixed([_BUFFER_16], UINT),
    "buff-to-uint-be": fixed([_BUFFER_16], UINT),
    "string-to-int?": one_of(_STRINGS, OptionalType(INT)),
    "string-to-uint?": one_of(_STRINGS, OptionalType(UINT)),
    "int-to-ascii": one_of([INT, UINT], StringAsciiType(_INTEGER_LENGTH)),
    "int-to-utf8": one_of([INT, UINT], StringUtf8Type(_INTEGER_LENGTH)),
    "to-consensus-buff?": _to_consensus_buff,
    "from-consensus-buff?": _from_consensus_buff,
    "to-ascii?": _to_ascii,
}
