"""Maps: map-get?, map-set, map-insert, map-delete.

Charges are for the bytes of key and stored value; what is stored is `(some value)`, hence one more
than the value (`special_fetch_entry_v205` and its kin).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from compiler.lower.reclaim import points_nowhere
from compiler.lower.typed.bounds import Bounds, serialized_bounds, sum_of
from compiler.types import BOOL, OptionalType, Type
from compiler.wasm.valtypes import I32
from compiler.words.control import wasm_types
from compiler.words.options import build
from compiler.words.storage import (
    Bytes,
    name_of,
    pop_bytes,
    read_value,
    serialized,
    serialized_argument,
)
from compiler.words.tuples import push_none
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering
    from compiler.lower.held import Held
    from compiler.wasm.functions import Local


def _types(fn: FunctionLowering, call: Call) -> tuple[int, Type, Type]:
    name = name_of(call.arguments[0])
    key, value = fn.module.typed.maps[name]
    return fn.module.map_ids[name], key, value


def _declared(fn: FunctionLowering, *types: Type) -> int:
    return sum(fn.module.generated.declared_size(type_) for type_ in types)


def _charge_lengths(
    fn: FunctionLowering, cost: str, lengths: list[Local], bounds: Bounds, more: int = 0
) -> None:
    code = fn.code
    code.i32_const(more)
    for length in lengths:
        code.local_get(length).i32_add()
    code.i64_extend_i32_u()
    fn.charge_stack(cost, bounds)


def _lengths(key: Type, value: Type | None) -> Bounds:
    """Bytes of a key, and of what stands under it: nothing, `none`, or a value in `some`."""
    stored = 0 if value is None else serialized_bounds(value)[1]
    least, most = serialized_bounds(key)
    return least, most + 1 + stored


def _push_place(fn: FunctionLowering, map_id: int) -> None:
    """Push what helpers take besides (`compiler/stdlib/entries.wat`): the map's number in records,
    and where entries are kept."""
    fn.code.i32_const(fn.module.map_number(map_id)).i32_const(fn.module.entry_table())


def _map_get(fn: FunctionLowering, call: Call) -> Type:
    map_id, key_type, value_type = _types(fn, call)
    code = fn.code
    by_length = fn.module.epoch.charges_stored_length
    key = serialized_argument(fn, call.arguments[1], key_type, borrow=True)
    if not by_length:
        fn.charge("cost_fetch_entry", _declared(fn, key_type, value_type))
    code.i32_const(map_id)
    key.push(fn)
    _push_place(fn, map_id)
    code.i32_const(0 if points_nowhere(value_type) else 1)
    fn.helper_aborting("map_get")
    # The length is what is charged: that of (some value), of a deleted entry's none, or 0.
    stored = pop_bytes(fn)
    if by_length:
        bounds = _lengths(key_type, value_type)
        _charge_lengths(fn, "cost_fetch_entry", [key.length, stored.length], bounds)
    key.release(fn)
    result = OptionalType(value_type)
    fn.meter.flush()
    code.local_get(stored.pointer)
    with code.if_(wasm_types(result)):
        read_value(fn, stored.pointer, value_type)
        build(fn, result, 1, value_type)
        code.else_()
        push_none(fn, result)
    stored.release(fn)
    return result


def _key_and_value(fn: FunctionLowering, call: Call) -> tuple[int, Bytes, Bytes]:
    from compiler.lower.walker import charge_held_clone

    map_id, key_type, value_type = _types(fn, call)
    # Both are evaluated before either is serialised: they may call functions that allocate, but
    # never change what is here.
    if fn.module.epoch.charges_stored_length:
        node = call.arguments[1]
        own = fn.hold(fn.lower(node, borrow=True))
        fn.push(own)
        fn.convert(own.type, key_type, admitted=True)
        key = serialized(fn, key_type)
        value = serialized_argument(fn, call.arguments[2], value_type, borrow=False)
        # A variable is cloned when both are evaluated.
        charge_held_clone(fn, node, own)
        fn.release(own)
        return map_id, key, value
    held = []
    for argument, type_ in zip(call.arguments[1:], (key_type, value_type), strict=True):
        fn.lower_as(argument, type_)
        held.append(fn.hold(type_))
    fn.charge("cost_set_entry", _declared(fn, key_type, value_type))
    key, value = _kept(fn, held)
    return map_id, key, value


def _kept(fn: FunctionLowering, values: Sequence[Held]) -> list[Bytes]:
    """The bytes of values that epoch 2.0 counts as kept by their sizes."""
    for value in values:
        fn.memory.keep(value)
    made = []
    for value in values:
        fn.push(value)
        made.append(serialized(fn, value.type))
    fn.release(*values)
    return made


def _map_set(fn: FunctionLowering, call: Call) -> Type:
    map_id, key, value = _key_and_value(fn, call)
    _, key_type, value_type = _types(fn, call)
    if fn.module.epoch.charges_stored_length:
        bounds = sum_of([serialized_bounds(key_type), serialized_bounds(value_type)], 1)
        lengths = [key.length, value.length]
        _charge_lengths(fn, "cost_set_entry", lengths, bounds, 1)
        fn.memory.keep_bytes(lengths, bounds[1], 1)
    fn.code.i32_const(map_id)
    key.push(fn)
    value.push(fn)
    _push_place(fn, map_id)
    fn.helper_aborting("map_set")
    key.release(fn)
    value.release(fn)
    fn.code.i32_const(1)
    return BOOL


def _charge_by_outcome(
    fn: FunctionLowering,
    done: Local,
    key: Bytes,
    stored: Callable[[], object],
    bounds: Bounds,
) -> None:
    """Charge the key's length, and where something was written, what `stored` pushes as well."""
    if not fn.module.metering:
        return
    code = fn.code
    length = code.local(I32)
    stored()
    code.i32_const(0).local_get(done).select()
    code.local_get(key.length).i32_add().local_tee(length).i64_extend_i32_u()
    fn.charge_stack("cost_set_entry", bounds)
    fn.memory.keep_bytes([length], bounds[1])
    code.release(length)


