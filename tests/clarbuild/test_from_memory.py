"""What a build takes over from the one before is what a build from nothing would have come to."""

from __future__ import annotations

import gc
import json
import os
import random
import tracemalloc
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from workspace import DEPLOYER, OTHER, Workspace, reasons, statuses

import clarbuild.lookup
from cache import MemoryStore
from cache.digest import ActionKey
from clarbuild.memory import load_memory, memory_path
from clarbuild.outcome import BuildResult, Finished, Status
from clarbuild.run import Builder

SEED = int(os.environ.get("CLARBUILD_FAULT_SEED", "20261122"))
NAMES = tuple("abcdefgh")


def source(rng: random.Random, name: str, *, calls: tuple[str, ...] = NAMES) -> str:
    """A contract in the stand-in's language, often with an interface that changed."""
    lines = [f"(define-public (f{rng.randrange(3)}) (ok {rng.randrange(4)}))"]
    for other in rng.sample(calls, min(len(calls), rng.randrange(3))):
        lines.append(
            rng.choice(
                (
                    f"(contract-call? .{other} f0)",
                    f"(contract-call? '{DEPLOYER}.{other} f0)",
                    f"takes-trait '{OTHER}.{other}",
                    f"(print .{other})",
                )
            )
        )
    if rng.random() < 0.07:
        lines.append("(bad)")
    if rng.random() < 0.03:
        lines.append("(boom)")
    return "\n".join((f";; {name}", *lines))


def seen(result: BuildResult) -> list[tuple[str, str, ActionKey | None, object]]:
    """What a build came to, but for who compiled what."""
    return [
        (
            outcome.unit.label,
            "valid" if outcome.status in (Status.BUILT, Status.CACHED) else outcome.status.value,
            outcome.key,
            outcome.problems,
        )
        for outcome in result.outcomes
    ]


class Project:
    """Contracts in a folder, edited at random."""

    def __init__(self, root: Path, rng: random.Random, kind: str) -> None:
        self.root = root
        self.rng = rng
        self.kind = kind
        self.target = root / "log.jsonl" if kind == "log" else root
        self.names = list(NAMES)
        (root / OTHER).mkdir()
        for name in NAMES:
            self.write(name)
        self.list()

    def path(self, name: str) -> Path:
        """Where a contract's source stands."""
        return self.root / (OTHER if name > "e" else ".") / f"{name}.clar"

    def write(self, name: str) -> Path:
        """Writes a source; not in a circle, but for some."""
        at = self.names.index(name)
        calls = tuple(self.names[:at])
        if self.kind != "log" and self.rng.random() < 0.2:
            calls = tuple(self.names)
        path = self.path(name)
        path.write_text(source(self.rng, name, calls=calls))
        return path

    def list(self) -> None:
        """Writes the manifest."""
        if self.kind == "log":
            rows = [{"op": "epoch", "epoch": "3.1"}]
            rows += [
                {
                    "op": "deploy",
                    "contract": f"{OTHER if name > 'e' else DEPLOYER}.{name}",
                    "source": str(self.path(name).relative_to(self.root)),
                    "clarity": 3,
                }
                for name in (*self.names, self.rng.choice(self.names))
            ]
            text = "".join(json.dumps(row) + "\n" for row in rows)
            self.target.write_text(text)
        elif self.kind == "project":
            text = '[project]\nname = "p"\n'
            for name in self.names:
                deployer = f'deployer = "{OTHER}"\n' if name > "e" else ""
                path = self.path(name).relative_to(self.root)
                text += f'[contracts.{name}]\npath = "{path}"\nepoch = "3.1"\n{deployer}'
            (self.root / "Clarinet.toml").write_text(text)

    def edit(self) -> set[str]:
        """Changes something; the paths that a watcher would name."""
        what = self.rng.randrange(10)
        if what < 7:
            return {str(self.write(name)) for name in self.rng.sample(self.names, 1 + (what == 6))}
        if what == 7:
            return {str(self.path(self.rng.choice(self.names)))}
        if what == 8 and len(self.names) > 4:
            gone = self.rng.choice(self.names)
            self.names.remove(gone)
            self.path(gone).unlink()
            self.list()
            return {str(self.path(gone)), str(self.root / "Clarinet.toml"), str(self.target)}
        missing = sorted({*NAMES} - {*self.names})
        if missing:
            self.names.append(missing[0])
            paths = {str(self.write(missing[0])), str(self.root / "Clarinet.toml")}
            self.list()
            return {*paths, str(self.target)}
        return set()


