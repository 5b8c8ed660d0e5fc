"""Builds under faults: killed at any moment, beside each other, with a damaged or a full cache.

`make faults` runs the long forms. How long they are is in CLARBUILD_KILLS, CLARBUILD_PROCESS_ROUNDS
and CLARBUILD_FAULT_ROUNDS; CLARBUILD_FAULT_SEED sets the seed, which is printed.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults_at_work import where, write_project
from msgspec import structs
from workspace import Workspace, clarbuild, environment, stand_in, statuses

from cache import Reason, open_store
from clarbuild.context import Options, Surroundings
from clarbuild.key import Toolchain
from clarbuild.outcome import BuildResult, Noted, Status
from clarbuild.run import Builder
from clarbuild.worker import CompileReply, CompileRequest

KILLS = int(os.environ.get("CLARBUILD_KILLS", "8"))
PROCESS_ROUNDS = int(os.environ.get("CLARBUILD_PROCESS_ROUNDS", "2"))
ROUNDS = int(os.environ.get("CLARBUILD_FAULT_ROUNDS", "60"))
SEED = int(os.environ.get("CLARBUILD_FAULT_SEED", str(random.randrange(1 << 32))))
AT_WORK = Path(__file__).with_name("faults_at_work.py")


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """What a campaign says in the end, whether its output is captured or not."""
    started = time.monotonic()
    lines: list[str] = []
    yield lines
    with capsys.disabled():
        for line in lines:
            print(f"\n{line}, seed {SEED}, {time.monotonic() - started:.0f} s", end="")


def at_work(what: str, folder: Path, rounds: int) -> str:
    """A campaign, in a process that is forked for each build."""
    ran = subprocess.run(
        [sys.executable, AT_WORK, what, folder, str(rounds), str(SEED)],
        capture_output=True,
        text=True,
        env=environment(folder),
        timeout=200 + 30 * rounds,
        check=False,
    )
    assert ran.returncode == 0, f"seed {SEED}\n{ran.stderr}"
    return ran.stdout.strip()


def test_builds_killed_at_any_moment(tmp_path: Path, told: list[str]) -> None:
    told.append(at_work("kills", tmp_path, KILLS))


def test_builds_beside_each_other(tmp_path: Path, told: list[str]) -> None:
    told.append(at_work("beside", tmp_path, PROCESS_ROUNDS))


# Damage, with the compiler's own answers from before instead of the compiler


class Answers:
    """Compiles by looking up what the real compiler said before."""

    def __init__(self) -> None:
        self.known: dict[CompileRequest, CompileReply] = {}
        self.asked = 0

    def learn(self, request: CompileRequest) -> CompileReply:
        """The real compiler."""
        from clarbuild.worker import compile_request

        reply = self.known[request] = compile_request(request)
        return reply

    def __call__(self, request: CompileRequest) -> CompileReply:
        self.asked += 1
        return self.known[request]


def build(root: Path, home: Path, compile_: object) -> tuple[BuildResult, list[str], list[bytes]]:
    """A build in this process, its notes, and the modules that came out of the cache."""
    notes: list[str] = []
    with open_store(**where(home)) as store:
        around = Surroundings(
            store,
            home / "state",
            Toolchain(b"fixed", 1),
            compile=compile_,  # type: ignore[arg-type]
        )
        result = Builder(root, Options(jobs=1), around).build(
            lambda event: notes.append(event.message) if isinstance(event, Noted) else None
        )
        modules = [
            data
            for outcome in result.outcomes
            if outcome.wasm is not None and isinstance(data := store.get_blob(outcome.wasm), bytes)
        ]
    return result, notes, modules


def test_builds_from_a_damaged_cache(tmp_path: Path, told: list[str]) -> None:
    """Over all files: the database, the values, the key, the memory of the project."""
    rng = random.Random(SEED)
    answers = Answers()
    root, template, home = tmp_path / "project", tmp_path / "template", tmp_path / "home"
    write_project(root, dict.fromkeys(range(6), 0))
    # Values of a file each, too.
    large = "".join(f'(define-constant TEXT-{n} "{"x" * 4000}")\n' for n in range(12))
    (root / "c0.clar").write_text(large + (root / "c0.clar").read_text())
    first, _, right = build(root, template, answers.learn)
    assert first.ok
    assert len(right) == 6
    rebuilt = 0
    for number in range(ROUNDS):
        shutil.copytree(template, home)
        done = _damage(rng, home)
        answers.asked = 0
        result, _, modules = build(root, home, answers)
        note = f"seed {SEED} round {number}: {done}"
        assert [o.status in (Status.BUILT, Status.CACHED) for o in result.outcomes] == [True] * 6, (
            note
        )
        assert all(outcome.reason for outcome in result.outcomes if outcome.status is Status.BUILT)
        assert set(modules) <= set(right), note
        # A damaged value may be found only when it is read, and is whole after the next build.
        _, _, modules = build(root, home, answers)
        _, _, modules = build(root, home, answers)
        assert modules == right, note
        rebuilt += bool(answers.asked)
        shutil.rmtree(home)
    told.append(f"{ROUNDS} damages, {rebuilt} of them with something to build again")


def _damage(rng: random.Random, home: Path) -> str:
    files = sorted(path for path in home.rglob("*") if path.is_file())
    path = rng.choice(files)
    data = bytearray(path.read_bytes())
    what = rng.choice(("flip", "flip", "flip", "cut", "grow", "swap", "delete", "zero"))
    at = rng.randrange(len(data)) if data else 0
    if what == "delete" or not data:
        path.unlink()
    elif what == "swap":
        other = rng.choice(files)
        theirs = other.read_bytes()
        other.write_bytes(data)
        path.write_bytes(theirs)
    else:
        if what == "flip":
            data[at] ^= 1 << rng.randrange(8)
        elif what == "cut":
            del data[at:]
        elif what == "grow":
            data += rng.randbytes(rng.randrange(1, 10_000))
        else:
            data[at : at + 4096] = bytes(len(data[at : at + 4096]))
        path.write_bytes(data)
    return f"{what} {path.relative_to(home)} at {at}"


# The machine's faults


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)


def test_a_full_disk_is_told_and_the_build_is_right(small_disk: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    write_project(root, dict.fromkeys(range(9), 0))
    build_ = clarbuild("build", root, home=small_disk)
    with open(small_disk / "filler", "wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC
    write_project(root, dict.fromkeys(range(9), 1))
    full = clarbuild("build", root, home=small_disk)
    assert build_.returncode == 0
    assert full.returncode == 1
    assert "cannot be used: the disk is full" in full.stderr
    # Enough to open the cache, not to keep nine contracts.
    os.truncate(small_disk / "filler", (small_disk / "filler").stat().st_size - 120_000)
    nearly = clarbuild("build", root, home=small_disk)
    assert nearly.returncode == 0, nearly.stderr
    assert nearly.stdout.count("\nbuilt c") + nearly.stdout.startswith("built c") >= 7
    assert "disk full" in nearly.stderr
    assert "Traceback" not in full.stderr + nearly.stderr
    os.unlink(small_disk / "filler")
    assert clarbuild("build", root, home=small_disk).returncode == 0
    assert "nothing to do" in clarbuild("build", root, home=small_disk).stdout


def test_a_read_only_folder_is_told_and_the_build_is_right(
    small_disk: Path, tmp_path: Path
) -> None:
    root = tmp_path / "project"
    write_project(root, dict.fromkeys(range(3), 0))
    assert clarbuild("build", root, home=small_disk).returncode == 0
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    write_project(root, dict.fromkeys(range(3), 1))
    told = clarbuild("build", root, home=small_disk)
    assert "Traceback" not in told.stderr
    assert "error" in told.stderr or "warning" in told.stderr
    assert told.returncode in (0, 1)


def test_a_clock_that_goes_backwards(workspace: Workspace) -> None:
    workspace.project({"token": "(define-public (pay) (ok 1))"})
    for clock in (2e9, 1e9, 0.0, 3e9, 1.0):
        workspace.clock = clock
        workspace.write({"token.clar": f"(define-public (pay) (ok {clock:.0f}))"})
        assert statuses(workspace.build()) == {"token": Status.BUILT}
        workspace.clock = clock - 1000
        assert statuses(workspace.build()) == {"token": Status.CACHED}


def test_two_versions_on_one_cache(workspace: Workspace) -> None:
    """Each has its own artifacts, and neither believes what the other remembers."""
    workspace.project(
        {"token": "(define-public (pay) (ok 1))", "shop": "(contract-call? .token p)"}
    )
    old, new = Toolchain(b"old", 1), Toolchain(b"new", 1)

    def newer(request: CompileRequest) -> CompileReply:
        reply = stand_in(request)
        return structs.replace(reply, wasm=(reply.wasm or b"") + b"new")

    keys = {}
    for version, compile_, compiled in (
        (old, stand_in, 2),
        (new, newer, 2),
        (old, stand_in, 0),
        (new, newer, 0),
    ):
        workspace.toolchain, workspace.compile = version, compile_
        result = workspace.build()
        assert len(workspace.compiled) == compiled
        found = [(outcome.key, outcome.wasm) for outcome in result.outcomes]
        assert keys.setdefault(version, found) == found
    assert keys[old] != keys[new]


def test_planted_native_code_is_compiled_again_and_never_loaded(tmp_path: Path) -> None:
    from clarbuild.project import Project

    root, home = tmp_path / "project", tmp_path / "home"
    write_project(root, {0: 0})
    answers = Answers()
    build(root, home, answers.learn)
    with open_store(**where(home)) as store:
        generation = store._generation  # type: ignore[attr-defined]
        select = "SELECT rowid, mode, filename, value FROM Cache WHERE tag = 'native'"
        (row,) = generation.cache.sql(select).fetchall()
        sealed = generation.cache.disk.fetch(*row[1:], False)
        # What someone who can write the folder, but not read the key, could plant: other code, in
        # the place of the right module's, for the right engine.
        at = len(sealed) // 2
        planted = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        generation.cache.sql(
            "UPDATE Cache SET mode = 1, filename = NULL, value = ?, size = ? WHERE rowid = ?",
            (planted, len(planted), row[0]),
        )
        around = Surroundings(store, home / "state", Toolchain(b"fixed", 1), compile=answers)
        with Project(root, surroundings=around) as project:
            chain = project.chain()
            assert str(chain.contract("c0").get_total().value) == "u0"
            assert store.stat().counters["native"] == {str(Reason.SEAL): 1}
