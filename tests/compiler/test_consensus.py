"""Consensus serialisation is the network's, and hostile bytes are refused within bounds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compiler.consensus import (
    INCOMPLETE,
    SerializationError,
    codec,
    deserialize,
    serialize,
    serialized_size,
    type_of,
)
from compiler.types import (
    BOOL,
    INT,
    NO_TYPE,
    PRINCIPAL,
    UINT,
    BufferType,
    CallableTraitType,
    ListType,
    OptionalType,
    ResponseType,
    StringAsciiType,
    StringUtf8Type,
    TraitIdentifier,
    TupleType,
    Type,
)
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
    Value,
)

SHARED = Path(__file__).parents[3] / "shared"
ZERO = "00" * 16
PAIR = TupleType((("a", INT), ("b", BOOL)))

# Vectors of SIP-005 and of stacks-core's own tests.
VECTORS: list[tuple[str, Value, Type]] = [
    ("00" + "00" * 15 + "01", Int(1), INT),
    ("00" + "ff" * 16, Int(-1), INT),
    ("01" + "ff" * 16, UInt((1 << 128) - 1), UINT),
    ("03", True, BOOL),
    ("04", False, BOOL),
    ("0200000002beef", Buffer(b"\xbe\xef"), BufferType(2)),
    ("0d0000000568656c6c6f", StringAscii("hello"), StringAsciiType(5)),
    ("0e00000002c3a9", StringUtf8("é"), StringUtf8Type(1)),
    ("0516" + "00" * 20, Principal("SP000000000000000000002Q6VF78"), PRINCIPAL),
    ("0616" + "00" * 20 + "03706f78", Principal("SP000000000000000000002Q6VF78.pox"), PRINCIPAL),
    ("09", NONE, OptionalType(NO_TYPE)),
    ("0a04", Some(False), OptionalType(BOOL)),
    ("0703", Ok(True), ResponseType(BOOL, NO_TYPE)),
    ("0809", Err(NONE), ResponseType(NO_TYPE, OptionalType(NO_TYPE))),
    ("0b00000000", List(), ListType(NO_TYPE, 0)),
    ("0b000000020304", List([True, False]), ListType(BOOL, 2)),
    ("0c000000020161" + "00" + ZERO + "016203", Tuple({"a": Int(0), "b": True}), PAIR),
]


@pytest.mark.parametrize(("data", "value", "of"), VECTORS)
def test_vectors(data: str, value: Value, of: Type) -> None:
    encoded = bytes.fromhex(data)
    assert serialize(value) == encoded
    assert serialized_size(value) == len(encoded)
    assert deserialize(encoded) == value
    assert deserialize(encoded, of) == value
    assert type_of(value) == of
    assert codec(of).read(encoded) == value
    assert codec(of).write(value) == encoded


EOF_TEXT = "Serialization error caused by IO: failed to fill whole buffer"
ERRORS = [
    ("", "IOError", EOF_TEXT),
    ("00" + "00" * 15, "IOError", EOF_TEXT),
    ("02000000ff00", "IOError", EOF_TEXT),
    ("0bffff", "IOError", EOF_TEXT),
    ("0f", "DeserializationFailure", "Deserialization failure: Bad type prefix"),
    ("0300", "LeftoverBytesInDeserialization", "Deserialization error: bytes left over in buffer"),
    ("0200100001", "BadTypeError", "Deserialization error, bad type, caused by: ValueTooLarge"),
    ("0bffffffff", "DeserializationFailure", "Deserialization failure: Illegal list type"),
    ("0cffffffff", "DeserializationFailure", "Deserialization failure: Illegal tuple type"),
    ("0c00000000", "DeserializationFailure", "Deserialization failure: Illegal tuple type"),
    ("0b0000000203" + "00" + ZERO, "DeserializationFailure",
     "Deserialization failure: Illegal list type"),
    ("0c00000002016103016103", "DeserializationFailure",
     "Deserialization failure: Illegal tuple type"),
    ("0d0000000100", "DeserializationFailure", "Deserialization failure: Bad string"),
    ("0d00000001e9", "DeserializationFailure", "Deserialization failure: Bad string"),
    ("0e00000001ff", "DeserializationFailure", "Deserialization failure: Illegal string_utf8 type"),
    ("0e00000003eda080", "DeserializationFailure",
     "Deserialization failure: Illegal string_utf8 type"),
    ("0c00000001013103", "DeserializationFailure",
     "Deserialization failure: Illegal Clarity string"),
    ("0c0000000181", "DeserializationFailure", "Deserialization failure: String too long"),
    ("0c0000000101ff", "DeserializationFailure", "Deserialization failure: Non-UTF8 string data"),
    ("0520" + "00" * 20, "UnexpectedSerialization",
     "The serializer handled an input in an unexpected way"),
    ("0a" * 16 + "03", "BadTypeError",
     "Deserialization error, bad type, caused by: TypeSignatureTooDeep"),
    ("0a" * 1_000_000, "BadTypeError",
     "Deserialization error, bad type, caused by: TypeSignatureTooDeep"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "kind", "message"), ERRORS)
def test_errors(data: str, kind: str, message: str) -> None:
    with pytest.raises(SerializationError) as caught:
        deserialize(bytes.fromhex(data))
    assert (caught.value.kind, str(caught.value)) == (kind, message)


def test_sizes_are_bounded() -> None:
    # A list type of 1,024 entries of 1,024 bytes is over 1 MiB though its bytes are few.
    long = b"\x02\x00\x00\x04\x00" + bytes(1024)
    data = b"\x0b\x00\x00\x04\x00" + long + b"\x02\x00\x00\x00\x00" * 1023
    with pytest.raises(SerializationError, match="Illegal list type"):
        deserialize(data)
    # Nothing beyond 2 MiB is read.
    half = b"\x02\x00\x10\x00\x00" + bytes(1 << 20)
    many = b"\x0c\x00\x00\x00\x02" + b"\x01a" + half + b"\x01b" + half
    with pytest.raises(SerializationError, match="failed to fill whole buffer"):
        deserialize(many)
    with pytest.raises(SerializationError, match="ValueTooLarge"):
        serialize(Buffer(bytes((1 << 20) + 1)))


def test_depth_depends_on_sanitising() -> None:
    deep: Type = BOOL
    for _ in range(31):
        deep = OptionalType(deep)
    data = b"\x0a" * 31 + b"\x03"
    assert deserialize(data, deep, sanitize=True) == codec(deep).read(data)
    with pytest.raises(SerializationError, match="TypeSignatureTooDeep"):
        deserialize(data, deep)


MISMATCHES: list[tuple[str, Type, str]] = [
    ("03", INT, "int"),
    ("01" + ZERO, INT, "int"),
    ("0200000003abcdef", BufferType(2), "(buff 2)"),
    ("0d00000003616263", StringAsciiType(2), "(string-ascii 2)"),
    ("0e00000003616263", StringUtf8Type(2), "(string-utf8 2)"),
    ("0e00000001ff", StringUtf8Type(2), "(string-utf8 2)"),
    ("0b00000002", ListType(INT, 1), "(list 1 int)"),
    ("0b0000000103", ListType(INT, 1), "int"),
    ("0703", ResponseType(INT, BOOL), "int"),
    ("0a03", OptionalType(NO_TYPE), "UnknownType"),
    ("0c00000001016103", PAIR, "(tuple (a int) (b bool))"),
    ("0c000000020161" + "00" + ZERO + "016303", PAIR, "(tuple (a int) (b bool))"),
]


@pytest.mark.parametrize(("data", "of", "shown"), MISMATCHES)
def test_other_types_are_refused(data: str, of: Type, shown: str) -> None:
    with pytest.raises(SerializationError) as caught:
        deserialize(bytes.fromhex(data), of)
    assert caught.value.kind == "DeserializeExpected"
    assert str(caught.value) == f"Deserialization expected the type of the input to be: {shown}"


def test_sanitising_drops_fields() -> None:
    extra = bytes.fromhex("0c000000030161" + "00" + ZERO + "016203" + "016309")
    assert deserialize(extra, PAIR, sanitize=True) == Tuple({"a": Int(0), "b": True})
    with pytest.raises(SerializationError, match="expected the type"):
        deserialize(extra, PAIR)
    # What is dropped has to be a value all the same.
    bad = bytes.fromhex("0c000000030161" + "00" + ZERO + "016203" + "01630f")
    with pytest.raises(SerializationError, match="Bad type prefix"):
        deserialize(bad, PAIR, sanitize=True)


def test_fields_come_in_any_order() -> None:
    swapped = bytes.fromhex("0c00000002016203" + "0161" + "00" + ZERO)
    for value in (deserialize(swapped), deserialize(swapped, PAIR), codec(PAIR).read(swapped)):
        assert value == Tuple({"a": Int(0), "b": True})
        assert list(value) == ["a", "b"]  # type: ignore[call-overload]


def test_a_field_that_comes_twice_hides_another_if_that_may_lack() -> None:
    twice = bytes.fromhex("0c000000020161" + "00" + ZERO + "0161" + "00" + "ff" * 16)
    assert deserialize(twice, PAIR, lacking=True) == Tuple({"a": Int(-1)})
    for sanitize in (False, True):
        with pytest.raises(SerializationError, match="Illegal tuple type") as caught:
            deserialize(twice, PAIR, sanitize)
        assert caught.value.kind == INCOMPLETE
    with pytest.raises(SerializationError, match="Illegal tuple type"):
        codec(PAIR).read(twice)


def test_bytes_may_follow() -> None:
    assert deserialize(b"\x03\xff", exact=False) is True


def test_traits_are_contracts() -> None:
    of = CallableTraitType(TraitIdentifier("SP000000000000000000002Q6VF78.t", "t"))
    data = bytes.fromhex("0616" + "00" * 20 + "03706f78")
    assert codec(of).read(data) == Principal("SP000000000000000000002Q6VF78.pox")
    with pytest.raises(SerializationError, match="expected the type"):
        codec(of).read(bytes.fromhex("0516" + "00" * 20))


@pytest.mark.parametrize(
    ("value", "of"),
    [
        (Int(1), UINT),
        (True, INT),
        (Buffer(b"abc"), BufferType(2)),
        (Some(Int(1)), OptionalType(UINT)),
        (List([Int(1)]), ListType(INT, 0)),
        (Tuple({"a": Int(1)}), PAIR),
        (Tuple({"a": Int(1), "c": True}), PAIR),
    ],
)
def test_codecs_check_what_they_write(value: Value, of: Type) -> None:
    with pytest.raises(TypeError, match="wants"):
        codec(of).write(value)


def test_every_recorded_result() -> None:
    path = SHARED / "corpus" / "words" / "receipts.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    results = {json.loads(line).get("result") for line in path.read_text().splitlines()} - {None}
    for result in results:
        data = bytes.fromhex(result[2:])
        value = deserialize(data)
        assert serialize(value) == data
        of = codec(type_of(value))
        assert of.read(data) == value
        assert of.write(value) == data
