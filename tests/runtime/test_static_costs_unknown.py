"""What is not known of costs beforehand is said, not guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler import types as t
from compiler.values import Int, List, Ok, Principal, Tuple
from compiler.versions import Epoch
from runtime.casts import growth, most_traits
from runtime.crosscheck.pair import Difference
from runtime.crosscheck.report import difference_lines
from runtime.static_costs import StaticCosts
from tests.runtime.known_contracts import Known

ADDRESS = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
TRAIT = t.CallableTraitType(t.TraitIdentifier("SP.a", "t"))


@pytest.fixture(scope="module")
def known() -> Known:
    known = Known(Path())
    known.epoch = Epoch.EPOCH_3_1
    for name, code in (
        ("callee", "(define-public (go) (ok 1))"),
        ("caller", "(define-public (go) (contract-call? .callee go))"),
    ):
        known.deploy({"op": "deploy", "contract": f"{ADDRESS}.{name}", "code": code, "clarity": 3})
    return known


def test_of_what_is_not_there_no_cost_is_known(known: Known) -> None:
    costs = StaticCosts(known.epoch, known.find)
    assert costs.call(f"{ADDRESS}.nobody", "go") is None
    assert costs.call(f"{ADDRESS}.callee", "nothing") is None
    assert costs.deploy(f"{ADDRESS}.nobody") is None


def test_a_call_of_a_contract_that_is_not_known_leaves_the_cost_open(known: Known) -> None:
    callee = f"{ADDRESS}.callee"
    whole = StaticCosts(known.epoch, known.find).call(f"{ADDRESS}.caller", "go")
    partly = StaticCosts(
        known.epoch, lambda name: None if name == callee else known.find(name)
    ).call(f"{ADDRESS}.caller", "go")
    assert whole is not None
    assert partly is not None
    assert (whole.bounded, whole.open) == (True, ())
    assert (partly.bounded, partly.open) == (False, (f"{callee} go",))
    # Loading it is certain, running it is not.
    assert whole.least.runtime > partly.least.runtime > 0


def test_the_most_contracts_that_a_type_can_hold() -> None:
    assert most_traits(t.ResponseType(t.ListType(TRAIT, 3), TRAIT)) == 3
    assert most_traits(t.ResponseType(t.INT, t.OptionalType(TRAIT))) == 1
    assert most_traits(t.TupleType((("a", TRAIT), ("b", t.ListType(TRAIT, 4))))) == 5
    assert most_traits(t.PRINCIPAL) == 0


def test_in_a_value_of_another_type_nothing_grows() -> None:
    grows = growth(t.TupleType((("a", TRAIT),)))
    assert grows is not None
    assert grows(Tuple({"a": Principal("SP.b")})) == 128
    assert grows(Int(1)) == 0
    listed = growth(t.ListType(TRAIT, 2))
    assert listed is not None
    assert listed(Ok(List([Principal("SP.b")]))) == 0
    assert listed(List([Principal("SP.b"), Int(1)])) == 0


def test_a_difference_of_a_call_is_told_with_its_arguments() -> None:
    call = {
        "op": "call",
        "contract": f"{ADDRESS}.a",
        "function": "f",
        "args": ["0x03", "0x04"],
        "sender": ADDRESS,
    }
    found = Difference(0, call, "call: value", {"ok": True}, {"ok": False})
    assert list(difference_lines(found, [{"op": "mine", "stacks": 1}, call])) == [
        "difference: call: value",
        "  mine stacks 1",
        f"  call {ADDRESS}.a f 0x03 0x04",
        '  ours:        {"ok": true}',
        '  interpreter: {"ok": false}',
    ]
