"""Values on the Wasm stack, in locals and in memory: moving them about, whatever their type.

The functions here take the `Code` of the function being built. See `compiler.layout` for the forms.
"""

from __future__ import annotations

from collections.abc import Callable

from compiler.layout import DATA, I64, MAX_LEN, VECTOR, Layout, Slot, layout_of
from compiler.types import SpareType, TupleType, Type
from compiler.wasm.code import Code
from compiler.wasm.functions import FuncRef, Local
from compiler.wasm.valtypes import I32 as _I32

Push = Callable[[], object]
"""Emits code that pushes one i32, such as a pointer."""


class Held:
    """A value put into locals: one for each natural slot, or one pointer where it is boxed.

    As long as it is in use its locals are its own; `release` gives them back.
    """

    __slots__ = ("layout", "locals", "type")

    def __init__(self, type_: Type, layout: Layout, locals_: tuple[Local, ...]) -> None:
        self.type = type_
        self.layout = layout
        self.locals = locals_


def hold(code: Code, type_: Type) -> Held:
    """Pop a value of `type_` into fresh locals."""
    layout = layout_of(type_)
    held = Held(type_, layout, code.locals(layout.slots))  # type: ignore[arg-type]
    code.locals_set(held.locals)
    return held


def declare(code: Code, type_: Type) -> Held:
    """Fresh locals for a value of `type_`, not yet set."""
    layout = layout_of(type_)
    return Held(type_, layout, code.locals(layout.slots))  # type: ignore[arg-type]


def assign(code: Code, held: Held) -> None:
    """Pop a value into the locals of `held`, which has the same layout."""
    code.locals_set(held.locals)


def push(code: Code, held: Held) -> None:
    """Push the value."""
    code.locals_get(held.locals)


def release(code: Code, *values: Held) -> None:
    """Give the locals back."""
    for held in values:
        code.release(*held.locals)


def push_slot(code: Code, held: Held, index: int) -> None:
    """Push one natural slot."""
    if held.layout.boxed:
        slot = held.layout.natural[index]
        code.local_get(held.locals[0])
        load(code, slot.wasm, slot.offset)
    else:
        code.local_get(held.locals[index])


def push_part(code: Code, held: Held, start: int, part: Type) -> None:
    """Push the part of type `part` whose natural slots begin at `start`."""
    layout = layout_of(part)
    if layout.boxed:
        # The slot form of a part is a stretch of the whole's, so a pointer into it will do.
        offset = held.layout.natural[start].offset
        code.local_get(held.locals[0])
        if offset:
            code.i32_const(offset).i32_add()
        return
    for index in range(start, start + len(layout.natural)):
        push_slot(code, held, index)


def set_slot(code: Code, value: Held, index: int) -> None:
    """Pop an i32 into a natural slot."""
    if not value.layout.boxed:
        code.local_set(value.locals[index])
        return
    temporary = code.local(_I32)
    code.local_set(temporary)
    code.local_get(value.locals[0]).local_get(temporary)
    code.i32_store(value.layout.natural[index].offset)
    code.release(temporary)


def push_where_there(code: Code, push_inner: Push, named: int) -> None:
    """Pop a spare field's tag; push what `push_inner` does and `named` more, 0 if it isn't there."""
    with code.if_((_I32,)):
        push_inner()
        code.i32_const(named).i32_add()
        code.else_()
        code.i32_const(0)


def push_field_count(code: Code, held: Held, start: int, of: TupleType) -> None:
    """Push how many fields the tuple has whose natural slots begin at `start`."""
    code.i32_const(len(of.declared))
    for name, field in of.fields:
        if isinstance(field, SpareType):
            push_slot(code, held, start + layout_of(of).field_start(name))
            code.i32_add()


def push_zero(code: Code, type_: Type) -> None:
    """Push a value that is never looked at, such as the inside of `none`."""
    for wasm in layout_of(type_).slots:
        if wasm == I64:
            code.i64_const(0)
        else:
            code.i32_const(0)


