"""Turning a value of one type into one of a type that admits it, where their layouts differ.

Lengths don't matter to a layout, so only a missing type (the inside of `none`, the other side of
`(ok 1)`, the entries of an empty list) makes a difference, and fields that not all tuples have.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from compiler import abi
from compiler.diagnostics import CompilerBug
from compiler.layout import KNOWN_EMPTY, NESTED_FLAGS, layout_of
from compiler.lower import held as h
from compiler.lower.held import Held
from compiler.type_relations import TypeFault, least_supertype_v2_1
from compiler.types import (
    NO_TYPE,
    ListType,
    NoType,
    OptionalType,
    ResponseType,
    SpareType,
    TupleType,
    Type,
    field_name,
    spare_key,
)
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def same_layout(source: Type, target: Type) -> bool:
    """Whether every value of `source` is one of `target` as it lies there."""
    if source is target:
        return True
    match source, target:
        case NoType(), _:
            return isinstance(target, NoType)
        case _, NoType():
            return False
        case OptionalType(inner=a), OptionalType(inner=b):
            return same_layout(a, b)
        case SpareType(inner=a), SpareType(inner=b):
            return _fits(source, target) and same_layout(a, b)
        case (SpareType(), _) | (_, SpareType()):
            return False
        case ResponseType(ok=a, err=b), ResponseType(ok=c, err=d):
            return same_layout(a, c) and same_layout(b, d)
        case ListType(entry=a), ListType(entry=b):
            return same_layout(a, b)
        case TupleType(fields=a), TupleType(fields=b):
            return len(a) == len(b) and all(
                m == n and same_layout(x, y) for (m, x), (n, y) in zip(a, b, strict=True)
            )
        case _:
            return True


def convert(fn: FunctionLowering, source: Type, target: Type, *, admitted: bool = False) -> None:
    """Turn the value on the stack from `source` into `target`.

    `admitted` where the interpreter asks whether the target admits the value: one that has fields
    more than the target ends the transaction. Elsewhere they are dropped, as sanitising does.
    """
    if same_layout(source, target):
        return
    if isinstance(source, NoType):
        # There is no such value: the code before it has left.
        fn.push_zero(target)
        return
    if isinstance(target, NoType):
        fn.drop(source)
        return
    value = fn.hold(source)
    if layout_of(target).boxed:
        block = fn.alloc(layout_of(target).slot_size)
        _store_converted(fn, value, 0, source, block, 0, target, admitted)
        fn.code.local_get(block)
        fn.code.release(block)
    else:
        _push_converted(fn, value, 0, source, target, admitted)
    fn.release(value)


def _parts(source: Type, start: int, target: Type) -> list[tuple[int, Type, Type]]:
    """The parts of two corresponding compound types: where the source's begins, and both types.

    A tuple may have fields that the target lacks, or lack those that only some of the target's values
    have.
    """
    match source, target:
        case (OptionalType(inner=a), OptionalType(inner=b)) | (
            SpareType(inner=a),
            SpareType(inner=b),
        ):
            return [(start + 1, a, b)]
        case ResponseType(ok=a, err=b), ResponseType(ok=c, err=d):
            return [(start + 1, a, c), (start + 1 + len(layout_of(a).natural), b, d)]
        case TupleType(fields=a), TupleType(fields=b):
            types = dict(a)
            starts = layout_of(source)
            sources = _sources(source, target)
            return [
                (start + starts.field_start(sources[key]), types[sources[key]], t)
                if key in sources
                else (start, NO_TYPE, t)
                for key, t in b
            ]
        case _:
            raise CompilerBug(f"no conversion from {source} to {target}")


def _sources(source: TupleType, target: TupleType) -> dict[str, str]:
    """The keys of the target's fields that the source has, and what these are there."""
    types = dict(target.fields)
    found: dict[str, str] = {}
    for own, field in source.fields:
        for index in count():
            key = spare_key(field_name(own, field), index)
            if key not in types:
                break
            if _fits(field, types[key]):
                found.setdefault(key, own)
                break
    return found


def _fits(source: Type, target: Type) -> bool:
    """Whether a field of a tuple is one of the target's; spare ones may be of unlike types."""
    if not isinstance(target, SpareType):
        return True
    inner = source.inner if isinstance(source, SpareType) else source
    try:
        least_supertype_v2_1(target.inner, inner)
    except TypeFault:
        return False
    return True


def _refuse_more(
    fn: FunctionLowering, value: Held, start: int, source: TupleType, target: Type
) -> None:
    """End the transaction if the tuple at `start` has fields that the target doesn't know."""
    known = set(_sources(source, target).values()) if isinstance(target, TupleType) else set()
    for name, field in source.fields:
        if isinstance(field, SpareType) and name not in known:
            h.push_slot(fn.code, value, start + layout_of(source).field_start(name))
            fn.abort_if(abi.Abort.TYPE_VALUE_ERROR)


