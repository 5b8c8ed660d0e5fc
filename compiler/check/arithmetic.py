"""Types of the words of arithmetic, bits, comparison and logic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.check import faults
from compiler.check.forms import at_least
from compiler.check.simple import (
    ARITHMETIC_BINARY,
    ARITHMETIC_UNARY,
    ARITHMETIC_VARIADIC,
    COMPARISON,
    SHIFT,
    fixed,
    variadic,
)
from compiler.type_relations import TypeFault, least_supertype_v2_1
from compiler.types import BOOL, INT, UINT, Type

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.rules import Rule
    from compiler.check.scope import Scope
    from compiler.syntax.ast import ListNode


def _is_eq(checker: Checker, call: ListNode, scope: Scope) -> Type:
    args = at_least(call, 1)
    current = checker.visit(args[0], scope)
    mismatch: TypeFault | None = None
    for arg in args[1:]:
        found = checker.visit(arg, scope)
        if mismatch is None and found is not current:
            try:
                current = least_supertype_v2_1(found, current)
            except TypeFault:
                mismatch = faults.type_mismatch(found, current)
    if mismatch is not None:
        raise mismatch
    return BOOL


_LOGIC = variadic(BOOL, BOOL)

RULES: dict[str, Rule] = {
    "+": ARITHMETIC_VARIADIC,
    "-": ARITHMETIC_VARIADIC,
    "*": ARITHMETIC_VARIADIC,
    "/": ARITHMETIC_VARIADIC,
    "bit-or": ARITHMETIC_VARIADIC,
    "bit-and": ARITHMETIC_VARIADIC,
    "bit-xor": ARITHMETIC_VARIADIC,
    "bit-not": ARITHMETIC_UNARY,
    "bit-shift-left": SHIFT,
    "bit-shift-right": SHIFT,
    "sqrti": ARITHMETIC_UNARY,
    "log2": ARITHMETIC_UNARY,
    "mod": ARITHMETIC_BINARY,
    "pow": ARITHMETIC_BINARY,
    "xor": ARITHMETIC_BINARY,
    "<": COMPARISON,
    "<=": COMPARISON,
    ">": COMPARISON,
    ">=": COMPARISON,
    "and": _LOGIC,
    "or": _LOGIC,
    "not": fixed([BOOL], BOOL),
    "is-eq": _is_eq,
    "to-int": fixed([UINT], INT),
    "to-uint": fixed([INT], UINT),
}
