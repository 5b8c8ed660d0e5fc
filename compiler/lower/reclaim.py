"""Frees what the iterations of a loop leave on the heap, which otherwise lives until the end.

The interpreter holds only what is still in use, and its costs allow a loop to make gigabytes that
nobody uses any more. What an iteration keeps is its accumulator: where that holds no pointers the
heap is simply as before; where it holds sequences of plain data, they are moved down once enough
has gathered above them. Accumulators of any other type keep all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compiler import abi
from compiler.layout import layout_of
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
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering

_ENOUGH = 8 << 20
"""Bytes above the mark from which on moving is worth it: several times the largest value."""


class _Piece(NamedTuple):
    """Bytes that a value points to: the slot with the address, and how many they are.

    `unit` is the size of one of the elements that the next slot counts; 0 for a vector of `fixed`
    bytes, which is there where its address is not 0.
    """

    slot: int
    unit: int
    fixed: int = 0


def _pieces(type_: Type, at: int) -> list[_Piece] | None:
    """What a value whose first natural slot is `at` points to; `None` where that points on."""
    match type_:
        case NoType() | BoolType() | IntType() | UIntType():
            return []
        case BufferType() | StringAsciiType():
            return [_Piece(at, 1)]
        case StringUtf8Type():
            return [_Piece(at, 4)]
        case ListType(entry=entry):
            if layout_of(entry).dimensions or _pieces(entry, 0) != []:
                return None
            return [_Piece(at, layout_of(entry).element_size)]
        case OptionalType(inner=inner) | SpareType(inner=inner):
            return _pieces(inner, at + 1)
        case ResponseType(ok=ok, err=err):
            return _all([(ok, at + 1), (err, at + 1 + len(layout_of(ok).natural))])
        case TupleType(fields=fields):
            parts = []
            for _, field_type in fields:
                parts.append((field_type, at))
                at += len(layout_of(field_type).natural)
            found = _all(parts)
            dimensions = layout_of(type_).dimensions
            if found is not None and dimensions:
                found.append(_Piece(at, 0, 4 * dimensions))
            return found
        case _:
            # Principals lie in memory as their bytes.
            return [_Piece(at, 1)]


def points_nowhere(type_: Type) -> bool:
    """Whether values of a type hold no addresses, so that they outlive the memory they came from."""
    return _pieces(type_, 0) == []


def _all(parts: list[tuple[Type, int]]) -> list[_Piece] | None:
    found = []
    for type_, at in parts:
        pieces = _pieces(type_, at)
        if pieces is None:
            return None
        found += pieces
    return found


class Reclaim:
    """The heap at the beginning of a loop, and how it is made so again.

    `kept` is the type of what an iteration leaves in locals.
    """

    __slots__ = ("_fn", "_mark", "_pieces")

    def __init__(self, fn: FunctionLowering, kept: Type) -> None:
        self._fn = fn
        self._pieces = None if layout_of(kept).boxed else _pieces(kept, 0)
        self._mark: Local | None = None
        if self._pieces is not None:
            self._mark = fn.local_i32()
            fn.code.i32_const(0).i32_load(abi.HEAP).local_set(self._mark)

    @property
    def frees_all(self) -> bool:
        """Whether what is kept points nowhere."""
        return self._pieces == []

    def free(self, kept: Held | None = None) -> None:
        """At the end of an iteration: free what it allocated but for what `kept` points to."""
        if self._mark is None or self._pieces is None:
            return
        code = self._fn.code
        if not self._pieces or kept is None:
            code.i32_const(0).local_get(self._mark).i32_store(abi.HEAP)
            return
        code.i32_const(0).i32_load(abi.HEAP).local_get(self._mark).i32_sub()
        code.i32_const(_ENOUGH).i32_gt_u()
        with code.if_():
            self._move(self._mark, self._pieces, kept)

    def _move(self, mark: Local, pieces: list[_Piece], kept: Held) -> None:
        """Copy all pieces to the top of the heap, then down to the mark in one piece."""
        code = self._fn.code
        top, at, size = code.locals((I32, I32, I32))
        code.i32_const(0)
        for piece in pieces:
            self._push_size(piece, kept)
            code.i32_add()
        code.local_tee(size).call(self._fn.module.alloc).local_tee(top).local_set(at)
        for piece in pieces:
            address = kept.locals[piece.slot]
            code.local_get(at).local_get(address)
            self._push_size(piece, kept)
            code.memory_copy()
            # Where the copy will be after the move; no address stays none.
            code.local_get(at).local_get(top).i32_sub().local_get(mark).i32_add()
            code.i32_const(0).local_get(address).select()
            code.local_get(at)
            self._push_size(piece, kept)
            code.i32_add().local_set(at)
            code.local_set(address)
        code.local_get(mark).local_get(top).local_get(size).memory_copy()
        code.i32_const(0).local_get(mark).local_get(size).i32_add().i32_store(abi.HEAP)
        code.release(top, at, size)

    def _push_size(self, piece: _Piece, kept: Held) -> None:
        code = self._fn.code
        if not piece.unit:
            code.i32_const(piece.fixed).i32_const(0).local_get(kept.locals[piece.slot]).select()
            return
        code.local_get(kept.locals[piece.slot + 1])
        if piece.unit != 1:
            code.i32_const(piece.unit).i32_mul()

    def release(self) -> None:
        """Give the local back."""
        if self._mark is not None:
            self._fn.code.release(self._mark)
