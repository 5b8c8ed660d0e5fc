"""How the elements of a list are typed: read from the list's dynamic type, and kept for a new list.

What a dynamic type is stands in `compiler.layout`. Most lists have elements of the type that their
contents say, or all carry the list's entry type; the lists that `append`, `concat`, `replace-at?` and
`filter` make of the latter are the reason for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from compiler.layout import (
    APPENDED,
    ENTRY_CARRIED,
    LISTED,
    LISTED_ROW,
    OWN_LENGTHS,
    carried_at,
    layout_of,
)
from compiler.lower import held as h
from compiler.lower.casts import cast_element, holds_lists
from compiler.lower.element_tables import copied_vector, fill_table, keep_table, make_table
from compiler.lower.held import Held
from compiler.types import ListType, Type
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32
from compiler.words.elements import element_size

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


class EntryType:
    """How the elements of a list are typed, in locals."""

    __slots__ = ("base", "cast", "table", "vector")

    def __init__(self, base: Local, vector: Local, cast: Local | None, table: Local) -> None:
        self.base = base
        """The address of the first element; not its own."""
        self.vector = vector
        """A pointer to the entry's dimensions, 0 where elements have types of their own."""
        self.cast = cast
        """The same where lists within elements have maximal lengths of their own, else 0."""
        self.table = table
        """A pointer to the table of what the elements carry, 0 where all carry the same."""

    def push_any(self, fn: FunctionLowering) -> None:
        """Push an i32 that is 0 where the type of every element is what its contents say."""
        fn.code.local_get(self.vector).local_get(self.table).i32_or()
        if self.cast is not None:
            fn.code.local_get(self.cast).i32_or()

    def release(self, fn: FunctionLowering) -> None:
        """Give the locals back."""
        fn.code.release(self.vector, self.table)
        if self.cast is not None:
            fn.code.release(self.cast)


def entry_type(fn: FunctionLowering, sequence: Held) -> EntryType | None:
    """How a sequence's elements are typed, `None` where there is one way only."""
    type_ = sequence.type
    if not isinstance(type_, ListType) or not layout_of(type_.entry).dimensions:
        return None
    code = fn.code
    pointer, length, own = sequence.locals
    vector, table = code.locals((I32, I32))
    code.i32_const(0).local_set(table)
    code.local_get(own)
    with code.if_((I32,)):
        code.local_get(own).i32_const(8).i32_add().i32_const(0)
        code.local_get(own).i32_load(4).i32_const(ENTRY_CARRIED).i32_and().select()
        if fn.module.metering:
            code.local_get(own).i32_load(4).i32_const(APPENDED | LISTED).i32_and()
            with code.if_():
                make_table(fn, type_, own, length, length, table)
        code.else_()
        code.i32_const(0)
    code.local_set(vector)
    if not holds_lists(type_.entry):
        return EntryType(pointer, vector, None, table)
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
    return EntryType(pointer, vector, cast, table)


def push_unit(fn: FunctionLowering, type_: Type, at: Local, entry: EntryType | None) -> None:
    """Push the element, byte or character at address `at` of a sequence of type `type_`."""
    if isinstance(type_, ListType):
        push_element(fn, type_, at, entry)
    else:
        fn.code.local_get(at).i32_const(1)


def push_element(fn: FunctionLowering, type_: ListType, at: Local, entry: EntryType | None) -> None:
    """Push the element at address `at` of a list of type `type_`."""
    vector = None if entry is None else entry.vector
    if entry is not None and fn.module.metering:
        _look_up(fn, type_, at, entry)
    h.load_element(fn.code, fn.module.alloc, at, type_.entry, vector)
    if entry is None or entry.cast is None:
        return
    element = fn.hold(type_.entry)
    fn.code.local_get(entry.cast)
    with fn.code.if_():
        cast_element(fn, element, entry.cast)
    fn.push(element)
    fn.release(element)


def _look_up(fn: FunctionLowering, type_: ListType, at: Local, entry: EntryType) -> None:
    """Where there is a table, set what the element at `at` carries."""
    code = fn.code
    code.local_get(entry.table)
    with code.if_():
        row = fn.local_i32()
        _push_row(fn, type_, at, entry)
        code.local_tee(row).i32_load().local_set(entry.vector)
        if entry.cast is not None:
            code.local_get(row).i32_load(4).local_set(entry.cast)
        code.release(row)


def _push_row(fn: FunctionLowering, type_: ListType, at: Local, entry: EntryType) -> None:
    code = fn.code
    code.local_get(at).local_get(entry.base).i32_sub()
    code.i32_const(element_size(type_)).i32_div_u()
    code.i32_const(LISTED_ROW).i32_mul().local_get(entry.table).i32_add()


def _push_carries(fn: FunctionLowering, own: Local) -> None:
    """Push whether elements of a list carry types: no 0 where they do."""
    code = fn.code
    code.local_get(own)
    with code.if_((I32,)):
        code.local_get(own).i32_load(4).i32_const(ENTRY_CARRIED | APPENDED | LISTED).i32_and()
        code.else_()
        code.i32_const(0)


def keep_appended(
    fn: FunctionLowering, sequence: Held, vector: Local, element: Local | None
) -> None:
    """Note, in the new vector of a list to which was appended, what its elements carry.

    `sequence` is the list before. `element` points to the dimensions that the new element carries;
    `None` where it was sanitised.
    """
    code = fn.code
    type_ = sequence.type
    assert isinstance(type_, ListType)
    before = sequence.locals[2]
    if element is None:
        _push_carries(fn, before)
    else:
        code.i32_const(1)
    with code.if_():
        at = carried_at(type_)
        code.local_get(vector).i32_const(APPENDED | 1).i32_store(4)
        code.local_get(vector).local_get(before).i32_store(at)
        code.local_get(vector)
        if element is None:
            code.i32_const(0)
        else:
            code.local_get(element)
        code.i32_store(at + 4)


