"""Codecs of lists: rows in memory, a length, and what a list and its elements carry of types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct, pack, unpack
from typing import Any, Final

from compiler.layout import APPENDED, LISTED, LISTED_ROW, layout_of
from compiler.types import (
    BufferType,
    IntType,
    ListType,
    PrincipalType,
    StringAsciiType,
    StringUtf8Type,
    Type,
    UIntType,
)
from compiler.values import Buffer, Int, List, Principal, StringAscii, StringUtf8, UInt, Value
from runtime.codecs.parts import Make, Memory, Mismatch, Part, Slots, slots_format, store
from runtime.codecs.simple import WHOLE, ascii_bytes, principal_bytes, same, utf32_bytes

_EMPTY: Final = List()
_CARRIED: Final = Struct("<II")  # behind the vector of a list; see `compiler.layout`


def list_(make: Make, of: ListType, *, dynamic: bool) -> Part:
    """Address of the rows, length, and the type that it carries: its vector, or its maximal length."""
    encode_entry, decode_entry, copy_entry = make(of.entry, False)
    entry_layout = layout_of(of.entry)
    entry = Struct("<" + slots_format(entry_layout, dynamic=False))
    width = len(entry.format) - 1
    size = entry.size
    sized_by_contents = entry_layout.dimensions > 0
    vector = 4 * layout_of(of).dimensions
    entry_vector = 4 * entry_layout.dimensions

    def encode(value: Value, out: list[int], memory: Memory) -> None:
        if not isinstance(value, List):
            raise Mismatch(f"wants a list, not {value}")
        count = len(value.items)
        out.append(store(rows(value.items, memory), memory))
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
        out.append(store(packed(copied, count), target))
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
                    words += _CARRIED.pack(store(pack(f"<{2 * count}I", *table), target), 0)
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
            return _rows_of_bytes(Buffer, 1, same)
        case StringAsciiType():
            return _rows_of_bytes(StringAscii, 1, ascii_bytes)
        case StringUtf8Type():
            return _rows_of_bytes(StringUtf8, 4, utf32_bytes)
        case PrincipalType():
            return _rows_of_bytes(Principal, 1, principal_bytes)
        case _:
            return None


def _rows_of_numbers(kind: type[Int | UInt]) -> Callable[[Sequence[Value], Memory], bytes]:
    def rows(items: Sequence[Any], _memory: Memory) -> bytes:
        _want(items, kind)
        return b"".join([(item.value & WHOLE).to_bytes(16, "little") for item in items])

    return rows


def _rows_of_bytes(
    kind: type[Buffer | StringAscii | StringUtf8 | Principal],
    unit: int,
    to_bytes: Callable[..., bytes],
) -> Callable[[Sequence[Value], Memory], bytes]:
    def rows(items: Sequence[Any], memory: Memory) -> bytes:
        _want(items, kind)
        data = [to_bytes(item.value) for item in items]
        at = store(b"".join(data), memory)
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
