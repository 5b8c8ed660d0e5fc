"""What a shrinker may try: every kind of operation, form, literal and argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

import pytest

from compiler.consensus import serialize
from compiler.values import NONE, Err, Int, List, Ok, Principal, Some, Tuple, Value
from runtime.crosscheck.pair import Difference, Pair
from runtime.crosscheck.shrink import renamed, shrink
from runtime.reference import Operation

ADDRESS = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"


class Faulty:
    """Stands for both VMs: differs at the first operation of which `fails` holds."""

    def __init__(self, fails: Callable[[Operation], bool]) -> None:
        self._fails = fails
        self.runs = 0

    def run(self, operations: Iterable[Operation]) -> Difference | None:
        self.runs += 1
        for index, operation in enumerate(operations):
            if self._fails(operation):
                return Difference(index, operation, "boom", {}, {})
        return None


def deploy(code: str, name: str = "a") -> Operation:
    return {"op": "deploy", "contract": f"{ADDRESS}.{name}", "code": code, "clarity": 1}


def shrunk(operations: list[Operation], fails: Callable[[Operation], bool], **limits: int):
    faulty = Faulty(fails)
    found = Difference(len(operations) - 1, operations[-1], "boom", {}, {})
    return shrink(operations, found, cast(Pair, faulty), **limits), faulty.runs


def says(*words: str) -> Callable[[Operation], bool]:
    return lambda operation: all(word in operation.get("code", "") for word in words)


def test_what_does_not_happen_again_is_left_as_it_was() -> None:
    operations = [deploy("(boom 1 2)")]
    assert shrunk(operations, lambda _: False) == (operations, 1)


def test_no_more_attempts_are_made_than_allowed() -> None:
    operations = [deploy("(a)\n(b)\n(c)\n(boom 1 2)")]
    (small,), runs = shrunk(operations, says("boom"), attempts=2)
    # One to see that it differs, one that halves it.
    assert (small["code"], runs) == ("(c)\n(boom 1 2)", 2)


def test_operations_without_code_stay_where_they_matter() -> None:
    operations: list[Operation] = [
        deploy("(define-public (f) (ok 1))"),
        {"op": "call", "contract": f"{ADDRESS}.a", "function": "f", "args": [], "sender": ADDRESS},
    ]
    small, _ = shrunk(operations, lambda operation: operation["op"] == "call")
    assert small == operations[1:]


def test_of_three_forms_the_one_that_matters_stays() -> None:
    for forms in (["(a)", "(b)", "(boom)"], ["(a)", "(boom)", "(b)"], ["(boom)", "(a)", "(b)"]):
        (small,), _ = shrunk([deploy("\n".join(forms))], says("boom"))
        assert small["code"] == "(boom)"


def test_forms_that_are_all_needed_all_stay() -> None:
    code = "\n".join(f"({name})" for name in "abcde")
    (small,), _ = shrunk([deploy(code)], says(*(f"({name})" for name in "abcde")))
    assert small["code"] == code


@pytest.mark.parametrize(
    ("literal", "shorter"),
    [
        ("0x0102030405", "0x"),
        ('"abcdefgh"', '""'),
        ('u"abcdefgh"', 'u""'),
        ("123456789", "1"),
        ("u123456789", "u1"),
        ("-123456789", "1"),
        # What is none of these has no shorter form.
        ("long-name", "long-name"),
        ("'ST1PQHQ", "'ST1PQHQ"),
    ],
)
def test_long_literals_become_short_ones_of_their_type(literal: str, shorter: str) -> None:
    (small,), _ = shrunk([deploy(f"(boom {literal})")], says("boom "))
    assert small["code"] == f"(boom {shorter})"


def test_without_contracts_of_ones_own_nothing_is_renamed() -> None:
    operations: list[Operation] = [{"op": "mine", "stacks": 1}, deploy("(f .a)")]
    assert renamed(operations, [], "z1") == operations


def argument(name: str) -> Value:
    """A value of every type that can hold a contract."""
    contract = Principal(f"{ADDRESS}.{name}")
    return List(
        [
            Tuple({"ok": Ok(contract), "err": Err(Some(contract)), "none": NONE, "int": Int(7)}),
        ]
    )


def test_contracts_are_renamed_wherever_arguments_hold_them() -> None:
    call: Operation = {
        "op": "call",
        "contract": f"{ADDRESS}.box",
        "function": "f",
        "args": [f"0x{serialize(argument('box')).hex()}"],
        "sender": ADDRESS,
    }
    (changed,) = renamed([call], ["box"], "z1")
    assert changed["contract"] == f"{ADDRESS}.boxz1"
    assert changed["args"] == [f"0x{serialize(argument('boxz1')).hex()}"]
