"""Comparisons of integers, strings and buffers, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Evaluate

WORDS = ("<", "<=", ">", ">=")
LESS = [True, True, False, False]
EQUAL = [False, True, False, True]
GREATER = [False, False, True, True]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("1", "2", LESS),
        ("-1", "1", LESS),
        (f"{-(1 << 127)}", f"{(1 << 127) - 1}", LESS),
        (f"{1 << 64}", f"{(1 << 64) - 1}", GREATER),
        ("-5", "-5", EQUAL),
        (f"u{(1 << 128) - 1}", "u1", GREATER),
        (f"u{1 << 64}", f"u{1 << 64}", EQUAL),
        ("0x01", "0x0100", LESS),
        ("0x", "0x", EQUAL),
        ("0xff", "0x01ff", GREATER),
        ('"abc"', '"abd"', LESS),
        ('"b"', '"abd"', GREATER),
        ('u"a"', 'u"a"', EQUAL),
        ('u"\\u{e9}"', 'u"z"', GREATER),
        ('u"\\u{ffff}"', 'u"\\u{1f600}"', LESS),
    ],
)
def test_order(evaluate: Evaluate, a: str, b: str, expected: list[bool]) -> None:
    assert evaluate(f"(list {' '.join(f'({w} {a} {b})' for w in WORDS)})").value == expected


def test_clarity_1_compares_integers(evaluate: Evaluate) -> None:
    assert evaluate("(list (< 1 2) (>= u1 u2))", clarity=1).value == [True, False]


def test_the_smaller_size_is_charged(evaluate: Evaluate) -> None:
    """`cost_le` of epoch 3.4 is 7n + 128; sizes are 4 and the characters, of 4 bytes in UTF-8."""
    cost = [
        evaluate(f"(< {a} {b})").runtime - evaluate("(< 0x 0x)").runtime
        for a, b in (("0x010203", "0x0102030405"), ('u"abcde"', 'u"ab"'), ("1", "2"))
    ]
    assert cost == [7 * 3, 7 * 8, 7 * 12]


def test_fold_with_a_comparison(evaluate: Evaluate) -> None:
    assert evaluate("(map < (list 1 5) (list 2 3))").value == [True, False]
