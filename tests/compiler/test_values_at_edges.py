"""Values that are nearly of a type, literals that nearly are one, and how values are shown."""

from __future__ import annotations

import pytest

from compiler.addresses import c32check_decode
from compiler.diagnostics import ClarityError
from compiler.literals import parse_literal
from compiler.python_values import to_value
from compiler.types import (
    BOOL,
    INT,
    NO_TYPE,
    PRINCIPAL,
    UINT,
    BufferType,
    CallableTraitType,
    ListType,
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
    Ok,
    Principal,
    StringAscii,
    StringUtf8,
    Tuple,
    UInt,
    Value,
)

BOOT = "SP000000000000000000002Q6VF78"
TRAIT = CallableTraitType(TraitIdentifier("†.lib", "adder"))


@pytest.mark.parametrize(
    ("given", "of", "value"),
    [
        (Err(5), ResponseType(UINT, INT), Err(Int(5))),  # type: ignore[arg-type]
        (bytearray(b"ab"), BufferType(2), Buffer(b"ab")),
        (StringAscii("ab"), StringAsciiType(2), StringAscii("ab")),
        (StringUtf8("é"), StringUtf8Type(1), StringUtf8("é")),
        (Tuple({"a": True}), TupleType((("a", BOOL),)), Tuple({"a": True})),
        (f"{BOOT}.pox", TRAIT, Principal(f"{BOOT}.pox")),
        (Principal(f"{BOOT}.pox"), TRAIT, Principal(f"{BOOT}.pox")),
    ],
)
def test_what_stands_for_a_value(given: object, of: Type, value: Value) -> None:
    assert to_value(given, of) == value


@pytest.mark.parametrize(
    ("given", "of", "message"),
    [
        (1, BOOL, "wants bool, got int 1"),
        (b"a", StringAsciiType(1), "wants (string-ascii 1), got bytes b'a'"),
        (b"a", StringUtf8Type(1), "wants (string-utf8 1), got bytes b'a'"),
        ("ab", StringAsciiType(1), "2 characters where the type allows 1"),
        (StringUtf8("ab"), StringUtf8Type(1), "2 characters where the type allows 1"),
        (Buffer(b"ab"), BufferType(1), "2 bytes where the type allows 1"),
        (7, PRINCIPAL, "wants principal, got int 7"),
        (BOOT, TRAIT, f"wants a contract, got the address {BOOT}"),
        ("ab", ListType(INT, 1), "wants (list 1 int), got str 'ab'"),
        ([1], TupleType((("a", INT),)), "wants (tuple (a int)), got list [1]"),
        (Ok(Ok(1)), ResponseType(INT, INT), "wants int, got Ok (ok 1)"),  # type: ignore[arg-type]
        (1, NO_TYPE, "wants UnknownType, got int 1"),
        ("x" * 100, INT, f"wants int, got str 'x{'x' * 75}..."),
    ],
)
def test_what_does_not(given: object, of: Type, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        to_value(given, of)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Int(-1), "Int(-1)"),
        (Buffer(b"\x00a"), "Buffer(b'\\x00a')"),
        (StringAscii("a'b"), 'StringAscii("a\'b")'),
        (StringUtf8("é"), "StringUtf8('é')"),
        (Principal(BOOT), f"Principal('{BOOT}')"),
        (NONE, "NONE"),
        (Ok(UInt(1)), "Ok(UInt(1))"),
        (Err(NONE), "Err(NONE)"),
        (Tuple({"b": True, "a": Int(1)}), "Tuple({'a': Int(1), 'b': True})"),
    ],
)
def test_values_are_shown_as_python_makes_them(value: Value, shown: str) -> None:
    assert repr(value) == shown


def test_the_parts_of_a_principal() -> None:
    contract = Principal(f"{BOOT}.pox")
    assert (contract.address, contract.contract_name) == (BOOT, "pox")
    assert (Principal(BOOT).address, Principal(BOOT).contract_name) == (BOOT, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('u"\\u{110000}"', "\\u{110000} is no Unicode scalar value"),
        ('u"\\u{1234567}"', "\\u{1234567} is no Unicode scalar value"),
        ("1" * 41, f"{'1' * 40}… is out of the range of 128 bits"),
    ],
)
def test_literals_out_of_range(text: str, message: str) -> None:
    with pytest.raises(ClarityError) as caught:
        parse_literal(text)
    assert message in caught.value.diagnostic.message


def test_a_hint_names_the_type_where_a_u_is_not_what_is_missing() -> None:
    with pytest.raises(ClarityError) as caught:
        parse_literal("true", UINT)
    assert caught.value.diagnostic.hint == "write a value of type uint"


@pytest.mark.parametrize("text", ["", "S", "é", "00", "P0", "ÉÉÉÉÉÉ"])
def test_too_little_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="Invalid crockford 32 string"):
        c32check_decode(text)
