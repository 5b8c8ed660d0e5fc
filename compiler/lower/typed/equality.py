"""Equality of two values of one type (`is-eq`, `index-of`), without serialising them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.layout import layout_of
from compiler.lower import held as h
from compiler.lower.held import Held
from compiler.types import (
    BoolType,
    IntType,
    ListType,
    NoType,
    OptionalType,
    ResponseType,
    SpareType,
    StringUtf8Type,
    TupleType,
    Type,
    UIntType,
)
from compiler.wasm.code import Code
from compiler.wasm.valtypes import I32

if TYPE_CHECKING:
    from compiler.lower.typed.functions import TypedFunctions


def push_equal(
    functions: TypedFunctions, code: Code, a: Held, b: Held, start: int, part: Type
) -> None:
    """Push 1 if the parts of `a` and `b` that begin at natural slot `start` are equal, else 0."""
    match part:
        case NoType():
            code.i32_const(1)
        case BoolType():
            h.push_slot(code, a, start)
            h.push_slot(code, b, start)
            code.i32_eq()
        case IntType() | UIntType():
            for slot in (start, start + 1):
                h.push_slot(code, a, slot)
                h.push_slot(code, b, slot)
                code.i64_xor()
            code.i64_or().i64_eqz()
        case OptionalType(inner=inner) | SpareType(inner=inner):
            _tags_equal(code, a, b, start)
            with code.if_((I32,)):
                h.push_slot(code, a, start)
                with code.if_((I32,)):
                    push_equal(functions, code, a, b, start + 1, inner)
                    code.else_()
                    code.i32_const(1)
                code.else_()
                code.i32_const(0)
        case ResponseType(ok=ok, err=err):
            _tags_equal(code, a, b, start)
            with code.if_((I32,)):
                h.push_slot(code, a, start)
                with code.if_((I32,)):
                    push_equal(functions, code, a, b, start + 1, ok)
                    code.else_()
                    err_start = start + 1 + len(layout_of(ok).natural)
                    push_equal(functions, code, a, b, err_start, err)
                code.else_()
                code.i32_const(0)
        case TupleType(fields=fields):
            at = start
            code.block((I32,))
            differ = code.label
            for _, field_type in fields:
                code.i32_const(0)
                push_equal(functions, code, a, b, at, field_type)
                code.i32_eqz().br_if(differ).drop()
                at += len(layout_of(field_type).natural)
            code.i32_const(1)
            code.end()
        case ListType():
            h.push_part(code, a, start, part)
            h.push_part(code, b, start, part)
            code.call(functions.equal(part))
        case _:
            unit = 4 if isinstance(part, StringUtf8Type) else 1
            h.push_part(code, a, start, part)
            h.push_part(code, b, start, part)
            code.i32_const(unit).call(functions.module.helper("bytes_equal"))


def _tags_equal(code: Code, a: Held, b: Held, start: int) -> None:
    h.push_slot(code, a, start)
    h.push_slot(code, b, start)
    code.i32_eq()


def list_equal(functions: TypedFunctions, code: Code, a: Held, b: Held, entry: Type) -> None:
    """Push whether two lists are equal."""
    here, there, left = code.locals((I32, I32, I32))
    alloc = functions.module.alloc
    size = layout_of(entry).element_size
    code.local_get(a.locals[1]).local_get(b.locals[1]).i32_ne()
    with code.if_():
        code.i32_const(0).return_()
    if not isinstance(entry, NoType):
        code.local_get(a.locals[0]).local_set(here)
        code.local_get(b.locals[0]).local_set(there)
        code.local_get(a.locals[1]).local_set(left)
        with code.block() as done, code.loop() as again:
            code.local_get(left).i32_eqz().br_if(done)
            h.load_element(code, alloc, here, entry, None)
            h.load_element(code, alloc, there, entry, None)
            code.call(functions.equal(entry)).i32_eqz()
            with code.if_():
                code.i32_const(0).return_()
            code.local_get(here).i32_const(size).i32_add().local_set(here)
            code.local_get(there).i32_const(size).i32_add().local_set(there)
            code.local_get(left).i32_const(1).i32_sub().local_set(left)
            code.br(again)
    code.i32_const(1)
