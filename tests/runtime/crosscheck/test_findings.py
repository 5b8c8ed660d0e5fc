"""What a campaign makes of differences: counted by cause, the first of each made small and kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import pytest

from compiler.versions import ClarityVersion, Epoch
from runtime.crosscheck.__main__ import _Progress, main
from runtime.crosscheck.campaign import Finding, Outcome, Plan, _run_chain, run_campaign
from runtime.crosscheck.generator.programs import prelude
from runtime.crosscheck.pair import Difference, Pair, cause_of
from runtime.reference import Operation, ReferenceMissing, ReferenceVM, node_program

GROUND = (ClarityVersion.CLARITY_3, Epoch.EPOCH_3_1)
PRELUDE = prelude(*GROUND)
DEPLOY: Operation = {"op": "deploy", "contract": "a.b", "code": "(+ 1 2)", "clarity": 3}


class Told:
    """Stands for both VMs: says of each run in turn what it was told to; then that all is alike."""

    def __init__(self, *causes: str | None) -> None:
        self._causes: Iterator[str | None] = iter(causes)
        self.compared = 0
        self.runs: list[Sequence[Operation]] = []

    def run(self, operations: Sequence[Operation]) -> Difference | None:
        self.runs.append(operations)
        cause = next(self._causes, None)
        return None if cause is None else Difference(0, operations[0], cause, {}, {})


def after(cases: int, *causes: str | None) -> tuple[Outcome, Told]:
    outcome, pair = Outcome(Plan("programs", cases, 5)), Told(*causes)
    _run_chain(outcome.plan, outcome, cast(Pair, pair), GROUND, range(cases))
    return outcome, pair


def test_without_differences_there_is_nothing_to_tell() -> None:
    outcome, pair = after(2)
    assert (outcome.cases, outcome.findings, outcome.causes.total()) == (2, [], 0)
    assert pair.runs[0] == PRELUDE
    assert len(pair.runs) == 3


def test_a_prelude_that_differs_is_found_once_and_counted_each_time() -> None:
    # The prelude, a case that differs, what shrinking tries, and the prelude again.
    outcome, _ = after(1, "boot", "x", None, "boot")
    assert outcome.causes == {"boot": 2, "x": 1}
    (finding, _) = outcome.findings
    assert (finding.seed, finding.difference.cause) == ("prelude", "boot")
    assert finding.operations == tuple(PRELUDE)


def test_what_does_not_differ_a_second_time_is_kept_as_it_was_found() -> None:
    outcome, pair = after(1, None, "x")
    (finding,) = outcome.findings
    assert (finding.seed, finding.difference.cause) == ("5-0", "x")
    # All up to where it differed, which was the case's first operation.
    assert finding.operations == (*PRELUDE, pair.runs[1][0])


def test_what_differs_without_the_library_is_kept_without_it() -> None:
    # Found; shrinking does not see it; again after the prelude; alone.
    outcome, pair = after(1, None, "x", None, None, "x", None, "x")
    (finding,) = outcome.findings
    assert finding.operations == (*PRELUDE[:3], pair.runs[1][0])
    # It needs the library, or is something else without it.
    for last in (None, "y"):
        outcome, pair = after(1, None, "x", None, None, "x", None, last)
        (finding,) = outcome.findings
        assert finding.operations == (*PRELUDE, pair.runs[1][0])
        assert finding.difference.cause == "x"
    # What should be a beginning differs itself.
    outcome, pair = after(1, None, "x", None, None, "x", "boot")
    assert outcome.findings[0].operations == (*PRELUDE, pair.runs[1][0])


def test_only_the_first_of_a_cause_is_kept() -> None:
    outcome, _ = after(2, None, "x", None, None, None, None, "x")
    assert outcome.causes == {"x": 2}
    assert len(outcome.findings) == 1


def test_a_version_that_no_epoch_has_makes_no_cases() -> None:
    plan = Plan("programs", 5, 1, version=ClarityVersion.CLARITY_6, epoch=Epoch.EPOCH_2_05)
    assert plan.grounds() == []


# What differs


def receipt(*events: dict[str, object]) -> dict[str, object]:
    return {"ok": True, "result": "0x03", "events": list(events)}


@pytest.mark.parametrize(
    ("ours", "theirs", "cause"),
    [
        ([{"type": "a"}], [{"type": "b"}], "call: events type b"),
        ([{"type": "a", "x": 1}], [{"type": "a", "x": 2, "y": 3}], "call: events a x y"),
        (
            [{"type": "c"}, {"type": "a", "x": 1}],
            [{"type": "c"}, {"type": "a"}],
            "call: events a x",
        ),
    ],
)
def test_events_differ_by_type_or_by_fields(
    ours: list[dict[str, object]], theirs: list[dict[str, object]], cause: str
) -> None:
    assert cause_of({"op": "call"}, receipt(*ours), receipt(*theirs)) == cause


# The command


def finding(cause: str) -> Finding:
    difference = Difference(0, DEPLOY, cause, {"ok": True}, {"ok": False})
    return Finding("5-0", *GROUND, difference, (DEPLOY,))


def test_progress_tells_each_finding_once_and_the_count_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcome, progress = Outcome(Plan("programs", 9, 5)), _Progress()
    progress(outcome)
    assert capsys.readouterr().out == ""
    outcome.findings.append(finding("call: value"))
    outcome.seconds, outcome.cases = 21.0, 4
    progress(outcome)
    first = capsys.readouterr().out
    assert "seed 5-0, Clarity 3, epoch 3.1" in first
    assert "difference: call: value" in first
    assert "programs: 4 of 9 cases" in first
    outcome.findings.append(finding("call: events number"))
    progress(outcome)
    second = capsys.readouterr().out
    assert "difference: call: events number" in second
    assert "call: value" not in second
    assert "of 9 cases" not in second


def test_without_the_interpreter_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLARBUILD_REFERENCE_VM", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}")
    with pytest.raises(ReferenceMissing, match="no program `node`"):
        node_program()
    assert main(["--programs", "1"]) == 1
    assert "install Node 20 or later, then run `make reference-vm`" in capsys.readouterr().err


@pytest.mark.usefixtures("reference")
def test_the_command_runs_what_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told, regressions = tmp_path / "told.json", tmp_path / "regressions"
    propagates = logging.getLogger("runtime").propagate
    try:
        code = main(
            [
                *("--expressions", "3", "--near-miss", "4", "--seed", "11", "--clarity", "3"),
                *("--epoch", "3.1", "--json", f"{told}", "--regressions", f"{regressions}"),
            ]
        )
    finally:
        logging.getLogger("runtime").propagate = propagates
    rows = {row["kind"]: row for row in json.loads(told.read_text(encoding="utf-8"))}
    assert (code, {kind: row["causes"] for kind, row in rows.items()}) == (
        0,
        {"expressions": {}, "near-miss": {}},
    )
    assert rows["near-miss"]["cases"] == 4
    # Expressions are counted, cases hold several.
    assert rows["expressions"]["cases"] == 1
    assert all(row["seed"] == 11 and row["receipts"] >= row["cases"] for row in rows.values())
    assert not regressions.exists()
    assert "near-miss: seed 11, 4 cases" in capsys.readouterr().out


def test_a_campaign_ends_with_its_time(reference: ReferenceVM) -> None:
    outcome = run_campaign(Plan("near-miss", 500, 3, seconds=0.0), reference)
    assert 0 < outcome.cases < 500
