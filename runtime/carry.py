"""Values that go from contract to contract with the dynamic types of their lists and tuples.

Before epoch 2.4 the interpreter passed values on as they were; since then it sanitises them, and
going through Python's values, which have no dynamic types, comes to the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

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
from compiler.values import Value
from runtime.codecs import Codec

if TYPE_CHECKING:
    from runtime.instance import BoundSite, Export, Guest


class Carried:
    """The arguments of a call as they lie in the caller's memory."""

    __slots__ = ("_codecs", "_guest", "_pointers")

    def __init__(self, site: BoundSite, pointer: int, guest: Guest) -> None:
        self._guest = guest
        self._codecs = site.arguments
        self._pointers: list[int] = []
        for codec in site.arguments:
            self._pointers.append(pointer)
            pointer += codec.size

    def push(self, at: int, codec: Codec, value: Value, slots: list[int], guest: Guest) -> None:
        """Append the slots of an argument for a parameter of the codec's type."""
        mine = self._codecs[at]
        if codec.boxed or shape(mine.type) != shape(codec.type):
            codec.push(value, slots, guest)
        else:
            natural = mine.slots_at(self._pointers[at], self._guest)
            mine.copy(natural, 0, slots, self._guest, guest)


def bring_result(
    site: BoundSite, export: Export, callee: Guest, caller: Guest, value: Value
) -> int:
    """Put what `export` answered, `value`, into the caller's memory; its address in slot form."""
    own = export.result
    if own.boxed or shape(own.type) != shape(site.result.type):
        return site.result.write(value, caller)
    slots: list[int] = []
    own.copy(export.slots(), 0, slots, callee, caller)
    return site.result.place(slots, caller)


@lru_cache(maxsize=4_096)
def shape(of: Type) -> str:
    """Types of the same shape lie in memory alike, up to their lengths."""
    match of:
        case BoolType():
            return "b"
        case IntType() | UIntType():
            return "i"
        case BufferType() | StringAsciiType():
            return "s"
        case StringUtf8Type():
            return "u"
        case NoType():
            return "-"
        case OptionalType(inner):
            return f"?{shape(inner)}"
        case SpareType(_, inner):
            return f"*{shape(inner)}"
        case ResponseType(ok, err):
            return f"!{shape(ok)}{shape(err)}"
        case ListType(entry):
            return f"[{shape(entry)}]"
        case TupleType(fields):
            return f"{{{','.join(f'{name}:{shape(field)}' for name, field in fields)}}}"
        case _:
            return "p"
