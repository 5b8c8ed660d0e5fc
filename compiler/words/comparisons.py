"""Comparisons: < <= > >= of integers, and since Clarity 2 of strings and buffers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from compiler.lower.held import Held
from compiler.lower.typed.bounds import most_elements
from compiler.types import BOOL, IntType, StringUtf8Type, Type, UIntType
from compiler.wasm.code import Code
from compiler.words.word import Call, Form, FormEmit, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering

# Interpreter's sizes: of integers, of what a sequence has besides its units.
_INTEGER_SIZE = 16
_SEQUENCE_SIZE = 4


class _Comparison(NamedTuple):
    """The name of its cost function (the interpreter's names are odd), and its instructions."""

    cost: str
    low: Callable[[Code], Code]
    signed: Callable[[Code], Code]
    unsigned: Callable[[Code], Code]
    order: Callable[[Code], Code]
    """Of an order, -1, 0 or 1, and 0."""


def _compares(comparison: _Comparison) -> FormEmit:
    def emit(fn: FunctionLowering, call: Call) -> Type:
        first, second = call.arguments
        type_ = fn.lower(first, borrow=True)
        a = fn.hold(type_)
        b = fn.hold(fn.lower(second, borrow=True))
        integers = isinstance(type_, IntType | UIntType)
        if not fn.module.version.compares_sequences:
            # The input was the number of arguments.
            fn.charge(comparison.cost, len(call.arguments))
        elif integers:
            fn.charge(comparison.cost, _INTEGER_SIZE)
        else:
            _charge_smaller(fn, comparison.cost, a, b)
        if integers:
            _integers(fn.code, comparison, a, b)
        else:
            fn.push(a)
            fn.push(b)
            fn.code.i32_const(_unit(type_))
            fn.helper("compare_sequences")
            comparison.order(fn.code.i32_const(0))
        fn.release(a, b)
        return BOOL

    return emit


def _unit(type_: Type) -> int:
    return 4 if isinstance(type_, StringUtf8Type) else 1


def _charge_smaller(fn: FunctionLowering, cost: str, a: Held, b: Held) -> None:
    """Charge for the smaller one of two sequences."""
    if fn.meter.is_constant(cost):
        fn.charge(cost)
        return
    if not fn.module.metering:
        return
    code = fn.code
    lengths = (a.locals[1], b.locals[1])
    code.locals_get(lengths).locals_get(lengths).i32_lt_u().select()
    unit = _unit(a.type)
    if unit != 1:
        code.i32_const(unit).i32_mul()
    code.i32_const(_SEQUENCE_SIZE).i32_add().i64_extend_i32_u()
    most = min(most_elements(a.type), most_elements(b.type))
    fn.charge_stack(cost, (_SEQUENCE_SIZE, _SEQUENCE_SIZE + most * unit))


def _integers(code: Code, comparison: _Comparison, a: Held, b: Held) -> None:
    """Push the comparison: that of the high halves, or of the low ones where those are equal."""
    low = (a.locals[0], b.locals[0])
    high = (a.locals[1], b.locals[1])
    comparison.low(code.locals_get(low))
    code.locals_get(high)
    if isinstance(a.type, IntType):
        comparison.signed(code)
    else:
        comparison.unsigned(code)
    code.locals_get(high).i64_eq().select()


_LESS = _Comparison(
    "cost_le",
    lambda code: code.i64_lt_u(),
    lambda code: code.i64_lt_s(),
    lambda code: code.i64_lt_u(),
    lambda code: code.i32_lt_s(),
)
_LESS_OR_EQUAL = _Comparison(
    "cost_leq",
    lambda code: code.i64_le_u(),
    lambda code: code.i64_lt_s(),
    lambda code: code.i64_lt_u(),
    lambda code: code.i32_le_s(),
)
_GREATER = _Comparison(
    "cost_ge",
    lambda code: code.i64_gt_u(),
    lambda code: code.i64_gt_s(),
    lambda code: code.i64_gt_u(),
    lambda code: code.i32_gt_s(),
)
_GREATER_OR_EQUAL = _Comparison(
    "cost_geq",
    lambda code: code.i64_ge_u(),
    lambda code: code.i64_gt_s(),
    lambda code: code.i64_gt_u(),
    lambda code: code.i32_ge_s(),
)

WORDS: tuple[Word, ...] = (
    Form("<", emit=_compares(_LESS)),
    Form("<=", emit=_compares(_LESS_OR_EQUAL)),
    Form(">", emit=_compares(_GREATER)),
    Form(">=", emit=_compares(_GREATER_OR_EQUAL)),
)
