"""Functions that are typed by their arguments' types alone: `map`, `filter`, `fold` take these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from compiler.check import faults
from compiler.type_relations import MAX_UTF8_LENGTH, MAX_VALUE_SIZE, admits_v2_1
from compiler.types import (
    BOOL,
    INT,
    UINT,
    BufferType,
    IntType,
    StringAsciiType,
    StringUtf8Type,
    Type,
    UIntType,
)
from compiler.versions import ClarityVersion

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.scope import Scope
    from compiler.syntax.ast import ListNode

BUFFER_MAX = BufferType(MAX_VALUE_SIZE)
STRING_ASCII_MAX = StringAsciiType(MAX_VALUE_SIZE)
STRING_UTF8_MAX = StringUtf8Type(MAX_UTF8_LENGTH)

CheckArguments = Callable[[Sequence[Type], ClarityVersion], Type]


class Simple:
    """The rule of such a word; also a defined function's, when a sequence word is given it."""

    __slots__ = ("check",)

    def __init__(self, check: CheckArguments) -> None:
        self.check = check

    def __call__(self, checker: Checker, call: ListNode, scope: Scope) -> Type:
        """The type of an application: all arguments are typed before any is compared."""
        visit = checker.visit
        found = [visit(arg, scope) for arg in call.children[1:]]
        return self.check(found, checker.version)


def expect(expected: Type, found: Type) -> None:
    """Raise a fault unless `found` may stand where `expected` is wanted."""
    if not admits_v2_1(expected, found):
        raise faults.type_mismatch(expected, found)


def fixed(params: Sequence[Type], returns: Type) -> Simple:
    """A function of so many arguments of these types."""

    def check(found: Sequence[Type], _version: ClarityVersion) -> Type:
        if len(found) != len(params):
            raise faults.argument_count(len(params), len(found))
        for expected, each in zip(params, found, strict=True):
            expect(expected, each)
        return returns

    return Simple(check)


def variadic(param: Type, returns: Type) -> Simple:
    """A function of one or more arguments of one type."""

    def check(found: Sequence[Type], _version: ClarityVersion) -> Type:
        if not found:
            raise faults.too_few_arguments(1, 0)
        for each in found:
            expect(param, each)
        return returns

    return Simple(check)


def _expect_one_of(expected: Sequence[Type], found: Type) -> None:
    if not any(admits_v2_1(each, found) for each in expected):
        raise faults.union_mismatch(expected, found)


def one_of(params: Sequence[Type], returns: Type) -> Simple:
    """A function of one argument, of any of these types."""

    def check(found: Sequence[Type], _version: ClarityVersion) -> Type:
        if len(found) != 1:
            raise faults.argument_count(1, len(found))
        _expect_one_of(params, found[0])
        return returns

    return Simple(check)


_INTEGERS: tuple[Type, Type] = (INT, UINT)


def _same_integers(found: Sequence[Type]) -> Type:
    if not found:
        raise faults.too_few_arguments(1, 0)
    first = found[0]
    if first is not INT and first is not UINT:
        raise faults.union_mismatch(_INTEGERS, first)
    for each in found:
        if each is not first:
            raise faults.type_mismatch(first, each)
    return first


def _arithmetic(count: int | None) -> Simple:
    def check(found: Sequence[Type], _version: ClarityVersion) -> Type:
        if count is not None and len(found) != count:
            raise faults.argument_count(count, len(found))
        return _same_integers(found)

    return Simple(check)


ARITHMETIC_VARIADIC = _arithmetic(None)
ARITHMETIC_UNARY = _arithmetic(1)
ARITHMETIC_BINARY = _arithmetic(2)


def _shift(found: Sequence[Type], _version: ClarityVersion) -> Type:
    if len(found) != 2:
        raise faults.argument_count(2, len(found))
    _expect_one_of(_INTEGERS, found[0])
    expect(UINT, found[1])
    return found[0]


SHIFT = Simple(_shift)

_COMPARED = (IntType, UIntType)
_COMPARED_SINCE_2 = (IntType, UIntType, StringAsciiType, StringUtf8Type, BufferType)
# What the message lists in any version.
_COMPARABLE: tuple[Type, ...] = (INT, UINT, STRING_ASCII_MAX, STRING_UTF8_MAX, BUFFER_MAX)


def _compare(found: Sequence[Type], version: ClarityVersion) -> Type:
    if len(found) != 2:
        raise faults.argument_count(2, len(found))
    first, second = found
    if not isinstance(first, _COMPARED_SINCE_2 if version.compares_sequences else _COMPARED):
        raise faults.union_mismatch(_COMPARABLE, first)
    if first.__class__ is not second.__class__:
        raise faults.type_mismatch(first, second)
    return BOOL


COMPARISON = Simple(_compare)
