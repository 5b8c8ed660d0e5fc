"""Sequences made longer: append and concat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler import abi
from compiler.diagnostics import CompilerBug
from compiler.layout import KNOWN_EMPTY, layout_of, vector_room
from compiler.lower import held as h
from compiler.lower.element_tables import copied_vector
from compiler.lower.held import Held
from compiler.lower.spare import has_spare, keep_shared, push_lacking
from compiler.lower.typed.bounds import most_elements, size_bounds, sum_of
from compiler.types import ListType, Type
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32
from compiler.words.element_types import keep_appended, keep_joined
from compiler.words.elements import (
    charge_i32,
    element_size,
    has_vector,
    scaled,
)
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def _append(fn: FunctionLowering, call: Call) -> Type:
    code = fn.code
    result = call.result
    if not isinstance(result, ListType):
        raise CompilerBug("append: the type of the result is not known")
    entry = result.entry
    fn.lower_as(call.arguments[0], result)
    sequence = fn.hold(result)
    element_own = fn.lower(call.arguments[1])
    fn.convert(element_own, entry)
    element = fn.hold(entry)
    generated = fn.module.generated
    pointer, length, own = sequence.locals
    vector: Local | None = None
    if has_vector(result):
        vector = _appended_vector(fn, result, sequence, element)
    else:
        known = generated.static_size(entry)
        assert known is not None
        fn.charge("cost_append", known)
    size = layout_of(entry).element_size
    # Room for one more, in place where the list ends at the top of the heap.
    out, at = fn.local_i32(), fn.local_i32()
    code.local_get(pointer).local_get(length).i32_const(size).i32_mul().i32_const(size)
    fn.helper("grow")
    code.local_set(out)
    code.local_get(out).local_get(length).i32_const(size).i32_mul().i32_add().local_set(at)
    fn.push(element)
    h.store_element(code, at, 0, entry)
    code.local_get(out)
    code.release(out, at)
    code.local_get(length).i32_const(1).i32_add()
    if vector is not None:
        code.local_get(vector)
        code.release(vector)
    else:
        code.local_get(own).i32_const(KNOWN_EMPTY - 1).i32_and().i32_const(1).i32_add()
    fn.release(sequence, element)
    return result


def _appended_vector(fn: FunctionLowering, type_: ListType, sequence: Held, element: Held) -> Local:
    """Charge an append, and make the dynamic type of the longer list; a local with it."""
    code = fn.code
    generated = fn.module.generated
    entry = type_.entry
    dimensions = layout_of(entry).dimensions
    old = fn.local_i32()
    fn.push(sequence)
    code.call(generated.vector(type_)).local_set(old)
    new = copied_vector(fn, type_, old)
    scratch = fn.alloc(4 * dimensions)
    code.local_get(scratch).i32_const(0).i32_const(4 * dimensions).memory_fill()
    fn.push(element)
    code.local_get(scratch).call(generated.write_vector(entry))
    if fn.module.metering:
        ours, theirs = fn.local_i32(), fn.local_i32()
        # An unknown entry is of size 1.
        code.local_get(old).i32_load(4)
        with code.if_((I32,)):
            code.local_get(old).i32_const(8).i32_add().call(generated.vector_size(entry))
            code.else_()
            code.i32_const(1)
        code.local_set(ours)
        code.local_get(scratch).call(generated.vector_size(entry)).local_set(theirs)
        code.local_get(ours).local_get(theirs)
        code.local_get(ours).local_get(theirs).i32_gt_u().select()
        charge_i32(fn, "cost_append", size_bounds(entry))
        code.release(ours, theirs)
    code.local_get(new).local_get(old).i32_load(0).i32_const(1).i32_add().i32_store(0)
    sanitized = fn.module.epoch.sanitizes_values
    spare = has_spare(entry)
    if spare:
        push_lacking(fn, type_, new, scratch)
        fn.abort_if(abi.Abort.TYPE_ERROR)
        if sanitized:
            keep_shared(fn, element, new, 2)
    code.local_get(new).i32_const(1).i32_store(4)
    if fn.module.metering:
        keep_appended(fn, sequence, new, None if sanitized else scratch)
    if not spare:
        code.local_get(new).i32_const(8).i32_add().local_get(scratch).i32_const(dimensions)
        fn.helper("merge_dimensions")
    code.release(old, scratch)
    return new


def _concat(fn: FunctionLowering, call: Call) -> Type:
    code = fn.code
    result = call.result
    if result is None:
        raise CompilerBug("concat: the type of the result is not known")
    values: list[Held] = []
    for argument in call.arguments:
        fn.convert(fn.lower(argument), result)
        values.append(fn.hold(result))
    if fn.module.epoch.charges_stored_length:
        code.i32_const(0)
        for value in values:
            code.local_get(value.locals[1]).i32_add()
        bounds = (0, most_elements(result))
    else:
        code.i32_const(0)
        for value in values:
            fn.push(value)
            fn.module.generated.push_size(fn, result)
            code.i32_add()
        bounds = sum_of([size_bounds(result)] * len(values))
    charge_i32(fn, "cost_concat", bounds)
    size = element_size(result)
    pointer, length = fn.local_i32(), fn.local_i32()
    vector: Local | None = None
    if isinstance(result, ListType):
        vector = fn.local_i32()
        _concat_type(fn, result, values, vector)
    code.local_get(values[0].locals[0]).local_set(pointer)
    code.local_get(values[0].locals[1]).local_set(length)
    for value in values[1:]:
        code.local_get(pointer)
        scaled(fn, length, size)
        code.local_get(value.locals[0])
        scaled(fn, value.locals[1], size)
        fn.helper("join")
        code.local_set(pointer)
        code.local_get(length).local_get(value.locals[1]).i32_add().local_set(length)
    code.local_get(pointer).local_get(length)
    if vector is not None:
        code.local_get(vector)
        code.release(vector)
    code.release(pointer, length)
    fn.release(*values)
    return result


def _concat_type(fn: FunctionLowering, type_: ListType, values: Sequence[Held], out: Local) -> None:
    """The dynamic type of joined lists: the maximal lengths' sum, the entries' supertype."""
    code = fn.code
    if not has_vector(type_):
        known = fn.local_i32()
        code.i32_const(0).i32_const(0)
        for value in values:
            code.local_get(value.locals[2]).i32_or()
        code.i32_const(KNOWN_EMPTY).i32_and().local_set(known)
        for value in values:
            code.local_get(value.locals[2]).i32_const(KNOWN_EMPTY - 1).i32_and().i32_add()
        code.local_tee(out)
        # Only a list without entries can be marked as known.
        code.local_get(known).local_get(out).select().local_set(out)
        code.release(known)
        return
    if has_spare(type_):
        _join_vectors(fn, type_, values, out)
        if fn.module.epoch.sanitizes_values:
            for value in values[1:]:
                keep_shared(fn, value, out)
        return
    code.i32_const(0)
    for value in values:
        code.local_get(value.locals[2]).i32_or()
    code.local_tee(out)
    with code.if_():
        _join_vectors(fn, type_, values, out)


def _join_vectors(
    fn: FunctionLowering, type_: ListType, values: Sequence[Held], out: Local
) -> None:
    """Set `out` to the vector of joined lists whose entries have dimensions."""
    code = fn.code
    generated = fn.module.generated
    words = 2 + layout_of(type_.entry).dimensions
    sum_, other = fn.local_i32(), fn.local_i32()
    code.i32_const(vector_room(type_)).call(fn.module.alloc).local_set(out)
    code.local_get(out).i32_const(0).i32_const(4 * words).memory_fill()
    code.i32_const(0).local_set(sum_)
    for value in values:
        fn.push(value)
        code.call(generated.vector(type_)).local_set(other)
        code.local_get(sum_).local_get(other).i32_load(0).i32_add().local_set(sum_)
        if has_spare(type_):
            _join_entries(fn, type_, out, other)
        else:
            code.local_get(out).local_get(other).i32_const(words)
            fn.helper("merge_dimensions")
    code.local_get(out).local_get(sum_).i32_store(0)
    code.local_get(out).local_get(out).i32_load(4).i32_const(1).i32_and().i32_store(4)
    if fn.module.metering:
        keep_joined(fn, values, out, sanitized=fn.module.epoch.sanitizes_values)
    code.release(sum_, other)


def _join_entries(fn: FunctionLowering, type_: ListType, out: Local, other: Local) -> None:
    """Join the entries of a list into the vector `out`, if their type is known."""
    code = fn.code
    code.local_get(other).i32_load(4)
    with code.if_():
        entry = fn.local_i32()
        code.local_get(other).i32_const(8).i32_add().local_set(entry)
        push_lacking(fn, type_, out, entry)
        fn.abort_if(abi.Abort.TYPE_ERROR)
        code.release(entry)


WORDS: tuple[Word, ...] = (
    Form("append", emit=_append),
    Form("concat", emit=_concat),
)
