"""Arithmetic words: + - * / mod pow sqrti log2 to-int to-uint.

All arguments are evaluated before the first two are combined, as in the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from compiler import abi
from compiler.types import IntType, Type
from compiler.wasm.code import Code
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I64
from compiler.words.word import Plain, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering

_Number = tuple[Local, Local]
"""The two halves of an integer in locals, the low one first."""

_Combine = Callable[["FunctionLowering", "_Number", "_Number", bool], None]
"""(function, a, b, whether they are signed) pushes a combined with b."""


def hold_number(code: Code) -> _Number:
    """Pop an integer into locals."""
    high = code.local(I64)
    low = code.local(I64)
    code.local_set(high).local_set(low)
    return low, high


def _variadic(combine: _Combine) -> Callable[[FunctionLowering, Sequence[Type], Type], None]:
    def emit(fn: FunctionLowering, types: Sequence[Type], result: Type) -> None:
        code = fn.code
        rest = [hold_number(code) for _ in types[1:]]
        signed = isinstance(result, IntType)
        while rest:
            b = rest.pop()
            a = hold_number(code)
            combine(fn, a, b, signed)
            code.release(*a, *b)

    return emit


# + and -


def _add(fn: FunctionLowering, a: _Number, b: _Number, signed: bool) -> None:
    code = fn.code
    high = code.local(I64)
    code.locals_get(a).locals_get(b).i64_add128().local_tee(high)
    if signed:
        # Both have a sign that the sum has not.
        code.local_get(a[1]).local_get(high).i64_xor()
        code.local_get(b[1]).local_get(high).i64_xor().i64_and()
    else:
        # The carry out of the top bit: both have it, or one has and the sum has not.
        code.local_get(a[1]).local_get(b[1]).i64_and()
        code.local_get(a[1]).local_get(b[1]).i64_or()
        code.local_get(high).i64_const(-1).i64_xor().i64_and().i64_or()
    code.i64_const(0).i64_lt_s()
    fn.abort_if(abi.Abort.ARITHMETIC_OVERFLOW)
    code.release(high)


def _subtract(fn: FunctionLowering, a: _Number, b: _Number, signed: bool) -> None:
    code = fn.code
    high = code.local(I64)
    code.locals_get(a).locals_get(b).i64_sub128().local_tee(high)
    if signed:
        # The signs differ, and the difference has not that of a.
        code.local_get(a[1]).local_get(b[1]).i64_xor()
        code.local_get(a[1]).local_get(high).i64_xor().i64_and()
    else:
        # The borrow out of the top bit: b alone has it, or both or neither and so has the result.
        code.local_get(b[1]).local_get(high).i64_and()
        code.local_get(b[1]).local_get(high).i64_or()
        code.local_get(a[1]).i64_const(-1).i64_xor().i64_and().i64_or()
    code.i64_const(0).i64_lt_s()
    fn.abort_if(abi.Abort.ARITHMETIC_UNDERFLOW)
    code.release(high)


_subtract_from = _variadic(_subtract)


def _minus(fn: FunctionLowering, types: Sequence[Type], result: Type) -> None:
    if len(types) > 1:
        _subtract_from(fn, types, result)
        return
    code = fn.code
    b = hold_number(code)
    code.i64_const(0).i64_const(0)
    a = hold_number(code)
    _subtract(fn, a, b, isinstance(result, IntType))
    code.release(*a, *b)


# *, / and mod


def _multiply(fn: FunctionLowering, a: _Number, b: _Number, signed: bool) -> None:
    code = fn.code
    # 64-bit factors can't overflow.
    if signed:
        for low, high in (a, b):
            code.local_get(low).i64_const(63).i64_shr_s().local_get(high).i64_xor()
        code.i64_or()
    else:
        code.local_get(a[1]).local_get(b[1]).i64_or()
    code.i64_eqz()
    with code.if_((I64, I64)):
        code.local_get(a[0]).local_get(b[0])
        if signed:
            code.i64_mul_wide_s()
        else:
            code.i64_mul_wide_u()
        code.else_()
        code.locals_get(a).locals_get(b)
        fn.helper("int_mul" if signed else "uint_mul")
        fn.abort_if(abi.Abort.ARITHMETIC_OVERFLOW)


def _divides(fast: Callable[[Code], Code], helper: str) -> _Combine:
    """Division or remainder, by `fast` of two numbers without high halves, else by a helper."""

    def combine(fn: FunctionLowering, a: _Number, b: _Number, signed: bool) -> None:
        code = fn.code
        code.locals_get(b).i64_or().i64_eqz()
        fn.abort_if(abi.Abort.DIVISION_BY_ZERO)
        code.local_get(a[1]).local_get(b[1]).i64_or().i64_eqz()
        with code.if_((I64, I64)):
            fast(code.local_get(a[0]).local_get(b[0])).i64_const(0)
            code.else_()
            code.locals_get(a).locals_get(b)
            if signed:
                # The smallest int divided by -1 counts as a division by zero.
                fn.helper(f"int_{helper}")
                fn.abort_if(abi.Abort.DIVISION_BY_ZERO)
            else:
                fn.helper(f"uint_{helper}")

    return combine


# The others


def _power(fn: FunctionLowering, _types: Sequence[Type], result: Type) -> None:
    fn.code.i32_const(int(isinstance(result, IntType)))
    fn.helper_aborting("power")


def _root(fn: FunctionLowering, _types: Sequence[Type], result: Type) -> None:
    code = fn.code
    if isinstance(result, IntType):
        number = hold_number(code)
        code.local_get(number[1]).i64_const(0).i64_lt_s()
        fn.abort_if(abi.Abort.ARITHMETIC)
        code.locals_get(number).release(*number)
    fn.helper("uint_sqrt")


def _log2(fn: FunctionLowering, _types: Sequence[Type], result: Type) -> None:
    code = fn.code
    number = hold_number(code)
    code.locals_get(number).i64_or().i64_eqz()
    if isinstance(result, IntType):
        code.local_get(number[1]).i64_const(0).i64_lt_s().i32_or()
    fn.abort_if(abi.Abort.ARITHMETIC)
    code.locals_get(number).release(*number)
    fn.helper("uint_log2")


def _cast(error: abi.Abort) -> Callable[[FunctionLowering, Sequence[Type], Type], None]:
    """From int to uint or back: what has the top bit is not in the other's range."""

    def emit(fn: FunctionLowering, _types: Sequence[Type], _result: Type) -> None:
        code = fn.code
        high = code.local(I64)
        code.local_tee(high).local_get(high).i64_const(0).i64_lt_s()
        fn.abort_if(error)
        code.release(high)

    return emit


WORDS: tuple[Word, ...] = (
    Plain("+", "cost_add", _variadic(_add)),
    Plain("-", "cost_sub", _minus),
    Plain("*", "cost_mul", _variadic(_multiply)),
    Plain("/", "cost_div", _variadic(_divides(lambda code: code.i64_div_u(), "div"))),
    Plain("mod", "cost_mod", _variadic(_divides(lambda code: code.i64_rem_u(), "rem"))),
    Plain("pow", "cost_pow", _power),
    Plain("sqrti", "cost_sqrti", _root),
    Plain("log2", "cost_log2", _log2),
    Plain("to-int", "cost_int_cast", _cast(abi.Abort.ARITHMETIC_OVERFLOW)),
    Plain("to-uint", "cost_int_cast", _cast(abi.Abort.ARITHMETIC_UNDERFLOW)),
)