class _Superseded(Exception):
    pass


def _superseded_after(count: int) -> Callable[[], None]:
    """Gives a build up when it asks for the last time of so many."""
    left = iter(range(count))

    def check() -> None:
        if next(left, None) is None:
            raise _Superseded

    return check


def test_a_look_at_everything_can_be_given_up_at_each_step(workspace: Workspace) -> None:
    workspace.project({"token": "(define-public (pay) (ok 1))"})
    builder = workspace.builder()
    builder.build(lambda _event: None)
    steps = 0
    while True:
        try:
            builder.build(lambda _event: None, _superseded_after(steps))
            break
        except _Superseded:
            steps += 1
    # Sources, what is settled, what is in the store, what is taken over.
    assert steps == 4


@pytest.mark.parametrize("kind", ["project", "folder", "log"])
def test_edits_at_random(tmp_path: Path, kind: str) -> None:
    """In one process after edits that a watcher names, in a next process, and from nothing."""
    print(f"seed {SEED}")
    rng = random.Random(f"{SEED} {kind}")
    root = tmp_path / "project"
    root.mkdir()
    project = Project(root, rng, kind)
    here = Workspace(root)
    watching: Builder = here.builder(project.target.name if kind == "log" else "")
    touched: set[str] | None = None
    for number in range(80):
        stored = dict(here.store.rows) if isinstance(here.store, MemoryStore) else {}
        if touched is not None:
            # A look at everything that an edit has superseded, however far it came.
            with suppress(_Superseded):
                watching.build(lambda _event: None, _superseded_after(rng.randrange(10)))
        results = [watching.build(lambda _event: None, touched=touched)]
        results.append(watching.build(lambda _event: None))
        results.append(here.build(project.target.name if kind == "log" else ""))
        assert (
            results[1].compiled
            == results[2].compiled
            == sum(outcome.status is Status.BROKEN for outcome in results[1].outcomes)
        )
        nothing = Workspace(root, clock=here.clock)
        nothing_state = nothing.builder(project.target.name if kind == "log" else "")
        nothing_state.memory.settled, nothing_state.memory.recalled = {}, None
        nothing_state.memory.stamps, nothing_state.memory.references = {}, {}
        expected = nothing_state.build(lambda _event: None)
        for which, result in enumerate(results):
            assert seen(result) == seen(expected), (number, which)
        here.clock += 10
        touched = project.edit()
        # Only a look at everything sees what the store has lost.
        if rng.random() < 0.1 and isinstance(here.store, MemoryStore):
            here.store.rows.pop(rng.choice(list(here.store.rows)))
            touched = None
        elif rng.random() < 0.05 and isinstance(here.store, MemoryStore):
            here.store.rows.clear()
            here.store.rows.update(stored)
            touched = None


def test_a_build_that_was_given_up_settles_nothing(workspace: Workspace) -> None:
    token = "(define-public (pay) (ok 1))"
    shop = "(define-public (buy) (contract-call? .token pay))"
    workspace.project({"token": token, "shop": shop})
    builder = workspace.builder()
    builder.build(lambda _event: None)
    workspace.write({"token.clar": "(define-public (other) (ok 1))"})

    def give_up() -> None:
        if len(workspace.compiled) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        builder.build(lambda _event: None, give_up, touched={str(workspace.root / "token.clar")})
    assert len(workspace.compiled) == 3  # the new token, and not yet the shop
    result = builder.build(lambda _event: None, touched={str(workspace.root / "token.clar")})
    assert reasons(result) == {"shop": f"interface of {DEPLOYER}.token changed"}


def test_after_a_narrow_look_only_what_was_touched_is_told(workspace: Workspace) -> None:
    workspace.project({name: f"(define-public ({name}) (ok 1))" for name in "abc"})
    builder = workspace.builder()
    assert len(builder.build(lambda _event: None).outcomes) == 3
    workspace.write({"b.clar": "(define-public (b) (ok 2))"})
    told: list[str] = []
    result = builder.build(
        lambda event: told.append(event.outcome.unit.name) if isinstance(event, Finished) else None,
        touched={str(workspace.root / "b.clar")},
    )
    assert told == ["b"]
    assert statuses(result) == {"a": Status.CACHED, "b": Status.BUILT, "c": Status.CACHED}
    # What no watcher named is found by the next look at everything.
    workspace.write({"c.clar": "(define-public (c) (ok 3))"})
    assert builder.build(lambda _event: None, touched=set()).compiled == 0
    assert reasons(builder.build(lambda _event: None)) == {"c": "source changed"}


