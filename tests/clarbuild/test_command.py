"""The real command, end to end, in a folder of its own: results, messages and exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from workspace import DEPLOYER, Workspace, clarbuild, environment

COUNTER = """(define-data-var n uint u0)
(define-public (inc (by uint))
  (begin
    (var-set n (+ (var-get n) by))
    (ok (var-get n))))
(define-read-only (get-n) (var-get n))
"""
USER = "(define-public (twice) (contract-call? .counter inc u2))\n"


@pytest.fixture
def project(workspace: Workspace) -> Workspace:
    workspace.project({"counter": COUNTER, "user": USER})
    return workspace


def test_version_and_help(tmp_path: Path) -> None:
    assert clarbuild("--version", home=tmp_path).stdout.startswith("clarbuild 0.")
    for command in ("build", "watch", "inspect", "show", "call", "replay", "explain", "verify"):
        assert command in clarbuild("--help", home=tmp_path).stdout
    assert clarbuild("build", "--nonsense", home=tmp_path).returncode == 2
    assert clarbuild("build", "--epoch", "9", home=tmp_path).returncode == 2


def test_build_then_nothing_then_one(project: Workspace, tmp_path: Path) -> None:
    first = clarbuild("build", project.root, home=tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    assert "built: 2 contracts: 2 built (debug, " in first.stdout
    assert "nothing to do: 2 contracts up to date" in (
        clarbuild("build", project.root, home=tmp_path).stdout
    )
    project.write({"counter.clar": COUNTER.replace("by))\n    (ok", "u1))\n    (ok")})
    dry = clarbuild("build", project.root, "--dry-run", home=tmp_path)
    assert "would build counter: source changed" in dry.stdout
    third = clarbuild("build", project.root, home=tmp_path)
    assert third.stdout.splitlines()[0].startswith("built counter: ")
    assert "1 built, 1 cached" in third.stdout
    explained = clarbuild("explain", "counter", "-p", project.root, home=tmp_path)
    assert explained.stdout.rstrip().endswith("source changed")


def test_an_interface_change_is_explained(project: Workspace, tmp_path: Path) -> None:
    clarbuild("build", project.root, home=tmp_path)
    project.write({"counter.clar": COUNTER + "(define-public (dec) (ok u1))\n"})
    built = clarbuild("build", project.root, home=tmp_path)
    assert f"(interface of {DEPLOYER}.counter changed)" in built.stdout
    told = clarbuild("explain", "user", "-p", project.root, home=tmp_path).stdout
    assert f"{DEPLOYER}.counter has public (dec) -> " in told


def test_release_and_debug_live_side_by_side(project: Workspace, tmp_path: Path) -> None:
    clarbuild("build", project.root, home=tmp_path)
    assert "2 built (release" in clarbuild("build", project.root, "--release", home=tmp_path).stdout
    assert "nothing to do" in clarbuild("build", project.root, home=tmp_path).stdout


def test_what_was_built_in_release_only_is_found_by_name(
    project: Workspace, tmp_path: Path
) -> None:
    clarbuild("build", project.root, "--release", home=tmp_path)
    for command in ("inspect", "explain"):
        told = clarbuild(command, "counter", "-p", project.root, home=tmp_path)
        assert told.returncode == 0, told.stderr
        assert "profile release" in told.stdout


def test_inspect_by_name_and_by_hash(project: Workspace, tmp_path: Path) -> None:
    rows = [
        json.loads(line)
        for line in clarbuild("build", project.root, "--json", home=tmp_path).stdout.splitlines()
    ]
    wasm = next(
        r["wasm"] for r in rows if r.get("contract") == f"{DEPLOYER}.counter" and "wasm" in r
    )
    by_hash = clarbuild("inspect", wasm[:12], home=tmp_path).stdout
    by_name = clarbuild("inspect", "counter", "-p", project.root, home=tmp_path).stdout
    assert by_hash == by_name
    assert "public (inc (by uint)) -> (response uint" in by_hash
    assert f"needed by  {DEPLOYER}.user" in by_hash
    row = json.loads(
        clarbuild("inspect", "user", "-p", project.root, "--json", home=tmp_path).stdout
    )
    assert row["source"] == USER
    assert row["native_bytes"]
    wat = clarbuild("inspect", "counter", "-p", project.root, "--wat", home=tmp_path).stdout
    assert "4: (var-set n (+ (var-get n) by))" in wat, "beside the line that it comes from"


@pytest.mark.parametrize(
    ("stage", "text"),
    [
        ("ast", "(define-read-only (get-n) (var-get n))"),
        ("typed", "(var-get : uint"),
        ("wat", '(export "fn:inc"'),
    ],
)
def test_stages_can_be_shown(project: Workspace, tmp_path: Path, stage: str, text: str) -> None:
    shown = clarbuild("show", "counter", "--stage", stage, "-p", project.root, home=tmp_path)
    assert shown.returncode == 0, shown.stderr
    if stage == "typed":
        assert ": uint" in shown.stdout
    else:
        assert text in shown.stdout


@pytest.mark.parametrize("stage", ["typed", "wat"])
def test_what_keeps_a_stage_from_being_shown_is_told_as_by_build(
    tmp_path: Path, stage: str
) -> None:
    (tmp_path / "a.clar").write_text("(define-public (f) (contract-call? .b nope))")
    (tmp_path / "b.clar").write_text("(define-read-only (g) u1)")
    shown = clarbuild("show", "a", "--stage", stage, "-p", tmp_path, home=tmp_path)
    assert shown.returncode == 1
    assert (
        "a.clar:1:20: error: contract 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.b' has no public "
        "function 'nope'"
    ) in shown.stderr


def test_verify_finds_nothing_to_say(project: Workspace, tmp_path: Path) -> None:
    told = clarbuild("verify", "-p", project.root, home=tmp_path)
    assert told.stdout == "2 artifacts compiled again, 0 different\n"


def test_the_cache_is_cared_for(project: Workspace, tmp_path: Path) -> None:
    clarbuild("build", project.root, home=tmp_path)
    assert "hits of" in clarbuild("cache", "stat", home=tmp_path).stdout
    assert json.loads(clarbuild("cache", "stat", "--json", home=tmp_path).stdout)["entries"] > 5
    assert "0 damaged" in clarbuild("cache", "verify", home=tmp_path).stdout
    pinned = clarbuild("cache", "pin", project.root, home=tmp_path)
    assert "pinned 2 artifacts" in pinned.stdout
    clarbuild("cache", "gc", "--size", "0", home=tmp_path)
    assert "nothing to do" in clarbuild("build", project.root, home=tmp_path).stdout
    rotated = clarbuild("cache", "rotate-key", home=tmp_path).stdout
    assert rotated == "a new key; dropped 2 native modules of the old one\n"
    clarbuild("cache", "clear", home=tmp_path)
    assert "2 built" in clarbuild("build", project.root, home=tmp_path).stdout
    assert clarbuild("cache", "path", home=tmp_path).stdout.strip() == str(tmp_path / "cache")


BAD_SOURCES = {
    "unbalanced": ("(ok 1", "error: "),
    "deep": ("(" * 10_000 + ")" * 10_000, "error: "),
    "unknown word": ("(foo 1)", ":1:2: error: use of unresolved function 'foo'"),
    "wrong type": ("\n (+ 1 u1)", "error: expecting expression of type 'int', found 'uint'"),
}


@pytest.mark.parametrize("name", BAD_SOURCES)
def test_bad_sources_have_a_diagnostic(workspace: Workspace, tmp_path: Path, name: str) -> None:
    source, message = BAD_SOURCES[name]
    workspace.project({"a": source})
    told = clarbuild("build", workspace.root, home=tmp_path)
    assert told.returncode == 1
    assert f"{workspace.root}/a.clar:" in told.stderr
    assert message in told.stderr
    assert "^" in told.stderr
    assert "Traceback" not in told.stderr
    again = clarbuild("build", workspace.root, home=tmp_path)
    assert (again.returncode, again.stderr) == (1, told.stderr), "known, and told again"


def test_an_empty_contract(workspace: Workspace, tmp_path: Path) -> None:
    workspace.project({"a": ""})
    assert clarbuild("build", workspace.root, home=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["build", "{root}/none"], "no such file or folder"),
        (["build", "{root}"], "no Clarinet.toml and no .clar file here"),
        (["inspect", "ffff", "-p", "{root}"], "neither a contract of this project nor"),
        (["inspect", "token", "-p", "{root}"], "neither a contract of this project nor"),
        (["show", "token", "-p", "{root}"], "no Clarinet.toml and no .clar file here"),
    ],
)
def test_bad_input(workspace: Workspace, tmp_path: Path, args: list[str], message: str) -> None:
    told = clarbuild(*(arg.format(root=workspace.root) for arg in args), home=tmp_path)
    assert (told.returncode, told.stdout) == (1, "")
    assert message in told.stderr
    assert "Traceback" not in told.stderr


def test_a_cache_that_cannot_be(project: Workspace, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    told = clarbuild("build", project.root, home=tmp_path)
    assert told.returncode == 1
    assert "is not a folder" in told.stderr
    assert "hint: name another with CLARBUILD_CACHE_DIR" in told.stderr


def test_a_damaged_cache_is_built_again(project: Workspace, tmp_path: Path) -> None:
    clarbuild("build", project.root, home=tmp_path)
    for path in (tmp_path / "cache").rglob("*"):
        if path.is_file() and path.suffix in {".db", ".val"}:
            path.write_bytes(b"damage" * 1000)
    for path in (tmp_path / "state").rglob("*.json"):
        path.write_bytes(path.read_bytes()[:-5])
    told = clarbuild("build", project.root, home=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "2 built" in told.stdout
    assert "Traceback" not in told.stderr


def test_two_builds_at_once(project: Workspace, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "clarbuild", "build", str(project.root)]
    runs = [
        subprocess.Popen(command, env=environment(tmp_path), stdout=-1, stderr=-1) for _ in range(2)
    ]
    for run in runs:
        out, err = run.communicate(timeout=120)
        assert run.returncode == 0, (out, err)
    assert "nothing to do" in clarbuild("build", project.root, home=tmp_path).stdout


def heed_interrupts() -> None:
    """For a child: a parent that ignores Ctrl-C, as a shell's background job does, hands that down."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Watched:
    """`clarbuild watch` at work, its JSON events read as they come."""

    def __init__(self, root: Path, home: Path, *args: str) -> None:
        command = [sys.executable, "-m", "clarbuild", "watch", str(root), "--json", *args]
        self.process = subprocess.Popen(
            command,
            env=environment(home),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=heed_interrupts,  # noqa: PLW1509 -- no threads yet
        )

    def until(self, event: str) -> list[dict[str, object]]:
        assert self.process.stdout is not None
        rows = []
        for line in self.process.stdout:
            rows.append(json.loads(line))
            if rows[-1]["event"] == event:
                return rows
        raise AssertionError(f"ended without {event}: {rows}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        _, err = self.process.communicate(timeout=30)
        assert "Traceback" not in err
        return self.process.returncode


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "in time"
        time.sleep(0.02)


def test_watch_builds_after_each_edit(project: Workspace, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    watched = Watched(project.root, tmp_path, "--exec", f"echo x >> {marker}")
    try:
        assert watched.until("result")[-1]["built"] == 2
        time.sleep(0.3)
        project.write({"counter.clar": COUNTER + ";; edited\n"})
        edited = watched.until("result")
        assert edited[-1]["compiled"] == 1
        manifest = (project.root / "Clarinet.toml").read_text()
        project.write({"Clarinet.toml": "[broken"})
        assert watched.until("problem")[-1]["code"] == "malformed-manifest"
        project.write({"Clarinet.toml": manifest})
        assert watched.until("result")[-1]["ok"] is True
        wait_for(lambda: marker.read_text().count("x") == 3)
    finally:
        code = watched.stop()
    assert code == 130


def test_ctrl_c_loses_nothing(workspace: Workspace, tmp_path: Path) -> None:
    body = "".join(f"(define-read-only (f{n}) (+ u{n} u1))\n" for n in range(400))
    workspace.project({f"c{n}": f";; {n}\n{body}" for n in range(30)})
    command = [sys.executable, "-m", "clarbuild", "build", str(workspace.root), "--json"]
    run = subprocess.Popen(
        command,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509 -- no threads yet
    )
    assert run.stdout is not None
    for line in run.stdout:
        if '"finished"' in line:
            break
    os.kill(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Traceback" not in err
    again = clarbuild("build", workspace.root, home=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "cached" in again.stdout
