"""is-eq of any types and any number of arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Evaluate


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(is-eq 1)", True),
        ("(is-eq 1 1)", True),
        (f"(is-eq 1 {1 + (1 << 64)})", False),
        ("(is-eq 1 1 1 2)", False),
        ("(is-eq u1 u1 u1)", True),
        ("(is-eq 0x01 0x0100)", False),
        ("(is-eq 0x0100 0x0100 0x0100)", True),
        ('(is-eq "abc" "abc")', True),
        ('(is-eq u"abc" u"abd")', False),
        ("(is-eq none none)", True),
        ("(is-eq none (some 1))", False),
        ("(is-eq (some 1) none (some 1))", False),
        ("(is-eq (some 1) (some 1) (some 1))", True),
        ("(is-eq (list) (list 1))", False),
        ("(is-eq (list 1 2) (list 1 2))", True),
        ("(is-eq (list (some 1) none) (list (some 1) none))", True),
        ("(is-eq (ok 1) (ok 1))", True),
        ("(is-eq (if true (ok 1) (err 1)) (err 1))", False),
        ("(is-eq {a: 1, b: none} {a: 1, b: (some 0x01)})", False),
        ("(is-eq {a: 1, b: (some 0x01)} {a: 1, b: (some 0x01)})", True),
        ("(is-eq tx-sender tx-sender)", True),
        ("(is-eq 'SP000000000000000000002Q6VF78 'SP000000000000000000002Q6VF78.pox)", False),
    ],
)
def test_results(evaluate: Evaluate, expression: str, expected: bool) -> None:
    assert evaluate(expression).value is expected


def test_the_serialised_sizes_are_charged(evaluate: Evaluate) -> None:
    """`cost_eq` of epoch 3.4 is 7n + 151; an integer has 17 bytes, a buffer 5 and its own."""
    integers = evaluate("(is-eq 1 1)").runtime
    assert evaluate("(is-eq 1 1 1)").runtime - integers == 7 * 17
    assert evaluate("(is-eq 0x 0x0102)").runtime - integers == 7 * (12 - 34)
