"""`clarbuild profile`: a call's lines as table, JSON and flame graph; a log's too."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from workspace import DEPLOYER, REPOSITORY, Workspace, clarbuild

COUNTER = """(define-data-var n uint u0)
(define-public (inc (by uint))
  (begin
    (asserts! (> by u0) (err u1))
    (var-set n (+ (var-get n) by))
    (ok (var-get n))))
"""
LOG = REPOSITORY / "tests" / "samples" / "counter.log.jsonl"


@pytest.fixture
def project(workspace: Workspace) -> Workspace:
    workspace.project({"counter": COUNTER})
    return workspace


def test_a_table_in_a_pipe(project: Workspace, tmp_path: Path) -> None:
    shown = clarbuild("profile", "-p", project.root, "counter", "inc", "u3", home=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    title, _, *rows, total, empty = shown.stdout.splitlines()
    assert (title, empty) == ("1 transaction, by runtime", "")
    assert {row.split("  ")[1].strip() for row in rows} == {
        "counter: entering",
        "counter.inc:3",
        "counter.inc:4",
        "counter.inc:5",
        "counter.inc:6",
    }
    assert any("(var-set n (+ (var-get n) by))" in row for row in rows)
    assert total.split()[0] == "total"


def test_json_adds_up_to_the_receipt(project: Workspace, tmp_path: Path) -> None:
    given = ("-p", project.root, "counter", "inc", "u3", "--json")
    rows = [
        json.loads(line) for line in clarbuild("profile", *given, home=tmp_path).stdout.splitlines()
    ]
    receipt = json.loads(clarbuild("call", *given, home=tmp_path).stdout)
    lines = [row for row in rows if row["kind"] == "line"]
    stacks = [row for row in rows if row["kind"] == "stack"]
    for name, amount in receipt["cost"].items():
        assert sum(row["self"][name] for row in lines) == amount
        assert sum(row["self"][name] for row in stacks) == amount
        assert rows[-1][name] == amount
    assert {row["contract"] for row in lines} == {f"{DEPLOYER}.counter"}
    assert {row["definition"] for row in lines if row["line"]} == {"inc"}
    writes = {row["line"]: row["self"]["write_count"] for row in lines}
    assert writes == {0: 0, 3: 0, 4: 0, 5: 1, 6: 0}


def test_a_flame_graph(project: Workspace, tmp_path: Path) -> None:
    svg = tmp_path / "flame.svg"
    shown = clarbuild(
        "profile",
        "-p",
        project.root,
        "counter",
        "inc",
        "u3",
        "--by",
        "time",
        "--svg",
        svg,
        home=tmp_path,
    )
    assert shown.returncode == 0
    names = [
        (title.text or "").partition(": ")[0]
        for title in ElementTree.parse(svg).iter("{http://www.w3.org/2000/svg}title")
    ]
    assert names[:2] == ["all", "counter inc"]
    assert "counter.inc:5" in names


def test_a_log(tmp_path: Path) -> None:
    shown = clarbuild("profile", LOG, "--lines", "3", home=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    failed = sum(
        not json.loads(line)["ok"] for line in LOG.with_name("counter.receipts.jsonl").open()
    )
    assert shown.stdout.splitlines()[-1].startswith(f"{failed} that ended with an error")


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (("counter", "inc", "u0"), 0, ""),
        (("counter", "nothing"), 1, "has no public or read-only function nothing"),
        (("other", "inc", "u1"), 1, "no contract other"),
        (("missing.jsonl",), 1, "no such log"),
        (("counter",), 2, "give a function of the contract"),
    ],
)
def test_faults_are_told(
    project: Workspace, tmp_path: Path, given: tuple[str, ...], code: int, message: str
) -> None:
    shown = clarbuild("profile", "-p", project.root, *given, home=tmp_path)
    assert shown.returncode == code, shown.stderr
    assert message in shown.stderr
