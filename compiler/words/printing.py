"""print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.lower.typed.bounds import size_bounds
from compiler.types import Type
from compiler.words.storage import serialized
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def _print(fn: FunctionLowering, call: Call) -> Type:
    # The value is cloned in the end, after the charge: the sum is the same.
    type_ = fn.lower(call.arguments[0])
    value = fn.hold(type_)
    generated = fn.module.generated
    size = generated.static_size(type_)
    if size is not None:
        fn.charge("cost_print", size)
    elif fn.module.metering:
        fn.push(value)
        generated.push_size(fn, type_)
        fn.code.i64_extend_i32_u()
        fn.charge_stack("cost_print", size_bounds(type_))
    fn.push(value)
    contents = serialized(fn, type_)
    contents.push(fn)
    fn.code.i32_const(fn.module.print_number)
    fn.helper_aborting("print")
    contents.release(fn)
    fn.push(value)
    fn.release(value)
    return type_


WORDS: tuple[Word, ...] = (Form("print", emit=_print),)
