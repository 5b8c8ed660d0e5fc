"""Parts of sequences: slice? and replace-at?."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import abi
from compiler.diagnostics import CompilerBug
from compiler.layout import layout_of
from compiler.lower import held as h
from compiler.lower.element_tables import copied_vector
from compiler.lower.held import Held
from compiler.lower.typed.bounds import most_elements, size_bounds
from compiler.types import (
    BufferType,
    ListType,
    OptionalType,
    StringAsciiType,
    StringUtf8Type,
    Type,
)
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32
from compiler.words.control import wasm_types
from compiler.words.element_types import entry_type, keep_replaced, push_element
from compiler.words.elements import (
    charge_i32,
    element_size,
    element_type,
    has_vector,
    list_flags,
    push_own_type,
    scaled,
    unknown_flags,
)
from compiler.words.options import build
from compiler.words.own_types import OwnType, carries_type, is_fresh
from compiler.words.tuples import push_none
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


# What a unit of a sequence without entries counts in a slice (`SequenceData::element_size`).
_UNIT_COST: dict[type[Type], int] = {BufferType: 5, StringAsciiType: 5, StringUtf8Type: 8}


def _slice(fn: FunctionLowering, call: Call) -> Type:
    code = fn.code
    type_ = fn.lower(call.arguments[0])
    sequence = fn.hold(type_)
    left = fn.lower_held(call.arguments[1], borrow=True)
    right = fn.lower_held(call.arguments[2], borrow=True)
    result = call.result
    if not isinstance(result, OptionalType):
        raise CompilerBug("slice?: the type of the result is not known")
    fn.meter.flush()
    pointer, length = sequence.locals[0], sequence.locals[1]
    # Both fit in 32 bits, left < length, right <= length, left <= right.
    code.local_get(left.locals[1]).local_get(right.locals[1]).i64_or().i64_eqz()
    code.local_get(left.locals[0]).local_get(length).i64_extend_i32_u().i64_lt_u().i32_and()
    code.local_get(right.locals[0]).local_get(length).i64_extend_i32_u().i64_le_u().i32_and()
    code.local_get(left.locals[0]).local_get(right.locals[0]).i64_le_u().i32_and()
    fn.meter.ranges.fork()
    with code.if_(wasm_types(result)):
        count = fn.local_i32()
        code.local_get(right.locals[0]).local_get(left.locals[0]).i64_sub().i32_wrap_i64()
        code.local_set(count)
        code.local_get(count)
        _push_unit_cost(fn, sequence)
        code.i32_mul()
        charge_i32(fn, "cost_slice", (0, most_elements(type_) * _most_unit_cost(type_)))
        code.local_get(pointer).local_get(left.locals[0]).i32_wrap_i64()
        size = element_size(type_)
        if size != 1:
            code.i32_const(size).i32_mul()
        start = fn.local_i32()
        code.i32_add().local_tee(start).local_get(count)
        if isinstance(type_, ListType):
            _push_sliced_type(fn, sequence, start, count)
        fn.convert(type_, result.inner)
        build(fn, result, 1, result.inner)
        code.release(count, start)
        fn.meter.flush()
        code.else_()
        fn.meter.ranges.other()
        push_none(fn, result)
    fn.meter.ranges.join()
    fn.release(sequence, left, right)
    return result


def _push_sliced_type(fn: FunctionLowering, sequence: Held, start: Local, count: Local) -> None:
    """Push the dynamic type of the `count` elements from `start`: what those that they carry say."""
    code = fn.code
    type_ = sequence.type
    assert isinstance(type_, ListType)
    entry = entry_type(fn, sequence)
    if entry is None or not fn.module.metering or not carries_type(type_.entry):
        push_own_type(fn, type_, count)
        return
    # Elements with types of their own make a list whose type is what its contents say.
    entry.push_any(fn)
    with code.if_((I32,)):
        own_type = OwnType(fn, type_, lambda: code.local_get(count))
        at, left = fn.local_i32(), fn.local_i32()
        code.local_get(start).local_set(at)
        code.local_get(count).local_set(left)
        with code.block() as done, code.loop() as again:
            code.local_get(left).i32_eqz().br_if(done)
            push_element(fn, type_, at, entry)
            element = fn.hold(type_.entry)
            own_type.add(element)
            fn.release(element)
            code.local_get(at).i32_const(element_size(type_)).i32_add().local_set(at)
            code.local_get(left).i32_const(1).i32_sub().local_set(left)
            code.br(again)
        own_type.push_counted(count)
        code.release(at, left)
        code.else_()
        code.i32_const(0)
    entry.release(fn)


def _most_unit_cost(type_: Type) -> int:
    if isinstance(type_, ListType):
        return size_bounds(type_.entry)[1]
    return _UNIT_COST[type(type_)]


def _push_unit_cost(fn: FunctionLowering, sequence: Held) -> None:
    code = fn.code
    type_ = sequence.type
    if not isinstance(type_, ListType):
        code.i32_const(_UNIT_COST[type(type_)])
        return
    known = fn.module.generated.static_size(type_.entry)
    if known is not None:
        code.i32_const(known)
        return
    vector = fn.local_i32()
    fn.push(sequence)
    code.call(fn.module.generated.vector(type_)).local_set(vector)
    code.local_get(vector).i32_const(8).i32_add()
    code.call(fn.module.generated.vector_size(type_.entry))
    code.release(vector)


def _replace_at(fn: FunctionLowering, call: Call) -> Type:
    from compiler.lower.walker import charge_held_clone, is_borrowed

    code = fn.code
    result = call.result
    if not isinstance(result, OptionalType):
        raise CompilerBug("replace-at?: the type of the result is not known")
    type_ = fn.lower(call.arguments[0], borrow=True)
    sequence = fn.hold(type_)
    fn.push(sequence)
    fn.module.generated.push_size(fn, type_)
    charge_i32(fn, "cost_replace_at", size_bounds(type_))
    index = fn.lower_held(call.arguments[1], borrow=True)
    unit = element_type(type_)
    fn.lower_as(call.arguments[2], unit, borrow=True)
    element = fn.hold(unit)
    _check_replacement(fn, sequence, element)
    fn.meter.flush()
    if is_borrowed(fn, call.arguments[0]):
        # Cloned where all is evaluated, and the place is one that a sequence could have.
        fn.meter.ranges.fork()
        code.local_get(index.locals[1]).i64_eqz()
        with code.if_():
            charge_held_clone(fn, call.arguments[0], sequence)
            fn.meter.flush()
        fn.meter.ranges.other()
        fn.meter.ranges.join()
    fn.meter.ranges.fork()
    pointer, length = sequence.locals[0], sequence.locals[1]
    size = element_size(type_)
    code.local_get(index.locals[1]).i64_eqz()
    code.local_get(index.locals[0]).local_get(length).i64_extend_i32_u().i64_lt_u().i32_and()
    with code.if_(wasm_types(result)):
        if not isinstance(type_, ListType):
            code.local_get(element.locals[1]).i32_const(1).i32_ne()
            fn.abort_if(abi.Abort.UNREACHABLE)
        charge_held_clone(fn, call.arguments[2], element)
        scaled(fn, length, size)
        copy = fn.alloc_dynamic()
        code.local_get(copy).local_get(pointer)
        scaled(fn, length, size)
        code.memory_copy()
        at = fn.local_i32()
        code.local_get(copy).local_get(index.locals[0]).i32_wrap_i64()
        if size != 1:
            code.i32_const(size).i32_mul()
        code.i32_add().local_set(at)
        if isinstance(type_, ListType):
            fn.push(element)
            h.store_element(code, at, 0, unit)
        else:
            code.local_get(at).local_get(element.locals[0]).i32_const(size).memory_copy()
        code.local_get(copy).local_get(length)
        if isinstance(type_, ListType):
            if has_vector(type_):
                fresh = is_fresh(fn, call.arguments[2])
                _push_replaced_type(fn, sequence, index, None if fresh else element)
            else:
                code.local_get(sequence.locals[2])
        fn.convert(type_, result.inner)
        build(fn, result, 1, result.inner)
        code.release(copy, at)
        fn.meter.flush()
        fn.meter.ranges.other()
        code.else_()
        push_none(fn, result)
    fn.meter.ranges.join()
    fn.release(sequence, index, element)
    return result


def _push_replaced_type(
    fn: FunctionLowering, sequence: Held, index: Held, element: Held | None
) -> None:
    """Push the dynamic type of a list of which one element was replaced: the list's own.

    `element` is the new one, which is not sanitised; `None` where its type is what it contains.
    """
    code = fn.code
    type_ = sequence.type
    assert isinstance(type_, ListType)
    before = fn.local_i32()
    fn.push(sequence)
    code.call(fn.module.generated.vector(type_)).local_set(before)
    if not fn.module.metering:
        code.local_get(before)
        code.release(before)
        return
    dimensions = layout_of(type_.entry).dimensions
    vector, at = copied_vector(fn, type_, before), fn.local_i32()
    code.local_get(vector).local_get(before).i32_load(4).i32_const(1).i32_and().i32_store(4)
    code.local_get(index.locals[0]).i32_wrap_i64().local_set(at)
    own: Local | None = None
    if element is not None:
        own = fn.alloc(4 * dimensions)
        code.local_get(own).i32_const(0).i32_const(4 * dimensions).memory_fill()
        fn.push(element)
        code.local_get(own).call(fn.module.generated.write_vector(type_.entry))
    keep_replaced(fn, sequence, vector, at, own)
    code.local_get(vector)
    code.release(before, vector, at)
    if own is not None:
        code.release(own)


def _check_replacement(fn: FunctionLowering, sequence: Held, element: Held) -> None:
    """The list's own entry type must admit the element, whatever the checker said."""
    code = fn.code
    type_ = sequence.type
    if not isinstance(type_, ListType):
        code.local_get(element.locals[1]).i32_const(1).i32_gt_u()
        fn.abort_if(abi.Abort.TYPE_VALUE_ERROR)
        return
    if not has_vector(type_):
        return
    dimensions = layout_of(type_.entry).dimensions
    vector = fn.local_i32()
    fn.push(sequence)
    code.call(fn.module.generated.vector(type_)).local_set(vector)
    # A list whose entries are of unknown type admits anything: it has none.
    code.local_get(vector).i32_load(4)
    with code.if_():
        sizes = 4 * dimensions
        ours, theirs = fn.alloc(sizes), fn.alloc(sizes)
        code.local_get(ours).local_get(vector).i32_const(8).i32_add()
        code.i32_const(sizes).memory_copy()
        code.local_get(theirs).i32_const(0).i32_const(sizes).memory_fill()
        fn.push(element)
        code.local_get(theirs).call(fn.module.generated.write_vector(type_.entry))
        for flag in list_flags(type_.entry):
            for side in (ours, theirs):
                # Only whether the entry is known matters here.
                code.local_get(side).local_get(side).i32_load(4 * flag)
                code.i32_const(1).i32_and().i32_store(4 * flag)
        code.local_get(ours).local_get(theirs).i32_const(dimensions)
        fn.helper("first_larger")
        failed = fn.local_i32()
        code.local_set(failed)
        for flag in unknown_flags(type_.entry):
            # What no type is known of can't be asked whether it admits one.
            code.local_get(failed).i32_const(flag).i32_eq()
            fn.abort_if(abi.Abort.COULD_NOT_DETERMINE_TYPE)
        code.local_get(failed).i32_const(-1).i32_ne()
        fn.abort_if(abi.Abort.TYPE_VALUE_ERROR)
        code.release(ours, theirs, failed)
    code.release(vector)


WORDS: tuple[Word, ...] = (
    Form("slice?", emit=_slice),
    Form("replace-at?", emit=_replace_at),
)
