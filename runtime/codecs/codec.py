"""A codec moves values of one type.

It is made once for a type, as closures, so that no call looks at types. Host-made lists and tuples
get the dynamic type "as the contents say".
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from compiler.layout import I64, layout_of
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
from compiler.values import Buffer, Int, StringAscii, StringUtf8, UInt, Value
from runtime.codecs.composite import optional, response, tuple_
from runtime.codecs.lists import list_
from runtime.codecs.parts import Decode, Encode, Memory, Part, Slots, slots_format
from runtime.codecs.simple import (
    ascii_bytes,
    ascii_text,
    boolean,
    byte_run,
    integer,
    nothing,
    principal,
    same,
    utf32_bytes,
    utf32_text,
)

_MAX_CACHED: Final = 50_000


class Codec:
    """Moves values of one type.

    `push` appends the slots of an argument and writes what it points to; `pull` reads those of a
    result. `write` and `read` deal in slot form in memory.
    """

    __slots__ = (
        "_encode",
        "_struct",
        "boxed",
        "copy",
        "decode",
        "pull",
        "push",
        "size",
        "type",
        "widths",
    )

    def __init__(self, of: Type) -> None:
        layout = layout_of(of)
        self.type = of
        self.boxed = layout.boxed
        self.size = layout.slot_size
        self.widths = tuple(slot == I64 for slot in layout.slots)
        self._struct = Struct("<" + slots_format(layout, dynamic=True))
        self._encode, self.decode, self.copy = make(of, dynamic=True)
        self.push: Encode = self._push_boxed if layout.boxed else self._encode
        self.pull: Decode = self._pull_boxed if layout.boxed else self.decode

    def _push_boxed(self, value: Value, out: list[int], memory: Memory) -> None:
        out.append(self.write(value, memory))

    def _pull_boxed(self, slots: Slots, at: int, memory: Memory) -> Value:
        return self.read(slots[at], memory)

    def write(self, value: Value, memory: Memory) -> int:
        """Write slot form to new memory; its address."""
        slots: list[int] = []
        self._encode(value, slots, memory)
        pointer = memory.alloc(self.size)
        memory.write(pointer, self._struct.pack(*slots))
        return pointer

    def place(self, slots: Slots, memory: Memory) -> int:
        """Write natural slots in slot form to new memory; its address."""
        pointer = memory.alloc(self.size)
        memory.write(pointer, self._struct.pack(*slots))
        return pointer

    def write_at(self, pointer: int, value: Value, memory: Memory) -> None:
        """Write slot form to `pointer`."""
        slots: list[int] = []
        self._encode(value, slots, memory)
        memory.write(pointer, self._struct.pack(*slots))

    def read(self, pointer: int, memory: Memory) -> Value:
        """The value in slot form at `pointer`."""
        return self.decode(self.slots_at(pointer, memory), 0, memory)

    def slots_at(self, pointer: int, memory: Memory) -> Slots:
        """The natural slots in slot form at `pointer`."""
        return self._struct.unpack(memory.read(pointer, self.size))

    def transfer(self, pointer: int, source: Memory, target: Memory, to: int) -> None:
        """Copy slot form with all it points to, dynamic types included, from memory to memory."""
        slots: list[int] = []
        self.copy(self.slots_at(pointer, source), 0, slots, source, target)
        target.write(to, self._struct.pack(*slots))


_CODECS: dict[int, tuple[Type, Codec]] = {}
_EQUAL: dict[Type, Codec] = {}


def codec_of(of: Type) -> Codec:
    """The codec of a type; remembered by identity, as layouts are, and shared by equal types: the
    descriptions of many modules hold the same ones."""
    known = _CODECS.get(id(of))
    if known is not None and known[0] is of:
        return known[1]
    codec = _EQUAL.get(of)
    if codec is None:
        if len(_EQUAL) > _MAX_CACHED:
            _EQUAL.clear()
        codec = _EQUAL[of] = Codec(of)
    if len(_CODECS) > _MAX_CACHED:
        _CODECS.clear()
    # With the type, whose identity is good only as long as it lives.
    _CODECS[id(of)] = (of, codec)
    return codec


def make(of: Type, dynamic: bool) -> Part:
    """`dynamic`: slot form; else element form, which lacks the dynamic types."""
    match of:
        case BoolType():
            return boolean()
        case IntType():
            return integer(Int, signed=True)
        case UIntType():
            return integer(UInt, signed=False)
        case BufferType():
            return byte_run(Buffer, 1, same, same)
        case StringAsciiType():
            return byte_run(StringAscii, 1, ascii_bytes, ascii_text)
        case StringUtf8Type():
            return byte_run(StringUtf8, 4, utf32_bytes, utf32_text)
        case OptionalType(inner) | SpareType(_, inner):
            return optional(make, inner, dynamic=dynamic)
        case ResponseType(ok, err):
            return response(make, ok, err, dynamic=dynamic)
        case ListType():
            return list_(make, of, dynamic=dynamic)
        case TupleType():
            return tuple_(make, of, dynamic=dynamic)
        case NoType():
            return nothing()
        case _:
            return principal()
