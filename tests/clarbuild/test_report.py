"""What is told is exact: places, carets, counts, and JSON that a machine can read."""

from __future__ import annotations

import io
import json

import pytest
from workspace import Workspace

from clarbuild.problems import problem
from clarbuild.report import JsonReport, PlainReport, duration, problem_lines, size, summary
from compiler.diagnostics import NO_SPAN, Diagnostic, Severity, Span


def lines(text: str, span: Span, hint: str | None = None) -> list[str]:
    found = Diagnostic(Severity.ERROR, "code", "wrong", span, hint, ("a note",))
    return problem_lines(problem("a.clar", found, text))


def test_a_caret_stands_under_what_is_meant() -> None:
    assert lines("x\n\t(f  1)\r\n", Span(2, 2, 2, 7), "mend it") == [
        "a.clar:2:2: error: wrong",
        "    2 |     (f  1)",
        "      |     ^~~~~~",
        "note: a note",
        "hint: mend it",
    ]


def test_a_form_of_many_lines_is_marked_to_the_end_of_its_first() -> None:
    assert lines("(a\n b)", Span(1, 1, 2, 3))[1:3] == ["    1 | (a", "      | ^~"]


def test_without_a_place_there_is_no_excerpt() -> None:
    assert lines("x", NO_SPAN)[0] == "a.clar: error: wrong"
    assert len(lines("x", Span(9, 1, 9, 1))) == 2


def test_a_very_long_line_is_cut() -> None:
    shown = lines("a" * 5000 + "(bad)" + "b" * 5000, Span(1, 5001, 1, 5005))
    assert len(shown[1]) < 200
    assert shown[1][shown[2].index("^") :].startswith("(bad)")
    assert shown[2].endswith("^~~~~")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0123, "12 ms"), (0.9999, "1.0 s"), (12.34, "12.3 s"), (61, "1 min 1 s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(12, "12 B"), (1536, "1.5 KiB"), (3 << 20, "3.0 MiB")])
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


def test_plain_tells_what_was_compiled_and_not_what_was_cached(workspace: Workspace) -> None:
    workspace.project({"a": "(ok 1)", "b": "(bad)"})
    workspace.build()
    workspace.write({"a.clar": "(ok 2)"})
    out, err = io.StringIO(), io.StringIO()
    report = PlainReport(out, err, "debug")
    result = workspace.builder().build(report.event)
    report.result(result)
    first, last = out.getvalue().splitlines()
    assert first == "built a: 15 B, 1 ms (source changed)"
    assert last.startswith("failed: 2 contracts: 1 built, 1 invalid (1 known before) (debug, ")
    assert err.getvalue().startswith(f"{workspace.root}/b.clar:1:1: error: bad form\n")


def test_nothing_to_do_is_said(workspace: Workspace) -> None:
    workspace.project({"a": "(ok 1)"})
    workspace.build()
    assert summary(workspace.build(), "debug").startswith("nothing to do: 1 contract up to date")


def test_a_dry_run_claims_to_have_built_nothing(workspace: Workspace) -> None:
    workspace.project({"a": "(ok 1)", "b": "(contract-call? .a f)"})
    out = io.StringIO()
    report = PlainReport(out, io.StringIO(), "debug")
    report.result(workspace.builder().dry_run(report.event), dry=True)
    assert out.getvalue().splitlines() == [
        "would build a: not built before",
        "would build b: perhaps: depends on what would be built",
        "2 contracts of 2 would be built",
    ]


def test_what_was_never_a_source_was_not_known_before(workspace: Workspace) -> None:
    workspace.project({"a": "(bad)", "b": "(ok 1)"})
    (workspace.root / "b.clar").unlink()
    workspace.build()
    told = summary(workspace.build(), "debug")
    assert told.startswith("failed: 2 contracts: 2 invalid (1 known before)")
    out = io.StringIO()
    PlainReport(out, io.StringIO(), "debug").result(
        workspace.builder().dry_run(lambda _: None), dry=True
    )
    assert out.getvalue() == "nothing would be built: 2 of 2 contracts can't be\n"


def test_many_problems_are_cut(workspace: Workspace) -> None:
    workspace.project({f"c{n}": "(bad)" for n in range(5)})
    err = io.StringIO()
    PlainReport(io.StringIO(), err, "debug", limit=3).result(workspace.build())
    assert err.getvalue().count("error:") == 3
    assert err.getvalue().endswith("and 2 more problems: --all shows them\n")


def test_json_lines(workspace: Workspace) -> None:
    workspace.project({"a": "(ok 1)", "b": "(bad)"})
    out = io.StringIO()
    report = JsonReport(out, "debug")
    report.result(workspace.builder().build(report.event))
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [row["event"] for row in rows] == [
        "started",
        "compiling",
        "compiling",
        "finished",
        "finished",
        "result",
    ]
    finished = {row["contract"].split(".")[1]: row for row in rows if row["event"] == "finished"}
    assert finished["a"]["status"] == "built"
    assert finished["a"]["reason"] == "not built before"
    assert finished["b"]["problems"][0]["span"] == [1, 1, 1, 5]
    assert rows[-1]["ok"] is False
    assert (rows[-1]["built"], rows[-1]["invalid"]) == (1, 1)
