"""Gives lists and tuples a type of their own: the parameter's, as Clarity 2 on casts arguments.

What a dynamic type is stands in `compiler.layout`; the rule is `clarity2_implicit_cast`: a tuple
takes the type as it is, a list the type of its entries, keeping its own maximal length.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from compiler.layout import (
    APPENDED,
    DATA,
    ENTRY_CARRIED,
    KNOWN_EMPTY,
    LISTED,
    OWN_LENGTHS,
    layout_of,
    vector_room,
)
from compiler.lower import held as h
from compiler.lower.element_tables import keep_table, make_table
from compiler.lower.held import Held
from compiler.types import ListType, OptionalType, ResponseType, TupleType, Type
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering

PushVector: TypeAlias = Callable[[int], object]
"""Pushes the address of the dimensions that begin at an index of the type's vector."""


def cast(fn: FunctionLowering, value: Held) -> None:
    """Give an argument's lists and tuples its parameter's type, which is that of `value`."""
    if not fn.module.metering or all(slot.kind == DATA for slot in value.layout.natural):
        return
    fn.unshare(value)
    declared = fn.module.declared_vector(value.type)
    _cast_part(fn, value, 0, value.type, lambda at: fn.code.i32_const(declared + 4 * at), 0)


def cast_element(fn: FunctionLowering, element: Held, vector: Local) -> None:
    """Give an element of a list that was cast the type that it carries since then.

    `vector` points to the dimensions of the list's entry; the element's box is nobody else's.
    """

    def push(at: int) -> None:
        fn.code.local_get(vector).i32_const(4 * at).i32_add()

    _cast_part(fn, element, 0, element.type, push, 0)


def holds_lists(of: Type) -> bool:
    """Whether values of the type are or contain lists, each with a maximal length of its own."""
    match of:
        case ListType():
            return True
        case OptionalType(inner=inner):
            return holds_lists(inner)
        case ResponseType(ok=ok, err=err):
            return holds_lists(ok) or holds_lists(err)
        case TupleType(fields=fields):
            return any(holds_lists(field) for _, field in fields)
        case _:
            return False


def _cast_part(
    fn: FunctionLowering, value: Held, start: int, part: Type, push: PushVector, at: int
) -> None:
    """Cast the part whose natural slots begin at `start`, and whose dimensions at `at`."""
    code = fn.code
    match part:
        case OptionalType(inner=inner):
            _cast_part(fn, value, start + 1, inner, push, at + 1)
        case ResponseType(ok=ok, err=err):
            _cast_part(fn, value, start + 1, ok, push, at + 2)
            err_start = start + 1 + len(layout_of(ok).natural)
            _cast_part(fn, value, err_start, err, push, at + 2 + layout_of(ok).dimensions)
        case ListType(entry=entry) if layout_of(entry).dimensions:
            _cast_list(fn, value, start, part, push, at)
        case ListType():
            # Only that the entry's type is known now can make a difference.
            h.push_slot(code, value, start + 2)
            code.i32_const(KNOWN_EMPTY)
            h.push_slot(code, value, start + 2)
            code.select()
            h.set_slot(code, value, start + 2)
        case TupleType(fields=fields) if layout_of(part).dimensions:
            inner_at = at
            for _, field_type in fields:
                _cast_part(fn, value, start, field_type, push, inner_at)
                start += len(layout_of(field_type).natural)
                inner_at += layout_of(field_type).dimensions
            push(at)
            h.set_slot(code, value, start)
        case _:
            pass


def _cast_list(
    fn: FunctionLowering, value: Held, start: int, part: ListType, push: PushVector, at: int
) -> None:
    """A vector of the list's own: its maximal length, the declared entry."""
    code = fn.code
    size = 4 * layout_of(part).dimensions
    length = fn.local_i32()
    h.push_part(code, value, start, part)
    code.call(fn.module.generated.max_len(part)).local_set(length)
    vector = fn.alloc(vector_room(part))
    code.local_get(vector)
    push(at)
    code.i32_const(size).memory_copy()
    code.local_get(vector).local_get(length).i32_store(0)
    code.local_get(vector)
    if holds_lists(part.entry):
        # Lists within are as long as they were: as their type said, or as they are.
        code.i32_const(ENTRY_CARRIED | 1)
        code.i32_const(ENTRY_CARRIED | OWN_LENGTHS | 1)
        h.push_slot(code, value, start + 2)
        with code.if_((I32,)):
            h.push_slot(code, value, start + 2)
            code.i32_load(4).i32_const(ENTRY_CARRIED | OWN_LENGTHS).i32_and()
            code.i32_const(ENTRY_CARRIED).i32_eq()
            code.else_()
            code.i32_const(0)
        code.select().i32_store(4)
        if fn.module.epoch.sanitizes_values:
            _cast_table(fn, value, start, part, vector)
    else:
        code.i32_const(ENTRY_CARRIED | 1).i32_store(4)
    code.local_get(vector)
    h.set_slot(code, value, start + 2)
    code.release(length, vector)


def _cast_table(
    fn: FunctionLowering, value: Held, start: int, part: ListType, vector: Local
) -> None:
    """Where elements were typed unlike each other, lists within them stay of unlike lengths."""
    code = fn.code
    own, count, table = code.locals((I32, I32, I32))
    h.push_slot(code, value, start + 2)
    code.local_tee(own)
    with code.if_():
        code.local_get(own).i32_load(4).i32_const(APPENDED | LISTED).i32_and()
        with code.if_():
            h.push_slot(code, value, start + 1)
            code.local_set(count)
            make_table(fn, part, own, count, count, table)
            code.local_get(table).local_get(count).local_get(vector).i32_const(8).i32_add()
            fn.helper("cast_element_types")
            keep_table(fn, part, vector, table)
    code.release(own, count, table)
