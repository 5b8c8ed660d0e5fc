"""Code written out for a signature does what the codecs of its types do, and looks as closely."""

from __future__ import annotations

from itertools import product
from struct import Struct, pack_into
from typing import Any

import pytest

from compiler import types as t
from compiler.values import NONE, Buffer, Int, Ok, Principal, Some, Tuple, UInt, Value
from compiler.versions import ClarityVersion, Epoch
from runtime.arguments import argument_values
from runtime.codecs import Mismatch, codec_of
from runtime.straight import answerer, loader
from tests.runtime.test_codec import ADDRESS, CASES, Heap

MORE: list[tuple[t.Type, Value]] = [
    (t.UINT, UInt(0)),
    (t.UINT, UInt(1 << 64)),
    (t.INT, Int(-(1 << 64))),
    (t.INT, Int(1 << 64)),
    (t.OptionalType(t.PRINCIPAL), Some(Principal(ADDRESS))),
    (
        t.TupleType((("a", t.OptionalType(t.UINT)), ("b", t.PRINCIPAL), ("c", t.BOOL))),
        Tuple({"a": NONE, "b": Principal(ADDRESS), "c": True}),
    ),
    (
        t.ResponseType(t.OptionalType(t.TupleType((("data", t.BufferType(4)),))), t.INT),
        Ok(Some(Tuple({"data": Buffer(b"1234")}))),
    ),
]
ALL = [*CASES, *MORE]
SLOTS = 64


def _block() -> memoryview:
    # Slots hold what earlier calls left in them.
    return memoryview(bytearray(b"\xa5" * 16 * SLOTS))


def _slots(block: memoryview, count: int) -> list[int]:
    return [Struct("<Q").unpack_from(block, 16 * at)[0] for at in range(count)]


@pytest.mark.parametrize(
    ("of", "value"), ALL, ids=[f"{i}-{v!s:.30}" for i, (_, v) in enumerate(ALL)]
)
def test_arguments_lie_in_slots_as_codecs_put_them(of: Any, value: Any) -> None:
    codec, block, mine, theirs = codec_of(of), _block(), Heap(), Heap()
    expected: list[int] = []
    for _ in range(2):
        codec.push(value, expected, theirs)
    assert loader([codec, codec], block)([value, value], mine, True)
    assert _slots(block, len(expected)) == expected
    assert mine.data == theirs.data


@pytest.mark.parametrize(
    ("of", "value"), ALL, ids=[f"{i}-{v!s:.30}" for i, (_, v) in enumerate(ALL)]
)
def test_results_are_what_codecs_read(of: Any, value: Any) -> None:
    codec, block, heap = codec_of(of), _block(), Heap()
    slots: list[int] = []
    codec.push(value, slots, heap)
    for at, (slot, wide) in enumerate(zip(slots, codec.widths, strict=True)):
        pack_into("<Q" if wide else "<I", block, 16 * at, slot)
    answer = answerer(codec, block)(heap)
    assert answer == value
    assert answer.__class__ is value.__class__


def test_a_response_that_cannot_be_is_no_value() -> None:
    block = _block()
    pack_into("<I", block, 0, 0)
    answer = answerer(codec_of(t.ResponseType(t.UINT, t.NO_TYPE)), block)
    with pytest.raises(Mismatch):
        answer(Heap())


@pytest.mark.parametrize("of", [of for of, _ in ALL], ids=str)
def test_nothing_is_taken_that_the_second_look_refuses(of: Any) -> None:
    load = loader([codec_of(of)], _block())
    for value in (value for _, value in ALL):
        if not load([value], Heap(), False):
            continue
        for version, epoch in product(ClarityVersion, (Epoch.EPOCH_2_05, *Epoch)):
            assert argument_values([value], [of], version, epoch) == [value]


def test_what_is_of_no_simple_type_takes_a_second_look() -> None:
    of = t.ListType(t.UINT, 2)
    load = loader([codec_of(of)], _block())
    values = argument_values(
        ["0x0b000000010100000000000000000000000000000007"],
        [of],
        ClarityVersion.CLARITY_3,
        Epoch.EPOCH_3_1,
    )
    assert not load(values, Heap(), False)
    assert load(values, Heap(), True)


@pytest.mark.parametrize(
    ("of", "value"),
    [
        (t.UINT, Int(1)),
        (t.INT, 1),
        (t.BOOL, 1),
        (t.BufferType(2), Buffer(b"123")),
        (t.PRINCIPAL, ADDRESS),
        (t.OptionalType(t.UINT), UInt(1)),
        (t.OptionalType(t.UINT), Some(Int(1))),
        (t.TupleType((("a", t.UINT),)), Tuple({"b": UInt(1)})),
        (t.TupleType((("a", t.UINT),)), Tuple({"a": UInt(1), "b": UInt(1)})),
    ],
)
def test_what_is_not_of_the_type_is_not_taken(of: Any, value: Any) -> None:
    load = loader([codec_of(of)], _block())
    assert not load([value], Heap(), False)


def test_a_wrong_number_of_arguments_is_not_taken() -> None:
    load = loader([codec_of(t.UINT)] * 2, _block())
    assert not load([UInt(1)], Heap(), False)
    assert not load([UInt(1)] * 3, Heap(), False)
    assert load([UInt(1)] * 2, Heap(), False)


def test_functions_without_parameters_or_slots() -> None:
    assert loader([], _block())([], Heap(), False)
    assert not loader([], _block())([UInt(1)], Heap(), False)
