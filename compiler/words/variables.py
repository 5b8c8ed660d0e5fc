"""Data variables: var-get and var-set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.lower.reclaim import points_nowhere
from compiler.lower.typed.bounds import serialized_bounds
from compiler.types import BOOL, Type
from compiler.words.storage import name_of, pop_bytes, read_value, serialized
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering

_MOST_KEPT = 512
"""Bytes of a variable's value up to which it has a place in the module's memory."""


def _place(fn: FunctionLowering, name: str) -> tuple[int, int]:
    """Where a variable is kept (`compiler/stdlib/effects.wat`), and the room there for its bytes;
    no room where it may be too large."""
    room = serialized_bounds(fn.module.typed.data_vars[name])[1]
    if room > _MOST_KEPT:
        return 0, 0
    return fn.module.variable_place(name, room), room


def _var_get(fn: FunctionLowering, call: Call) -> Type:
    name = name_of(call.arguments[0])
    type_ = fn.module.typed.data_vars[name]
    by_length = fn.module.epoch.charges_stored_length
    if not by_length:
        fn.charge("cost_fetch_var", fn.module.generated.declared_size(type_))
    fn.code.i32_const(fn.module.variable_ids[name])
    place, room = _place(fn, name)
    if not room:
        fn.host("var_get")
    else:
        fn.code.i32_const(place).i32_const(room)
        fn.helper_aborting("var_get" if points_nowhere(type_) else "var_get_copy")
    stored = pop_bytes(fn)
    if by_length:
        fn.code.local_get(stored.length).i64_extend_i32_u()
        fn.charge_stack("cost_fetch_var", serialized_bounds(type_))
    read_value(fn, stored.pointer, type_)
    stored.release(fn)
    return type_


def _var_set(fn: FunctionLowering, call: Call) -> Type:
    name = name_of(call.arguments[0])
    type_ = fn.module.typed.data_vars[name]
    fn.lower_as(call.arguments[1], type_)
    if fn.module.epoch.charges_stored_length:
        value = serialized(fn, type_)
        fn.code.local_get(value.length).i64_extend_i32_u()
        bounds = serialized_bounds(type_)
        fn.charge_stack("cost_set_var", bounds)
        fn.memory.keep_bytes([value.length], bounds[1])
    else:
        fn.charge("cost_set_var", fn.module.generated.declared_size(type_))
        held = fn.hold(type_)
        fn.memory.keep(held)
        fn.push(held)
        fn.release(held)
        value = serialized(fn, type_)
    fn.code.i32_const(fn.module.variable_ids[name])
    value.push(fn)
    place, room = _place(fn, name)
    fn.code.i32_const(place).i32_const(room)
    fn.helper_aborting("var_set")
    value.release(fn)
    fn.code.i32_const(1)
    return BOOL


WORDS: tuple[Word, ...] = (
    Form("var-get", emit=_var_get),
    Form("var-set", emit=_var_set),
)
