"""Values that are not of a type never enter its slots."""

from __future__ import annotations

import pytest

from compiler import types as t
from compiler.values import Int, List, StringAscii, Tuple, UInt, Value
from runtime.codecs import Codec, Mismatch
from tests.runtime.test_codec import Heap

PAIR = t.TupleType((("a", t.INT), ("b", t.INT)))


TEXT = StringAscii("a")


@pytest.mark.parametrize(
    ("of", "value", "message"),
    [
        (t.BOOL, Int(1), "wants bool, not 1"),
        (t.INT, UInt(1), "wants Int, not u1"),
        (t.PRINCIPAL, Int(1), "wants a principal, not 1"),
        (t.BufferType(1), StringAscii("a"), 'wants Buffer, not "a"'),
        (t.ResponseType(t.INT, t.INT), Int(1), "wants a response, not 1"),
        (t.ListType(t.INT, 2), Int(1), "wants a list, not 1"),
        (t.ListType(t.INT, 2), List([Int(1), UInt(1)]), "wants a list of Int, not (list 1 u1)"),
        (t.ListType(t.BufferType(1), 2), List([TEXT]), 'wants a list of Buffer, not (list "a")'),
        (t.ListType(t.BOOL, 2), List([True, Int(1)]), "wants bool, not 1"),
        (PAIR, Tuple({"a": Int(1)}), "wants a tuple of 2 fields, not {a: 1}"),
        (PAIR, Tuple({"a": Int(1), "c": Int(2)}), "the tuple lacks b"),
        (t.NO_TYPE, Int(1), "no value can be of this type, not 1"),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(of: t.Type, value: Value, message: str) -> None:
    with pytest.raises(Mismatch) as caught:
        Codec(of).push(value, [], Heap())
    assert str(caught.value) == message


def test_no_value_comes_out_of_a_type_without_values() -> None:
    with pytest.raises(Mismatch, match="a value of no type"):
        Codec(t.NO_TYPE).pull([], 0, Heap())