def _map_insert(fn: FunctionLowering, call: Call) -> Type:
    map_id, key, value = _key_and_value(fn, call)
    code = fn.code
    code.i32_const(map_id)
    key.push(fn)
    value.push(fn)
    _push_place(fn, map_id)
    fn.helper_aborting("map_insert")
    done = code.local(I32)
    code.local_set(done)
    _, key_type, value_type = _types(fn, call)
    if fn.module.epoch.charges_stored_length:
        _charge_by_outcome(
            fn,
            done,
            key,
            lambda: code.local_get(value.length).i32_const(1).i32_add(),
            _lengths(key_type, value_type),
        )
    code.local_get(done)
    code.release(done)
    key.release(fn)
    value.release(fn)
    return BOOL


def _map_delete(fn: FunctionLowering, call: Call) -> Type:
    map_id, key_type, _ = _types(fn, call)
    code = fn.code
    fn.lower_as(call.arguments[1], key_type, borrow=True)
    by_length = fn.module.epoch.charges_stored_length
    if by_length:
        key = serialized(fn, key_type)
    else:
        fn.charge("cost_set_entry", _declared(fn, key_type))
        [key] = _kept(fn, [fn.hold(key_type)])
    code.i32_const(map_id)
    key.push(fn)
    _push_place(fn, map_id)
    fn.helper_aborting("map_delete")
    done = code.local(I32)
    code.local_set(done)
    if by_length:
        bounds = _lengths(key_type, None)
        _charge_by_outcome(fn, done, key, lambda: code.i32_const(1), bounds)
    code.local_get(done)
    code.release(done)
    key.release(fn)
    return BOOL


WORDS: tuple[Word, ...] = (
    Form("map-get?", emit=_map_get),
    Form("map-set", emit=_map_set),
    Form("map-insert", emit=_map_insert),
    Form("map-delete", emit=_map_delete),
)
