"""Control words: if, begin, asserts!."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import abi
from compiler.layout import slots_of
from compiler.lower.depth import check_depth
from compiler.types import BOOL, Type
from compiler.wasm.valtypes import ValType
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering, HeldNode
    from compiler.syntax.ast import Node


def wasm_types(type_: Type) -> tuple[ValType, ...]:
    """The Wasm types of a value, for the type of a block."""
    return tuple(ValType(wasm) for wasm in slots_of(type_))


def _if(fn: FunctionLowering, call: Call) -> Type:
    condition, then, otherwise = call.arguments
    result = call.result
    assert result is not None
    code = fn.code
    fn.charge("cost_if")
    fn.lower(condition, borrow=True)
    fn.meter.flush()
    fn.meter.ranges.fork()
    with code.if_(wasm_types(result)):
        branch(fn, then, result)
        code.else_()
        fn.meter.ranges.other()
        branch(fn, otherwise, result)
    fn.meter.ranges.join()
    return result


def branch(fn: FunctionLowering, node: Node | HeldNode, type_: Type) -> None:
    """The value of a branch, as one of `type_`, with its charges and its depth."""
    before = check_depth(fn, node)
    fn.convert(fn.lower(node), type_)
    fn.checked_level = before
    fn.meter.flush()


def _begin(fn: FunctionLowering, call: Call) -> Type:
    type_: Type = BOOL
    for index, expression in enumerate(call.arguments):
        if index:
            fn.drop(type_)
        type_ = fn.lower(expression)
    fn.charge("cost_begin", len(call.arguments))
    return type_


def _asserts(fn: FunctionLowering, call: Call) -> Type:
    condition, thrown = call.arguments
    code = fn.code
    fn.charge("cost_asserts")
    fn.lower(condition, borrow=True)
    code.i32_eqz()
    fn.meter.flush()
    fn.meter.ranges.fork()
    with code.if_():
        before = check_depth(fn, thrown)
        type_ = fn.lower(thrown)
        fn.checked_level = before
        fn.early_return(type_, abi.Abort.ASSERTION_FAILED_EARLY)
        fn.meter.forget()
    fn.meter.ranges.other()
    fn.meter.ranges.join()
    from compiler.lower.walker import charge_variable_clone

    charge_variable_clone(fn, condition)
    code.i32_const(1)
    return BOOL


WORDS: tuple[Word, ...] = (
    Form("if", emit=_if),
    Form("begin", emit=_begin),
    Form("asserts!", emit=_asserts),
)
