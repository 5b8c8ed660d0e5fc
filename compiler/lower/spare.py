"""Fields that only some tuples of a type have, where values are joined: in lists, and by `is-eq`.

The interpreter takes the least supertype of the values' own types, which asks each later tuple for
all fields of those before it. Looks into tuples within tuples, not into what else they hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler import abi
from compiler.layout import layout_of
from compiler.lower import held as h
from compiler.lower.held import Held
from compiler.type_relations import without_spare
from compiler.types import SpareType, TupleType, Type
from compiler.wasm.functions import Local

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


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


def refuse_lacking(fn: FunctionLowering, first: Held, other: Held) -> None:
    """End the transaction if `other`, of the same type, lacks a field that `first` has."""
    for slot, _ in _tags(first.type, 0, 0):
        h.push_slot(fn.code, first, slot)
        h.push_slot(fn.code, other, slot)
        fn.code.i32_eqz().i32_and()
        fn.abort_if(abi.Abort.TYPE_ERROR)


def keep_shared(fn: FunctionLowering, first: Held, other: Held) -> None:
    """Leave `other` no more fields than `first`, which has none that it lacks: it is sanitised."""
    tags = list(_tags(first.type, 0, 0))
    if not tags:
        return
    _unshare(fn, other)
    for slot, _ in tags:
        h.push_slot(fn.code, first, slot)
        h.set_slot(fn.code, other, slot)


def refuse_lacking_of_list(
    fn: FunctionLowering, length: Local, vector: Local, element: Held
) -> None:
    """`refuse_lacking`, of a list's entries: `vector` has the list's own type; not if it is empty."""
    for slot, dimension in _tags(element.type, 0, 0):
        _push_entry_tag(fn, length, vector, element, slot, dimension)
        h.push_slot(fn.code, element, slot)
        fn.code.i32_eqz().i32_and()
        fn.abort_if(abi.Abort.TYPE_ERROR)


def keep_shared_with_list(
    fn: FunctionLowering, length: Local, vector: Local, element: Held, dimensions: Local
) -> None:
    """`keep_shared`, of a list's entries; `dimensions` are the element's own."""
    tags = list(_tags(element.type, 0, 0))
    if not tags:
        return
    _unshare(fn, element)
    for slot, dimension in tags:
        _push_entry_tag(fn, length, vector, element, slot, dimension)
        h.set_slot(fn.code, element, slot)
        fn.code.local_get(dimensions)
        h.push_slot(fn.code, element, slot)
        fn.code.i32_store(4 * dimension)


def _push_entry_tag(
    fn: FunctionLowering, length: Local, vector: Local, element: Held, slot: int, dimension: int
) -> None:
    fn.code.local_get(vector).i32_load(8 + 4 * dimension)
    h.push_slot(fn.code, element, slot)
    fn.code.local_get(length).select()


def _unshare(fn: FunctionLowering, value: Held) -> None:
    """Give a boxed value a box that is nobody else's."""
    if value.layout.boxed:
        size = value.layout.slot_size
        block = fn.alloc(size)
        fn.code.local_get(block).local_get(value.locals[0]).i32_const(size).memory_copy()
        fn.code.local_get(block).local_set(value.locals[0])
        fn.code.release(block)
