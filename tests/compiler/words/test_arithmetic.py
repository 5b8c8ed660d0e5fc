"""Arithmetic: exact results, and the interpreter's errors at the limits of 128 bits."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Evaluate

MAX = (1 << 127) - 1
MIN = -(1 << 127)
UMAX = (1 << 128) - 1


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(+ 1)", 1),
        ("(+ 1 2 3)", 6),
        (f"(+ {MAX} -1 1)", MAX),
        (f"(+ {MAX} 1)", "ArithmeticOverflow"),
        (f"(+ {MIN} -1)", "ArithmeticOverflow"),
        (f"(+ u{UMAX} u0)", UMAX),
        (f"(+ u{UMAX} u1)", "ArithmeticOverflow"),
        (f"(+ u{1 << 127} u{1 << 127})", "ArithmeticOverflow"),
        ("(- 5)", -5),
        (f"(- {MIN})", "ArithmeticUnderflow"),
        ("(- u0)", 0),
        ("(- u1)", "ArithmeticUnderflow"),
        ("(- u5 u3 u2)", 0),
        ("(- u5 u3 u3)", "ArithmeticUnderflow"),
        (f"(- u{1 << 64} u1)", (1 << 64) - 1),
        (f"(- u{(1 << 127) - 1} u{1 << 127})", "ArithmeticUnderflow"),
        (f"(- {MIN} 1)", "ArithmeticUnderflow"),
        (f"(- 0 {MIN})", "ArithmeticUnderflow"),
        (f"(- -1 {MIN})", MAX),
        ("(* 2)", 2),
        ("(* 2 -3 4)", -24),
        (f"(* {MIN} -1)", "ArithmeticOverflow"),
        (f"(* {MIN} 1)", MIN),
        (f"(* {1 << 64} {1 << 62})", 1 << 126),
        (f"(* {1 << 64} {1 << 63})", "ArithmeticOverflow"),
        (f"(* {-(1 << 64)} {1 << 63})", MIN),
        (f"(* u{1 << 64} u{1 << 63})", 1 << 127),
        (f"(* u{1 << 64} u{1 << 64})", "ArithmeticOverflow"),
        (f"(* u{(1 << 64) - 1} u{(1 << 64) + 1})", UMAX),
        (f"(* u{UMAX} u2)", "ArithmeticOverflow"),
        ("(/ 7)", 7),
        ("(/ -7 2)", -3),
        ("(/ 7 0)", "DivisionByZero"),
        ("(/ u7 u0)", "DivisionByZero"),
        ("(/ 100 3 3)", 11),
        (f"(/ {MIN} -1)", "DivisionByZero"),
        (f"(/ {MIN} 1)", MIN),
        ("(mod -7 2)", -1),
        ("(mod 7 -2)", 1),
        (f"(mod {MIN} -1)", "DivisionByZero"),
        ("(mod u7 u0)", "DivisionByZero"),
        ("(pow 0 0)", 1),
        ("(pow 0 -1)", 0),
        ("(pow 1 -1)", 1),
        (f"(pow u1 u{UMAX})", 1),
        ("(pow 2 -1)", "Arithmetic"),
        ("(pow 2 4294967296)", "Arithmetic"),
        ("(pow 5 1)", 5),
        ("(pow 5 0)", 1),
        ("(pow -2 127)", MIN),
        ("(pow 2 127)", "ArithmeticOverflow"),
        ("(pow u2 u127)", 1 << 127),
        ("(pow u2 u128)", "ArithmeticOverflow"),
        ("(pow -1 4294967295)", -1),
        (f"(pow {MIN} 1)", MIN),
        ("(sqrti 0)", 0),
        ("(sqrti 11)", 3),
        ("(sqrti -1)", "Arithmetic"),
        (f"(sqrti u{UMAX})", (1 << 64) - 1),
        (f"(sqrti u{1 << 126})", 1 << 63),
        ("(log2 1)", 0),
        (f"(log2 {MAX})", 126),
        (f"(log2 u{UMAX})", 127),
        ("(log2 0)", "Arithmetic"),
        ("(log2 u0)", "Arithmetic"),
        ("(log2 -8)", "Arithmetic"),
        (f"(to-int u{MAX})", MAX),
        (f"(to-int u{MAX + 1})", "ArithmeticOverflow"),
        ("(to-uint 5)", 5),
        ("(to-uint -5)", "ArithmeticUnderflow"),
        ("(map + (list 1 2) (list 3 4) (list 5 6))", [9, 12]),
        ("(fold * (list u2 u3) u7)", 42),
    ],
)
def test_results_and_errors(evaluate: Evaluate, expression: str, expected: object) -> None:
    outcome = evaluate(expression)
    assert (outcome.error or outcome.value) == expected


def _numbers(signed: bool) -> list[int]:
    source = random.Random(1)
    numbers = []
    for _ in range(120):
        number = source.getrandbits(source.choice([8, 33, 63, 64, 65, 100, 127]))
        numbers.append(-number if signed and source.random() < 0.5 else number)
    return numbers


@pytest.mark.parametrize("signed", [True, False])
def test_divisions_agree_with_exact_arithmetic(evaluate: Evaluate, signed: bool) -> None:
    """(a / b, a mod b) truncated towards zero, for numbers of all lengths."""
    numbers = _numbers(signed)
    pairs = [(a, b) for a, b in zip(numbers[::2], numbers[1::2], strict=True) if b]
    u = "" if signed else "u"
    quotients = " ".join(f"(/ {u}{a} {u}{b})" for a, b in pairs)
    remainders = " ".join(f"(mod {u}{a} {u}{b})" for a, b in pairs)
    outcome = evaluate(f"(list {quotients} {remainders})")
    expected = [abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1) for a, b in pairs]
    expected += [abs(a) % abs(b) * (-1 if a < 0 else 1) for a, b in pairs]
    assert outcome.value == expected
