"""Values are told apart by their kind, print as source, and come from friendly Python and text."""

from __future__ import annotations

import pytest

from compiler.diagnostics import ClarityError
from compiler.literals import parse_literal
from compiler.python_values import to_value
from compiler.types import (
    BOOL,
    INT,
    PRINCIPAL,
    UINT,
    BufferType,
    ListType,
    OptionalType,
    ResponseType,
    StringAsciiType,
    StringUtf8Type,
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
    display,
    source,
)

BOOT = "SP000000000000000000002Q6VF78"

SOURCES: list[tuple[Value, str, str]] = [
    (Int(-1), "-1", "-1"),
    (UInt(1), "u1", "u1"),
    (True, "true", "true"),
    (Buffer(b"\x00\xff"), "0x00ff", "0x00ff"),
    (StringAscii('a"\\\n'), '"a\\"\\\\\\n"', '"a\\"\\\\\\n"'),
    (StringAscii("it's"), '"it\'s"', '"it\\\'s"'),
    (StringUtf8("é"), 'u"\\u{e9}"', 'u"\\u{c3a9}"'),
    (Principal(BOOT), f"'{BOOT}", BOOT),
    (NONE, "none", "none"),
    (Some(False), "(some false)", "(some false)"),
    (Ok(UInt(1)), "(ok u1)", "(ok u1)"),
    (Err(NONE), "(err none)", "(err none)"),
    (List([Int(1), Int(2)]), "(list 1 2)", "(1 2)"),
    (List(), "(list)", "()"),
    (Tuple({"b": True, "a": Int(1)}), "{a: 1, b: true}", "(tuple (a 1) (b true))"),
]


@pytest.mark.parametrize(("value", "text", "shown"), SOURCES)
def test_text(value: Value, text: str, shown: str) -> None:
    assert source(value) == text
    assert display(value) == shown
    assert parse_literal(text) == value


def test_equality_tells_kinds_apart() -> None:
    alike: list[Value] = [
        Int(1), UInt(1), True, Some(True), Ok(True), Err(True), List([True]), StringAscii("1"),
        StringUtf8("1"), Buffer(b"1"), NONE, Tuple({"a": True}), Principal("1"),
    ]  # fmt: skip
    assert len(set(alike)) == len(alike)
    assert all((a == b) == (a is b) for a in alike for b in alike)
    assert Tuple({"a": Int(1), "b": Int(2)}) == Tuple({"b": Int(2), "a": Int(1)})
    assert repr(Some(List([UInt(1)]))) == "Some(List([UInt(1)]))"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Int(1 << 127),
        lambda: Int(-(1 << 127) - 1),
        lambda: UInt(-1),
        lambda: UInt(1 << 128),
        lambda: StringAscii("é"),
        lambda: StringAscii("\x00"),
        lambda: StringUtf8("\ud800"),
        lambda: Principal.parse("SP1"),
    ],
)
def test_constructors_check(make: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has a text of its own
        make()  # type: ignore[operator]


FRIENDLY: list[tuple[object, Type, Value]] = [
    (1, INT, Int(1)),
    (1, UINT, UInt(1)),
    (True, BOOL, True),
    (b"ab", BufferType(2), Buffer(b"ab")),
    ("ab", StringAsciiType(2), StringAscii("ab")),
    ("é", StringUtf8Type(1), StringUtf8("é")),
    (f"{BOOT}.pox", PRINCIPAL, Principal(f"{BOOT}.pox")),
    (None, OptionalType(INT), NONE),
    (5, OptionalType(INT), Some(Int(5))),
    (Some(5), OptionalType(INT), Some(Int(5))),  # type: ignore[arg-type]
    (Ok(5), ResponseType(UINT, BOOL), Ok(UInt(5))),  # type: ignore[arg-type]
    ([1, 2], ListType(UINT, 2), List([UInt(1), UInt(2)])),
    ({"b": [], "a": 1}, TupleType((("a", INT), ("b", ListType(INT, 1)))),
     Tuple({"a": Int(1), "b": List()})),
]  # fmt: skip


@pytest.mark.parametrize(("given", "of", "value"), FRIENDLY)
def test_to_value(given: object, of: Type, value: Value) -> None:
    assert to_value(given, of) == value
    assert to_value(value, of) == value


REFUSED: list[tuple[object, Type, str]] = [
    (True, INT, "wants int, got bool true"),
    (UInt(1), INT, "wants int, got UInt u1"),
    (1 << 130, UINT, "not in the range of uint"),
    ("x", BufferType(1), "wants (buff 1), got str 'x'"),
    (b"abc", BufferType(2), "3 bytes where the type allows 2"),
    ([1, "x"], ListType(INT, 2), "entry 1: wants int, got str 'x'"),
    ([1, 2, 3], ListType(INT, 2), "3 entries where the type allows 2"),
    ({"a": None}, TupleType((("a", INT),)), "field 'a': wants int, got NoneType None"),
    ({"b": 1}, TupleType((("a", INT),)), "lacks 'a' and has unknown 'b'"),
    (5, ResponseType(INT, INT), "wants (response int int), got int 5"),
    ("SP1", PRINCIPAL, "Invalid crockford 32 string"),
]


@pytest.mark.parametrize(("given", "of", "message"), REFUSED)
def test_to_value_refuses(given: object, of: Type, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        to_value(given, of)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" ( list  1 2 ) ", List([Int(1), Int(2)])),
        ("(tuple (b u1) (a 0x))", Tuple({"a": Buffer(b""), "b": UInt(1)})),
        ("{a: {b: none,},}", Tuple({"a": Tuple({"b": NONE})})),
        (f"{BOOT}.pox", Principal(f"{BOOT}.pox")),
        (".pox", Principal(f"{BOOT}.pox")),
        ('u"\\u{1F600}"', StringUtf8("😀")),
    ],
)
def test_parse_literal(text: str, value: Value) -> None:
    assert parse_literal(text, deployer=BOOT) == value


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("", "expected a value, found the end", 1),
        ("(list 1", "expected a value, found the end", 8),
        ("(+ 1 2)", "'+' makes no value", 2),
        ("{a: 1 b: 2}", "expected '}', found 'b'", 7),
        ("{a: 1, a: 2}", "field 'a' is given twice", 8),
        ("0xabc", "0xabc is no buffer", 1),
        ('  "abc', "the string has no end", 3),
        ("1 2", "unexpected '2' after the value", 3),
        ("'SP00", "Invalid crockford 32 string", 1),
        (".pox", ".pox needs a deployer", 1),
        ("9" * 39, "not in the range of int", 1),
        ("(list " * 10_000, "nested deeper than 64 levels", 391),
    ],
)
def test_parse_literal_refuses(text: str, message: str, column: int) -> None:
    with pytest.raises(ClarityError) as caught:
        parse_literal(text)
    assert message in caught.value.diagnostic.message
    assert caught.value.diagnostic.span.start_column == column


def test_parse_literal_checks_the_type() -> None:
    assert parse_literal("(some u1)", OptionalType(UINT)) == Some(UInt(1))
    with pytest.raises(ClarityError) as caught:
        parse_literal("1", UINT)
    assert caught.value.diagnostic.hint == "unsigned integers are written with a u: u1"
