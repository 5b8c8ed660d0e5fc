"""How values lie in Wasm slots and in memory: the one answer for code generation and runtime.

A value of a type is a fixed number of *slots* (Wasm values). Natural slots by type:

=====================  ==========================================================
no type                none: a value of it can't exist
`bool`                 i32
`int`, `uint`          i64 low, i64 high
principals, traits     i32 pointer, i32 length of the consensus bytes (prefix byte included)
`buff`, strings        i32 pointer, i32 length (`string-utf8`: of 4-byte scalar values, little endian)
`list`                 i32 pointer, i32 length, i32 dynamic type
`optional`             i32 tag (1 = some), then the inner slots
`response`             i32 tag (1 = ok), then the slots of ok, then those of err
`tuple`                the fields' slots in order of names, then an i32 dynamic type if it has dimensions
spare field            i32 tag (1 = the tuple has it), then the inner slots
=====================  ==========================================================

A type with more than `MAX_FLAT_SLOTS` natural slots is *boxed*: its value is one i32, a pointer to
its natural slots in memory. Memory is immutable once written, so nothing is ever copied to share it.

Two forms in memory, both packed without padding. *Slot form* holds all natural slots (boxed values,
arguments, constants). *Element form*, in lists, leaves the dynamic types out and holds boxed values
inline.

**Dynamic types.** The interpreter's lists and tuples carry a type of their own, and costs and some
errors depend on it. A type has *dimensions*: the numbers in which a value's own type can differ from
the static one. They are laid out as i32 in a vector:

- sequence of bytes or characters: its length; `optional`: 1 if the inside has a type (0: none seen);
  `response`: two such flags; spare field of a tuple: 1 if there, then those of what is in it;
  `list` of a type without dimensions: its maximal length; other lists: maximal length, flags (bit
  0: entry type known, bit 1: elements carry the entry type rather than a type of their own, bit 2:
  but for the maximal lengths of lists in them, which are as long as they are), then the entry's
  dimensions; tuple: those of its fields. Others have none.

The dynamic-type slot of a tuple, and of a list whose entries have dimensions, is 0 where the type is
what the contents say (the usual case), else a pointer to such a vector. For a list whose entries have
none it is the maximal length itself, or KNOWN_EMPTY for a list of no entries whose type is known.

Elements that are typed unlike each other (`append` to a list that was read from storage) need more
than the list's vector says. The vector of such a list has flag bit 3 or 4, and two more words behind
its dimensions; vectors within vectors never have them:

- APPENDED: the dynamic type of the list before its last element was appended; and a pointer to that
  element's dimensions, 0 where its type is what its contents say.
- LISTED: a pointer to two words for each element, of which at most one isn't 0: a pointer to the
  dimensions that it carries, and the same where lists within it are as long as they are; and 0.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from compiler.types import (
    BoolType,
    BufferType,
    CallablePrincipalType,
    CallableTraitType,
    IntType,
    ListType,
    ListUnionType,
    NoType,
    OptionalType,
    PrincipalType,
    ResponseType,
    SpareType,
    StringAsciiType,
    StringUtf8Type,
    TraitReferenceType,
    TupleType,
    Type,
    UIntType,
)

I32: Final = 0x7F
I64: Final = 0x7E

MAX_FLAT_SLOTS: Final = 32

# Kinds of slots: plain data, a pointer to a vector of dimensions, an inline maximal length.
DATA: Final = 0
VECTOR: Final = 1
MAX_LEN: Final = 2

KNOWN_EMPTY: Final = 1 << 31
"""The dynamic type of a list of no entries of a known type without dimensions (0: unknown)."""

ENTRY_CARRIED: Final = 2
OWN_LENGTHS: Final = 4
APPENDED: Final = 8
LISTED: Final = 16
"""Flags of a list's vector, bits 1 to 4; see the module's text."""

LISTED_ROW: Final = 8
"""Bytes of the two words for an element; see LISTED."""

NESTED_FLAGS: Final = 1 | ENTRY_CARRIED | OWN_LENGTHS
"""The flags that a list's vector within another vector may have."""


class Slot(NamedTuple):
    """One natural slot: its Wasm type, kind, place in both memory forms, and its dimension."""

    wasm: int
    kind: int
    offset: int
    """Byte offset in slot form."""
    element_offset: int
    """Byte offset in element form; of a dynamic type, that of the slot that would follow."""
    dimension: int
    """For VECTOR and MAX_LEN: index of its dimensions in the type's vector."""


class Layout:
    """The layout of one type; see the module's text."""

    __slots__ = (
        "boxed",
        "dimensions",
        "element_size",
        "natural",
        "slot_size",
        "slots",
        "starts",
        "type",
    )

    def __init__(self, type_: Type) -> None:
        self.type = type_
        natural: list[Slot] = []
        builder = _Builder(natural)
        builder.add(type_)
        self.natural: tuple[Slot, ...] = tuple(natural)
        self.slot_size: int = builder.offset
        self.element_size: int = builder.element_offset
        self.dimensions: int = builder.dimension
        self.boxed: bool = len(natural) > MAX_FLAT_SLOTS
        self.slots: tuple[int, ...] = (I32,) if self.boxed else tuple(s.wasm for s in natural)
        self.starts: dict[str, int] | None = None

    def field_start(self, name: str) -> int:
        """Index of the first natural slot of a tuple's field; `KeyError` if there is none."""
        if self.starts is None:
            self.starts = {}
            at = 0
            if isinstance(self.type, TupleType):
                for field, field_type in self.type.fields:
                    self.starts[field] = at
                    at += len(layout_of(field_type).natural)
        return self.starts[name]


