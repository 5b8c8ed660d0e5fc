"""Annotations: the texts are what the interpreter shows for `(+ 1` and the comment after it."""

from __future__ import annotations

import pytest

from compiler.syntax.annotations import annotation_warnings

GOOD = [
    ";; #[allow(unchecked_data)]",
    ";; #[allow( unused_const , panic )]",
    ";; #[allow (panic)]",
    ";; #[ env ( simnet ) ]",
    ";; #[filter(*)]",
    ";; #[filter( a , b )]",
    ";; #[filter(a,)]",
    ";; # [allow(unchecked_data)]",
    ";; @hello",
    ";; #",
    "#[allow(nope)]",
]
BAD = [
    (";; #[allow(nope)]", "unknown warning kind 'nope' in 'allow' annotation"),
    (";; #[allow(unused_const, nope)]", "unknown warning kind ' nope' in 'allow' annotation"),
    (";; #[allow(panic))]", "unknown warning kind 'panic)' in 'allow' annotation"),
    (";; #[allow()]", "missing value for 'allow' annotation"),
    (";; #[allow(panic]", "malformed annotation: missing closing ')'"),
    (";; #[[allow(x)]]", "malformed annotation: missing closing ')'"),
    (";; #[allow", "malformed annotation: expected #[...]"),
    (";; #[env(simnet)] x", "malformed annotation: expected #[...]"),
    (";; #[env(mainnet)]", "bad environment mainnet for 'env' annotation"),
    (";; #[env()]", "bad environment  for 'env' annotation"),
    (";; #[env]", "missing value for 'env' annotation"),
    (";; #[env(onchain)]", "'onchain' is not a valid environment for 'env' annotation"),
    (";; #[filter]", "missing value for 'filter' annotation"),
    (";; #[filter()]", "missing value for 'filter' annotation"),
    (";; #[filter(a b)]", 'invalid filter name: InvalidClarityName("a b")'),
    (";; #[]", "unrecognized annotation"),
    (";; #[nope(x)]", "unrecognized annotation"),
    ("(h 4) ;; #[allow(panic)]", "annotation at end of line will be ignored"),
]


@pytest.mark.parametrize("line", GOOD)
def test_annotations_that_say_something(line: str) -> None:
    assert annotation_warnings(f"(+ 1\n{line}\n") == []


@pytest.mark.parametrize(("line", "message"), BAD)
def test_annotations_that_are_wrong(line: str, message: str) -> None:
    (found,) = annotation_warnings(f"(+ 1\n  {line}\n")
    assert found.message == message
    assert found.span.start_line == 2


def test_they_come_in_the_order_of_lines() -> None:
    found = annotation_warnings(";; #[]\r\n;; #[env]\n")
    assert [each.message for each in found] == [
        "unrecognized annotation",
        "missing value for 'env' annotation",
    ]
