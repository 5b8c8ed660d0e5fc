"""Sequences: list, append, concat, len, element-at, index-of, slice?, replace-at?, as-max-len?."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler import abi, type_relations
from compiler.diagnostics import CompilerBug
from compiler.layout import KNOWN_EMPTY, layout_of
from compiler.lower import held as h
from compiler.lower.function import HeldNode
from compiler.lower.held import Held
from compiler.lower.typed.bounds import Bounds, most_elements, size_bounds, sum_of
from compiler.types import (
    UINT,
    BufferType,
    ListType,
    NoType,
    OptionalType,
    StringAsciiType,
    StringUtf8Type,
    Type,
)
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32
from compiler.words.constants import constant_elements
from compiler.words.control import wasm_types
from compiler.words.elements import (
    element_size,
    element_type,
    entry_vector,
    list_flags,
    push_element,
    push_own_type,
)
from compiler.words.options import build
from compiler.words.tuples import push_none
from compiler.words.word import Call, Form, Plain, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def _has_vector(type_: Type) -> bool:
    """Whether a list's dynamic type is a vector, not a length."""
    return isinstance(type_, ListType) and layout_of(type_.entry).dimensions > 0


def _charge_i32(fn: FunctionLowering, cost: str, bounds: Bounds) -> None:
    fn.code.i64_extend_i32_u()
    fn.charge_stack(cost, bounds)


def _list(fn: FunctionLowering, call: Call) -> Type:
    code = fn.code
    own = [fn.type_of(a) if isinstance(a, HeldNode) else None for a in call.arguments]
    result = call.result
    if not isinstance(result, ListType):
        if len(own) != 1 or own[0] is None:
            raise CompilerBug("list: the type of the result is not known")
        result = ListType(own[0], 1)
    entry = result.entry
    count = len(call.arguments)
    if not count:
        fn.charge("cost_list_cons", 0)
        code.i32_const(0).i32_const(0).i32_const(0)
        return result
    literals = constant_elements(fn, call.arguments, entry)
    if literals is not None:
        address, total_size = literals
        fn.charge("cost_list_cons", total_size)
        code.i32_const(address).i32_const(count)
        code.i32_const(0 if _has_vector(result) else count)
        return result
    generated = fn.module.generated
    size = layout_of(entry).element_size
    static = 0
    varying = fn.module.metering and not fn.meter.is_constant("cost_list_cons")
    total = fn.local_i32()
    code.i32_const(0).local_set(total)
    values: list[Held] = []
    sizes: list[Bounds] = []
    # All are evaluated before the list is made, so that it lies in one piece.
    for argument in call.arguments:
        type_ = fn.lower(argument)
        known = generated.static_size(type_)
        if known is not None:
            static += known
        elif varying:
            sizes.append(size_bounds(type_))
            value = fn.hold(type_)
            fn.push(value)
            generated.push_size(fn, type_)
            code.local_get(total).i32_add().local_set(total)
            fn.push(value)
            fn.release(value)
        fn.convert(type_, entry)
        values.append(fn.hold(entry))
    if varying:
        code.local_get(total).i32_const(static).i32_add()
        _charge_i32(fn, "cost_list_cons", sum_of(sizes, static))
    else:
        fn.charge("cost_list_cons", static)
    out = fn.alloc(size * count)
    for index, value in enumerate(values):
        fn.push(value)
        h.store_element(code, out, index * size, entry)
    code.local_get(out).i32_const(count)
    code.i32_const(0 if _has_vector(result) else count)
    fn.release(*values)
    code.release(out, total)
    return result


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
    if _has_vector(result):
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
    size = 4 * (2 + dimensions)
    old = fn.local_i32()
    fn.push(sequence)
    code.call(generated.vector(type_)).local_set(old)
    new = fn.alloc(size)
    scratch = fn.alloc(4 * dimensions)
    code.local_get(new).local_get(old).i32_const(size).memory_copy()
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
        _charge_i32(fn, "cost_append", size_bounds(entry))
        code.release(ours, theirs)
    code.local_get(new).local_get(old).i32_load(0).i32_const(1).i32_add().i32_store(0)
    code.local_get(new)
    code.local_get(old).i32_load(4).i32_const(1).i32_or().i32_store(4)
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
        fn.lower_as(argument, result)
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
    _charge_i32(fn, "cost_concat", bounds)
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
        _scaled(fn, length, size)
        code.local_get(value.locals[0])
        _scaled(fn, value.locals[1], size)
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


