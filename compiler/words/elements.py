"""Elements of sequences, whatever the kind: their type, size in memory, and how they are pushed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler.diagnostics import CompilerBug
from compiler.layout import layout_of
from compiler.lower.typed.bounds import Bounds
from compiler.types import (
    BufferType,
    ListType,
    NoType,
    OptionalType,
    ResponseType,
    SpareType,
    StringAsciiType,
    StringUtf8Type,
    TupleType,
    Type,
)
from compiler.wasm.functions import Local

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


def list_flags(type_: Type) -> list[int]:
    """The indices, in a type's vector of dimensions, of the flags of lists."""
    return [at for at, part in _flags(type_, 0) if isinstance(part, ListType)]


def unknown_flags(type_: Type) -> list[int]:
    """The indices of those that say whether the insides of optionals and responses have a type."""
    return [at for at, part in _flags(type_, 0) if not isinstance(part, ListType)]


def _flags(type_: Type, at: int) -> Iterator[tuple[int, Type]]:
    """Where flags are in a vector of dimensions that begins at `at`, and what they are flags of."""
    match type_:
        case ListType(entry=entry) if layout_of(entry).dimensions:
            yield at + 1, type_
            yield from _flags(entry, at + 2)
        case OptionalType(inner=inner):
            yield at, type_
            yield from _flags(inner, at + 1)
        case SpareType(inner=inner):
            yield from _flags(inner, at + 1)
        case ResponseType(ok=ok, err=err):
            yield at, type_
            yield at + 1, type_
            yield from _flags(ok, at + 2)
            yield from _flags(err, at + 2 + layout_of(ok).dimensions)
        case TupleType(fields=fields):
            for _, field_type in fields:
                yield from _flags(field_type, at)
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
