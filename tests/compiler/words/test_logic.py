"""and, or and not: short-circuit evaluation, values and charges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Evaluate


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(and true)", True),
        ("(and true false)", False),
        ("(and false (is-eq 1 (/ 1 0)))", False),
        ("(and true true (is-eq 1 (/ 1 0)))", "DivisionByZero"),
        ("(or false)", False),
        ("(or false true)", True),
        ("(or true (is-eq 1 (/ 1 0)))", True),
        ("(not true)", False),
        ("(not (and true (or false true) (not false)))", False),
        ("(fold and (list true false true) true)", False),
        ("(map or (list true false) (list false false))", [True, False]),
        ("(map not (list true false))", [False, True]),
    ],
)
def test_results(evaluate: Evaluate, expression: str, expected: object) -> None:
    outcome = evaluate(expression)
    assert (outcome.error or outcome.value) == expected


def test_what_is_not_evaluated_costs_nothing(evaluate: Evaluate) -> None:
    long = evaluate("(and false (is-eq 1 1) (is-eq 1 1))")
    assert long.runtime == evaluate("(and false true true)").runtime
    assert evaluate("(and true (is-eq 1 1) false)").runtime > long.runtime
