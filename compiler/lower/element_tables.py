"""Tables of what each element of a list carries, in memory: made, filled, and noted in its vector.

What they hold stands under LISTED in `compiler.layout`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.layout import LISTED, LISTED_ROW, carried_at, layout_of, vector_room
from compiler.types import ListType
from compiler.wasm.functions import Local

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def make_table(
    fn: FunctionLowering, type_: ListType, own: Local, length: Local, room: Local, table: Local
) -> None:
    """Set `table` to a new table for `room` elements: what those of a list carry, then nothing."""
    code = fn.code
    code.local_get(room).i32_const(LISTED_ROW).i32_mul().call(fn.module.alloc).local_tee(table)
    code.i32_const(0).local_get(room).i32_const(LISTED_ROW).i32_mul().memory_fill()
    code.local_get(table)
    fill_table(fn, type_, own, length)


def fill_table(fn: FunctionLowering, type_: ListType, own: Local, length: Local) -> None:
    """Pop the address of rows, and write what the elements of a list carry."""
    fn.code.local_get(own).local_get(length).i32_const(layout_of(type_.entry).dimensions)
    fn.helper("fill_element_types")


def keep_table(fn: FunctionLowering, type_: ListType, vector: Local, table: Local) -> None:
    """Note a table in the list's vector, which is new and has room for it."""
    code = fn.code
    code.local_get(vector).i32_const(LISTED | 1).i32_store(4)
    code.local_get(vector).local_get(table).i32_store(carried_at(type_))


def copied_vector(fn: FunctionLowering, type_: ListType, vector: Local) -> Local:
    """A copy of a list's vector, with room to say what each element carries; not yet that itself."""
    copy = fn.alloc(vector_room(type_))
    fn.code.local_get(copy).local_get(vector).i32_const(carried_at(type_)).memory_copy()
    return copy