def _push_converted(
    fn: FunctionLowering, value: Held, start: int, source: Type, target: Type, admitted: bool
) -> None:
    """Push the part of `value` at `start`, of type `source`, as `target`, which is not boxed."""
    if same_layout(source, target):
        fn.push_part(value, start, source)
        return
    if isinstance(source, NoType):
        fn.push_zero(target)
        return
    if isinstance(target, NoType):
        return
    if isinstance(source, ListType) and isinstance(target, ListType):
        fn.push_part(value, start, source)
        _convert_list(fn, source, target, admitted)
        return
    if isinstance(target, SpareType) and not isinstance(source, SpareType):
        fn.code.i32_const(1)
        _push_converted(fn, value, start, source, target.inner, admitted)
        return
    if not isinstance(source, TupleType):
        h.push_slot(fn.code, value, start)
    elif admitted:
        _refuse_more(fn, value, start, source, target)
    for at, a, b in _parts(source, start, target):
        _push_converted(fn, value, at, a, b, admitted)
    if isinstance(target, TupleType) and layout_of(target).dimensions:
        _push_tuple_type(fn, value, start, source, target)


def _store_converted(
    fn: FunctionLowering,
    value: Held,
    start: int,
    source: Type,
    pointer: Local,
    target_start: int,
    target: Type,
    admitted: bool,
) -> None:
    """Write the part of `value` at `start` as `target` into the box at `pointer`.

    `target_start` is the byte at which the part lies in the box.
    """
    layout = layout_of(target)
    if not layout.boxed:
        _push_converted(fn, value, start, source, target, admitted)
        h.store_slots(fn.code, pointer, target_start, target)
        return
    if same_layout(source, target):
        fn.push_part(value, start, source)
        h.store_slots(fn.code, pointer, target_start, target)
        return
    if isinstance(source, NoType):
        fn.code.local_get(pointer).i32_const(target_start).i32_add()
        fn.code.i32_const(0).i32_const(layout.slot_size).memory_fill()
        return
    offset = target_start
    if isinstance(target, SpareType) and not isinstance(source, SpareType):
        fn.code.local_get(pointer).i32_const(1).i32_store(offset)
        inner = target.inner
        _store_converted(fn, value, start, source, pointer, offset + 4, inner, admitted)
        return
    if not isinstance(source, TupleType):
        fn.code.local_get(pointer)
        h.push_slot(fn.code, value, start)
        fn.code.i32_store(offset)
        offset += 4
    elif admitted:
        _refuse_more(fn, value, start, source, target)
    for at, a, b in _parts(source, start, target):
        _store_converted(fn, value, at, a, pointer, offset, b, admitted)
        offset += layout_of(b).slot_size
    if isinstance(target, TupleType) and layout_of(target).dimensions:
        fn.code.local_get(pointer)
        _push_tuple_type(fn, value, start, source, target)
        fn.code.i32_store(offset)


def _convert_list(fn: FunctionLowering, source: ListType, target: ListType, admitted: bool) -> None:
    """Convert the list on the stack, copying its elements."""
    code = fn.code
    value = fn.hold(source)
    pointer, length = value.locals[0], value.locals[1]
    if isinstance(source.entry, NoType):
        # Only the empty list has entries without a type.
        code.i32_const(0).i32_const(0).i32_const(0)
        fn.release(value)
        return
    size = layout_of(target.entry).element_size
    code.local_get(length).i32_const(size).i32_mul()
    out = fn.alloc_dynamic()
    here, there, left = fn.local_i32(), fn.local_i32(), fn.local_i32()
    code.local_get(pointer).local_set(here)
    code.local_get(out).local_set(there)
    code.local_get(length).local_set(left)
    with code.block() as done, code.loop() as again:
        code.local_get(left).i32_eqz().br_if(done)
        h.load_element(code, fn.module.alloc, here, source.entry, None)
        convert(fn, source.entry, target.entry, admitted=admitted)
        h.store_element(code, there, 0, target.entry)
        code.local_get(here).i32_const(layout_of(source.entry).element_size).i32_add()
        code.local_set(here)
        code.local_get(there).i32_const(size).i32_add().local_set(there)
        code.local_get(left).i32_const(1).i32_sub().local_set(left)
        code.br(again)
    code.local_get(out).local_get(length)
    if not layout_of(target.entry).dimensions:
        _push_narrower_type(fn, value)
    elif not fn.module.metering:
        code.i32_const(0)
    elif layout_of(source.entry).dimensions:
        _push_own_type(fn, value.locals[2], source, target)
    else:
        _push_wider_type(fn, value.locals[2], source, target)
    code.release(here, there, left, out)
    fn.release(value)


