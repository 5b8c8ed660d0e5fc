"""Bitwise words on both halves of 128-bit integers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Evaluate

UMAX = (1 << 128) - 1
MIN = -(1 << 127)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(xor 1 -2)", -1),
        (f"(xor u{UMAX} u{1 << 64})", UMAX - (1 << 64)),
        ("(bit-and 24 16)", 16),
        ("(bit-and -128 -64 7)", 0),
        ("(bit-or 4 8 -1)", -1),
        ("(bit-xor u1 u2 u4)", 7),
        ("(bit-xor 5)", 5),
        ("(bit-not 3)", -4),
        ("(bit-not u0)", UMAX),
        ("(bit-shift-left 2 u1)", 4),
        ("(bit-shift-left 1 u127)", MIN),
        ("(bit-shift-left u1 u64)", 1 << 64),
        ("(bit-shift-left u1 u63)", 1 << 63),
        ("(bit-shift-left u3 u63)", 3 << 63),
        ("(bit-shift-left u3 u128)", 3),
        (f"(bit-shift-left u3 u{(1 << 127) + 1})", 6),
        (f"(bit-shift-left u{UMAX} u100)", UMAX << 100 & UMAX),
        ("(bit-shift-right -64 u1)", -32),
        (f"(bit-shift-right {MIN} u127)", -1),
        (f"(bit-shift-right {MIN} u64)", -(1 << 63)),
        (f"(bit-shift-right {MIN} u1)", -(1 << 126)),
        (f"(bit-shift-right u{UMAX} u127)", 1),
        (f"(bit-shift-right u{UMAX} u64)", (1 << 64) - 1),
        (f"(bit-shift-right u{UMAX} u63)", (1 << 65) - 1),
        (f"(bit-shift-right u{UMAX} u0)", UMAX),
        (f"(bit-shift-right u{UMAX} u128)", UMAX),
        ("(map bit-not (list 1 2))", [-2, -3]),
    ],
)
def test_results(evaluate: Evaluate, expression: str, expected: object) -> None:
    assert evaluate(expression).value == expected
