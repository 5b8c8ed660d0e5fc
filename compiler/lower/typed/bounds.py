"""How small and how large what a charge is computed from can be, from types alone.

Bounds of what `compiler.lower.typed.sizes` and `serialization` compute at run time. A dynamic type
may know less than the declared one (the inside of `none`), never more.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, TypeAlias

from compiler.types import (
    BoolType,
    BufferType,
    CallableTraitType,
    IntType,
    ListType,
    NoType,
    OptionalType,
    ResponseType,
    SpareType,
    StringAsciiType,
    StringUtf8Type,
    TraitReferenceType,
    TupleType,
    Type,
    UIntType,
)

Bounds: TypeAlias = tuple[int, int]
"""The least and the most."""

# Consensus bytes of principals: of a standard one, and of a contract with the longest of names.
_PRINCIPAL_BYTES: Bounds = (22, 151)
_UNKNOWN = 1
_UNKNOWN_LIST = 6


class _Size(NamedTuple):
    """Bounds of a value's size, and of the `type_size` of its dynamic type."""

    least: int
    most: int
    least_type: int
    most_type: int


def size_bounds(type_: Type) -> Bounds:
    """The interpreter's size of values of a type."""
    found = _size(type_)
    return found.least, found.most


def sum_of(bounds: list[Bounds], more: int = 0) -> Bounds:
    """The sum of what lies within each of `bounds`, and `more`."""
    return sum(least for least, _ in bounds) + more, sum(most for _, most in bounds) + more


@lru_cache(maxsize=65536)
def _size(type_: Type) -> _Size:
    match type_:
        case BufferType(max_len=n) | StringAsciiType(max_len=n):
            return _Size(4, 4 + n, 5, 5)
        case StringUtf8Type(max_len=n):
            return _Size(4, 4 + 4 * n, 5, 5)
        case IntType() | UIntType():
            return _Size(16, 16, 1, 1)
        case BoolType() | NoType():
            return _Size(_UNKNOWN, _UNKNOWN, 1, 1)
        case CallableTraitType() | TraitReferenceType():
            # In Clarity 1 such a value is a principal.
            return _Size(148, 276, 1, 1)
        case OptionalType(inner=inner):
            one = _size(inner)
            return _Size(1 + _UNKNOWN, max(one.most, _UNKNOWN) + 1, 2, one.most_type + 1)
        case ResponseType(ok=ok, err=err):
            left, right = _size(ok), _size(err)
            return _Size(
                1 + min(left.least, right.least),
                1 + max(left.most, right.most),
                1 + _UNKNOWN + min(left.least_type, right.least_type),
                1 + left.most_type + right.most_type,
            )
        case ListType(entry=entry, max_len=n):
            one = _size(entry)
            described = one.most_type + 5
            return _Size(_UNKNOWN_LIST, one.most * n + described, _UNKNOWN_LIST, described)
        case SpareType(name=name, inner=inner):
            one, named = _size(inner), 2 + len(name)
            return _Size(0, one.most + named, 0, one.most_type + named)
        case TupleType(fields=fields):
            names = sum(2 + len(name) for name, _ in type_.declared)
            parts = [_size(field) for _, field in fields]
            least_type = names + sum(part.least_type for part in parts)
            most_type = names + sum(part.most_type for part in parts)
            return _Size(
                names + least_type + sum(part.least for part in parts),
                names + most_type + sum(part.most for part in parts),
                least_type,
                most_type,
            )
        case _:
            return _Size(148, 148, 1, 1)


@lru_cache(maxsize=65536)
def serialized_bounds(type_: Type) -> Bounds:
    """The length of the consensus bytes of values of a type."""
    match type_:
        case BufferType(max_len=n) | StringAsciiType(max_len=n):
            return 5, 5 + n
        case StringUtf8Type(max_len=n):
            return 5, 5 + 4 * n
        case IntType() | UIntType():
            return 17, 17
        case BoolType():
            return 1, 1
        case NoType():
            return 0, 0
        case OptionalType(inner=inner):
            return 1, 1 + serialized_bounds(inner)[1]
        case ResponseType(ok=ok, err=err):
            left, right = serialized_bounds(ok), serialized_bounds(err)
            return 1 + min(left[0], right[0]), 1 + max(left[1], right[1])
        case ListType(entry=entry, max_len=n):
            return 5, 5 + n * serialized_bounds(entry)[1]
        case SpareType(name=name, inner=inner):
            return 0, 1 + len(name) + serialized_bounds(inner)[1]
        case TupleType(fields=fields):
            names = 5 + sum(1 + len(name) for name, _ in type_.declared)
            return sum_of([serialized_bounds(field) for _, field in fields], names)
        case _:
            return _PRINCIPAL_BYTES


def most_elements(type_: Type) -> int:
    """The most elements of a sequence of a type."""
    match type_:
        case (
            ListType(max_len=n)
            | BufferType(max_len=n)
            | StringAsciiType(max_len=n)
            | StringUtf8Type(max_len=n)
        ):
            return n
        case _:
            return 0
