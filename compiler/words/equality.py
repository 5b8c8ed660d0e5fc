"""is-eq."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING

from compiler.lower.convert import same_layout
from compiler.type_relations import least_supertype_v2_1
from compiler.types import Type
from compiler.words.word import Plain, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def _alike(types: Sequence[Type]) -> Sequence[Type]:
    """The arguments are compared as values of one type."""
    first = types[0]
    if all(same_layout(one, first) for one in types):
        return [first] * len(types)
    return [reduce(least_supertype_v2_1, types)] * len(types)


def _is_eq(fn: FunctionLowering, types: Sequence[Type], _result: Type) -> None:
    code = fn.code
    generated = fn.module.generated
    if len(types) == 2:
        generated.push_equal(fn, types[0])
        return
    others = [fn.hold(type_) for type_ in types[1:]]
    first = fn.hold(types[0])
    code.i32_const(1)
    for other in others:
        fn.push(first)
        fn.push(other)
        generated.push_equal(fn, types[0])
        code.i32_and()
    fn.release(first, *others)


WORDS: tuple[Word, ...] = (
    Plain("is-eq", "cost_eq", _is_eq, serialized_input=True, arguments=_alike),
)
