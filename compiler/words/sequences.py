"""Sequences: list, len, element-at, index-of, as-max-len?."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler import type_relations
from compiler.diagnostics import CompilerBug
from compiler.layout import layout_of, vector_room
from compiler.lower import held as h
from compiler.lower.function import HeldNode
from compiler.lower.held import Held
from compiler.lower.spare import has_spare
from compiler.lower.typed.bounds import Bounds, size_bounds, sum_of
from compiler.types import (
    UINT,
    ListType,
    NoType,
    OptionalType,
    StringUtf8Type,
    Type,
)
from compiler.wasm.functions import Local
from compiler.words.constants import constant_elements
from compiler.words.control import wasm_types
from compiler.words.element_types import entry_type, push_unit
from compiler.words.elements import (
    charge_i32,
    element_size,
    element_type,
    has_vector,
    scaled,
)
from compiler.words.options import build
from compiler.words.own_types import OwnType, is_fresh
from compiler.words.tuples import push_none
from compiler.words.word import Call, Form, Plain, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


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
        code.i32_const(0 if has_vector(result) else count)
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
        charge_i32(fn, "cost_list_cons", sum_of(sizes, static))
    else:
        fn.charge("cost_list_cons", static)
    # Joined before they are stored: what elements may keep depends on those before them.
    own_type = _own_type(fn, result, values) if has_spare(entry) else None
    out = fn.alloc(size * count)
    for index, value in enumerate(values):
        fn.push(value)
        h.store_element(code, out, index * size, entry)
    code.local_get(out).i32_const(count)
    if not has_vector(result):
        code.i32_const(count)
    elif own_type is not None:
        own_type.push(count)
    elif fn.module.metering and not all(is_fresh(fn, node) for node in call.arguments):
        _own_type(fn, result, values).push(count)
    else:
        code.i32_const(0)
    fn.release(*values)
    code.release(out, total)
    return result


def _own_type(fn: FunctionLowering, type_: ListType, values: Sequence[Held]) -> OwnType:
    own_type = OwnType(fn, type_, lambda: fn.code.i32_const(len(values)))
    for value in values:
        own_type.add(value)
    return own_type


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
    if not has_vector(type_):
        code.local_get(own).i32_const(limit)
        # The mark of a known empty list is the sign.
        code.local_get(own).i32_const(limit).i32_lt_s().select().local_set(own)
        return
    code.local_get(own)
    with code.if_():
        code.local_get(own).i32_load(0).i32_const(limit).i32_gt_u()
        with code.if_():
            size = vector_room(type_)
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
    scaled(fn, index, element_size(sequence.type))
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
        entry = entry_type(fn, sequence)
        address = _address(fn, sequence, position)
        push_unit(fn, arguments[0], address, entry)
        fn.convert(element_type(arguments[0]), result.inner)
        build(fn, result, 1, result.inner)
        code.release(address)
        if entry is not None:
            entry.release(fn)
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
        push_unit(fn, sequence.type, at, None)
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


WORDS: tuple[Word, ...] = (
    Form("list", emit=_list),
    Form("as-max-len?", emit=_as_max_len),
    Plain("len", cost="cost_len", emit=_len),
    Plain("element-at", cost="cost_element_at", emit=_element_at),
    Plain("element-at?", cost="cost_element_at", emit=_element_at),
    Plain("index-of", cost="cost_index_of", emit=_index_of, serialized_input=True),
    Plain("index-of?", cost="cost_index_of", emit=_index_of, serialized_input=True),
)
