"""Campaigns against a mirror of our own VM, and against one that lies: no interpreter is needed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import cast

import pytest

from compiler.versions import ClarityVersion, Epoch
from runtime.crosscheck.campaign import KINDS, Outcome, Plan, run_campaign
from runtime.crosscheck.pair import OurVM, cause_of
from runtime.crosscheck.report import outcome_lines, outcome_row, write_regression
from runtime.reference import Operation, Receipt, ReferenceVM

ADDRESS = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"


class Mirror:
    """Answers as our VM does; where `lie` says so of an operation, it denies a success."""

    def __init__(self, lie: str = "") -> None:
        self.panics = 0
        self.waited = 0.0
        self._lie = lie
        self._vm = OurVM()
        self._sent: list[Operation] = []

    def send(self, operations: Iterable[Operation]) -> None:
        self._sent += operations

    def receive(self) -> list[Receipt | None]:
        sent, self._sent = self._sent, []
        return [self._answer(operation) for operation in sent]

    def run(self, operations: Iterable[Operation]) -> list[Receipt | None]:
        self.send(operations)
        return self.receive()

    def _answer(self, operation: Operation) -> Receipt | None:
        receipt = self._vm.apply(operation)
        if receipt is not None and self._lie and self._lie in operation.get("code", ""):
            return {"ok": False, "error": {"kind": "message", "message": "no 'word' of ours"}}
        return receipt


def campaign(plan: Plan, mirror: Mirror) -> Outcome:
    return run_campaign(plan, cast(ReferenceVM, mirror))


@pytest.mark.parametrize("kind", KINDS)
def test_a_vm_agrees_with_itself(kind: str) -> None:
    outcome = campaign(Plan(kind, 18, 7), Mirror())
    assert outcome.cases == 18
    assert not outcome.causes


def test_a_campaign_without_a_ground_makes_nothing() -> None:
    plan = Plan("programs", 5, 1, ClarityVersion.CLARITY_6, Epoch.EPOCH_2_05)
    assert campaign(plan, Mirror()).cases == 0


def test_a_lie_is_found_shrunk_and_written_down(tmp_path: Path) -> None:
    plan = Plan("programs", 3, 3, ClarityVersion.CLARITY_3, Epoch.EPOCH_3_1, seconds=0.0)
    mirror = Mirror("define-private")
    outcome = campaign(plan, mirror)
    assert outcome.findings
    text = "\n".join(outcome_lines(outcome))
    assert "interpreter:" in text
    row = outcome_row(outcome)
    assert row["findings"][0]["cause"] in row["causes"]
    finding = outcome.findings[-1]
    log = write_regression(
        tmp_path, finding.difference.cause, finding.operations, cast(ReferenceVM, mirror)
    )
    first = log.read_text().splitlines()[0]
    assert json.loads(first)["op"] == "reset"


def ok(**changed: object) -> Receipt:
    return {"ok": True, "result": "0x03", "events": [], "cost": {"runtime": 1}, **changed}


def failed(**error: object) -> Receipt:
    return {"ok": False, "error": error}


@pytest.mark.parametrize(
    ("ours", "theirs", "cause"),
    [
        (ok(), ok(), None),
        (ok(), ok(result="0x04"), "call: value"),
        (ok(), ok(cost={"runtime": 2}), "call: cost runtime"),
        (ok(), ok(events=[{"type": "a"}]), "call: events number"),
        (ok(events=[{"type": "b"}]), ok(events=[{"type": "a"}]), "call: events type a"),
        (
            ok(events=[{"type": "a", "x": 1}]),
            ok(events=[{"type": "a", "x": 2}]),
            "call: events a x",
        ),
        (ok(volatile=True), ok(volatile=True, result="0x04"), None),
        (
            failed(kind="panic", detail="x"),
            ok(),
            "call: we fail, panic x",
        ),
        (failed(kind="Runtime", name="A"), failed(kind="panic"), None),
        (
            ok(),
            failed(kind="Runtime", name="A"),
            "call: we should fail, Runtime A",
        ),
        (
            failed(kind="message", message="of 'a' here"),
            failed(kind="Runtime", name="A"),
            "call: error text of '…' here, want Runtime A",
        ),
        (failed(kind="Runtime", name="A"), failed(kind="Runtime", name="A"), None),
    ],
)
def test_causes(ours: Receipt, theirs: Receipt, cause: str | None) -> None:
    assert cause_of({"op": "call"}, ours, theirs) == cause
    assert cause_of({"op": "mine"}, ours, theirs) is None
