"""Data variables: var-get and var-set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.lower.typed.bounds import serialized_bounds
from compiler.types import BOOL, Type
from compiler.words.storage import name_of, pop_bytes, read_value, serialized
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def _var_get(fn: FunctionLowering, call: Call) -> Type:
    name = name_of(call.arguments[0])
    type_ = fn.module.typed.data_vars[name]
    by_length = fn.module.epoch.charges_stored_length
    if not by_length:
        fn.charge("cost_fetch_var", fn.module.generated.declared_size(type_))
    fn.code.i32_const(fn.module.variable_ids[name])
    fn.host("var_get")
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
    value = serialized(fn, type_)
    if fn.module.epoch.charges_stored_length:
        fn.code.local_get(value.length).i64_extend_i32_u()
        fn.charge_stack("cost_set_var", serialized_bounds(type_))
    else:
        fn.charge("cost_set_var", fn.module.generated.declared_size(type_))
    fn.code.i32_const(fn.module.variable_ids[name])
    value.push(fn)
    fn.host("var_set")
    value.release(fn)
    fn.code.i32_const(1)
    return BOOL


WORDS: tuple[Word, ...] = (
    Form("var-get", emit=_var_get),
    Form("var-set", emit=_var_set),
)
