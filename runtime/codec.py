"""Clarity values to and from slots and memory, by the layouts of `compiler.layout`.

A codec is made once for a type, as closures, so that no call looks at types. Host-made lists and
tuples get the dynamic type "as the contents say". Knows nothing of instances: memory is whatever
has the methods of `Memory`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct, pack, unpack
from typing import Any, Final, Protocol, TypeAlias

from compiler.consensus_untyped import principal_at, serialize
from compiler.layout import APPENDED, DATA, I64, LISTED, LISTED_ROW, Layout, layout_of
from compiler.types import (
    BoolType,
    BufferType,
    IntType,
    ListType,
    NoType,
    OptionalType,
    PrincipalType,
    ResponseType,
    SpareType,
    StringAsciiType,
    StringUtf8Type,
    TupleType,
    Type,
    UIntType,
)
from compiler.values import (
    NONE,
    Buffer,
    Err,
    Int,
    List,
    NoneValue,
    Ok,
    Principal,
    Some,
    StringAscii,
    StringUtf8,
    Tuple,
    UInt,
    Value,
)


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

_LOW: Final = (1 << 64) - 1
_WHOLE: Final = (1 << 128) - 1
_SIGN: Final = 1 << 127
_MAX_CACHED: Final = 50_000
_EMPTY: Final = List()
_CARRIED: Final = Struct("<II")  # behind the vector of a list; see `compiler.layout`


class Mismatch(TypeError):
    """A value that is not of the codec's type."""


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
        self._struct = Struct("<" + _format(layout, dynamic=True))
        self._encode, self.decode, self.copy = _make(of, dynamic=True)
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


def _format(layout: Layout, *, dynamic: bool) -> str:
    return "".join(
        "Q" if slot.wasm == I64 else "I" for slot in layout.natural if dynamic or slot.kind == DATA
    )


def _make(of: Type, *, dynamic: bool) -> tuple[Encode, Decode, Copy]:
    """`dynamic`: slot form; else element form, which lacks the dynamic types."""
    match of:
        case BoolType():
            return _bool()
        case IntType():
            return _integer(Int, signed=True)
        case UIntType():
            return _integer(UInt, signed=False)
        case BufferType():
            return _bytes(Buffer, 1, _same, _same)
        case StringAsciiType():
            return _bytes(StringAscii, 1, _ascii_bytes, _ascii_text)
        case StringUtf8Type():
            return _bytes(StringUtf8, 4, _utf32_bytes, _utf32_text)
        case OptionalType(inner) | SpareType(_, inner):
            return _optional(inner, dynamic=dynamic)
        case ResponseType(ok, err):
            return _response(ok, err, dynamic=dynamic)
        case ListType():
            return _list(of, dynamic=dynamic)
        case TupleType():
            return _tuple(of, dynamic=dynamic)
        case NoType():
            return _nothing()
        case _:
            return _principal()


def _width(of: Type, *, dynamic: bool) -> int:
    return len(_format(layout_of(of), dynamic=dynamic))


def _copy_plain(width: int) -> Copy:
    def copy(slots: Slots, at: int, out: list[int], _source: Memory, _target: Memory) -> None:
        out += slots[at : at + width]

    return copy


def _nothing() -> tuple[Encode, Decode, Copy]:
    def encode(value: Value, _out: list[int], _memory: Memory) -> None:
        raise Mismatch(f"no value can be of this type, not {value}")

    def decode(_slots: Slots, _at: int, _memory: Memory) -> Value:
        raise Mismatch("a value of no type")

    return encode, decode, _copy_plain(0)


def _bool() -> tuple[Encode, Decode, Copy]:
    def encode(value: Value, out: list[int], _memory: Memory) -> None:
        if value is True:
            out.append(1)
        elif value is False:
            out.append(0)
        else:
            raise Mismatch(f"wants bool, not {value}")

    def decode(slots: Slots, at: int, _memory: Memory) -> Value:
        return slots[at] != 0

    return encode, decode, _copy_plain(1)


def _integer(kind: type[Int | UInt], *, signed: bool) -> tuple[Encode, Decode, Copy]:
    new = object.__new__

    def encode(value: Value, out: list[int], _memory: Memory) -> None:
        if value.__class__ is not kind:
            raise Mismatch(f"wants {kind.__name__}, not {value}")
        number: int = value.value
        out.append(number & _LOW)
        out.append((number & _WHOLE) >> 64)

    def decode(slots: Slots, at: int, _memory: Memory) -> Value:
        number = slots[at] | slots[at + 1] << 64
        if signed and number & _SIGN:
            number -= _WHOLE + 1
        # 128 bits fit: the class need not look.
        made = new(kind)
        made.value = number
        return made

    return encode, decode, _copy_plain(2)