def test_a_manifest_is_read_again_when_anything_it_was_read_from_changed(
    workspace: Workspace,
) -> None:
    workspace.project({"token": "(ok 1)"})
    assert workspace.build().outcomes[0].unit.deployer == DEPLOYER
    settings = f"[accounts.deployer]\n# stx_address: {OTHER}\n"
    workspace.write({"settings/Devnet.toml": settings})
    assert workspace.build().outcomes[0].unit.deployer == OTHER
    (workspace.root / "settings/Devnet.toml").unlink()
    assert workspace.build().outcomes[0].unit.deployer == DEPLOYER
    path = workspace.root / "Clarinet.toml"
    stamp = path.stat()
    path.write_text(path.read_text().replace("3.1", "3.0"))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert str(workspace.build().outcomes[0].unit.epoch) == "3.0"


def test_a_file_whose_time_was_set_back_is_read_again(workspace: Workspace) -> None:
    workspace.project({"token": "(define-public (pay) (ok 1))"})
    path = workspace.root / "token.clar"
    written = path.stat()
    workspace.clock = written.st_mtime + 100
    workspace.build()
    path.write_text("(define-public (pay) (ok 2))")
    os.utime(path, ns=(written.st_atime_ns, written.st_mtime_ns))
    assert path.stat().st_mtime_ns == written.st_mtime_ns
    assert reasons(workspace.build()) == {"token": "source changed"}


def test_what_is_kept_is_what_was_known(workspace: Workspace) -> None:
    """With contracts that come to a key only at times, and with one that was built differently."""
    workspace.project({"token": "(ok 1)", "shop": "(contract-call? .token p)", "bad": "(bad)"})
    workspace.build()
    workspace.write({"token.clar": "(define-public (p) (ok 2))"})
    (workspace.root / "bad.clar").unlink()
    builder = workspace.builder()
    builder.build(lambda _event: None)
    known = builder.memory
    state = workspace.root.with_name(f"{workspace.root.name}-state")
    kept = load_memory(memory_path(state, workspace.root, "debug"))
    bad = f"{DEPLOYER}.bad"
    assert bad in known.last
    assert known.settled[bad].key is None
    assert known.last != known.before
    assert kept == known


def test_a_build_goes_when_the_next_is_there(workspace: Workspace) -> None:
    """Not when garbage is next looked for, which may be long after."""
    workspace.project({"token": "(ok 1)", "shop": "(contract-call? .token p)"})
    builder = workspace.builder()
    builds = []
    gc.collect()
    gc.disable()
    try:
        for number in range(4):
            workspace.write({"token.clar": f"(define-public (p) (ok {number}))"})
            touched = {str(workspace.root / "token.clar")} if number in (1, 2) else None
            assert builder.build(lambda _event: None, touched=touched).compiled
            builds.append(weakref.ref(builder._latest))
        assert [build() is not None for build in builds] == [False, False, False, True]
    finally:
        gc.enable()


def test_to_look_at_everything_again_takes_little_memory(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is the same is kept, and of what the store answers only a part is there at once."""
    monkeypatch.setattr(clarbuild.lookup, "_AT_ONCE", 30)
    workspace.project({f"c{n}": f"(define-public (p) (ok {n}))" for n in range(300)})
    workspace.build()
    tracemalloc.start()
    try:
        builder = workspace.builder()
        result = builder.build(lambda _event: None)
        gc.collect()
        first, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        again = builder.build(lambda _event: None)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert again.same_end(result)
    assert peak < 1.3 * first


def test_contracts_that_name_each_other_are_looked_at_narrowly(workspace: Workspace) -> None:
    """Until one begins to pass what it names: then that may be a circle."""
    workspace.project(
        {"token": "(print .shop)", "shop": "(contract-call? .token p)", "c": "(ok 1)"}
    )
    builder = workspace.builder()
    builder.build(lambda _event: None)
    told: list[str] = []

    def edit(token: str) -> BuildResult:
        told.clear()
        workspace.write({"token.clar": token})
        return builder.build(
            lambda event: (
                told.append(event.outcome.unit.name) if isinstance(event, Finished) else None
            ),
            touched={str(workspace.root / "token.clar")},
        )

    assert reasons(edit("(print .shop) (ok 1)")) == {"token": "source changed"}
    assert told == ["token"]
    passing = edit("(my-function .shop)")
    assert [found.diagnostic.code for found in passing.problems] == []
    assert sorted(told) == ["c", "shop", "token"]
