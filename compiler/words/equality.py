"""is-eq."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler.lower import held as h
from compiler.lower.convert import same_layout
from compiler.lower.held import Held
from compiler.lower.spare import has_spare, refuse_lacking
from compiler.type_relations import least_supertype_v2_1
from compiler.types import ListType, OptionalType, ResponseType, TupleType, Type
from compiler.words.word import Plain, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def _alike(types: Sequence[Type]) -> Sequence[Type]:
    """The arguments are compared as values of one type, where there can be one with the first."""
    joined = types[0]
    if all(same_layout(one, joined) for one in types):
        return [one if _unlike(one, joined) else joined for one in types]
    for one in types[1:]:
        # An empty first list is like any other; what it is joined with first says what is like it.
        if not _unlike(one, joined):
            joined = least_supertype_v2_1(one, joined)
    return [one if _unlike(one, joined) else joined for one in types]


def _unlike(a: Type, b: Type) -> bool:
    """Whether there are tuples in them that differ in their fields.

    The analysis lets such pass when the later argument's fields are among the earlier one's; the
    interpreter compares the values as they are.
    """
    match a, b:
        case TupleType(declared=ours), TupleType(declared=theirs):
            if [name for name, _ in ours] != [name for name, _ in theirs]:
                return True
            return any(_unlike(x, y) for (_, x), (_, y) in zip(ours, theirs, strict=True))
        case OptionalType(inner=x), OptionalType(inner=y):
            return _unlike(x, y)
        case ListType(entry=x), ListType(entry=y):
            return _unlike(x, y)
        case ResponseType(ok=ok, err=err), ResponseType(ok=other_ok, err=other_err):
            return _unlike(ok, other_ok) or _unlike(err, other_err)
    return False


def _is_eq(fn: FunctionLowering, types: Sequence[Type], _result: Type) -> None:
    code = fn.code
    if len(types) == 2 and not _unlike(*types) and not has_spare(types[0]):
        fn.module.generated.push_equal(fn, types[0])
        return
    # The last argument lies on top.
    others = [fn.hold(type_) for type_ in reversed(types[1:])]
    first = fn.hold(types[0])
    if not has_spare(first.type):
        code.i32_const(1)
        for other in others:
            _push_equal(fn, first, other)
            code.i32_and()
        fn.release(first, *others)
        return
    # The interpreter looks no further than the first that is not equal.
    equal = fn.local_i32()
    code.i32_const(1).local_set(equal)
    for other in reversed(others):
        code.local_get(equal)
        with code.if_():
            if not _unlike(other.type, first.type):
                refuse_lacking(fn, other, first)
            _push_equal(fn, first, other)
            code.local_set(equal)
    code.local_get(equal)
    code.release(equal)
    fn.release(first, *others)


def _push_equal(fn: FunctionLowering, first: Held, other: Held) -> None:
    """Push whether two values are equal."""
    if _unlike(other.type, first.type):
        _push_both_without(fn, first, other)
    else:
        fn.push(first)
        fn.push(other)
        fn.module.generated.push_equal(fn, first.type)


def _push_both_without(fn: FunctionLowering, a: Held, b: Held) -> None:
    """Push whether neither holds the tuples in which their types differ: only then can they be equal."""
    match a.type:
        case OptionalType():
            slot = 0
        case ListType():
            slot = 1
        case _:
            fn.code.i32_const(0)
            return
    h.push_slot(fn.code, a, slot)
    h.push_slot(fn.code, b, slot)
    fn.code.i32_or().i32_eqz()


WORDS: tuple[Word, ...] = (
    Plain("is-eq", "cost_eq", _is_eq, serialized_input=True, arguments=_alike),
)