_PRINCIPALS: dict[bytes, Principal] = {}
_PRINCIPAL_BYTES: dict[str, bytes] = {}


def principal_of(data: bytes) -> Principal:
    """The principal that consensus bytes hold."""
    known = _PRINCIPALS.get(data)
    if known is None:
        if len(_PRINCIPALS) > _MAX_CACHED:
            _PRINCIPALS.clear()
        known = _PRINCIPALS[data] = principal_at(data, 0)[0]
    return known


def principal_bytes(text: str) -> bytes:
    """The consensus bytes of a principal."""
    known = _PRINCIPAL_BYTES.get(text)
    if known is None:
        if len(_PRINCIPAL_BYTES) > _MAX_CACHED:
            _PRINCIPAL_BYTES.clear()
        known = _PRINCIPAL_BYTES[text] = serialize(Principal(text))
    return known


def _store(data: bytes, memory: Memory) -> int:
    if not data:
        return 0
    return memory.put(data)


def _copy_bytes(unit: int) -> Copy:
    def copy(slots: Slots, at: int, out: list[int], source: Memory, target: Memory) -> None:
        length = slots[at + 1]
        out.append(_store(source.read(slots[at], length * unit), target))
        out.append(length)

    return copy


def _principal() -> tuple[Encode, Decode, Copy]:
    def encode(value: Value, out: list[int], memory: Memory) -> None:
        if value.__class__ is not Principal:
            raise Mismatch(f"wants a principal, not {value}")
        data = principal_bytes(value.value)
        out.append(_store(data, memory))
        out.append(len(data))

    def decode(slots: Slots, at: int, memory: Memory) -> Value:
        return principal_of(memory.read(slots[at], slots[at + 1]))

    return encode, decode, _copy_bytes(1)


def _same(data: bytes) -> bytes:
    return data


def _ascii_bytes(text: str) -> bytes:
    return text.encode("ascii")


def _ascii_text(data: bytes) -> str:
    return data.decode("ascii")


def _utf32_bytes(text: str) -> bytes:
    return text.encode("utf-32-le")


def _utf32_text(data: bytes) -> str:
    return data.decode("utf-32-le")


