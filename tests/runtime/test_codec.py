"""Values that go through memory come back as they were, whatever their type and shape."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import types as t
from compiler.layout import layout_of
from compiler.values import (
    NONE,
    Buffer,
    Err,
    Int,
    List,
    Ok,
    Principal,
    Some,
    StringAscii,
    StringUtf8,
    Tuple,
    UInt,
)
from runtime.codecs import Codec, Mismatch

ADDRESS = "SP000000000000000000002Q6VF78"
WIDE = t.TupleType(tuple((f"f{i:02}", t.UINT) for i in range(20)))


class Heap:
    """Memory for tests."""

    def __init__(self) -> None:
        self.data = bytearray(64)

    def read(self, pointer: int, length: int) -> bytes:
        return bytes(self.data[pointer : pointer + length])

    def write(self, pointer: int, data: bytes) -> None:
        self.data[pointer : pointer + len(data)] = data

    def alloc(self, size: int) -> int:
        pointer = len(self.data)
        self.data += bytes(size)
        return pointer

    def put(self, data: bytes) -> int:
        pointer = self.alloc(len(data))
        self.write(pointer, data)
        return pointer


CASES = [
    (t.BOOL, True),
    (t.BOOL, False),
    (t.INT, Int(-1)),
    (t.INT, Int(-(1 << 127))),
    (t.INT, Int((1 << 127) - 1)),
    (t.UINT, UInt((1 << 128) - 1)),
    (t.PRINCIPAL, Principal(ADDRESS)),
    (t.PRINCIPAL, Principal(f"{ADDRESS}.pox")),
    (t.BufferType(4), Buffer(b"\x01\x02")),
    (t.BufferType(4), Buffer(b"")),
    (t.StringAsciiType(5), StringAscii("hello")),
    (t.StringUtf8Type(5), StringUtf8("hé🙂")),
    (t.OptionalType(t.INT), NONE),
    (t.OptionalType(t.BufferType(3)), Some(Buffer(b"abc"))),
    (t.ResponseType(t.UINT, t.BOOL), Ok(UInt(7))),
    (t.ResponseType(t.UINT, t.BOOL), Err(True)),
    (t.ResponseType(t.UINT, t.NO_TYPE), Ok(UInt(7))),
    (t.ListType(t.INT, 5), List([Int(1), Int(-2)])),
    (t.ListType(t.UINT, 5), List([UInt((1 << 128) - 1), UInt(0)])),
    (t.ListType(t.UINT, 5), List()),
    (t.ListType(t.BufferType(3), 5), List([Buffer(b"abc"), Buffer(b""), Buffer(b"d")])),
    (t.ListType(t.BufferType(3), 5), List([Buffer(b""), Buffer(b"")])),
    (t.ListType(t.StringAsciiType(3), 5), List([StringAscii("abc"), StringAscii("")])),
    (t.ListType(t.StringUtf8Type(3), 5), List([StringUtf8("hé🙂"), StringUtf8("a")])),
    (t.ListType(t.PRINCIPAL, 5), List([Principal(ADDRESS), Principal(f"{ADDRESS}.pox")])),
    (t.ListType(t.NO_TYPE, 0), List()),
    (t.ListType(t.ListType(t.BufferType(2), 3), 5), List([List([Buffer(b"ab")]), List()])),
    (
        t.TupleType((("a", t.INT), ("b", t.OptionalType(t.StringAsciiType(3))))),
        Tuple({"a": Int(5), "b": Some(StringAscii("xyz"))}),
    ),
    (WIDE, Tuple({f"f{i:02}": UInt(i) for i in range(20)})),
    (t.ListType(WIDE, 3), List([Tuple({f"f{i:02}": UInt(i * 7) for i in range(20)})] * 2)),
]


@pytest.mark.parametrize(("of", "value"), CASES, ids=lambda x: str(x)[:40])
def test_what_is_pushed_is_pulled(of, value):
    codec, memory = Codec(of), Heap()
    slots: list[int] = []
    codec.push(value, slots, memory)
    assert len(slots) == len(layout_of(of).slots)
    assert codec.pull(slots, 0, memory) == value


@pytest.mark.parametrize(("of", "value"), CASES, ids=lambda x: str(x)[:40])
def test_slot_form_in_memory_reads_back_also_after_a_transfer(of, value):
    codec, memory, other = Codec(of), Heap(), Heap()
    pointer = codec.write(value, memory)
    assert codec.read(pointer, memory) == value
    to = other.alloc(codec.size)
    codec.transfer(pointer, memory, other, to)
    assert codec.read(to, other) == value


def test_lists_without_dimensions_carry_their_length_and_others_zero():
    memory = Heap()
    slots: list[int] = []
    Codec(t.ListType(t.INT, 9)).push(List([Int(1)]), slots, memory)
    assert slots[1:] == [1, 1]
    slots.clear()
    Codec(t.ListType(t.BufferType(1), 9)).push(List([Buffer(b"a")]), slots, memory)
    assert slots[1:] == [1, 0]


def test_a_transfer_keeps_dynamic_types():
    of = t.ListType(t.BufferType(5), 9)
    codec, memory, other = Codec(of), Heap(), Heap()
    pointer = codec.write(List([Buffer(b"a")]), memory)
    vector = memory.alloc(12)
    memory.write(vector, bytes((9, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0)))
    memory.write(pointer + 8, vector.to_bytes(4, "little"))
    to = other.alloc(codec.size)
    codec.transfer(pointer, memory, other, to)
    moved = int.from_bytes(other.read(to + 8, 4), "little")
    assert other.read(moved, 12) == memory.read(vector, 12)


def test_a_value_of_another_type_is_refused():
    for of, value in ((t.INT, UInt(1)), (t.OptionalType(t.INT), Int(1)), (WIDE, Tuple({}))):
        with pytest.raises(Mismatch):
            Codec(of).write(value, Heap())


@settings(deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=8), st.integers(-(1 << 127), (1 << 127) - 1))))
def test_lists_of_tuples(items):
    of = t.ListType(t.TupleType((("b", t.BufferType(8)), ("i", t.INT))), 100)
    value = List(Tuple({"b": Buffer(b), "i": Int(i)}) for b, i in items)
    memory = Heap()
    codec = Codec(of)
    assert codec.read(codec.write(value, memory), memory) == value
