"""Contracts that stand for traits are found wherever they are, and cost less than traits."""

from __future__ import annotations

import pytest

from compiler import types as t
from compiler.values import NONE, Buffer, Err, List, Ok, Principal, Some, Tuple, UInt
from compiler.versions import Epoch
from runtime.casts import growth, overcharge

TRAIT = t.CallableTraitType(t.TraitIdentifier("SP.a", "t"))
ONE = Principal("SP.b")


PAIR = t.TupleType((("a", t.OptionalType(TRAIT)), ("b", t.OptionalType(TRAIT))))


def pair(a, b):
    return Tuple({"a": a, "b": b})


@pytest.mark.parametrize(
    ("of", "value", "bytes_"),
    [
        (TRAIT, ONE, 128),
        (t.OptionalType(TRAIT), Some(ONE), 128),
        (t.OptionalType(TRAIT), NONE, 0),
        (t.ListType(TRAIT, 5), List([ONE, ONE]), 256),
        (t.ListType(TRAIT, 5), List(), 0),
        # A list's entries have one type: what one of them holds counts for all.
        (t.ListType(t.OptionalType(TRAIT), 5), List([NONE, Some(ONE), NONE]), 384),
        (t.ListType(PAIR, 5), List([pair(NONE, Some(ONE)), pair(Some(ONE), NONE)]), 512),
        (t.ListType(t.ListType(TRAIT, 2), 5), List([List(), List([ONE])]), 256),
        (t.ResponseType(TRAIT, t.UINT), Ok(ONE), 128),
        (t.ResponseType(TRAIT, t.UINT), Err(UInt(1)), 0),
        # A response is as large as the larger of its sides.
        (
            t.ListType(t.ResponseType(TRAIT, t.BufferType(300)), 5),
            List([Ok(ONE), Err(Buffer(bytes(200)))]),
            2 * (276 - 204),
        ),
        (t.TupleType((("a", TRAIT), ("b", t.UINT))), Tuple({"a": ONE, "b": UInt(1)}), 128),
    ],
)
def test_values_grow(of, value, bytes_):
    found = growth(of)
    assert found is not None
    assert found(value) == bytes_


def test_other_types_are_not_looked_at():
    assert growth(t.ListType(t.PRINCIPAL, 5)) is None
    assert growth(t.TupleType((("a", t.UINT),))) is None


def test_the_difference_counts_from_epoch_3_3_on():
    assert overcharge(Epoch.EPOCH_3_1) == 0
    assert overcharge(Epoch.EPOCH_4_0) == 2
