"""Fields that only some tuples of a type have, where values are joined: in lists, and by `is-eq`.

The interpreter takes the least supertype of the values' own types, which asks each later tuple for
all fields of those before it. Looks into tuples within tuples, not into what else they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from compiler import abi
from compiler.layout import layout_of
from compiler.lower import held as h
from compiler.lower.held import Held
from compiler.type_relations import without_spare
from compiler.types import SpareType, TupleType, Type
from compiler.wasm.functions import Local

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering

PushTag: TypeAlias = Callable[[int, int], object]
"""Pushes the tag of a field of such a kind, given its natural slot and its dimension."""


def has_spare(of: Type) -> bool:
    """Whether values of the type differ in which fields they have."""
    return without_spare(of) is not of


def _tags(of: Type, start: int, dimension: int) -> Iterator[tuple[int, int]]:
    """The natural slots of the tags of such fields, and their dimensions."""
    if not isinstance(of, TupleType):
        return
    for _, field in of.fields:
        if isinstance(field, SpareType):
            yield start, dimension
        else:
            yield from _tags(field, start, dimension)
        start += len(layout_of(field).natural)
        dimension += layout_of(field).dimensions


def tags_of(fn: FunctionLowering, value: Held) -> PushTag:
    """Those of a value."""
    return lambda slot, _: h.push_slot(fn.code, value, slot)


def tags_of_entries(fn: FunctionLowering, length: Local, vector: Local, element: Held) -> PushTag:
    """Those of a list's entries, which `vector` says; of an empty list, the element's own."""

    def push(slot: int, dimension: int) -> None:
        fn.code.local_get(vector).i32_load(8 + 4 * dimension)
        h.push_slot(fn.code, element, slot)
        fn.code.local_get(length).select()

    return push


def refuse_lacking(fn: FunctionLowering, first: PushTag, other: Held) -> None:
    """End the transaction if `other` lacks a field that the first has, whose tags are `first`."""
    for slot, dimension in _tags(other.type, 0, 0):
        first(slot, dimension)
        h.push_slot(fn.code, other, slot)
        fn.code.i32_eqz().i32_and()
        fn.abort_if(abi.Abort.TYPE_ERROR)


def keep_shared(
    fn: FunctionLowering, first: PushTag, other: Held, dimensions: Local | None = None
) -> None:
    """Leave `other` no more fields than the first, which has none that it lacks: it is sanitised.

    So are its `dimensions`, where there are any.
    """
    tags = list(_tags(other.type, 0, 0))
    if not tags:
        return
    fn.unshare(other)
    for slot, dimension in tags:
        first(slot, dimension)
        h.set_slot(fn.code, other, slot)
        if dimensions is not None:
            fn.code.local_get(dimensions)
            h.push_slot(fn.code, other, slot)
            fn.code.i32_store(4 * dimension)
