"""Arguments of transactions, as values, bytes or hex, against the types of parameters."""

from __future__ import annotations

import pytest

from compiler import types as t
from compiler.consensus import serialize
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
    Tuple,
    UInt,
    Value,
)
from compiler.versions import ClarityVersion, Epoch
from runtime.arguments import argument_values
from runtime.errors import Rejected, TransactionError

TRAIT = t.CallableTraitType(t.TraitIdentifier("SP000000000000000000002Q6VF78.a", "t"))
CONTRACT = Principal("SP000000000000000000002Q6VF78.b")
ADDRESS = Principal("SP000000000000000000002Q6VF78")
PAIR = t.TupleType((("a", t.INT), ("b", TRAIT)))
OLD, NEW = ClarityVersion.CLARITY_1, ClarityVersion.CLARITY_3


def values(argument: object, of: t.Type, version: ClarityVersion = NEW) -> list[Value]:
    return argument_values([argument], [of], version, Epoch.EPOCH_3_1)  # type: ignore[list-item]


GOOD: list[tuple[t.Type, Value]] = [
    (t.OptionalType(t.INT), Some(Int(1))),
    (t.OptionalType(TRAIT), Some(CONTRACT)),
    (t.OptionalType(TRAIT), NONE),
    (t.ResponseType(TRAIT, t.UINT), Ok(CONTRACT)),
    (t.ResponseType(TRAIT, t.UINT), Err(UInt(1))),
    (t.ListType(TRAIT, 2), List([CONTRACT, CONTRACT])),
    (t.ListType(t.UINT, 2), List([UInt(1), UInt(2)])),
    (t.ListType(t.BufferType(2), 2), List([Buffer(b"ab"), Buffer(b"")])),
    (t.ListType(t.BufferType(2), 2), List()),
    (PAIR, Tuple({"a": Int(1), "b": CONTRACT})),
    (t.BufferType(2), Buffer(b"ab")),
    (t.StringAsciiType(2), StringAscii("ab")),
    (t.BOOL, True),
]


@pytest.mark.parametrize(("of", "value"), GOOD)
def test_values_bytes_and_hex_are_taken_alike(of: t.Type, value: Value) -> None:
    data = serialize(value)
    for argument in (value, data, data.hex(), f"0x{data.hex()}"):
        assert values(argument, of) == [value]


@pytest.mark.parametrize(
    ("of", "value"),
    [
        (t.OptionalType(t.INT), Int(1)),
        (t.OptionalType(TRAIT), Some(ADDRESS)),
        (t.ResponseType(TRAIT, t.UINT), Ok(ADDRESS)),
        (t.ResponseType(TRAIT, t.UINT), Err(Int(1))),
        (t.ResponseType(TRAIT, t.UINT), CONTRACT),
        (t.ListType(TRAIT, 1), List([CONTRACT, CONTRACT])),
        (t.ListType(TRAIT, 2), List([CONTRACT, ADDRESS])),
        (t.ListType(TRAIT, 2), CONTRACT),
        (PAIR, Tuple({"a": UInt(1), "b": CONTRACT})),
        (PAIR, Tuple({"a": Int(1), "c": CONTRACT})),
        (PAIR, Tuple({"a": Int(1)})),
        (t.BufferType(2), Buffer(b"abc")),
        (t.StringAsciiType(2), StringAscii("abc")),
        # A list of two types has no type at all.
        (t.StringAsciiType(2), List([Int(1), UInt(1)])),
        (t.INT, UInt(1)),
        (t.ListType(t.INT, 2), List([Int(1), UInt(1)])),
        (t.ListType(t.BufferType(2), 2), List([Buffer(b"ab"), Buffer(b"abc")])),
        (t.ListType(t.BufferType(2), 2), List([Buffer(b"ab"), StringAscii("ab")])),
        (TRAIT, ADDRESS),
    ],
)
def test_what_is_of_another_type_is_refused(of: t.Type, value: Value) -> None:
    with pytest.raises(TransactionError) as caught:
        values(value, of)
    assert (caught.value.kind, caught.value.name) == ("RuntimeCheck", "TypeValueError")


def test_before_clarity_2_a_contract_stands_for_a_trait_only_as_a_parameter_itself() -> None:
    assert values(CONTRACT, TRAIT, OLD) == [CONTRACT]
    with pytest.raises(TransactionError, match="TypeValueError"):
        values(Some(CONTRACT), t.OptionalType(TRAIT), OLD)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("0xzz", "'0xzz' is not hexadecimal"),
        ("zz" * 100, f"'{'z' * 80}' is not hexadecimal"),
        (b"\xff", "Bad type prefix"),
        (b"", "failed to fill whole buffer"),
    ],
)
def test_what_is_no_value_is_refused_with_a_text(argument: bytes | str, message: str) -> None:
    for types in ([t.INT], None):
        with pytest.raises(Rejected) as caught:
            argument_values([argument], types, NEW, Epoch.EPOCH_3_1)
        assert message in caught.value.message


@pytest.mark.parametrize("version", [OLD, NEW])
def test_a_tuple_that_names_a_field_twice_is_no_value(version: ClarityVersion) -> None:
    field = b"\x01a" + serialize(Int(1))
    other = b"\x01b" + serialize(Int(1))
    pair = t.TupleType((("a", t.INT), ("b", t.INT)))
    for fields in ([field, field], [other, other], [field, other, field]):
        data = b"\x0c" + len(fields).to_bytes(4, "big") + b"".join(fields)
        for of, argument in ((pair, data), (t.OptionalType(pair), b"\x0a" + data)):
            with pytest.raises(Rejected, match="Illegal tuple type"):
                values(argument, of, version)


def test_without_types_arguments_are_read_but_not_looked_at() -> None:
    given = [serialize(Int(1)), UInt(2), serialize(Buffer(b"a")).hex()]
    read = argument_values(given, None, NEW, Epoch.EPOCH_3_1)
    assert read == [Int(1), UInt(2), Buffer(b"a")]
