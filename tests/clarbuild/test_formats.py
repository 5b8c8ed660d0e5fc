"""Problems as SARIF and as GitHub's workflow commands, with places that mean what they say."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from workspace import Workspace, clarbuild

from clarbuild.formats import SarifReport, github_command, report_in, sarif_result
from clarbuild.problems import Problem
from compiler.diagnostics import NO_SPAN, Diagnostic, Severity, Span

FOUND = Problem(
    "contracts/a b.clar",
    Diagnostic(
        Severity.ERROR, "type-mismatch", "wants 'int',\ngot 100%", Span(2, 3, 2, 9), "mend: it"
    ),
    "  (bad 1)",
)
WARNING = Problem("c.clar", Diagnostic(Severity.WARNING, "unused", "unused", Span(1, 1, 3, 2)))
NOWHERE = Problem("Clarinet.toml", Diagnostic(Severity.NOTE, "n", "note", NO_SPAN))


def test_a_sarif_result() -> None:
    assert sarif_result(FOUND, 0) == {
        "ruleId": "type-mismatch",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "wants 'int',\ngot 100%\nhint: mend: it"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "contracts/a%20b.clar"},
                    "region": {
                        "startLine": 2,
                        "startColumn": 3,
                        "endLine": 2,
                        "endColumn": 10,
                        "snippet": {"text": "  (bad 1)"},
                    },
                }
            }
        ],
    }
    assert "region" not in sarif_result(NOWHERE, 0)["locations"][0]["physicalLocation"]


def test_a_sarif_document_is_written_once() -> None:
    out = io.StringIO()
    report = SarifReport(out)
    report.problems([FOUND, WARNING, FOUND])
    report.note("the cache is full")
    report.close()
    report.close()
    run = json.loads(out.getvalue())["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["type-mismatch", "unused"]
    assert [result["ruleIndex"] for result in run["results"]] == [0, 1, 0]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == (
        "the cache is full"
    )


def test_absolute_paths_are_uris(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    diagnostic = FOUND.diagnostic
    for path, uri in (
        (tmp_path / "x.clar", "x.clar"),
        (Path("/elsewhere/y z.clar"), "file:///elsewhere/y%20z.clar"),
    ):
        row = sarif_result(Problem(str(path), diagnostic), 0)
        assert row["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_workflow_commands_are_escaped() -> None:
    assert github_command(FOUND) == (
        "::error file=contracts/a b.clar,title=type-mismatch,line=2,endLine=2,col=3,endColumn=9"
        "::wants 'int',%0Agot 100%25%0Ahint: mend: it"
    )
    assert github_command(WARNING) == (
        "::warning file=c.clar,title=unused,line=1,endLine=3::unused"
    )
    assert github_command(NOWHERE) == "::notice file=Clarinet.toml,title=n::note"
    odd = Problem("a,b:c.clar", Diagnostic(Severity.ERROR, "c", "::stop-commands::x\r\n", NO_SPAN))
    assert github_command(odd) == ("::error file=a%2Cb%3Ac.clar,title=c::::stop-commands::x%0D%0A")


def test_which_report() -> None:
    assert isinstance(report_in("sarif", "debug", io.StringIO()), SarifReport)


def test_the_command(workspace: Workspace, tmp_path: Path) -> None:
    workspace.project({"wrong": "(define-public (f)\n  (+ 1 u1))"})

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        done = clarbuild("build", *arguments, home=tmp_path)
        return done.returncode, done.stdout, done.stderr

    code, out, err = run(workspace.root, "--message-format", "sarif")
    assert (code, err) == (1, "")
    (result,) = json.loads(out)["runs"][0]["results"]
    assert result["message"]["text"] == "expecting expression of type 'int', found 'uint'"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 2

    code, out, err = run(workspace.root, "--message-format", "github")
    assert (code, err) == (1, "")
    first, last = out.splitlines()
    assert first.startswith("::error file=")
    assert last.startswith("failed: 1 contract: 1 invalid")

    code, out, _ = run(workspace.root, "--message-format", "json")
    assert json.loads(out.splitlines()[-1])["event"] == "result"

    (workspace.root / "Clarinet.toml").write_text("[project\n")
    code, out, err = run(workspace.root, "--message-format", "sarif")
    assert (code, err) == (1, "")
    assert json.loads(out)["runs"][0]["results"][0]["ruleId"] == "malformed-manifest"
    assert run(workspace.root, "--message-format", "tap")[0] == 2
