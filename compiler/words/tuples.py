"""Tuples: tuple, get, merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.diagnostics import CompilerBug
from compiler.layout import layout_of
from compiler.lower import held as h
from compiler.lower.function import HeldNode
from compiler.lower.held import Held
from compiler.lower.typed.bounds import serialized_bounds, sum_of
from compiler.syntax.ast import AtomNode, ListNode
from compiler.type_relations import merged
from compiler.types import OptionalType, SpareType, TupleType, Type, field_name
from compiler.words.control import wasm_types
from compiler.words.options import build
from compiler.words.storage import name_of
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def _assemble(fn: FunctionLowering, type_: TupleType, parts: dict[str, tuple[Held, int]]) -> None:
    """Push a tuple of parts of held values, each with the natural slot at which it begins.

    Its dynamic type is what its contents say.
    """
    code = fn.code
    layout = layout_of(type_)
    if not layout.boxed:
        for name, field_type in type_.fields:
            held, start = parts[name]
            fn.push_part(held, start, field_type)
        if layout.dimensions:
            code.i32_const(0)
        return
    block = fn.alloc(layout.slot_size)
    offset = 0
    for name, field_type in type_.fields:
        held, start = parts[name]
        fn.push_part(held, start, field_type)
        h.store_slots(code, block, offset, field_type)
        offset += layout_of(field_type).slot_size
    if layout.dimensions:
        code.local_get(block).i32_const(0).i32_store(offset)
    code.local_get(block)
    code.release(block)


def _tuple(fn: FunctionLowering, call: Call) -> Type:
    parts: dict[str, tuple[Held, int]] = {}
    held: list[Held] = []
    for pair in call.arguments:
        if not isinstance(pair, ListNode) or not isinstance(pair.children[0], AtomNode):
            raise CompilerBug("tuple: a field without a name")
        value = fn.hold(fn.lower(pair.children[1]))
        held.append(value)
        parts[pair.children[0].name] = (value, 0)
    fn.charge("cost_tuple_cons", len(call.arguments))
    type_ = TupleType(tuple(sorted((name, value.type) for name, (value, _) in parts.items())))
    if isinstance(call.result, TupleType) and call.result == type_:
        type_ = call.result
    _assemble(fn, type_, parts)
    fn.release(*held)
    return type_


def _charge_get(fn: FunctionLowering, value: Held, start: int, of: TupleType) -> None:
    """Charge for the fields that the tuple at `start` has."""
    if not of.spare:
        fn.charge("cost_tuple_get", len(of.fields))
        return
    h.push_field_count(fn.code, value, start, of)
    fn.code.i64_extend_i32_u()
    fn.charge_stack("cost_tuple_get", (len(of.declared), len(of.fields)))


def _get(fn: FunctionLowering, call: Call) -> Type:
    name = name_of(call.arguments[0])
    type_ = fn.lower(call.arguments[1])
    value = fn.hold(type_)
    code = fn.code
    match type_:
        case TupleType():
            _charge_get(fn, value, 0, type_)
            field_type = _push_field(fn, value, 0, type_, name)
            fn.release(value)
            return field_type
        case OptionalType(inner=TupleType(fields=fields) as inner):
            field_type = dict(fields)[name]
            result = OptionalType(field_type)
            fn.meter.flush()
            h.push_slot(code, value, 0)
            fn.meter.ranges.fork()
            with code.if_(wasm_types(result)):
                # The interpreter charges where there is a tuple.
                _charge_get(fn, value, 1, inner)
                _push_field(fn, value, 1, inner, name)
                build(fn, result, 1, field_type)
                fn.meter.flush()
                code.else_()
                fn.meter.ranges.other()
                push_none(fn, result)
            fn.meter.ranges.join()
            fn.release(value)
            return result
        case OptionalType():
            raise CompilerBug("get: of an optional without a tuple")
        case _:
            raise CompilerBug("get: of what is no tuple")


def push_none(fn: FunctionLowering, type_: OptionalType) -> None:
    """Push `none`."""
    layout = layout_of(type_)
    if not layout.boxed:
        fn.push_zero(type_)
        return
    block = fn.alloc(layout.slot_size)
    fn.code.local_get(block).i32_const(0).i32_const(layout.slot_size).memory_fill()
    fn.code.local_get(block)
    fn.code.release(block)


def _push_field(fn: FunctionLowering, value: Held, start: int, type_: TupleType, name: str) -> Type:
    field_type = dict(type_.fields)[name]
    fn.push_part(value, start + layout_of(type_).field_start(name), field_type)
    return field_type


def _merge(fn: FunctionLowering, call: Call) -> Type:
    values = [fn.lower_held(argument) for argument in call.arguments]
    first, second = values
    if not isinstance(first.type, TupleType) or not isinstance(second.type, TupleType):
        raise CompilerBug("merge: of what is no tuple")
    if fn.module.metering:
        fn.code.i32_const(0)
        for value in values:
            fn.push(value)
            fn.module.generated.push_serialized_size(fn, value.type)
            fn.code.i32_add()
        fn.code.i64_extend_i32_u()
        if fn.module.epoch.charges_stored_length:
            lengths = [serialized_bounds(value.type) for value in values]
            fn.charge_stack("cost_tuple_merge", sum_of(lengths))
        else:
            fn.code.drop()
            fn.charge("cost_tuple_merge", len(values))
    # As the analysis has it: what all values of the first argument have stays one of all.
    type_ = merged(first.type, second.type)
    starts = layout_of(first.type)
    parts = {name: (first, starts.field_start(name)) for name, _ in first.type.fields}
    known = {field_name(name, field) for name, field in first.type.fields}
    for name, field in second.type.fields:
        start = layout_of(second.type).field_start(name)
        if isinstance(field, SpareType) and field.name in known:
            # The analysis goes by the first; a value of another type would be an error then.
            own = dict(type_.fields)[field.name]
            if field.inner == own:
                parts[field.name] = _either(fn, parts[field.name], (second, start), own)
        else:
            parts[name] = (second, start)
    _assemble(fn, type_, parts)
    if layout_of(type_).dimensions and fn.module.metering:
        _merge_dynamic_types(fn, type_, values, parts)
    for argument, value in zip(call.arguments, values, strict=True):
        if not isinstance(argument, HeldNode):
            fn.release(value)
    return type_


def _either(
    fn: FunctionLowering, known: tuple[Held, int], spare: tuple[Held, int], type_: Type
) -> tuple[Held, int]:
    """The part of the type that is there in any case, unless the spare one is there as well.

    Only of types whose values all have the same own type, the usual ones.
    """
    if layout_of(type_).dimensions:
        return known
    h.push_slot(fn.code, spare[0], spare[1])
    with fn.code.if_(wasm_types(type_)):
        fn.push_part(spare[0], spare[1] + 1, type_)
        fn.code.else_()
        fn.push_part(*known, type_)
    return fn.hold(type_), 0


def _merge_dynamic_types(
    fn: FunctionLowering,
    type_: TupleType,
    values: list[Held],
    parts: dict[str, tuple[Held, int]],
) -> None:
    """Give the tuple on the stack the union of the two dynamic types, where either has one."""
    code = fn.code
    merged = fn.hold(type_)
    own = fn.local_i32()
    code.i32_const(0)
    for value in values:
        if layout_of(value.type).dimensions:
            h.push_slot(code, value, len(value.layout.natural) - 1)
            code.i32_or()
    code.local_set(own)
    code.local_get(own)
    with code.if_():
        vectors = {}
        for value in values:
            size = 4 * layout_of(value.type).dimensions
            vector = fn.alloc(size)
            code.local_get(vector).i32_const(0).i32_const(size).memory_fill()
            fn.push(value)
            code.local_get(vector).call(fn.module.generated.write_vector(value.type))
            vectors[id(value)] = vector
        union = fn.alloc(4 * layout_of(type_).dimensions)
        at = 0
        for name, field_type in type_.fields:
            dimensions = layout_of(field_type).dimensions
            if dimensions:
                value, _ = parts[name]
                assert isinstance(value.type, TupleType)
                source = 0
                for other, other_type in value.type.fields:
                    if other == name:
                        break
                    source += layout_of(other_type).dimensions
                code.local_get(union).i32_const(4 * at).i32_add()
                code.local_get(vectors[id(value)]).i32_const(4 * source).i32_add()
                code.i32_const(4 * dimensions).memory_copy()
                at += dimensions
        last = merged.layout.natural[-1]
        if merged.layout.boxed:
            code.local_get(merged.locals[0]).local_get(union).i32_store(last.offset)
        else:
            code.local_get(union).local_set(merged.locals[-1])
        code.release(union, *vectors.values())
    fn.push(merged)
    code.release(own)
    fn.release(merged)


WORDS: tuple[Word, ...] = (
    Form("tuple", emit=_tuple),
    Form("get", emit=_get),
    Form("merge", emit=_merge),
)
