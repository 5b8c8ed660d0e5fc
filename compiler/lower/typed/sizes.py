"""The interpreter's `size()` of a value, and the vectors of dimensions that it depends on.

See `compiler.layout` for what a vector is, and SIP-006 for what sizes are charged for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from compiler.diagnostics import CompilerBug
from compiler.layout import KNOWN_EMPTY, NESTED_FLAGS, layout_of
from compiler.lower import held as h
from compiler.lower.held import Held
from compiler.lower.spare import has_spare
from compiler.lower.typed.shapes import type_size
from compiler.types import (
    BufferType,
    ListType,
    OptionalType,
    ResponseType,
    SpareType,
    StringAsciiType,
    StringUtf8Type,
    TupleType,
    Type,
)
from compiler.wasm.code import Code
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32

if TYPE_CHECKING:
    from compiler.lower.typed.functions import TypedFunctions

# Sizes of what is unknown, alone and as the entry of a list (`TypeSignature::NoType`).
_UNKNOWN = 1
_UNKNOWN_LIST = 6


def _names(of: TupleType) -> int:
    """What the names of the fields that every value has add to sizes."""
    return sum(2 + len(name) for name, _ in of.declared)


class Sizes:
    """Emits the sizes of values and of vectors."""

    def __init__(self, functions: TypedFunctions) -> None:
        self._of = functions

    # Of values

    def value(self, code: Code, held: Held, start: int, part: Type) -> None:
        """Push the size of the part of `held` that begins at natural slot `start`."""
        known = self._of.static_size(part)
        if known is not None:
            code.i32_const(known)
            return
        match part:
            case BufferType() | StringAsciiType():
                h.push_slot(code, held, start + 1)
                code.i32_const(4).i32_add()
            case StringUtf8Type():
                h.push_slot(code, held, start + 1)
                code.i32_const(2).i32_shl().i32_const(4).i32_add()
            case OptionalType(inner=inner):
                h.push_slot(code, held, start)
                with code.if_((I32,)):
                    self.value(code, held, start + 1, inner)
                    code.i32_const(1).i32_add()
                    code.else_()
                    code.i32_const(1 + _UNKNOWN)
            case ResponseType(ok=ok, err=err):
                h.push_slot(code, held, start)
                with code.if_((I32,)):
                    self.value(code, held, start + 1, ok)
                    code.else_()
                    self.value(code, held, start + 1 + len(layout_of(ok).natural), err)
                code.i32_const(1).i32_add()
            case ListType(entry=entry) if not layout_of(entry).dimensions:
                self._simple_list(code, lambda: h.push_slot(code, held, start + 2), entry)
            case ListType():
                h.push_part(code, held, start, part)
                code.call(self._of.vector(part)).call(self._of.vector_size(part))
            case TupleType():
                self._tuple(code, held, start, part)
            case SpareType(name=name, inner=inner):
                h.push_slot(code, held, start)
                h.push_where_there(
                    code, lambda: self.value(code, held, start + 1, inner), 2 + len(name)
                )
            case _:
                raise CompilerBug(f"{part} has no dynamic type")

    def _simple_list(self, code: Code, push_max_len: Callable[[], object], entry: Type) -> None:
        entry_size = self._of.static_size(entry)
        entry_type_size = type_size(entry)
        assert entry_size is not None
        assert entry_type_size is not None
        push_max_len()
        code.i32_const(KNOWN_EMPTY - 1).i32_and().i32_const(entry_size).i32_mul()
        if entry_type_size == _UNKNOWN:
            code.i32_const(_UNKNOWN_LIST).i32_add()
            return
        code.i32_const(entry_type_size + 5).i32_const(_UNKNOWN_LIST)
        push_max_len()
        code.select().i32_add()

    def _tuple(self, code: Code, held: Held, start: int, part: TupleType) -> None:
        vector = start + len(layout_of(part).natural) - 1
        h.push_slot(code, held, vector)
        with code.if_((I32,)):
            h.push_slot(code, held, vector)
            code.call(self._of.vector_size(part))
            code.else_()
            code.i32_const(_names(part))
            at = start
            for _, field_type in part.fields:
                self.value(code, held, at, field_type)
                code.i32_add()
                at += len(layout_of(field_type).natural)
            self.value_type(code, held, start, part)
            code.i32_add()

    def value_type(self, code: Code, held: Held, start: int, part: Type) -> None:
        """Push the `type_size` of the part."""
        known = type_size(part)
        if known is not None:
            code.i32_const(known)
            return
        match part:
            case OptionalType(inner=inner):
                h.push_slot(code, held, start)
                with code.if_((I32,)):
                    self.value_type(code, held, start + 1, inner)
                    code.i32_const(1).i32_add()
                    code.else_()
                    code.i32_const(1 + _UNKNOWN)
            case ResponseType(ok=ok, err=err):
                h.push_slot(code, held, start)
                with code.if_((I32,)):
                    self.value_type(code, held, start + 1, ok)
                    code.else_()
                    self.value_type(code, held, start + 1 + len(layout_of(ok).natural), err)
                code.i32_const(1 + _UNKNOWN).i32_add()
            case ListType(entry=entry) if not layout_of(entry).dimensions:
                entry_type_size = type_size(entry)
                assert entry_type_size is not None
                code.i32_const(entry_type_size + 5).i32_const(_UNKNOWN_LIST)
                h.push_slot(code, held, start + 2)
                code.select()
            case ListType():
                h.push_part(code, held, start, part)
                code.call(self._of.vector(part)).call(self._of.vector_type_size(part))
            case SpareType(name=name, inner=inner):
                h.push_slot(code, held, start)
                h.push_where_there(
                    code, lambda: self.value_type(code, held, start + 1, inner), 2 + len(name)
                )
            case TupleType(fields=fields):
                vector = start + len(layout_of(part).natural) - 1
                h.push_slot(code, held, vector)
                with code.if_((I32,)):
                    h.push_slot(code, held, vector)
                    code.call(self._of.vector_type_size(part))
                    code.else_()
                    code.i32_const(_names(part))
                    at = start
                    for _, field_type in fields:
                        self.value_type(code, held, at, field_type)
                        code.i32_add()
                        at += len(layout_of(field_type).natural)
            case _:
                raise CompilerBug(f"{part} has no dynamic type")

    # Of vectors

    def vector(self, code: Code, pointer: Local, at: int, part: Type) -> None:
        """Push the size that the vector at `pointer` gives `part`, its dimensions from index `at`."""
        known = self._of.static_size(part)
        if known is not None:
            code.i32_const(known)
            return
        match part:
            case BufferType() | StringAsciiType():
                code.local_get(pointer).i32_load(4 * at).i32_const(4).i32_add()
            case StringUtf8Type():
                code.local_get(pointer).i32_load(4 * at)
                code.i32_const(2).i32_shl().i32_const(4).i32_add()
            case OptionalType(inner=inner):
                code.local_get(pointer).i32_load(4 * at)
                with code.if_((I32,)):
                    self.vector(code, pointer, at + 1, inner)
                    code.else_()
                    code.i32_const(_UNKNOWN)
                code.i32_const(1).i32_add()
            case ResponseType(ok=ok, err=err):
                sides = code.locals((I32, I32))
                inner_at = at + 2
                for flag, (side, inner) in enumerate(zip(sides, (ok, err), strict=True)):
                    code.local_get(pointer).i32_load(4 * (at + flag))
                    with code.if_((I32,)):
                        self.vector(code, pointer, inner_at, inner)
                        code.else_()
                        code.i32_const(_UNKNOWN)
                    code.local_set(side)
                    inner_at += layout_of(inner).dimensions
                code.local_get(sides[0]).local_get(sides[1])
                code.local_get(sides[0]).local_get(sides[1]).i32_gt_u().select()
                code.i32_const(1).i32_add()
                code.release(*sides)
            case ListType(entry=entry) if not layout_of(entry).dimensions:
                self._simple_list(code, lambda: code.local_get(pointer).i32_load(4 * at), entry)
            case ListType(entry=entry):
                code.local_get(pointer).i32_load(4 * at + 4)
                with code.if_((I32,)):
                    self.vector(code, pointer, at + 2, entry)
                    code.local_get(pointer).i32_load(4 * at).i32_mul()
                    self.vector_type(code, pointer, at + 2, entry)
                    code.i32_add().i32_const(5).i32_add()
                    code.else_()
                    code.i32_const(_UNKNOWN_LIST)
            case SpareType(name=name, inner=inner):
                code.local_get(pointer).i32_load(4 * at)
                h.push_where_there(
                    code, lambda: self.vector(code, pointer, at + 1, inner), 2 + len(name)
                )
            case TupleType(fields=fields):
                code.i32_const(_names(part))
                inner_at = at
                for _, field_type in fields:
                    self.vector(code, pointer, inner_at, field_type)
                    code.i32_add()
                    inner_at += layout_of(field_type).dimensions
                self.vector_type(code, pointer, at, part)
                code.i32_add()
            case _:
                raise CompilerBug(f"{part} has no dynamic type")

    def vector_type(self, code: Code, pointer: Local, at: int, part: Type) -> None:
        """Push the `type_size` that the vector gives `part`."""
        known = type_size(part)
        if known is not None:
            code.i32_const(known)
            return
        match part:
            case OptionalType(inner=inner):
                self._flagged_type(code, pointer, at, at + 1, inner)
                code.i32_const(1).i32_add()
            case ResponseType(ok=ok, err=err):
                self._flagged_type(code, pointer, at, at + 2, ok)
                self._flagged_type(code, pointer, at + 1, at + 2 + layout_of(ok).dimensions, err)
                code.i32_add().i32_const(1).i32_add()
            case ListType(entry=entry) if not layout_of(entry).dimensions:
                entry_type_size = type_size(entry)
                assert entry_type_size is not None
                code.i32_const(entry_type_size + 5).i32_const(_UNKNOWN_LIST)
                code.local_get(pointer).i32_load(4 * at).select()
            case ListType(entry=entry):
                self._flagged_type(code, pointer, at + 1, at + 2, entry)
                code.i32_const(5).i32_add()
            case SpareType(name=name, inner=inner):
                code.local_get(pointer).i32_load(4 * at)
                h.push_where_there(
                    code, lambda: self.vector_type(code, pointer, at + 1, inner), 2 + len(name)
                )
            case TupleType(fields=fields):
                code.i32_const(_names(part))
                inner_at = at
                for _, field_type in fields:
                    self.vector_type(code, pointer, inner_at, field_type)
                    code.i32_add()
                    inner_at += layout_of(field_type).dimensions
            case _:
                raise CompilerBug(f"{part} has no dynamic type")

    def _flagged_type(self, code: Code, pointer: Local, flag: int, at: int, inner: Type) -> None:
        code.local_get(pointer).i32_load(4 * flag)
        with code.if_((I32,)):
            self.vector_type(code, pointer, at, inner)
            code.else_()
            code.i32_const(_UNKNOWN)

    # Writing vectors

    def write(self, code: Code, held: Held, start: int, part: Type, out: Local, at: int) -> None:
        """Write the dimensions of the part into the vector `out` from index `at`, which is zero."""
        dimensions = layout_of(part).dimensions
        if not dimensions:
            return
        match part:
            case BufferType() | StringAsciiType() | StringUtf8Type():
                code.local_get(out)
                h.push_slot(code, held, start + 1)
                code.i32_store(4 * at)
            case OptionalType(inner=inner) | SpareType(inner=inner):
                h.push_slot(code, held, start)
                with code.if_():
                    code.local_get(out).i32_const(1).i32_store(4 * at)
                    self.write(code, held, start + 1, inner, out, at + 1)
            case ResponseType(ok=ok, err=err):
                h.push_slot(code, held, start)
                with code.if_():
                    code.local_get(out).i32_const(1).i32_store(4 * at)
                    self.write(code, held, start + 1, ok, out, at + 2)
                    code.else_()
                    code.local_get(out).i32_const(1).i32_store(4 * at + 4)
                    err_start = start + 1 + len(layout_of(ok).natural)
                    self.write(code, held, err_start, err, out, at + 2 + layout_of(ok).dimensions)
            case ListType(entry=entry) if not layout_of(entry).dimensions:
                # In a vector 0 says both: the entry of an empty list within a list is not kept.
                code.local_get(out)
                h.push_slot(code, held, start + 2)
                code.i32_const(KNOWN_EMPTY - 1).i32_and().i32_store(4 * at)
            case ListType():
                code.local_get(out).i32_const(4 * at).i32_add()
                h.push_part(code, held, start, part)
                code.call(self._of.vector(part))
                code.i32_const(4 * dimensions).memory_copy()
                flags = 4 * at + 4
                code.local_get(out).local_get(out).i32_load(flags)
                code.i32_const(NESTED_FLAGS).i32_and().i32_store(flags)
            case TupleType(fields=fields):
                vector = start + len(layout_of(part).natural) - 1
                h.push_slot(code, held, vector)
                with code.if_():
                    code.local_get(out).i32_const(4 * at).i32_add()
                    h.push_slot(code, held, vector)
                    code.i32_const(4 * dimensions).memory_copy()
                    code.else_()
                    inner_start, inner_at = start, at
                    for _, field_type in fields:
                        self.write(code, held, inner_start, field_type, out, inner_at)
                        inner_start += len(layout_of(field_type).natural)
                        inner_at += layout_of(field_type).dimensions
            case _:
                raise CompilerBug(f"{part} has no dynamic type")

    def list_vector(self, code: Code, held: Held, part: ListType) -> None:
        """Push a pointer to the vector of a list whose entries have dimensions.

        It is the list's own where it has one, else it is made from the elements: the least supertype
        of their types, which is, dimension by dimension, the largest.
        """
        entry = part.entry
        pointer, length, own = held.locals
        dimensions = layout_of(entry).dimensions
        code.local_get(own)
        with code.if_():
            code.local_get(own).return_()
        module = self._of.module
        out = h.box(code, module.alloc, 4 * (2 + dimensions))
        code.local_get(out).i32_const(0).i32_const(4 * (2 + dimensions)).memory_fill()
        code.local_get(length)
        with code.if_():
            code.local_get(out).local_get(length).i32_store(0)
            if not has_spare(entry):
                code.local_get(out).i32_const(1).i32_store(4)
            scratch = h.box(code, module.alloc, 4 * dimensions)
            here, left = code.locals((I32, I32))
            code.local_get(pointer).local_set(here)
            code.local_get(length).local_set(left)
            with code.loop() as again:
                code.local_get(scratch).i32_const(0).i32_const(4 * dimensions).memory_fill()
                h.load_element(code, module.alloc, here, entry, None)
                code.local_get(scratch).call(self._of.write_vector(entry))
                if has_spare(entry):
                    code.local_get(out).local_get(scratch)
                    code.call(self._of.join_entry(part)).drop()
                else:
                    code.local_get(out).i32_const(8).i32_add().local_get(scratch)
                    code.i32_const(dimensions).call(module.helper("merge_dimensions"))
                code.local_get(here).i32_const(layout_of(entry).element_size).i32_add()
                code.local_set(here)
                code.local_get(left).i32_const(1).i32_sub().local_tee(left).br_if(again)
        code.local_get(out)
