"""Taking programs apart, and making differences small, without the interpreter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from runtime.crosscheck.forms import forms_of, replaced
from runtime.crosscheck.pair import Difference, Pair, cause_of
from runtime.crosscheck.shrink import renamed, shrink
from runtime.reference import Operation, Receipt

ADDRESS = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
SOURCE = '(a "x)\\"" {b: u"("}) ; (comment\n(c 0x00 (d))\n'


def test_forms_have_their_places() -> None:
    first, second = forms_of(SOURCE)
    assert first.text(SOURCE) == '(a "x)\\"" {b: u"("})'
    assert [child.text(SOURCE) for child in second.children] == ["c", "0x00", "(d)"]
    assert replaced("(c 0x00)", forms_of("(c 0x00)")[0].children[1], "1") == "(c 1)"


def test_broken_sources_have_forms_too() -> None:
    assert [form.text(") (a (b") for form in forms_of(") (a (b")] == ["(a (b"]


class Faulty:
    """Stands for both VMs: differs wherever a deployment says `boom`."""

    def run(self, operations: Iterable[Operation]) -> Difference | None:
        for index, operation in enumerate(operations):
            if "boom" in operation.get("code", ""):
                return Difference(index, operation, "boom", {}, {})
        return None


def test_a_difference_shrinks_to_what_makes_it() -> None:
    operations: list[Operation] = [
        {"op": "deploy", "contract": f"{ADDRESS}.a", "code": "(+ 1 2)", "clarity": 1},
        {"op": "mine", "stacks": 1},
        {
            "op": "deploy",
            "contract": f"{ADDRESS}.b",
            "code": "(define-private (f) (list 1 2 3))\n(begin (f) (if true (boom 1 2) 3))",
            "clarity": 1,
        },
    ]
    faulty = cast(Pair, Faulty())
    found = Difference(2, operations[2], "boom", {}, {})
    (small,) = shrink(operations, found, faulty)
    assert small["code"] == "(boom)"
    assert small["contract"] == f"{ADDRESS}.b"


def test_contracts_are_renamed_in_code_and_arguments() -> None:
    trait = "0x061a6d78de7b0625dfbfc16c3a8a5735f6dc3dc3f2ce0161"
    operations: list[Operation] = [
        {"op": "deploy", "contract": f"{ADDRESS}.a", "code": "(f .a .ab)", "clarity": 1},
        {"op": "call", "contract": f"{ADDRESS}.a", "function": "f", "args": [trait], "sender": ""},
    ]
    deploy, call = renamed(operations, ["a"], "z1")
    assert deploy["code"] == "(f .az1 .ab)"
    assert call["contract"] == f"{ADDRESS}.az1"
    assert call["args"] == ["0x061a6d78de7b0625dfbfc16c3a8a5735f6dc3dc3f2ce03617a31"]


COST = {"runtime": 1, "read_count": 0, "read_length": 0, "write_count": 0, "write_length": 0}
OK: Receipt = {"ok": True, "result": "0x03", "events": [], "cost": COST}


def failed(**error: Any) -> Receipt:
    return {"ok": False, "error": error}


def test_causes_are_the_same_for_like_differences() -> None:
    call: Operation = {"op": "call"}
    text = failed(kind="message", message="expecting 'int', found 'uint'")
    other = failed(kind="message", message="expecting 'bool', found 'uint'")
    assert cause_of(call, OK, OK) is None
    assert cause_of(call, OK, {**OK, "result": "0x04"}) == "call: value"
    assert cause_of(call, OK, {**OK, "cost": {**COST, "runtime": 2}}) == "call: cost runtime"
    assert cause_of(call, OK, {**OK, "events": [{"type": "x"}]}) == "call: events number"
    assert cause_of(call, OK, failed(kind="Runtime", name="X")) == "call: we should fail, Runtime X"
    assert cause_of(call, text, OK) == "call: we fail, text expecting '…', found '…'"
    assert cause_of(call, text, other) is not None
    assert cause_of(call, failed(kind="panic"), failed(kind="panic")) is None
    assert cause_of({"op": "mine"}, OK, text) is None