def _scaled(fn: FunctionLowering, length: Local, size: int) -> None:
    fn.code.local_get(length)
    if size != 1:
        fn.code.i32_const(size).i32_mul()


def _concat_type(fn: FunctionLowering, type_: ListType, values: Sequence[Held], out: Local) -> None:
    """The dynamic type of joined lists: the maximal lengths' sum, the entries' supertype."""
    code = fn.code
    if not _has_vector(type_):
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
    size = 4 * (2 + layout_of(type_.entry).dimensions)
    code.i32_const(0)
    for value in values:
        code.local_get(value.locals[2]).i32_or()
    code.local_tee(out)
    with code.if_():
        generated = fn.module.generated
        sum_, other = fn.local_i32(), fn.local_i32()
        code.i32_const(size).call(fn.module.alloc).local_set(out)
        code.local_get(out).i32_const(0).i32_const(size).memory_fill()
        code.i32_const(0).local_set(sum_)
        for value in values:
            fn.push(value)
            code.call(generated.vector(type_)).local_set(other)
            code.local_get(sum_).local_get(other).i32_load(0).i32_add().local_set(sum_)
            code.local_get(out).local_get(other).i32_const(size // 4)
            fn.helper("merge_dimensions")
        code.local_get(out).local_get(sum_).i32_store(0)
        code.release(sum_, other)


def _as_max_len(fn: FunctionLowering, call: Call) -> Type:
    code = fn.code
    result = call.result
    limit = fn.literal_uint(call.arguments[1])
    if not isinstance(result, OptionalType) or limit is None:
        raise CompilerBug("as-max-len?: without a literal length")
    type_ = fn.lower(call.arguments[0])
    value = fn.hold(type_)
    fn.charge("cost_as_max_len")
    fits = fn.local_i32()
    if limit >= 1 << 32:
        code.i32_const(1).local_set(fits)
    else:
        code.local_get(value.locals[1]).i32_const(limit).i32_le_u().local_set(fits)
        if isinstance(type_, ListType):
            _limit_type(fn, type_, value, limit)
    fn.meter.flush()
    code.local_get(fits)
    with code.if_(wasm_types(result)):
        fn.push(value)
        fn.convert(type_, result.inner)
        build(fn, result, 1, result.inner)
        code.else_()
        push_none(fn, result)
    code.release(fits)
    fn.release(value)
    return result


def _limit_type(fn: FunctionLowering, type_: ListType, value: Held, limit: int) -> None:
    """Lower the maximal length of a list's own type."""
    code = fn.code
    own = value.locals[2]
    if not _has_vector(type_):
        code.local_get(own).i32_const(limit)
        # The mark of a known empty list is the sign.
        code.local_get(own).i32_const(limit).i32_lt_s().select().local_set(own)
        return
    code.local_get(own)
    with code.if_():
        code.local_get(own).i32_load(0).i32_const(limit).i32_gt_u()
        with code.if_():
            size = 4 * layout_of(type_).dimensions
            copy = fn.alloc(size)
            code.local_get(copy).local_get(own).i32_const(size).memory_copy()
            code.local_get(copy).i32_const(limit).i32_store(0)
            code.local_get(copy).local_set(own)
            code.release(copy)


def _len(fn: FunctionLowering, arguments: Sequence[Type], result: Type) -> None:  # noqa: ARG001
    value = fn.hold(arguments[0])
    fn.code.local_get(value.locals[1]).i64_extend_i32_u().i64_const(0)
    fn.release(value)


def _address(fn: FunctionLowering, sequence: Held, index: Local) -> Local:
    """A local with the address of the element at `index`."""
    address = fn.local_i32()
    code = fn.code
    code.local_get(sequence.locals[0])
    _scaled(fn, index, element_size(sequence.type))
    code.i32_add().local_set(address)
    return address


def _element_at(fn: FunctionLowering, arguments: Sequence[Type], result: Type) -> None:
    assert isinstance(result, OptionalType)
    code = fn.code
    index = fn.hold(UINT)
    sequence = fn.hold(arguments[0])
    low, high = index.locals
    position = fn.local_i32()
    code.local_get(low).i32_wrap_i64().local_set(position)
    fn.meter.flush()
    code.local_get(high).i64_eqz()
    code.local_get(low).local_get(sequence.locals[1]).i64_extend_i32_u().i64_lt_u().i32_and()
    with code.if_(wasm_types(result)):
        vector = entry_vector(fn, sequence)
        address = _address(fn, sequence, position)
        push_element(fn, arguments[0], address, vector)
        fn.convert(element_type(arguments[0]), result.inner)
        build(fn, result, 1, result.inner)
        code.release(address)
        if vector is not None:
            code.release(vector)
        code.else_()
        push_none(fn, result)
    code.release(position)
    fn.release(index, sequence)


def _index_of(fn: FunctionLowering, arguments: Sequence[Type], result: Type) -> None:
    assert isinstance(result, OptionalType)
    code = fn.code
    item = fn.hold(arguments[1])
    sequence = fn.hold(arguments[0])
    found = fn.local_i32()
    match arguments[0]:
        case ListType(entry=entry):
            _find_entry(fn, sequence, entry, item, found)
        case StringUtf8Type():
            _find_unit(fn, sequence, item, found, "find_scalar")
        case _:
            _find_unit(fn, sequence, item, found, "find_byte")
    # tag, low, high
    code.local_get(found).i32_const(-1).i32_ne()
    code.local_get(found).i64_extend_i32_u().i64_const(0)
    code.release(found)
    fn.release(item, sequence)


def _find_unit(fn: FunctionLowering, sequence: Held, item: Held, found: Local, helper: str) -> None:
    """Find a byte or character; what is not of length 1 is not found."""
    code = fn.code
    code.i32_const(-1).local_set(found)
    code.local_get(item.locals[1]).i32_const(1).i32_eq()
    with code.if_():
        code.local_get(sequence.locals[0]).local_get(sequence.locals[1])
        code.local_get(item.locals[0])
        if helper == "find_byte":
            code.i32_load8_u()
        else:
            code.i32_load()
        fn.helper(helper)
        code.local_set(found)


def _find_entry(
    fn: FunctionLowering, sequence: Held, entry: Type, item: Held, found: Local
) -> None:
    code = fn.code
    code.i32_const(-1).local_set(found)
    if isinstance(entry, NoType):
        return
    common = type_relations.least_supertype(entry, item.type, fn.module.analysis_epoch)
    fn.push(item)
    fn.convert(item.type, common)
    wanted = fn.hold(common)
    at, index = fn.local_i32(), fn.local_i32()
    code.local_get(sequence.locals[0]).local_set(at)
    code.i32_const(0).local_set(index)
    with code.block() as done, code.loop() as again:
        code.local_get(index).local_get(sequence.locals[1]).i32_ge_u().br_if(done)
        push_element(fn, sequence.type, at, None)
        fn.convert(entry, common)
        fn.push(wanted)
        fn.module.generated.push_equal(fn, common)
        with code.if_():
            code.local_get(index).local_set(found)
            code.br(done)
        code.local_get(at).i32_const(element_size(sequence.type)).i32_add().local_set(at)
        code.local_get(index).i32_const(1).i32_add().local_set(index)
        code.br(again)
    code.release(at, index)
    fn.release(wanted)


# What a unit of a sequence without entries counts in a slice (`SequenceData::element_size`).
_UNIT_COST = {BufferType: 5, StringAsciiType: 5, StringUtf8Type: 8}


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
        _charge_i32(fn, "cost_slice", (0, most_elements(type_) * _most_unit_cost(type_)))
        code.local_get(pointer).local_get(left.locals[0]).i32_wrap_i64()
        size = element_size(type_)
        if size != 1:
            code.i32_const(size).i32_mul()
        code.i32_add().local_get(count)
        if isinstance(type_, ListType):
            push_own_type(fn, type_, count)
        fn.convert(type_, result.inner)
        build(fn, result, 1, result.inner)
        code.release(count)
        fn.meter.flush()
        code.else_()
        fn.meter.ranges.other()
        push_none(fn, result)
    fn.meter.ranges.join()
    fn.release(sequence, left, right)
    return result


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
    code = fn.code
    result = call.result
    if not isinstance(result, OptionalType):
        raise CompilerBug("replace-at?: the type of the result is not known")
    type_ = fn.lower(call.arguments[0])
    sequence = fn.hold(type_)
    fn.push(sequence)
    fn.module.generated.push_size(fn, type_)
    _charge_i32(fn, "cost_replace_at", size_bounds(type_))
    index = fn.lower_held(call.arguments[1], borrow=True)
    unit = element_type(type_)
    fn.lower_as(call.arguments[2], unit, borrow=True)
    element = fn.hold(unit)
    _check_replacement(fn, sequence, element)
    fn.meter.flush()
    pointer, length = sequence.locals[0], sequence.locals[1]
    size = element_size(type_)
    code.local_get(index.locals[1]).i64_eqz()
    code.local_get(index.locals[0]).local_get(length).i64_extend_i32_u().i64_lt_u().i32_and()
    with code.if_(wasm_types(result)):
        if not isinstance(type_, ListType):
            code.local_get(element.locals[1]).i32_const(1).i32_ne()
            fn.abort_if(abi.Abort.UNREACHABLE)
        _scaled(fn, length, size)
        copy = fn.alloc_dynamic()
        code.local_get(copy).local_get(pointer)
        _scaled(fn, length, size)
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
            if _has_vector(type_):
                fn.push(sequence)
                code.call(fn.module.generated.vector(type_))
            else:
                code.local_get(sequence.locals[2])
        fn.convert(type_, result.inner)
        build(fn, result, 1, result.inner)
        code.release(copy, at)
        code.else_()
        push_none(fn, result)
    fn.release(sequence, index, element)
    return result


def _check_replacement(fn: FunctionLowering, sequence: Held, element: Held) -> None:
    """The list's own entry type must admit the element, whatever the checker said."""
    code = fn.code
    type_ = sequence.type
    if not isinstance(type_, ListType):
        code.local_get(element.locals[1]).i32_const(1).i32_gt_u()
        fn.abort_if(abi.Abort.TYPE_VALUE_ERROR)
        return
    if not _has_vector(type_):
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
        fn.helper("dimensions_admit")
        code.i32_eqz()
        fn.abort_if(abi.Abort.TYPE_VALUE_ERROR)
        code.release(ours, theirs)
    code.release(vector)


WORDS: tuple[Word, ...] = (
    Form("list", emit=_list),
    Form("append", emit=_append),
    Form("concat", emit=_concat),
    Form("as-max-len?", emit=_as_max_len),
    Plain("len", cost="cost_len", emit=_len),
    Plain("element-at", cost="cost_element_at", emit=_element_at),
    Plain("element-at?", cost="cost_element_at", emit=_element_at),
    Plain("index-of", cost="cost_index_of", emit=_index_of, serialized_input=True),
    Plain("index-of?", cost="cost_index_of", emit=_index_of, serialized_input=True),
    Form("slice?", emit=_slice),
    Form("replace-at?", emit=_replace_at),
)
