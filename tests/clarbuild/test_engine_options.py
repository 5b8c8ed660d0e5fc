"""`replay` and `call` with two engines, end to end: what they print, write and end with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from workspace import DEPLOYER, OTHER, Workspace, clarbuild, environment

from tests.interpreter import interpreter_folder

SOURCE = "(define-public (add (a uint)) (begin (print a) (ok (+ a u1))))"
CONTRACT = f"{DEPLOYER}.adder"
FAULTY = """
import runpy
from msgspec import structs
from clarbuild.provider import CachedModules

right = CachedModules.__call__

def wrong(self, request):
    source = request.source.replace("(+ a u1)", "(+ a u2)")
    return right(self, structs.replace(request, source=source))

CachedModules.__call__ = wrong
runpy.run_module("clarbuild", run_name="__main__")
"""


@pytest.fixture(scope="module", autouse=True)
def interpreter() -> Path:
    return interpreter_folder(Path(__file__).parents[2] / ".reference-vm")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    call = {"op": "call", "contract": CONTRACT, "function": "add", "sender": OTHER}
    rows = [
        {"op": "epoch", "epoch": "3.3"},
        {"op": "deploy", "contract": CONTRACT, "code": SOURCE, "clarity": 4},
        {**call, "args": ["0x0100000000000000000000000000000001"]},
        {"op": "mine", "burn": 3},
        {**call, "args": ["0x0100000000000000000000000000000005"]},
    ]
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def run_faulty(*arguments: object, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", FAULTY, *map(str, arguments)],
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_difference_ends_with_a_report_and_code_70(log: Path, tmp_path: Path) -> None:
    done = run_faulty("replay", log, "--engine", "both", "--reports", "found", home=tmp_path)
    assert done.returncode == 70, done.stderr
    assert "2 receipts" not in done.stdout
    assert "3 receipts: 3 ok, 0 failed" in done.stdout
    assert "answered by wasm 1, reference 2; 2 compared with the interpreter" in done.stdout
    assert "differs: call: value; found/0001 repeats it" in done.stdout
    told = json.loads((tmp_path / "found" / "0001" / "difference.json").read_text())
    assert told["ours"]["result"].endswith("03")
    assert told["interpreter"]["result"].endswith("02")
    folder = tmp_path / "found" / "0001"
    files = (folder / "log.jsonl", "--against", folder / "receipts.jsonl")
    again = run_faulty("replay", *files, home=tmp_path)
    assert again.returncode == 1
    assert "call: another result (line 3)" in again.stdout
    right = clarbuild("replay", *files, home=tmp_path)
    assert right.returncode == 0, right.stdout


def test_a_replay_stops_where_it_is_told_to(log: Path, tmp_path: Path) -> None:
    done = run_faulty(
        "replay", log, "--engine", "both", "--stop", "--receipts", "out", home=tmp_path
    )
    assert done.returncode == 70
    assert "stopped: not the interpreter's answer: call: value" in done.stderr
    assert [json.loads(row)["line"] for row in (tmp_path / "out").open()] == [2]
    assert (tmp_path / "clarbuild-discrepancies" / "0001" / "log.jsonl").is_file()


def test_the_gate_opens_at_its_height(log: Path, tmp_path: Path) -> None:
    done = clarbuild("replay", log, "--activation", "4", "--json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["engines"]["transactions"] == {"reference": 2, "wasm": 1}


def test_call_compares_too(workspace: Workspace, tmp_path: Path) -> None:
    workspace.project({"adder": SOURCE})
    given = ("call", "adder", "add", "u4", "-p", workspace.root, "--engine", "both")
    done = clarbuild(*given, home=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "(ok u5)"), done.stderr
    assert "answered by wasm 2; 2 compared with the interpreter" in done.stdout
    wrong = run_faulty(*given, home=tmp_path)
    assert (wrong.returncode, wrong.stdout.splitlines()[0]) == (70, "(ok u5)"), wrong.stderr
    assert "differs: call: value; clarbuild-discrepancies/0001 repeats it" in wrong.stdout


@pytest.mark.parametrize("value", ["5", "x=2.1", "1=9.9"])
def test_a_schedule_that_makes_no_sense_is_usage(log: Path, tmp_path: Path, value: str) -> None:
    done = clarbuild("replay", log, "--epoch-at", value, home=tmp_path)
    assert done.returncode == 2
    assert repr(value) in done.stderr


def test_without_the_interpreter_it_says_what_to_do(log: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "clarbuild", "replay", str(log), "--engine", "reference"],
        cwd=tmp_path,
        env={**environment(tmp_path), "CLARBUILD_REFERENCE_VM": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1
    assert "no reference VM" in done.stderr
    assert "make reference-vm" in done.stderr
