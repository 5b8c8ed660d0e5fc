"""What codecs are made of: how one part of a value gets into slots, out of them, and across memories."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from compiler.layout import DATA, I64, Layout, layout_of
from compiler.types import Type
from compiler.values import Value


class Memory(Protocol):
    """Memory that values lie in."""

    def read(self, pointer: int, length: int) -> bytes:
        """The bytes at `pointer`."""

    def write(self, pointer: int, data: bytes) -> None:
        """Change the bytes at `pointer`."""

    def alloc(self, size: int) -> int:
        """The address of new bytes."""

    def put(self, data: bytes) -> int:
        """The address of new bytes that hold `data`."""


Slots: TypeAlias = Sequence[int]
Encode: TypeAlias = Callable[[Value, list[int], Memory], None]
Decode: TypeAlias = Callable[[Slots, int, Memory], Value]
Copy: TypeAlias = Callable[[Slots, int, list[int], Memory, Memory], None]
Part: TypeAlias = tuple[Encode, Decode, Copy]
Make: TypeAlias = Callable[[Type, bool], Part]
"""Makes the part of a type, in slot form or, if not `dynamic`, in element form, which lacks the dynamic
types."""


class Mismatch(TypeError):
    """A value that is not of the codec's type."""


def store(data: bytes, memory: Memory) -> int:
    """The address of new bytes that hold `data`; 0 for none."""
    if not data:
        return 0
    return memory.put(data)


def slots_format(layout: Layout, *, dynamic: bool) -> str:
    """The natural slots of a layout as `struct` names them."""
    return "".join(
        "Q" if slot.wasm == I64 else "I" for slot in layout.natural if dynamic or slot.kind == DATA
    )


def width(of: Type, *, dynamic: bool) -> int:
    """How many natural slots a type has."""
    return len(slots_format(layout_of(of), dynamic=dynamic))
