"""Consensus serialisation (SIP-005) of values in generated code: sizes, writing, trusted reading."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from compiler.diagnostics import CompilerBug
from compiler.layout import MAX_LEN, VECTOR, layout_of
from compiler.lower import held as h
from compiler.lower.held import Held
from compiler.types import (
    BoolType,
    BufferType,
    IntType,
    ListType,
    NoType,
    OptionalType,
    ResponseType,
    SpareType,
    StringAsciiType,
    StringUtf8Type,
    TupleType,
    Type,
    UIntType,
)
from compiler.wasm.code import Code
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32

if TYPE_CHECKING:
    from compiler.lower.typed.functions import TypedFunctions

# Type prefixes of SIP-005.
INT, UINT, BUFFER, TRUE, FALSE = 0, 1, 2, 3, 4
OK, ERR, NONE, SOME, LIST, TUPLE = 7, 8, 9, 10, 11, 12
STRING_ASCII, STRING_UTF8 = 13, 14


def fixed_size(type_: Type) -> int | None:
    """The serialised size of every value of a type, `None` where values differ."""
    match type_:
        case IntType() | UIntType():
            return 17
        case BoolType():
            return 1
        case TupleType(fields=fields):
            total = 5
            for name, field_type in fields:
                inner = fixed_size(field_type)
                if inner is None:
                    return None
                total += 1 + len(name) + inner
            return total
        case _:
            return None


class Serialization:
    """Emits sizes, writers and readers."""

    def __init__(self, functions: TypedFunctions) -> None:
        self._of = functions

    # Sizes

    def size(self, code: Code, held: Held, start: int, part: Type) -> None:
        """Push the serialised size of the part of `held` that begins at `start`."""
        known = fixed_size(part)
        if known is not None:
            code.i32_const(known)
            return
        match part:
            case NoType():
                code.i32_const(0)
            case BufferType() | StringAsciiType():
                h.push_slot(code, held, start + 1)
                code.i32_const(5).i32_add()
            case StringUtf8Type():
                h.push_part(code, held, start, part)
                code.call(self._of.module.helper("utf8_size")).i32_const(5).i32_add()
            case OptionalType(inner=inner):
                h.push_slot(code, held, start)
                with code.if_((I32,)):
                    self.size(code, held, start + 1, inner)
                    code.i32_const(1).i32_add()
                    code.else_()
                    code.i32_const(1)
            case ResponseType(ok=ok, err=err):
                h.push_slot(code, held, start)
                with code.if_((I32,)):
                    self.size(code, held, start + 1, ok)
                    code.else_()
                    self.size(code, held, start + 1 + len(layout_of(ok).natural), err)
                code.i32_const(1).i32_add()
            case ListType(entry=entry):
                entry_size = fixed_size(entry)
                if entry_size is not None:
                    h.push_slot(code, held, start + 1)
                    code.i32_const(entry_size).i32_mul().i32_const(5).i32_add()
                else:
                    h.push_part(code, held, start, part)
                    code.call(self._of.serialized_size(part))
            case SpareType(name=name, inner=inner):
                h.push_slot(code, held, start)
                h.push_where_there(
                    code, lambda: self.size(code, held, start + 1, inner), 1 + len(name)
                )
            case TupleType(fields=fields):
                code.i32_const(5 + sum(1 + len(name) for name, _ in part.declared))
                at = start
                for _, field_type in fields:
                    self.size(code, held, at, field_type)
                    code.i32_add()
                    at += len(layout_of(field_type).natural)
            case _:
                # Principals lie in memory as they are serialised.
                h.push_slot(code, held, start + 1)

    def list_size(self, code: Code, held: Held, entry: Type) -> None:
        """Push the serialised size of a list whose entries differ in it."""
        here, left, total = code.locals((I32, I32, I32))
        code.local_get(held.locals[0]).local_set(here)
        code.local_get(held.locals[1]).local_set(left)
        code.i32_const(5).local_set(total)
        with code.block() as done, code.loop() as again:
            code.local_get(left).i32_eqz().br_if(done)
            h.load_element(code, self._of.module.alloc, here, entry, None)
            code.call(self._of.serialized_size(entry))
            code.local_get(total).i32_add().local_set(total)
            code.local_get(here).i32_const(layout_of(entry).element_size).i32_add()
            code.local_set(here)
            code.local_get(left).i32_const(1).i32_sub().local_set(left)
            code.br(again)
        code.local_get(total)

    # Writing

    def write(self, code: Code, held: Held, start: int, part: Type, out: Local) -> None:
        """Write the part at `out` and move `out` behind it."""
        module = self._of.module
        match part:
            case NoType():
                pass
            case BoolType():
                # true is 3, false 4
                code.local_get(out).i32_const(FALSE)
                h.push_slot(code, held, start)
                code.i32_sub().i32_store8()
                _advance(code, out, 1)
            case IntType() | UIntType():
                code.local_get(out).i32_const(INT if isinstance(part, IntType) else UINT)
                code.i32_store8()
                code.local_get(out)
                h.push_slot(code, held, start + 1)
                code.call(module.helper("swap_bytes")).i64_store(1)
                code.local_get(out)
                h.push_slot(code, held, start)
                code.call(module.helper("swap_bytes")).i64_store(9)
                _advance(code, out, 17)
            case BufferType() | StringAsciiType():
                prefix = BUFFER if isinstance(part, BufferType) else STRING_ASCII
                self._prefix_and_length(code, out, prefix, held, start + 1)
                code.local_get(out)
                h.push_part(code, held, start, part)
                code.memory_copy()
                code.local_get(out)
                h.push_slot(code, held, start + 1)
                code.i32_add().local_set(out)
            case StringUtf8Type():
                code.local_get(out).i32_const(STRING_UTF8).i32_store8()
                h.push_part(code, held, start, part)
                code.local_get(out).call(module.helper("write_utf8")).local_set(out)
            case OptionalType(inner=inner):
                h.push_slot(code, held, start)
                with code.if_():
                    _byte(code, out, SOME)
                    self.write(code, held, start + 1, inner, out)
                    code.else_()
                    _byte(code, out, NONE)
            case ResponseType(ok=ok, err=err):
                h.push_slot(code, held, start)
                with code.if_():
                    _byte(code, out, OK)
                    self.write(code, held, start + 1, ok, out)
                    code.else_()
                    _byte(code, out, ERR)
                    self.write(code, held, start + 1 + len(layout_of(ok).natural), err, out)
            case ListType():
                h.push_part(code, held, start, part)
                code.local_get(out).call(self._of.serializer(part)).local_set(out)
            case SpareType(name=name, inner=inner):
                h.push_slot(code, held, start)
                with code.if_():
                    _bytes(code, out, bytes([len(name)]) + name.encode())
                    self.write(code, held, start + 1, inner, out)
            case TupleType(fields=fields):
                if part.spare:
                    code.local_get(out).i32_const(TUPLE).i32_store8()
                    code.local_get(out)
                    h.push_field_count(code, held, start, part)
                    code.call(module.helper("swap_bytes_32")).i32_store(1)
                    _advance(code, out, 5)
                else:
                    _bytes(code, out, struct.pack(">BI", TUPLE, len(fields)))
                at = start
                for name, field_type in fields:
                    if not isinstance(field_type, SpareType):
                        _bytes(code, out, bytes([len(name)]) + name.encode())
                    self.write(code, held, at, field_type, out)
                    at += len(layout_of(field_type).natural)
            case _:
                code.local_get(out)
                h.push_part(code, held, start, part)
                code.memory_copy()
                code.local_get(out)
                h.push_slot(code, held, start + 1)
                code.i32_add().local_set(out)

    def _prefix_and_length(
        self, code: Code, out: Local, prefix: int, held: Held, length: int
    ) -> None:
        code.local_get(out).i32_const(prefix).i32_store8()
        code.local_get(out)
        h.push_slot(code, held, length)
        code.call(self._of.module.helper("swap_bytes_32")).i32_store(1)
        _advance(code, out, 5)

    def write_list(self, code: Code, held: Held, entry: Type, out: Local) -> None:
        """Write a list at `out` and move `out` behind it."""
        self._prefix_and_length(code, out, LIST, held, 1)
        if isinstance(entry, NoType):
            return
        here, left = code.locals((I32, I32))
        code.local_get(held.locals[0]).local_set(here)
        code.local_get(held.locals[1]).local_set(left)
        with code.block() as done, code.loop() as again:
            code.local_get(left).i32_eqz().br_if(done)
            h.load_element(code, self._of.module.alloc, here, entry, None)
            element = h.hold(code, entry)
            self.write(code, element, 0, entry, out)
            h.release(code, element)
            code.local_get(here).i32_const(layout_of(entry).element_size).i32_add()
            code.local_set(here)
            code.local_get(left).i32_const(1).i32_sub().local_set(left)
            code.br(again)

    # Reading what this runtime wrote

    def read(self, code: Code, part: Type, at: Local) -> None:
        """Push the value whose bytes are at `at`, and move `at` behind them.

        The bytes are trusted: they come from the store, checked when they were written, or from
        the host. Lists and tuples get the type as declared, as the interpreter's do.
        """
        layout = layout_of(part)
        if layout.boxed:
            block = h.box(code, self._of.module.alloc, layout.slot_size)
            self._read_into(code, part, at, block, 0)
            code.local_get(block)
            code.release(block)
            return
        module = self._of.module
        match part:
            case NoType():
                pass
            case BoolType():
                code.i32_const(FALSE).local_get(at).i32_load8_u().i32_sub()
                _advance(code, at, 1)
            case IntType() | UIntType():
                code.local_get(at).i64_load(9).call(module.helper("swap_bytes"))
                code.local_get(at).i64_load(1).call(module.helper("swap_bytes"))
                _advance(code, at, 17)
            case BufferType() | StringAsciiType():
                # The bytes stay where they are.
                length = code.local(I32)
                code.local_get(at).i32_load(1).call(module.helper("swap_bytes_32"))
                code.local_set(length)
                code.local_get(at).i32_const(5).i32_add().local_get(length)
                code.local_get(at).i32_const(5).i32_add().local_get(length).i32_add()
                code.local_set(at).release(length)
            case StringUtf8Type():
                # -> pointer, length, next
                code.local_get(at).call(module.helper("read_utf8")).local_set(at)
            case OptionalType(inner=inner):
                tag = code.local(I32)
                code.local_get(at).i32_load8_u().i32_const(SOME).i32_eq().local_set(tag)
                _advance(code, at, 1)
                code.local_get(tag).local_get(tag)
                code.release(tag)
                with code.if_(layout_of(inner).slots):  # type: ignore[arg-type]
                    self.read(code, inner, at)
                    code.else_()
                    h.push_zero(code, inner)
            case ResponseType(ok=ok, err=err):
                tag = code.local(I32)
                code.local_get(at).i32_load8_u().i32_const(OK).i32_eq().local_set(tag)
                _advance(code, at, 1)
                code.local_get(tag).local_get(tag)
                code.release(tag)
                both = layout_of(ok).slots + layout_of(err).slots
                with code.if_(both):  # type: ignore[arg-type]
                    self.read(code, ok, at)
                    h.push_zero(code, err)
                    code.else_()
                    h.push_zero(code, ok)
                    self.read(code, err, at)
            case ListType():
                code.local_get(at).call(self._of.deserializer(part)).local_set(at)
            case TupleType(fields=fields):
                _advance(code, at, 5)
                for name, field_type in fields:
                    _advance(code, at, 1 + len(name))
                    self.read(code, field_type, at)
                if layout.dimensions:
                    code.i32_const(module.declared_vector(part))
            case _:
                # A principal: 22 bytes, or 23 and as many as the last of those says.
                length = code.local(I32)
                code.i32_const(22).local_get(at).i32_load8_u(22).i32_const(23).i32_add()
                code.local_get(at).i32_load8_u().i32_const(5).i32_eq().select().local_set(length)
                code.local_get(at).local_get(length)
                code.local_get(at).local_get(length).i32_add().local_set(at)
                code.release(length)

    def _read_into(self, code: Code, part: Type, at: Local, block: Local, offset: int) -> None:
        """Read a value into the box `block` at byte `offset`."""
        if not layout_of(part).boxed:
            self.read(code, part, at)
            h.store_slots(code, block, offset, part)
            return
        match part:
            case OptionalType(inner=inner):
                code.local_get(block)
                code.local_get(at).i32_load8_u().i32_const(SOME).i32_eq().i32_store(offset)
                _advance(code, at, 1)
                code.local_get(block).i32_load(offset)
                with code.if_():
                    self._read_into(code, inner, at, block, offset + 4)
                    code.else_()
                    _zero(code, block, offset + 4, inner)
            case ResponseType(ok=ok, err=err):
                code.local_get(block)
                code.local_get(at).i32_load8_u().i32_const(OK).i32_eq().i32_store(offset)
                _advance(code, at, 1)
                err_offset = offset + 4 + layout_of(ok).slot_size
                code.local_get(block).i32_load(offset)
                with code.if_():
                    self._read_into(code, ok, at, block, offset + 4)
                    _zero(code, block, err_offset, err)
                    code.else_()
                    _zero(code, block, offset + 4, ok)
                    self._read_into(code, err, at, block, err_offset)
            case TupleType(fields=fields):
                _advance(code, at, 5)
                inner_offset = offset
                for name, field_type in fields:
                    _advance(code, at, 1 + len(name))
                    self._read_into(code, field_type, at, block, inner_offset)
                    inner_offset += layout_of(field_type).slot_size
                if layout_of(part).dimensions:
                    vector = self._of.module.declared_vector(part)
                    code.local_get(block).i32_const(vector).i32_store(inner_offset)
            case _:
                raise CompilerBug(f"{part} is not boxed")

    def read_list(self, code: Code, part: ListType, at: Local) -> None:
        """Push the list whose bytes are at `at`, and move `at` behind them."""
        module = self._of.module
        entry = part.entry
        size = layout_of(entry).element_size
        length, left, there, start = code.locals((I32, I32, I32, I32))
        code.local_get(at).i32_load(1).call(module.helper("swap_bytes_32")).local_tee(length)
        code.local_set(left)
        _advance(code, at, 5)
        code.local_get(length).i32_const(size).i32_mul().call(module.alloc).local_tee(start)
        code.local_set(there)
        if not isinstance(entry, NoType):
            with code.block() as done, code.loop() as again:
                code.local_get(left).i32_eqz().br_if(done)
                self.read(code, entry, at)
                h.store_element(code, there, 0, entry)
                code.local_get(there).i32_const(size).i32_add().local_set(there)
                code.local_get(left).i32_const(1).i32_sub().local_set(left)
                code.br(again)
        code.local_get(start).local_get(length)
        kind = layout_of(part).natural[2].kind
        if kind == VECTOR:
            code.i32_const(module.declared_vector(part))
        elif kind == MAX_LEN:
            code.i32_const(part.max_len)
        code.release(length, left, there, start)


def _advance(code: Code, local: Local, by: int) -> None:
    code.local_get(local).i32_const(by).i32_add().local_set(local)


def _byte(code: Code, out: Local, value: int) -> None:
    code.local_get(out).i32_const(value).i32_store8()
    _advance(code, out, 1)


def _bytes(code: Code, out: Local, contents: bytes) -> None:
    """Write constant bytes, eight at a time."""
    at = 0
    while at < len(contents):
        left = len(contents) - at
        code.local_get(out)
        if left >= 8:
            code.i64_const(int.from_bytes(contents[at : at + 8], "little")).i64_store(at)
            at += 8
        elif left >= 4:
            code.i32_const(int.from_bytes(contents[at : at + 4], "little")).i32_store(at)
            at += 4
        elif left >= 2:
            code.i32_const(int.from_bytes(contents[at : at + 2], "little")).i32_store16(at)
            at += 2
        else:
            code.i32_const(contents[at]).i32_store8(at)
            at += 1
    _advance(code, out, len(contents))


def _zero(code: Code, block: Local, offset: int, part: Type) -> None:
    size = layout_of(part).slot_size
    if size:
        code.local_get(block).i32_const(offset).i32_add()
        code.i32_const(0).i32_const(size).memory_fill()
