"""Bitwise words: xor, bit-and, bit-or, bit-xor, bit-not, bit-shift-left, bit-shift-right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from compiler.types import IntType, Type
from compiler.wasm.code import Code
from compiler.words.arithmetic import hold_number
from compiler.words.word import Plain, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def _halves(
    operate: Callable[[Code], Code],
) -> Callable[[FunctionLowering, Sequence[Type], Type], None]:
    """An operation on each half, of any number of arguments."""

    def emit(fn: FunctionLowering, types: Sequence[Type], _result: Type) -> None:
        code = fn.code
        numbers = [hold_number(code) for _ in types]
        for half in (0, 1):
            code.local_get(numbers[0][half])
            for number in numbers[1:]:
                operate(code.local_get(number[half]))
        for number in numbers:
            code.release(*number)

    return emit


def _not(fn: FunctionLowering, _types: Sequence[Type], _result: Type) -> None:
    code = fn.code
    low, high = hold_number(code)
    code.local_get(low).i64_const(-1).i64_xor()
    code.local_get(high).i64_const(-1).i64_xor()
    code.release(low, high)


def _shift_left(fn: FunctionLowering, _types: Sequence[Type], _result: Type) -> None:
    # The distance is taken modulo 128, so its high half doesn't matter.
    fn.code.drop()
    fn.helper("shift_left")


def _shift_right(fn: FunctionLowering, _types: Sequence[Type], result: Type) -> None:
    fn.code.drop()
    fn.helper("int_shift_right" if isinstance(result, IntType) else "uint_shift_right")


WORDS: tuple[Word, ...] = (
    Plain("xor", "cost_xor", _halves(lambda code: code.i64_xor())),
    Plain("bit-and", "cost_bitwise_and", _halves(lambda code: code.i64_and())),
    Plain("bit-or", "cost_bitwise_or", _halves(lambda code: code.i64_or())),
    Plain("bit-xor", "cost_xor", _halves(lambda code: code.i64_xor())),
    Plain("bit-not", "cost_bitwise_not", _not),
    Plain("bit-shift-left", "cost_bitwise_left_shift", _shift_left),
    Plain("bit-shift-right", "cost_bitwise_right_shift", _shift_right),
)
