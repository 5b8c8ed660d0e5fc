"""Short campaigns against the interpreter, where it is installed; every run has its own seed.

`CROSSCHECK_SEED=N pytest …` repeats one. What long campaigns found stands in `regressions`, with
the interpreter's answers, which need no interpreter.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from compiler.consensus import deserialize
from runtime.crosscheck.campaign import Plan, run_campaign
from runtime.crosscheck.pair import OurVM, cause_of
from runtime.crosscheck.report import outcome_lines
from runtime.reference import ReferenceVM

SEED = int(os.environ.get("CROSSCHECK_SEED", random.SystemRandom().randrange(10**6)))
REGRESSIONS = Path(__file__).with_name("regressions")


@pytest.mark.parametrize(
    ("kind", "count"),
    [("expressions", 60), ("programs", 60), ("transactions", 30), ("near-miss", 250)],
)
def test_both_vms_answer_alike(kind: str, count: int, reference: ReferenceVM) -> None:
    print(f"CROSSCHECK_SEED={SEED}")
    outcome = run_campaign(Plan(kind, count, SEED, seconds=8), reference)
    assert not outcome.causes, "\n".join(outcome_lines(outcome))


@pytest.mark.parametrize("path", sorted(REGRESSIONS.glob("*.log.jsonl")), ids=lambda p: p.name)
def test_what_once_differed_is_answered_as_the_interpreter_did(path: Path) -> None:
    answers = Path(str(path).replace(".log.", ".receipts."))
    expected = {row["line"]: row for row in map(json.loads, answers.read_text().splitlines())}
    vm = OurVM()
    for line, text in enumerate(path.read_text().splitlines(), 1):
        operation = json.loads(text)
        receipt = vm.apply(operation)
        if line in expected:
            assert receipt is not None
            assert cause_of(operation, receipt, expected[line]) is None, (receipt, expected[line])


def test_results_are_the_bytes_that_the_interpreter_serialised(reference: ReferenceVM) -> None:
    reference.reset()
    reference.epoch("3.1")
    address = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
    receipt = reference.deploy(f"{address}.t", "(define-constant a 1) {b: a, B: 2}", 3)
    assert str(deserialize(bytes.fromhex(receipt["result"][2:]))) == "{B: 2, b: 1}"
    assert reference.deploy(f"{address}.u", "(+ 1 u1)", 3)["error"] == {
        "kind": "message",
        "message": "expecting expression of type 'int', found 'uint'",
    }
    code = "(define-read-only (f (x int)) (/ 1 x))"
    assert reference.deploy(f"{address}.v", code, 3)["ok"]
    zero = "0x00" + "00" * 16
    assert reference.read(f"{address}.v", "f", [zero], address)["error"] == {
        "kind": "Runtime",
        "name": "DivisionByZero",
    }


def test_a_crash_of_the_interpreter_leaves_the_chain_as_it_was(reference: ReferenceVM) -> None:
    reference.reset()
    reference.epoch("3.1")
    address = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
    assert reference.deploy(f"{address}.kept", "(define-read-only (f) u7)", 3)["ok"]
    # No such operation: Node ends, as it does in a crash.
    process = reference._process
    assert process is not None
    process.kill()
    receipt = reference.read(f"{address}.kept", "f", [], address)
    assert receipt["error"]["kind"] == "panic"
    assert reference.read(f"{address}.kept", "f", [], address)["ok"]
