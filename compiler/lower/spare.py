"""Fields that only some tuples of a type have, where values are joined: in lists, and by `is-eq`.

The interpreter takes the least supertype of the values' own types, which asks each later tuple for
all fields of those before it (`compiler.lower.typed.joins`), and leaves it no others where values
are sanitised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import abi
from compiler.layout import layout_of
from compiler.lower import held as h
from compiler.lower.held import Held
from compiler.type_relations import without_spare
from compiler.types import ListType, OptionalType, ResponseType, SpareType, TupleType, Type
from compiler.wasm.functions import Local

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def has_spare(of: Type) -> bool:
    """Whether values of the type differ in which fields they have."""
    return isinstance(of, SpareType) or without_spare(of) is not of


def push_lacking(fn: FunctionLowering, type_: ListType, vector: Local, entry: Local) -> None:
    """Join the dimensions of an entry into a list's vector; push 1 if the entry lacks a field."""
    fn.code.local_get(vector).local_get(entry).call(fn.module.generated.join_entry(type_))


def refuse_lacking(fn: FunctionLowering, first: Held, other: Held) -> None:
    """End the transaction if `other` lacks a field that the first has."""
    type_ = ListType(first.type, 2)
    dimensions = layout_of(type_).dimensions
    vector, entry = fn.alloc(4 * dimensions), fn.alloc(4 * dimensions)
    fn.code.local_get(vector).i32_const(0).i32_const(4 * dimensions).memory_fill()
    for value in (first, other):
        fn.code.local_get(entry).i32_const(0).i32_const(4 * dimensions).memory_fill()
        fn.push(value)
        fn.code.local_get(entry).call(fn.module.generated.write_vector(first.type))
        push_lacking(fn, type_, vector, entry)
        fn.abort_if(abi.Abort.TYPE_ERROR)
    fn.code.release(vector, entry)


def keep_shared(fn: FunctionLowering, value: Held, vector: Local, at: int = 0) -> None:
    """Leave a value no more fields than the dimensions from index `at` of a vector have.

    It has all of theirs. What its lists carry is lost, as it is where values are sanitised.
    """
    if has_spare(value.type):
        fn.unshare(value)
        _keep_part(fn, value, 0, value.type, vector, at)


def _keep_part(
    fn: FunctionLowering, value: Held, start: int, part: Type, vector: Local, at: int
) -> None:
    """The same for the part whose natural slots begin at `start`."""
    match part:
        case OptionalType(inner=inner):
            _keep_part(fn, value, start + 1, inner, vector, at + 1)
        case SpareType(inner=inner):
            fn.code.local_get(vector).i32_load(4 * at)
            h.set_slot(fn.code, value, start)
            _keep_part(fn, value, start + 1, inner, vector, at + 1)
        case ResponseType(ok=ok, err=err):
            _keep_part(fn, value, start + 1, ok, vector, at + 2)
            err_start = start + 1 + len(layout_of(ok).natural)
            _keep_part(fn, value, err_start, err, vector, at + 2 + layout_of(ok).dimensions)
        case TupleType(fields=fields):
            for _, field in fields:
                _keep_part(fn, value, start, field, vector, at)
                start += len(layout_of(field).natural)
                at += layout_of(field).dimensions
        case ListType() if has_spare(part):
            _keep_elements(fn, value, start, part, vector, at + 2)
        case _:
            pass


def _keep_elements(
    fn: FunctionLowering, value: Held, start: int, part: ListType, vector: Local, at: int
) -> None:
    """The same for each element of the list at `start`, of which it makes a new one."""
    code = fn.code
    entry = part.entry
    size = layout_of(entry).element_size
    here, there, left = fn.local_i32(), fn.local_i32(), fn.local_i32()
    h.push_slot(code, value, start)
    code.local_set(here)
    h.push_slot(code, value, start + 1)
    code.local_tee(left).i32_const(size).i32_mul()
    out = fn.alloc_dynamic()
    code.local_get(out).local_set(there)
    with code.block() as done, code.loop() as again:
        code.local_get(left).i32_eqz().br_if(done)
        h.load_element(code, fn.module.alloc, here, entry, None)
        element = fn.hold(entry)
        keep_shared(fn, element, vector, at)
        fn.push(element)
        fn.release(element)
        h.store_element(code, there, 0, entry)
        code.local_get(here).i32_const(size).i32_add().local_set(here)
        code.local_get(there).i32_const(size).i32_add().local_set(there)
        code.local_get(left).i32_const(1).i32_sub().local_set(left)
        code.br(again)
    code.local_get(out)
    h.set_slot(code, value, start)
    code.i32_const(0)
    h.set_slot(code, value, start + 2)
    code.release(here, there, left, out)
