"""Contracts that stand for traits are counted wherever they are, and cost less than traits."""

from __future__ import annotations

import pytest

from compiler import types as t
from compiler.values import NONE, Err, List, Ok, Principal, Some, Tuple, UInt
from compiler.versions import Epoch
from runtime.casts import overcharge, trait_count

TRAIT = t.CallableTraitType(t.TraitIdentifier("SP.a", "t"))
ONE = Principal("SP.b")


@pytest.mark.parametrize(
    ("of", "value", "count"),
    [
        (TRAIT, ONE, 1),
        (t.OptionalType(TRAIT), Some(ONE), 1),
        (t.OptionalType(TRAIT), NONE, 0),
        (t.ListType(TRAIT, 5), List([ONE, ONE]), 2),
        (t.ListType(TRAIT, 5), List(), 0),
        (t.ResponseType(TRAIT, t.UINT), Ok(ONE), 1),
        (t.ResponseType(TRAIT, t.UINT), Err(UInt(1)), 0),
        (t.TupleType((("a", TRAIT), ("b", t.UINT))), Tuple({"a": ONE, "b": UInt(1)}), 1),
    ],
)
def test_counts(of, value, count):
    found = trait_count(of)
    assert found is not None
    assert found(value) == count


def test_other_types_are_not_looked_at():
    assert trait_count(t.ListType(t.PRINCIPAL, 5)) is None
    assert trait_count(t.TupleType((("a", t.UINT),))) is None


def test_the_difference_counts_from_epoch_3_3_on():
    assert overcharge(Epoch.EPOCH_3_1) == 0
    assert overcharge(Epoch.EPOCH_4_0) == 256