def load(code: Code, wasm: int, offset: int) -> None:
    """Pop an address and push the slot at `offset` from it."""
    if wasm == I64:
        code.i64_load(offset)
    else:
        code.i32_load(offset)


def store_slots(code: Code, pointer: Local, offset: int, type_: Type) -> None:
    """Pop a value and write it in slot form at `pointer + offset`."""
    layout = layout_of(type_)
    if layout.boxed:
        source = code.local(_I32)
        code.local_set(source)
        code.local_get(pointer)
        if offset:
            code.i32_const(offset).i32_add()
        code.local_get(source).i32_const(layout.slot_size).memory_copy()
        code.release(source)
        return
    held = hold(code, type_)
    for slot, local in zip(layout.natural, held.locals, strict=True):
        code.local_get(pointer).local_get(local)
        if slot.wasm == I64:
            code.i64_store(offset + slot.offset)
        else:
            code.i32_store(offset + slot.offset)
    release(code, held)


def load_slots(code: Code, pointer: Local, offset: int, type_: Type) -> None:
    """Push the value that lies in slot form at `pointer + offset`."""
    layout = layout_of(type_)
    if layout.boxed:
        code.local_get(pointer)
        if offset:
            code.i32_const(offset).i32_add()
        return
    for slot in layout.natural:
        code.local_get(pointer)
        load(code, slot.wasm, offset + slot.offset)


def box(code: Code, alloc: FuncRef, size: int) -> Local:
    """Allocate `size` bytes; the pointer is in the local."""
    pointer = code.local(_I32)
    code.i32_const(size).call(alloc).local_set(pointer)
    return pointer


def store_element(code: Code, pointer: Local, offset: int, type_: Type) -> None:
    """Pop a value and write it in element form at `pointer + offset`."""
    held = hold(code, type_)
    for index, slot in enumerate(held.layout.natural):
        if slot.kind != DATA:
            continue
        code.local_get(pointer)
        push_slot(code, held, index)
        if slot.wasm == I64:
            code.i64_store(offset + slot.element_offset)
        else:
            code.i32_store(offset + slot.element_offset)
    release(code, held)


def load_element(
    code: Code, alloc: FuncRef, pointer: Local, type_: Type, vector: Local | None
) -> None:
    """Push the value that lies in element form at `pointer`.

    `vector` holds a pointer to the entry's dimensions where the list's elements carry its entry
    type, 0 where their types are what their contents say; `None` means the latter as well.
    """
    layout = layout_of(type_)
    if not layout.boxed:
        for index, slot in enumerate(layout.natural):
            _element_slot(code, pointer, layout, index, slot, vector)
        return
    block = box(code, alloc, layout.slot_size)
    for index, slot in enumerate(layout.natural):
        code.local_get(block)
        _element_slot(code, pointer, layout, index, slot, vector)
        if slot.wasm == I64:
            code.i64_store(slot.offset)
        else:
            code.i32_store(slot.offset)
    code.local_get(block)
    code.release(block)


def _element_slot(
    code: Code, pointer: Local, layout: Layout, index: int, slot: Slot, vector: Local | None
) -> None:
    if slot.kind == DATA:
        code.local_get(pointer)
        load(code, slot.wasm, slot.element_offset)
    elif slot.kind == VECTOR:
        if vector is None:
            code.i32_const(0)
        else:
            # vector + 4 * dimension, or 0 where the vector is 0
            code.local_get(vector).i32_const(4 * slot.dimension).i32_add()
            code.i32_const(0)
            code.local_get(vector).select()
    elif slot.kind == MAX_LEN:
        # A list of its own type is as long as its type says.
        length = layout.natural[index - 1]
        if vector is None:
            code.local_get(pointer).i32_load(length.element_offset)
        else:
            code.local_get(vector).if_((_I32,))
            code.local_get(vector).i32_load(4 * slot.dimension)
            code.else_()
            code.local_get(pointer).i32_load(length.element_offset)
            code.end()