class _Builder:
    """Adds natural slots of a type and what it contains, inner boxes opened."""

    __slots__ = ("dimension", "element_offset", "natural", "offset")

    def __init__(self, natural: list[Slot]) -> None:
        self.natural = natural
        self.offset = 0
        self.element_offset = 0
        self.dimension = 0

    def data(self, wasm: int) -> None:
        self.natural.append(Slot(wasm, DATA, self.offset, self.element_offset, 0))
        size = 8 if wasm == I64 else 4
        self.offset += size
        self.element_offset += size

    def dynamic(self, kind: int, dimension: int) -> None:
        self.natural.append(Slot(I32, kind, self.offset, self.element_offset, dimension))
        self.offset += 4

    def add(self, type_: Type) -> None:
        match type_:
            case NoType():
                pass
            case BoolType():
                self.data(I32)
            case IntType() | UIntType():
                self.data(I64)
                self.data(I64)
            case (
                PrincipalType()
                | CallablePrincipalType()
                | CallableTraitType()
                | TraitReferenceType()
                | ListUnionType()
            ):
                self.data(I32)
                self.data(I32)
            case BufferType() | StringAsciiType() | StringUtf8Type():
                self.data(I32)
                self.data(I32)
                self.dimension += 1
            case ListType(entry=entry):
                self.data(I32)
                self.data(I32)
                inner = layout_of(entry).dimensions
                if inner:
                    self.dynamic(VECTOR, self.dimension)
                    self.dimension += 2 + inner
                else:
                    self.dynamic(MAX_LEN, self.dimension)
                    self.dimension += 1
            case OptionalType(inner=some) | SpareType(inner=some):
                self.data(I32)
                self.dimension += 1
                self.add(some)
            case ResponseType(ok=ok, err=err):
                self.data(I32)
                self.dimension += 2
                self.add(ok)
                self.add(err)
            case TupleType(fields=fields):
                first = self.dimension
                for _, field_type in fields:
                    self.add(field_type)
                if self.dimension > first:
                    self.dynamic(VECTOR, first)


_LAYOUTS: dict[int, Layout] = {}
_MAX_LAYOUTS: Final = 50_000


def layout_of(type_: Type) -> Layout:
    """The layout of `type_`; remembered by identity, since hashing deep types costs more."""
    layout = _LAYOUTS.get(id(type_))
    if layout is None or layout.type is not type_:
        layout = Layout(type_)
        if len(_LAYOUTS) > _MAX_LAYOUTS:
            _LAYOUTS.clear()
        _LAYOUTS[id(type_)] = layout
    return layout


def slots_of(type_: Type) -> tuple[int, ...]:
    """The Wasm types of a value of `type_`."""
    return layout_of(type_).slots


def declared_dimensions(type_: Type) -> list[int]:
    """The vector of dimensions that says: the type as declared, elements included."""
    out: list[int] = []
    _declared(type_, out)
    return out


def _declared(type_: Type, out: list[int]) -> None:
    match type_:
        case BufferType(max_len=n) | StringAsciiType(max_len=n) | StringUtf8Type(max_len=n):
            out.append(n)
        case ListType(entry=entry, max_len=n):
            out.append(n)
            if layout_of(entry).dimensions:
                out.append(3)
                _declared(entry, out)
        case OptionalType(inner=inner) | SpareType(inner=inner):
            out.append(0 if isinstance(inner, NoType) else 1)
            _declared(inner, out)
        case ResponseType(ok=ok, err=err):
            out.append(0 if isinstance(ok, NoType) else 1)
            out.append(0 if isinstance(err, NoType) else 1)
            _declared(ok, out)
            _declared(err, out)
        case TupleType(fields=fields):
            for _, field_type in fields:
                _declared(field_type, out)
        case _:
            pass


def carried_at(type_: ListType) -> int:
    """Where, in a list's vector, the two words are that say what each element carries."""
    return 4 * layout_of(type_).dimensions


def vector_room(type_: ListType) -> int:
    """Bytes of a list's vector that has these two words."""
    return carried_at(type_) + 8


ARGUMENTS_BY_MEMORY: Final = 900
"""A function whose parameters have more slots than this takes one pointer to them in slot form
(Wasm allows 1,000)."""


def passes_by_memory(parameters: tuple[Type, ...]) -> bool:
    """Whether a function with these parameters takes them in memory; see ARGUMENTS_BY_MEMORY."""
    return sum(len(slots_of(p)) for p in parameters) > ARGUMENTS_BY_MEMORY
