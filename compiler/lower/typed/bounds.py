"""How small and how large what a charge is computed from can be, from types alone.

The bounds of what `compiler.lower.typed.sizes` and `serialization` compute at run time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, TypeAlias

from compiler.check.typed import TypedContract
from compiler.lower.function import HeldNode
from compiler.syntax.ast import AtomNode, ListNode, LiteralNode, Node
from compiler.type_relations import size
from compiler.types import (
    BoolType,
    BufferType,
    CallableTraitType,
    IntType,
    ListType,
    NoType,
    OptionalType,
    ResponseType,
    StringAsciiType,
    StringUtf8Type,
    TraitReferenceType,
    TupleType,
    Type,
    UIntType,
)
from compiler.values import Buffer, StringAscii, StringUtf8

Bounds: TypeAlias = tuple[int, int]
"""The least and the most."""

# Consensus bytes of principals: a standard one, and a contract with the longest of names.
_PRINCIPAL: Bounds = (22, 151)


class _Size(NamedTuple):
    """Bounds of a value's size, and of the size of its dynamic type's description."""

    least: int
    most: int
    least_type: int
    most_type: int