def _push_tuple_type(
    fn: FunctionLowering, value: Held, start: int, source: Type, target: TupleType
) -> None:
    """Push the dynamic type of the tuple at `start` as one of `target`'s."""
    layout = layout_of(source)
    if not layout.dimensions or not fn.module.metering:
        fn.code.i32_const(0)
        return
    own = fn.local_i32()
    h.push_slot(fn.code, value, start + len(layout.natural) - 1)
    fn.code.local_set(own)
    _push_own_type(fn, own, source, target)
    fn.code.release(own)


def _push_own_type(fn: FunctionLowering, own: Local, source: Type, target: Type) -> None:
    """Push the dynamic type `own` of a list or tuple as one of `target`'s."""
    code = fn.code
    code.local_get(own)
    with code.if_((I32,)):
        size = 4 * layout_of(target).dimensions
        vector = fn.alloc(size)
        code.local_get(vector).i32_const(0).i32_const(size).memory_fill()
        for here, there, known in _dimensions(source, target, 0, 0):
            code.local_get(vector)
            if here is None:
                code.i32_const(1)
            else:
                code.local_get(own).i32_load(4 * here)
            if known:
                code.i32_const(0).i32_ne()
            code.i32_store(4 * there)
        if isinstance(target, ListType):
            # What each element carries has other dimensions: it is not known any more.
            code.local_get(vector).local_get(vector).i32_load(4)
            code.i32_const(NESTED_FLAGS).i32_and().i32_store(4)
        code.local_get(vector)
        code.release(vector)
        code.else_()
        code.i32_const(0)


def _push_narrower_type(fn: FunctionLowering, value: Held) -> None:
    """Push the dynamic type of a list of wider entries as one of a list whose entries have none."""
    code = fn.code
    _, length, own = value.locals
    code.local_get(own)
    with code.if_((I32,)):
        code.local_get(own).i32_load(0)
        code.i32_const(KNOWN_EMPTY).i32_const(0)
        code.local_get(own).i32_load(0).i32_eqz()
        code.local_get(own).i32_load(4).i32_const(1).i32_and().i32_and()
        code.select().i32_or()
        code.else_()
        code.local_get(length)


def _push_wider_type(fn: FunctionLowering, own: Local, source: ListType, target: ListType) -> None:
    """Push the dynamic type of a list whose entries have dimensions as `target`'s only."""
    code = fn.code
    size = 4 * layout_of(target).dimensions
    vector = fn.alloc(size)
    code.local_get(vector).i32_const(0).i32_const(size).memory_fill()
    code.local_get(vector).local_get(own).i32_const(KNOWN_EMPTY - 1).i32_and().i32_store(0)
    code.local_get(vector).i32_const(1).i32_const(0).local_get(own).select().i32_store(4)
    for field in _dimensions(source.entry, target.entry, 0, 2):
        code.local_get(vector).i32_const(1).i32_store(4 * field.there)
    code.local_get(vector)
    code.release(vector)


class _Shared(NamedTuple):
    """A dimension that two corresponding types share: its places in both vectors.

    `here` is `None` for a field that all tuples of the source have, and some of the target: it is
    there. `known` where the target's is a list's flags, of which the source has the maximal length
    only: the entry's type is known unless that is 0.
    """

    here: int | None
    there: int
    known: bool = False


def _dimensions(source: Type, target: Type, here: int, there: int) -> Iterator[_Shared]:
    """The dimensions that two corresponding types share."""
    match source, target:
        case (OptionalType(inner=a), OptionalType(inner=b)) | (
            SpareType(inner=a),
            SpareType(inner=b),
        ):
            yield _Shared(here, there)
            yield from _dimensions(a, b, here + 1, there + 1)
        case ResponseType(ok=a, err=b), ResponseType(ok=c, err=d):
            yield _Shared(here, there)
            yield _Shared(here + 1, there + 1)
            yield from _dimensions(a, c, here + 2, there + 2)
            here += 2 + layout_of(a).dimensions
            yield from _dimensions(b, d, here, there + 2 + layout_of(c).dimensions)
        case _, SpareType(inner=b):
            yield _Shared(None, there)
            yield from _dimensions(source, b, here, there + 1)
        case ListType(entry=a), ListType(entry=b):
            yield _Shared(here, there)
            if layout_of(b).dimensions:
                if layout_of(a).dimensions:
                    yield _Shared(here + 1, there + 1)
                else:
                    yield _Shared(here, there + 1, known=True)
                yield from _dimensions(a, b, here + 2, there + 2)
        case TupleType(fields=a), TupleType(fields=b):
            places: dict[str, tuple[Type, int]] = {}
            for name, field in a:
                places[name] = field, here
                here += layout_of(field).dimensions
            sources = _sources(source, target)
            for key, field in b:
                if key in sources:
                    own, at = places[sources[key]]
                    yield from _dimensions(own, field, at, there)
                there += layout_of(field).dimensions
        case _:
            if layout_of(source).dimensions and layout_of(target).dimensions:
                yield _Shared(here, there)
