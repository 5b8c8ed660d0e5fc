"""`clarbuild cost`: tables, JSON, measurements, differences, budgets, the page."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from workspace import DEPLOYER, REPOSITORY, Workspace, clarbuild

from clarbuild.cost.budget import Budget
from clarbuild.cost.rows import Change, CostRow, changes, measure, row_from_json, row_json
from clarbuild.problems import InputError
from compiler.costs import Cost
from compiler.versions import Epoch
from runtime.static_costs import Estimate

COUNTER = """(define-data-var n uint u0)
(define-public (inc (by uint))
  (begin
    (asserts! (> by u0) (err u1))
    (var-set n (+ (var-get n) by))
    (ok (var-get n))))
(define-read-only (get-n) (var-get n))
"""
SAMPLE = REPOSITORY / "sample_projects" / "counter"
LOG = REPOSITORY / "tests" / "samples" / "counter.log.jsonl"


@pytest.fixture
def project(workspace: Workspace) -> Workspace:
    workspace.project({"counter": COUNTER})
    return workspace


def _row(most: int, *, function: str = "inc", opened: tuple[str, ...] = ()) -> CostRow:
    estimate = Estimate(Cost(10), Cost(most, read_count=3), opened)
    return CostRow(f"{DEPLOYER}.counter", function, "public", Epoch.EPOCH_3_1, estimate)


def test_rows_survive_their_json() -> None:
    row = _row(500, opened=("transfer of <t>",))
    assert row_from_json(json.loads(json.dumps(row_json(row)))) == row


def test_the_share_is_of_the_dimension_that_is_nearest_to_its_limit() -> None:
    share, dimension = _row(500).share
    assert dimension == "read_count"
    assert share == 3 / 15_000


def test_measurements_are_dimension_by_dimension() -> None:
    found = measure([Cost(1, read_count=9), Cost(5, read_count=2), Cost(3, read_count=4)])
    assert found is not None
    assert (found.runs, found.median) == (3, Cost(3, read_count=4))
    assert (found.least.read_count, found.most.runtime) == (2, 5)


def test_changes_tell_what_is_new_gone_and_different() -> None:
    before = [_row(500), _row(7, function="gone")]
    after = [_row(600), _row(8, function="new")]
    found = changes(before, after)
    assert found == [
        Change(before[0], after[0]),
        Change(None, after[1]),
        Change(before[1], None),
    ]
    assert found[0].dimensions == [("runtime", "most", 500, 600)]


def test_the_budget_nearest_to_a_function_counts() -> None:
    text = (
        "runtime = 100\n[contracts.counter]\nruntime = 400\n[contracts.counter.inc]\nruntime = 550"
    )
    budget = Budget(Path("b.toml"), text)
    rows = [_row(500), _row(450, function="other")]
    assert [excess.line() for excess in budget.check(rows)] == [
        "counter other: can cost runtime 450, budget 400"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("runtime = ", "not valid TOML"),
        ("runtime = -1", "runtime is not a number of 0 or more"),
        ("speed = 1", "unknown key speed"),
        ("[contracts.nix]\nruntime = 1", "no contract nix"),
        ("[contracts.counter.nix]\nruntime = 1", "counter has no public or read-only function nix"),
    ],
)
def test_faults_of_a_budget_are_told(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Budget(Path("b.toml"), text).check([_row(1)])


def test_a_table_in_a_pipe(project: Workspace, tmp_path: Path) -> None:
    shown = clarbuild("cost", project.root, home=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    lines = shown.stdout.splitlines()
    assert lines[0] == f"{DEPLOYER}.counter (epoch 3.1)"
    assert [line.split()[0] for line in lines[2:5]] == ["(deployment)", "inc", "get-n"]


def test_measured_costs_lie_within(tmp_path: Path) -> None:
    shown = clarbuild("cost", SAMPLE, "--log", LOG, "--json", home=tmp_path)
    rows = [row_from_json(json.loads(line)) for line in shown.stdout.splitlines()]
    measured = [row for row in rows if row.measured is not None]
    assert len(measured) >= 6
    for row in measured:
        assert row.measured is not None
        assert not row.static.least.exceeds(row.measured.least)
        assert not row.measured.most.exceeds(row.static.most)
    receipts = LOG.with_name("counter.receipts.jsonl")
    recorded = clarbuild(
        "cost", SAMPLE, "--log", LOG, "--measured", receipts, "--json", home=tmp_path
    )
    assert recorded.stdout == shown.stdout


def test_what_changed_since_a_revision_and_a_file(project: Workspace, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        name = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        subprocess.run(["git", "-C", project.root, *name, *arguments], check=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    earlier = tmp_path / "earlier.json"
    earlier.write_text(clarbuild("cost", project.root, "--json", home=tmp_path).stdout)
    project.write({"counter.clar": COUNTER.replace("(ok (var-get n))", "(ok          by)")})
    by_revision = clarbuild("cost", project.root, "--diff", "HEAD", home=tmp_path).stdout
    by_file = clarbuild("cost", project.root, "--diff", earlier, home=tmp_path).stdout
    assert by_revision.splitlines()[1:] == by_file.splitlines()[1:]
    assert "counter inc" in by_file
    assert "get-n" not in by_file
    unknown = clarbuild("cost", project.root, "--diff", "nonsense", home=tmp_path)
    assert unknown.returncode == 1
    assert "neither a file nor a revision" in unknown.stderr


def test_a_budget_fails_the_command_and_the_build(project: Workspace, tmp_path: Path) -> None:
    project.write({"costs.toml": "[contracts.counter]\nread_count = 3\n"})
    over = clarbuild("cost", project.root, "--budget", project.root / "costs.toml", home=tmp_path)
    assert over.returncode == 1
    assert "over budget: counter inc: can cost read_count 6, budget 3" in over.stderr
    assert clarbuild("build", project.root, home=tmp_path).returncode == 0
    manifest = (project.root / "Clarinet.toml").read_text()
    project.write({"Clarinet.toml": f'{manifest}\n[clarbuild]\nbudget = "costs.toml"\n'})
    built = clarbuild("build", project.root, home=tmp_path)
    assert built.returncode == 1
    assert "over budget" in built.stderr
    project.write({"costs.toml": "[contracts.counter]\nread_count = 6\n"})
    assert clarbuild("build", project.root, home=tmp_path).returncode == 0


def test_the_page_needs_nothing_else(project: Workspace, tmp_path: Path) -> None:
    page = tmp_path / "costs.html"
    assert clarbuild("cost", project.root, "--html", page, home=tmp_path).returncode == 0
    text = page.read_text()
    assert "http" not in text
    assert "src=" not in text
    assert "prefers-color-scheme:dark" in text
    # The line is shaded, and says what it charges.
    assert "<code>    (asserts! (&gt; by u0) (err u1))</code>" in text
    shaded = next(line for line in text.split("<div") if "asserts!" in line)
    assert "--h:" in shaded


def test_inspect_shows_costs(project: Workspace, tmp_path: Path) -> None:
    clarbuild("build", project.root, home=tmp_path)
    shown = clarbuild("inspect", "counter", "-p", project.root, home=tmp_path).stdout
    assert "costs" in shown
    assert "public inc: runtime " in shown
