"""Elements of sequences, whatever the kind: their type, size in memory, and how they are pushed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.diagnostics import CompilerBug
from compiler.layout import ENTRY_CARRIED, OWN_LENGTHS, layout_of
from compiler.lower import held as h
from compiler.lower.casts import cast_element, holds_lists
from compiler.lower.held import Held
from compiler.lower.typed.bounds import Bounds
from compiler.types import (
    BufferType,
    ListType,
    NoType,
    OptionalType,
    ResponseType,
    StringAsciiType,
    StringUtf8Type,
    TupleType,
    Type,
)
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def element_type(type_: Type) -> Type:
    """The type of a sequence's elements: bytes and characters are sequences of one."""
    match type_:
        case ListType(entry=entry):
            return entry
        case BufferType():
            return BufferType(1)
        case StringAsciiType():
            return StringAsciiType(1)
        case StringUtf8Type():
            return StringUtf8Type(1)
        case _:
            raise CompilerBug(f"{type_} is no sequence")


def element_size(type_: Type) -> int:
    """Bytes from one element of a sequence to the next."""
    match type_:
        case ListType(entry=entry):
            return layout_of(entry).element_size
        case StringUtf8Type():
            return 4
        case _:
            return 1


class EntryType:
    """How the elements of a list are typed, in locals."""

    __slots__ = ("cast", "vector")

    def __init__(self, vector: Local, cast: Local | None) -> None:
        self.vector = vector
        """A pointer to the entry's dimensions, 0 where elements have types of their own."""
        self.cast = cast
        """The same where lists within elements have maximal lengths of their own, else 0."""

    def release(self, fn: FunctionLowering) -> None:
        """Give the locals back."""
        fn.code.release(self.vector)
        if self.cast is not None:
            fn.code.release(self.cast)


def entry_type(fn: FunctionLowering, sequence: Held) -> EntryType | None:
    """How a sequence's elements are typed, `None` where there is one way only."""
    type_ = sequence.type
    if not isinstance(type_, ListType) or not layout_of(type_.entry).dimensions:
        return None
    code = fn.code
    own = sequence.locals[2]
    vector = code.local(I32)
    code.local_get(own)
    with code.if_((I32,)):
        code.local_get(own).i32_const(8).i32_add().i32_const(0)
        code.local_get(own).i32_load(4).i32_const(ENTRY_CARRIED).i32_and().select()
        code.else_()
        code.i32_const(0)
    code.local_set(vector)
    if not holds_lists(type_.entry):
        return EntryType(vector, None)
    cast = code.local(I32)
    code.local_get(vector)
    with code.if_((I32,)):
        code.local_get(vector).i32_const(0)
        code.local_get(own).i32_load(4).i32_const(OWN_LENGTHS).i32_and().select()
        code.else_()
        code.i32_const(0)
    code.local_tee(cast)
    with code.if_():
        code.i32_const(0).local_set(vector)
    return EntryType(vector, cast)


def push_element(fn: FunctionLowering, type_: Type, at: Local, entry: EntryType | None) -> None:
    """Push the element at address `at` of a sequence of type `type_`."""
    if not isinstance(type_, ListType):
        fn.code.local_get(at).i32_const(1)
        return
    vector = None if entry is None else entry.vector
    h.load_element(fn.code, fn.module.alloc, at, type_.entry, vector)
    if entry is None or entry.cast is None:
        return
    element = fn.hold(type_.entry)
    fn.code.local_get(entry.cast)
    with fn.code.if_():
        cast_element(fn, element, entry.cast)
    fn.push(element)
    fn.release(element)


def list_flags(type_: Type) -> list[int]:
    """The indices, in a type's vector of dimensions, of the flags of lists."""
    found: list[int] = []
    _list_flags(type_, 0, found)
    return found


def _list_flags(type_: Type, at: int, found: list[int]) -> None:
    match type_:
        case ListType(entry=entry) if layout_of(entry).dimensions:
            found.append(at + 1)
            _list_flags(entry, at + 2, found)
        case OptionalType(inner=inner):
            _list_flags(inner, at + 1, found)
        case ResponseType(ok=ok, err=err):
            _list_flags(ok, at + 2, found)
            _list_flags(err, at + 2 + layout_of(ok).dimensions, found)
        case TupleType(fields=fields):
            for _, field_type in fields:
                _list_flags(field_type, at, found)
                at += layout_of(field_type).dimensions
        case _:
            pass


def push_own_type(fn: FunctionLowering, type_: ListType, length: Local) -> None:
    """Push the dynamic type of a list whose type is what its contents say."""
    if layout_of(type_.entry).dimensions and not isinstance(type_.entry, NoType):
        fn.code.i32_const(0)
    else:
        fn.code.local_get(length)


def has_vector(type_: Type) -> bool:
    """Whether a list's dynamic type is a vector, not a length."""
    return isinstance(type_, ListType) and layout_of(type_.entry).dimensions > 0


def charge_i32(fn: FunctionLowering, cost: str, bounds: Bounds) -> None:
    """Pop an i32 and charge a cost function for it."""
    fn.code.i64_extend_i32_u()
    fn.charge_stack(cost, bounds)


def scaled(fn: FunctionLowering, length: Local, size: int) -> None:
    """Push a length in elements as one in bytes."""
    fn.code.local_get(length)
    if size != 1:
        fn.code.i32_const(size).i32_mul()
