"""How many contracts in an argument become traits: each is charged for as the principal it was.

Generated code sees parameters, in which they are traits, and a trait is larger; what it charges too
much is taken back. Knows values, not how they are charged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def push_count(fn: FunctionLowering, value: Held, start: int, own: Type, part: Type) -> None:
    """Push (i32) how many there are in the part of an argument that begins at slot `start`.

    `part` is the parameter's type for it, `own` what it had before. A list is sized by its entries'
    common type: the entry that has most of them stands for all.
    """
    code = fn.code
    if not becomes_traits(own, part):
        code.i32_const(0)
        return
    match own, part:
        case OptionalType(inner=a), OptionalType(inner=b):
            h.push_slot(code, value, start)
            with code.if_((I32,)):
                push_count(fn, value, start + 1, a, b)
                code.else_()
                code.i32_const(0)
        case ResponseType(ok=a, err=b), ResponseType(ok=c, err=d):
            h.push_slot(code, value, start)
            with code.if_((I32,)):
                push_count(fn, value, start + 1, a, c)
                code.else_()
                push_count(fn, value, start + 1 + len(layout_of(c).natural), b, d)
        case ListType(entry=a), ListType(entry=b):
            h.push_part(code, value, start, part)
            _push_list_count(fn, part, a, b)
        case TupleType(fields=a), TupleType(fields=b):
            types = dict(a)
            code.i32_const(0)
            for name, field in b:
                push_count(fn, value, start, types[name], field)
                code.i32_add()
                start += len(layout_of(field).natural)
        case _:
            code.i32_const(1)


def _push_list_count(fn: FunctionLowering, of: ListType, own: Type, entry: Type) -> None:
    """Pop a list, push the count for it."""
    code = fn.code
    value = fn.hold(of)
    at, left, most, count = (fn.local_i32() for _ in range(4))
    code.local_get(value.locals[0]).local_set(at)
    code.local_get(value.locals[1]).local_set(left)
    code.i32_const(0).local_set(most)
    with code.block() as done, code.loop() as again:
        code.local_get(left).i32_eqz().br_if(done)
        h.load_element(code, fn.module.alloc, at, entry, None)
        element = fn.hold(entry)
        push_count(fn, element, 0, own, entry)
        code.local_set(count)
        fn.release(element)
        code.local_get(count).local_get(most)
        code.local_get(count).local_get(most).i32_gt_u().select().local_set(most)
        code.local_get(at).i32_const(layout_of(entry).element_size).i32_add().local_set(at)
        code.local_get(left).i32_const(1).i32_sub().local_set(left)
        code.br(again)
    fn.push(value)
    code.call(fn.module.generated.max_len(of)).local_get(most).i32_mul()
    code.release(at, left, most, count)
    fn.release(value)
