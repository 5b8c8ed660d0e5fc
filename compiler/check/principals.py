"""Types of the words of principals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.check import faults
from compiler.check.forms import expecting
from compiler.check.simple import fixed
from compiler.type_relations import MAX_CONTRACT_NAME_LENGTH, tuple_of
from compiler.types import (
    BOOL,
    PRINCIPAL,
    UINT,
    BufferType,
    OptionalType,
    ResponseType,
    StringAsciiType,
    Type,
)

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.rules import Rule
    from compiler.check.scope import Scope
    from compiler.syntax.ast import ListNode

_VERSION = BufferType(1)
_HASH = BufferType(20)
_NAME = StringAsciiType(MAX_CONTRACT_NAME_LENGTH)
_PARTS = tuple_of([("version", _VERSION), ("hash-bytes", _HASH), ("name", OptionalType(_NAME))])
_CONSTRUCTED_FROM: tuple[Type, ...] = (_VERSION, _HASH, _NAME)
_CONSTRUCTED = ResponseType(
    PRINCIPAL, tuple_of([("error_code", UINT), ("value", OptionalType(PRINCIPAL))])
)


def _construct(checker: Checker, call: ListNode, scope: Scope) -> Type:
    args = call.children[1:]
    if len(args) < 2:
        raise faults.too_few_arguments(2, len(args))
    if len(args) > 3:
        raise faults.too_many_arguments(3, len(args))
    for arg, expected in zip(args, _CONSTRUCTED_FROM, strict=False):
        checker.expect(arg, scope, expected)
    return _CONSTRUCTED


RULES: dict[str, Rule] = {
    "is-standard": fixed([PRINCIPAL], BOOL),
    "principal-of?": expecting([BufferType(33)], ResponseType(PRINCIPAL, UINT)),
    "principal-construct?": _construct,
    "principal-destruct?": fixed([PRINCIPAL], ResponseType(_PARTS, _PARTS)),
    "contract-hash?": fixed([PRINCIPAL], ResponseType(BufferType(32), UINT)),
}