def _bytes(
    kind: type[Buffer | StringAscii | StringUtf8],
    unit: int,
    to_bytes: Callable[..., bytes],
    to_value: Callable[[bytes], bytes | str],
) -> tuple[Encode, Decode, Copy]:
    def encode(value: Value, out: list[int], memory: Memory) -> None:
        if value.__class__ is not kind:
            raise Mismatch(f"wants {kind.__name__}, not {value}")
        data = to_bytes(value.value)
        out.append(_store(data, memory))
        out.append(len(data) // unit)

    def decode(slots: Slots, at: int, memory: Memory) -> Value:
        return kind(to_value(memory.read(slots[at], slots[at + 1] * unit)))  # type: ignore[arg-type]

    return encode, decode, _copy_bytes(unit)


def _optional(inner: Type, *, dynamic: bool) -> tuple[Encode, Decode, Copy]:
    encode_inner, decode_inner, copy_inner = _make(inner, dynamic=dynamic)
    absent = [0] * (1 + _width(inner, dynamic=dynamic))

    def encode(value: Value, out: list[int], memory: Memory) -> None:
        if value.__class__ is NoneValue:
            out.extend(absent)
        elif isinstance(value, Some):
            out.append(1)
            encode_inner(value.value, out, memory)
        else:
            raise Mismatch(f"wants an optional, not {value}")

    def decode(slots: Slots, at: int, memory: Memory) -> Value:
        return Some(decode_inner(slots, at + 1, memory)) if slots[at] else NONE

    def copy(slots: Slots, at: int, out: list[int], source: Memory, target: Memory) -> None:
        if slots[at]:
            out.append(1)
            copy_inner(slots, at + 1, out, source, target)
        else:
            out.extend(absent)

    return encode, decode, copy


def _response(ok: Type, err: Type, *, dynamic: bool) -> tuple[Encode, Decode, Copy]:
    encode_ok, decode_ok, copy_ok = _make(ok, dynamic=dynamic)
    encode_err, decode_err, copy_err = _make(err, dynamic=dynamic)
    width = _width(ok, dynamic=dynamic)
    no_ok = [0] * width
    no_err = [0] * _width(err, dynamic=dynamic)

    def encode(value: Value, out: list[int], memory: Memory) -> None:
        if isinstance(value, Ok):
            out.append(1)
            encode_ok(value.value, out, memory)
            out.extend(no_err)
        elif isinstance(value, Err):
            out.append(0)
            out.extend(no_ok)
            encode_err(value.value, out, memory)
        else:
            raise Mismatch(f"wants a response, not {value}")

    def decode(slots: Slots, at: int, memory: Memory) -> Value:
        if slots[at]:
            return Ok(decode_ok(slots, at + 1, memory))
        return Err(decode_err(slots, at + 1 + width, memory))

    def copy(slots: Slots, at: int, out: list[int], source: Memory, target: Memory) -> None:
        out.append(slots[at])
        if slots[at]:
            copy_ok(slots, at + 1, out, source, target)
            out.extend(no_err)
        else:
            out.extend(no_ok)
            copy_err(slots, at + 1 + width, out, source, target)

    return encode, decode, copy


def _list(of: ListType, *, dynamic: bool) -> tuple[Encode, Decode, Copy]:
    encode_entry, decode_entry, copy_entry = _make(of.entry, dynamic=False)
    entry_layout = layout_of(of.entry)
    entry = Struct("<" + _format(entry_layout, dynamic=False))
    width = len(entry.format) - 1
    size = entry.size
    sized_by_contents = entry_layout.dimensions > 0
    vector = 4 * layout_of(of).dimensions
    entry_vector = 4 * entry_layout.dimensions

    def encode(value: Value, out: list[int], memory: Memory) -> None:
        if not isinstance(value, List):
            raise Mismatch(f"wants a list, not {value}")
        count = len(value.items)
        out.append(_store(rows(value.items, memory), memory))
        out.append(count)
        if dynamic:
            out.append(0 if sized_by_contents else count)

    def rows_one_by_one(items: Sequence[Value], memory: Memory) -> bytes:
        slots: list[int] = []
        for item in items:
            encode_entry(item, slots, memory)
        return packed(slots, len(items))

    def packed(slots: list[int], count: int) -> bytes:
        if not slots:
            return b""
        pack = entry.pack
        return b"".join([pack(*slots[at : at + width]) for at in range(0, count * width, width)])

    def decode(slots: Slots, at: int, memory: Memory) -> Value:
        count = slots[at + 1]
        if not count:
            return _EMPTY
        data = memory.read(slots[at], count * size)
        return List([decode_entry(item, 0, memory) for item in entry.iter_unpack(data)])

    def copy(slots: Slots, at: int, out: list[int], source: Memory, target: Memory) -> None:
        count = slots[at + 1]
        copied: list[int] = []
        if count:
            for item in entry.iter_unpack(source.read(slots[at], count * size)):
                copy_entry(item, 0, copied, source, target)
        out.append(_store(packed(copied, count), target))
        out.append(count)
        if dynamic:
            own = slots[at + 2]
            out.append(copy_type(own, count, source, target) if sized_by_contents else own)

    rows = _rows_at_once(of.entry) or rows_one_by_one

    def copy_type(own: int, count: int, source: Memory, target: Memory) -> int:
        """Copy a list's vector with what its elements carry; its address, 0 where there is none."""
        appended: list[tuple[bytes, int]] = []
        copied = 0
        while own:
            words = source.read(own, vector)
            if words[4] & (APPENDED | LISTED):
                before, last = _CARRIED.unpack(source.read(own + vector, _CARRIED.size))
            if not words[4] & APPENDED:
                if words[4] & LISTED:
                    rows = unpack(f"<{2 * count}I", source.read(before, LISTED_ROW * count))
                    table = [copy_vector(each, source, target) for each in rows]
                    words += _CARRIED.pack(_store(pack(f"<{2 * count}I", *table), target), 0)
                copied = target.put(words)
                break
            appended.append((words, copy_vector(last, source, target)))
            own, count = before, count - 1
        for words, last in reversed(appended):
            copied = target.put(words + _CARRIED.pack(copied, last))
        return copied

    def copy_vector(own: int, source: Memory, target: Memory) -> int:
        return target.put(source.read(own, entry_vector)) if own else 0

    return encode, decode, copy


def _rows_at_once(entry: Type) -> Callable[[Sequence[Value], Memory], bytes] | None:
    """What writes elements that are numbers or one run of bytes in a fifth of the time."""
    match entry:
        case IntType():
            return _rows_of_numbers(Int)
        case UIntType():
            return _rows_of_numbers(UInt)
        case BufferType():
            return _rows_of_bytes(Buffer, 1, _same)
        case StringAsciiType():
            return _rows_of_bytes(StringAscii, 1, _ascii_bytes)
        case StringUtf8Type():
            return _rows_of_bytes(StringUtf8, 4, _utf32_bytes)
        case PrincipalType():
            return _rows_of_bytes(Principal, 1, principal_bytes)
        case _:
            return None


def _rows_of_numbers(kind: type[Int | UInt]) -> Callable[[Sequence[Value], Memory], bytes]:
    def rows(items: Sequence[Any], _memory: Memory) -> bytes:
        _want(items, kind)
        return b"".join([(item.value & _WHOLE).to_bytes(16, "little") for item in items])

    return rows


def _rows_of_bytes(
    kind: type[Buffer | StringAscii | StringUtf8 | Principal],
    unit: int,
    to_bytes: Callable[..., bytes],
) -> Callable[[Sequence[Value], Memory], bytes]:
    def rows(items: Sequence[Any], memory: Memory) -> bytes:
        _want(items, kind)
        data = [to_bytes(item.value) for item in items]
        at = _store(b"".join(data), memory)
        row: list[int] = []
        for one in data:
            size = len(one)
            row += (at, size // unit) if size else (0, 0)
            at += size
        return Struct(f"<{len(row)}I").pack(*row)

    return rows


def _want(items: Sequence[Value], kind: type) -> None:
    """Refuse lists with an element of another class."""
    if not {*map(type, items)} <= {kind}:
        raise Mismatch(f"wants a list of {kind.__name__}, not {List(items)}")


def _takes(encode: Encode, value: Value, memory: Memory) -> bool:
    try:
        encode(value, [], memory)
    except Mismatch:
        return False
    return True


def _tuple(of: TupleType, *, dynamic: bool) -> tuple[Encode, Decode, Copy]:
    parts: list[tuple[str, int, Encode, Decode, Copy]] = []
    start = 0
    for name, field in of.fields:
        parts.append((name, start, *_make(field, dynamic=dynamic)))
        start += _width(field, dynamic=dynamic)
    end = start
    vector = 4 * layout_of(of).dimensions
    has_type = dynamic and vector > 0
    count = len(parts)

    spare_names = {field.name for _, field in of.fields if isinstance(field, SpareType)}
    encoders = {key: encode_field for key, _, encode_field, _, _ in parts}
    spare = {key: field for key, field in of.fields if isinstance(field, SpareType)}

    def encode(value: Value, out: list[int], memory: Memory) -> None:
        if not isinstance(value, Tuple) or len(value.fields) != count:
            raise Mismatch(f"wants a tuple of {count} fields, not {value}")
        fields = value.fields
        for name, _, encode_field, _, _ in parts:
            field = fields.get(name)
            if field is None:
                raise Mismatch(f"the tuple lacks {name}")
            encode_field(field, out, memory)
        if has_type:
            out.append(0)

    def decode(slots: Slots, at: int, memory: Memory) -> Value:
        return Tuple.in_order(
            {
                name: decode_field(slots, at + start, memory)
                for name, start, _, decode_field, _ in parts
            }
        )

    def encode_there(value: Value, out: list[int], memory: Memory) -> None:
        if isinstance(value, Tuple):
            # In an optional, as the field itself is to the codec.
            fields = dict(value.fields)
            found = {name: fields.pop(name, None) for name in spare_names}
            for key, field in spare.items():
                one = found[field.name]
                fields[key] = NONE
                if one is not None and _takes(encoders[key], Some(one), memory):
                    fields[key], found[field.name] = Some(one), None
            # What is left is of none of its types: a field too many.
            value = Tuple(fields | {name: one for name, one in found.items() if one is not None})
        encode(value, out, memory)

    def decode_there(slots: Slots, at: int, memory: Memory) -> Value:
        fields = {}
        for name, start, _, decode_field, _ in parts:
            field = decode_field(slots, at + start, memory)
            if name not in spare:
                fields[name] = field
            elif isinstance(field, Some):
                fields[spare[name].name] = field.value
        return Tuple.in_order(fields)

    def copy(slots: Slots, at: int, out: list[int], source: Memory, target: Memory) -> None:
        for _, start, _, _, copy_field in parts:
            copy_field(slots, at + start, out, source, target)
        if has_type:
            own = slots[at + end]
            out.append(_store(source.read(own, vector), target) if own else 0)

    return (encode_there, decode_there, copy) if spare else (encode, decode, copy)
