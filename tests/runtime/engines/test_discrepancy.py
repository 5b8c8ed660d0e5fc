"""What a difference is called, and the folders that tell of it."""

from __future__ import annotations

import json

import pytest

from runtime.engines import discrepancy
from runtime.engines.discrepancy import Discrepancy, kind_of, write_report

OK = {"ok": True, "result": "0x03", "events": [], "cost": None}
FAILED = {"ok": False, "error": {"kind": "runtime", "name": "DivisionByZero"}}
PANICKED = {"ok": False, "error": {"kind": "panic", "detail": "?"}}
OPERATION = {"op": "read", "contract": "ST1.c", "function": "f", "args": [], "sender": "ST1"}


@pytest.mark.parametrize(
    ("cause", "ours", "theirs", "kind"),
    [
        ("call: value", OK, OK, "value"),
        ("call: events number", OK, OK, "events"),
        ("read: cost runtime read_count", OK, OK, "cost"),
        ("call: error runtime A, want runtime B", FAILED, FAILED, "error"),
        ("call: we fail, runtime DivisionByZero", FAILED, OK, "failure"),
        ("call: we should fail, runtime DivisionByZero", OK, FAILED, "failure"),
        ("call: we fail, panic ?", PANICKED, OK, "panic"),
        ("call: we should fail, panic ?", OK, PANICKED, "failure"),
    ],
)
def test_a_difference_has_a_kind(cause, ours, theirs, kind):
    assert kind_of(cause, ours, theirs) == kind


def report(folder):
    found = Discrepancy(1, OPERATION, "read: value", "value", OK, FAILED)
    return write_report(folder, found, [OPERATION], {1: FAILED}, {}, 1_700_000_000)


def test_reports_take_the_first_number_that_is_free(tmp_path):
    assert report(tmp_path / "reports").name == "0001"
    assert report(tmp_path / "reports").name == "0002"
    (tmp_path / "reports" / "0001" / "difference.json").unlink()
    # What somebody has emptied in part still has its number.
    assert report(tmp_path / "reports").name == "0003"
    told = json.loads((tmp_path / "reports" / "0003" / "difference.json").read_text())
    assert told["interpreter"] == FAILED
    assert told["repeat"].endswith("--genesis-time 1700000000")


def test_a_report_that_has_no_place_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(discrepancy, "_MOST", 2)
    report(tmp_path)
    report(tmp_path)
    with pytest.raises(OSError, match="there are 2 reports"):
        report(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0001", "0002"]


def test_a_report_that_cannot_be_put_in_its_place_says_why(tmp_path):
    (tmp_path / "0001").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OSError, match="0001"):
        report(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["0001"]