def keep_replaced(
    fn: FunctionLowering, sequence: Held, vector: Local, index: Local, element: Local | None
) -> None:
    """The same for the copy of a list of which one element was replaced."""
    code = fn.code
    type_ = sequence.type
    assert isinstance(type_, ListType)
    length, own = sequence.locals[1:]
    if element is None:
        _push_carries(fn, own)
    else:
        code.i32_const(1)
    with code.if_():
        table = fn.local_i32()
        make_table(fn, type_, own, length, length, table)
        code.local_get(table).local_get(index).i32_const(LISTED_ROW).i32_mul().i32_add()
        if element is None:
            code.i64_const(0)
        else:
            code.local_get(element).i64_extend_i32_u()
        code.i64_store()
        keep_table(fn, type_, vector, table)
        code.release(table)


def keep_joined(
    fn: FunctionLowering, values: Sequence[Held], vector: Local, *, sanitized: bool
) -> None:
    """The same for joined lists; `sanitized`: those of the first list alone carry what they did."""
    code = fn.code
    type_ = values[0].type
    assert isinstance(type_, ListType)
    carrying = values[:1] if sanitized else values
    code.i32_const(0)
    for value in carrying:
        _push_carries(fn, value.locals[2])
        code.i32_or()
    with code.if_():
        room, table, at = code.locals((I32, I32, I32))
        code.i32_const(0)
        for value in values:
            code.local_get(value.locals[1]).i32_add()
        code.local_set(room)
        first = values[0]
        make_table(fn, type_, first.locals[2], first.locals[1], room, table)
        code.local_get(table).local_set(at)
        for before, value in pairwise(carrying):
            code.local_get(at).local_get(before.locals[1]).i32_const(LISTED_ROW).i32_mul().i32_add()
            code.local_tee(at)
            fill_table(fn, type_, value.locals[2], value.locals[1])
        keep_table(fn, type_, vector, table)
        code.release(room, table, at)


class UnlikeTypes:
    """What the elements of a new list carry that aren't sanitised; made before any loop.

    `push_count` pushes how many elements there will be (i32).
    """

    def __init__(self, fn: FunctionLowering, push_count: Callable[[], object]) -> None:
        self._fn = fn
        self._table, self._row, self._first, self._same = fn.code.locals((I32, I32, I32, I32))
        code = fn.code
        push_count()
        code.i32_const(LISTED_ROW).i32_mul().call(fn.module.alloc)
        code.local_tee(self._table).local_set(self._row)
        code.i32_const(0).local_set(self._first)
        code.i32_const(1).local_set(self._same)

    def add(self, vector: Local, dimensions: int) -> None:
        """The next element carries the type of `vector`, which is its alone."""
        fn, code = self._fn, self._fn.code
        code.local_get(self._row).local_get(vector).i64_extend_i32_u().i64_store()
        code.local_get(self._row).i32_const(LISTED_ROW).i32_add().local_set(self._row)
        code.local_get(self._first)
        with code.if_():
            code.local_get(self._first).i32_const(dimensions)
            code.local_get(vector).i32_const(dimensions).i32_const(4)
            fn.helper("bytes_equal")
            code.local_get(self._same).i32_and().local_set(self._same)
            code.else_()
            code.local_get(vector).local_set(self._first)

    def finish(self, type_: ListType, vector: Local) -> None:
        """Note in the list's vector what its elements carry."""
        code = self._fn.code
        code.local_get(self._same)
        with code.if_():
            # The list's entry type, then: that can be told within another list as well.
            code.local_get(vector).i32_const(ENTRY_CARRIED | 1).i32_store(4)
            code.else_()
            keep_table(self._fn, type_, vector, self._table)
        code.release(self._table, self._row, self._first, self._same)


class FilteredTypes:
    """The table of the elements that `filter` keeps; made before the loop."""

    def __init__(self, fn: FunctionLowering, sequence: Held, entry: EntryType) -> None:
        self._fn = fn
        self._entry = entry
        self._table, self._row = fn.code.locals((I32, I32))
        type_ = sequence.type
        assert isinstance(type_, ListType)
        self._type = type_
        code = fn.code
        code.i32_const(0).local_set(self._table)
        code.local_get(entry.table)
        with code.if_():
            code.local_get(sequence.locals[1]).i32_const(LISTED_ROW).i32_mul().call(fn.module.alloc)
            code.local_tee(self._table).local_set(self._row)

    def keep(self, at: Local) -> None:
        """The element at `at` is kept."""
        code = self._fn.code
        code.local_get(self._table)
        with code.if_():
            code.local_get(self._row)
            _push_row(self._fn, self._type, at, self._entry)
            code.i64_load().i64_store()
            code.local_get(self._row).i32_const(LISTED_ROW).i32_add().local_set(self._row)

    def finish(self, vector: Local) -> None:
        """Set `vector`, the list's, to that of what is left."""
        fn, code = self._fn, self._fn.code
        code.local_get(self._table)
        with code.if_():
            copy = copied_vector(fn, self._type, vector)
            keep_table(fn, self._type, copy, self._table)
            code.local_get(copy).local_set(vector)
            code.release(copy)
        code.release(self._table, self._row)
