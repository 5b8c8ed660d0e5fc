"""How many contracts in an argument become traits: each is charged for as the principal it was.

Generated code sees parameters, in which they are traits, and a trait is larger; what it charges too
much is taken back. Knows values, not how they are charged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from compiler.layout import layout_of
from compiler.lower import held as h
from compiler.lower.held import Held
from compiler.types import (
    CallableTraitType,
    ListType,
    OptionalType,
    ResponseType,
    TraitReferenceType,
    TupleType,
    Type,
)
from compiler.wasm.valtypes import I32

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering

_MAX_PLACES: Final = 31


def becomes_traits(own: Type, parameter: Type) -> bool:
    """Whether a value may hold contracts that become traits in a parameter."""
    match own, parameter:
        case ((CallableTraitType() | TraitReferenceType()), _):
            return False
        case _, (CallableTraitType() | TraitReferenceType()):
            return True
        case OptionalType(inner=a), OptionalType(inner=b):
            return becomes_traits(a, b)
        case ResponseType(ok=a, err=b), ResponseType(ok=c, err=d):
            return becomes_traits(a, c) or becomes_traits(b, d)
        case ListType(entry=a), ListType(entry=b):
            return becomes_traits(a, b)
        case TupleType(fields=a), TupleType(fields=b):
            types = dict(a)
            return any(becomes_traits(types[name], field) for name, field in b if name in types)
        case _:
            return False


def push_count(fn: FunctionLowering, value: Held, own: Type) -> None:
    """Push (i32) how many there are in an argument that was of the type `own` before.

    A list is sized by its entries' common type: what one of them holds counts for all.
    """
    _push_places(fn, value, 0, own, value.type, None)


def _push_places(
    fn: FunctionLowering, value: Held, start: int, own: Type, part: Type, first: int | None
) -> None:
    """Push how many there are in the part that begins at slot `start`.

    With a `first` place the set of the places that are filled is pushed instead, as bits from that
    one on: those of both sides of a response are the same, as the larger one decides its size.
    """
    code = fn.code
    if not becomes_traits(own, part):
        code.i32_const(0)
        return
    match own, part:
        case OptionalType(inner=a), OptionalType(inner=b):
            h.push_slot(code, value, start)
            with code.if_((I32,)):
                _push_places(fn, value, start + 1, a, b, first)
                code.else_()
                code.i32_const(0)
        case ResponseType(ok=a, err=b), ResponseType(ok=c, err=d):
            h.push_slot(code, value, start)
            with code.if_((I32,)):
                _push_places(fn, value, start + 1, a, c, first)
                code.else_()
                _push_places(fn, value, start + 1 + len(layout_of(c).natural), b, d, first)
        case ListType(entry=a), ListType(entry=b):
            h.push_part(code, value, start, part)
            _push_list_count(fn, part, a, b)
        case TupleType(fields=a), TupleType(fields=b):
            types = dict(a)
            code.i32_const(0)
            for name, field in b:
                _push_places(fn, value, start, types[name], field, first)
                code.i32_add()
                start += len(layout_of(field).natural)
                if first is not None:
                    first += _places(types[name], field) or 0
        case _:
            code.i32_const(1 if first is None else 1 << first)


def _places(own: Type, part: Type) -> int | None:
    """How many places for them there are in a value; `None` where lists have some."""
    if not becomes_traits(own, part):
        return 0
    match own, part:
        case OptionalType(inner=a), OptionalType(inner=b):
            return _places(a, b)
        case ResponseType(ok=a, err=b), ResponseType(ok=c, err=d):
            sides = _places(a, c), _places(b, d)
            return None if None in sides else max(each or 0 for each in sides)
        case ListType(), ListType():
            return None
        case TupleType(fields=a), TupleType(fields=b):
            types = dict(a)
            parts = [_places(types[name], field) for name, field in b]
            return None if None in parts else sum(each or 0 for each in parts)
        case _:
            return 1


def _push_list_count(fn: FunctionLowering, of: ListType, own: Type, entry: Type) -> None:
    """Pop a list, push the count for it."""
    code = fn.code
    places = _places(own, entry)
    # Of lists within entries, the entry with the most stands for all.
    by_place = places is not None and places <= _MAX_PLACES
    value = fn.hold(of)
    at, left, found, one = (fn.local_i32() for _ in range(4))
    code.local_get(value.locals[0]).local_set(at)
    code.local_get(value.locals[1]).local_set(left)
    code.i32_const(0).local_set(found)
    with code.block() as done, code.loop() as again:
        code.local_get(left).i32_eqz().br_if(done)
        h.load_element(code, fn.module.alloc, at, entry, None)
        element = fn.hold(entry)
        _push_places(fn, element, 0, own, entry, 0 if by_place else None)
        fn.release(element)
        if by_place:
            code.local_get(found).i32_or().local_set(found)
        else:
            code.local_set(one)
            code.local_get(one).local_get(found)
            code.local_get(one).local_get(found).i32_gt_u().select().local_set(found)
        code.local_get(at).i32_const(layout_of(entry).element_size).i32_add().local_set(at)
        code.local_get(left).i32_const(1).i32_sub().local_set(left)
        code.br(again)
    fn.push(value)
    code.call(fn.module.generated.max_len(of)).local_get(found)
    if by_place:
        code.i32_popcnt()
    code.i32_mul()
    code.release(at, left, found, one)
    fn.release(value)
