"""Logical words: and, or, not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler.lower.depth import check_depth
from compiler.types import BOOL, Type
from compiler.wasm.valtypes import I32
from compiler.words.word import Call, Form, FormEmit, Plain, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def _until(cost: str, decisive: bool) -> FormEmit:
    """Evaluate the arguments up to one that is `decisive`, which is then the result."""

    def emit(fn: FunctionLowering, call: Call) -> Type:
        code = fn.code
        fn.charge(cost, len(call.arguments))
        *others, last = call.arguments
        ranges = fn.meter.ranges
        ranges.fork()
        with code.block((I32,)) as decided:
            before = fn.checked_level
            for index, argument in enumerate(others):
                if index:
                    check_depth(fn, argument)
                code.i32_const(int(decisive))
                fn.lower_as(argument, BOOL, borrow=True)
                if not decisive:
                    code.i32_eqz()
                fn.meter.flush()
                ranges.escape()
                code.br_if(decided).drop()
            if others:
                check_depth(fn, last)
            fn.lower_as(last, BOOL, borrow=True)
            fn.checked_level = before
            fn.meter.flush()
        ranges.join()
        return BOOL

    return emit


def _not(fn: FunctionLowering, _types: Sequence[Type], _result: Type) -> None:
    fn.code.i32_eqz()


WORDS: tuple[Word, ...] = (
    Form("and", emit=_until("cost_and", decisive=False)),
    Form("or", emit=_until("cost_or", decisive=True)),
    Plain("not", "cost_not", _not),
)
