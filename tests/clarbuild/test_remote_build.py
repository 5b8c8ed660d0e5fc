"""A build with a remote is right whatever the remote does, and takes no more than a bound longer."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec import structs

sys.path.insert(0, str(Path(__file__).parents[1] / "cache"))

from servers import FaultyServer, Status
from workspace import Workspace, clarbuild, statuses

from cache import Action, ActionKey, Digest, MemoryStore
from cache.parcel import Parcel, pack, unpack
from cache.remote import path_of
from cache.signing import SigningKey
from clarbuild.arrival import entry_fault, module_fault
from clarbuild.outcome import BuildResult, Noted
from clarbuild.outcome import Status as Ended
from clarbuild.problems import InputError
from clarbuild.remote import Remotes, choose
from clarbuild.units import Manifest
from clarbuild.worker import compile_request

TOKEN = """(define-fungible-token gold)
(define-public (pay (n uint) (to principal)) (ft-transfer? gold n tx-sender to))
(define-read-only (of (who principal)) (ft-get-balance gold who))
"""
SHOP = "(define-public (buy) (contract-call? .token pay u5 'ST000000000000000000002AMW42H))\n"
WRONG = "(define-public (f) (+ 1 u1))\n"


class Team:
    """Machines that share a remote: each has a store and a memory of its own, all one project."""

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self.url = url
        self.machines = 0
        self.notes: list[str] = []

    def workspace(self) -> Workspace:
        self.machines += 1
        root = self.root / f"machine{self.machines}" / "project"
        root.mkdir(parents=True)
        made = Workspace(root, compile=compile_request)
        made.project({"token": TOKEN, "shop": SHOP, "wrong": WRONG})
        return made

    def build(self, at: Workspace, remotes: Remotes | None = None) -> BuildResult:
        builder = at.builder()
        chosen = remotes or Remotes(self.url, "read-write")
        builder.around = structs.replace(builder.around, remote=chosen)
        at.compiled.clear()
        at.events = []
        result = builder.build(at.events.append)
        self.notes = [event.message for event in at.events if isinstance(event, Noted)]
        return result


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    made = FaultyServer()
    yield made
    made.stop()


@pytest.fixture
def team(tmp_path: Path, server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> Team:
    monkeypatch.setenv("CLARBUILD_REMOTE_PATIENCE", "1")
    return Team(tmp_path, server.url)


def bytes_of(at: Workspace, result: BuildResult) -> dict[str, object]:
    """What was built, bytes and diagnostics."""
    return {
        outcome.unit.name: at.store.get_blob(outcome.wasm)
        if outcome.wasm
        else [problem.diagnostic for problem in outcome.problems]
        for outcome in result.outcomes
    }


@pytest.fixture
def right(team: Team) -> dict[str, object]:
    """What is built without a remote."""
    at = team.workspace()
    return bytes_of(at, at.build())


def parcels(server: FaultyServer) -> dict[ActionKey, Parcel]:
    found = {}
    for path, data in server.objects.items():
        key = ActionKey.from_hex(path.rpartition("/")[2].removesuffix(".clp"))
        found[key] = unpack(data, key, None)
    return found


def test_what_one_built_nobody_builds_again(
    team: Team, server: FaultyServer, right: dict[str, object]
) -> None:
    first, second = team.workspace(), team.workspace()
    assert bytes_of(first, team.build(first)) == right
    assert len(first.compiled) == len(server.objects) == 3
    result = team.build(second)
    assert second.compiled == []
    assert bytes_of(second, result) == right
    assert statuses(result) == {
        "token": Ended.CACHED,
        "shop": Ended.CACHED,
        "wrong": Ended.INVALID,
    }
    assert all(outcome.remote for outcome in result.outcomes)
    assert team.notes == []
    asked = len(server.requests)
    again = team.build(second)
    assert len(server.requests) == asked
    assert not any(outcome.remote for outcome in again.outcomes)


def test_neither_sources_nor_native_code_travel(team: Team, server: FaultyServer) -> None:
    team.build(team.workspace())
    for parcel in parcels(server).values():
        assert parcel.outputs.keys() <= {"wasm", "interface", "metadata", "source-map"}
        for data in parcel.outputs.values():
            assert TOKEN.encode()[:40] not in data
            assert not data.startswith(b"\x7fELF")


def test_the_source_is_in_the_store_all_the_same(team: Team) -> None:
    team.build(team.workspace())
    second = team.workspace()
    result = team.build(second)
    key = next(outcome.key for outcome in result.outcomes if outcome.unit.name == "token")
    assert key is not None
    action = second.store.get_action(key)
    assert isinstance(action, Action)
    assert second.store.get_blob(action.outputs["source"]) == TOKEN.encode()


def test_read_only_is_the_default(team: Team, server: FaultyServer) -> None:
    at = team.workspace()
    team.build(at, Remotes(team.url))
    assert len(at.compiled) == 3
    assert server.objects == {}


# Lies and failures

Change = Callable[[FaultyServer, str, bytes | None], bytes | None]


def swap(server: FaultyServer, path: str, _data: bytes | None) -> bytes | None:
    """Another key's entry, with this key written over it."""
    key = ActionKey.from_hex(path.rpartition("/")[2].removesuffix(".clp"))
    other = next((k, p) for k, p in sorted(parcels(server).items()) if k != key)[1]
    return pack(key, other.action, other.outputs)


def forge(_server: FaultyServer, path: str, data: bytes | None) -> bytes | None:
    """The right entry with a module that has a start function."""
    if data is None:
        return None
    key = ActionKey.from_hex(path.rpartition("/")[2].removesuffix(".clp"))
    parcel = unpack(data, key, None)
    if "wasm" not in parcel.outputs:
        return data
    wasm = parcel.outputs["wasm"]
    meta = json.loads(parcel.action.meta)
    code_at = wasm.index(b"\x0a", 8)
    forged = wasm[:code_at] + b"\x08\x01\x00" + wasm[code_at:]
    outputs = {**parcel.outputs, "wasm": forged}
    meta["wasm_size"] = len(forged)
    digests = {name: Digest.of(output) for name, output in outputs.items()}
    return pack(key, Action("compile", digests, json.dumps(meta).encode(), 1), outputs)


def fail(status: int) -> Change:
    def fault(_server: FaultyServer, _path: str, _data: bytes | None) -> bytes | None:
        raise Status(status)

    return fault


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda _s, _p, data: data and data[:-20], "damaged"),
        (lambda _s, _p, data: data and data[:100], "cut short"),
        (lambda _s, _p, data: data and bytes([data[0] ^ 4]) + data[1:], "unknown format"),
        (swap, "made from other inputs"),
        (forge, "section 8 is not supported"),
        (fail(500), "remote can't be reached"),
        (fail(403), "remote denies access"),
        (fail(404), ""),
    ],
    ids=["flipped", "cut", "format", "replayed", "forged", "500", "403", "404"],
)
def test_the_build_is_right_all_the_same(
    team: Team, server: FaultyServer, right: dict[str, object], fault: Change, said: str
) -> None:
    team.build(team.workspace())
    server.fault = fault
    at = team.workspace()
    result = team.build(at, Remotes(team.url))
    assert bytes_of(at, result) == right
    assert bool(team.notes) == bool(said)
    if said:
        told = [o.reason for o in result.outcomes if "(remote: " in o.reason]
        assert any(said in reason for reason in told)
    server.fault = None
    assert bytes_of(at, at.build()) == right
    assert at.compiled == []


def test_a_silent_server_costs_the_patience(team: Team, right: dict[str, object]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        alone = team.workspace()
        began = time.monotonic()
        alone.build()
        local = time.monotonic() - began
        at = team.workspace()
        began = time.monotonic()
        result = team.build(at, Remotes(url, "read-write"))
        assert time.monotonic() - began < 3 * local + 2.5  # patience and flush are a second each
        assert bytes_of(at, result) == right
        assert any("too slow" in note for note in team.notes)


def test_a_hostile_entry_of_wrong_types_is_refused(team: Team, server: FaultyServer) -> None:
    at = team.workspace()
    result = team.build(at)
    builder = at.builder()
    builder.build(lambda _event: None)
    number = next(o.number for o in result.outcomes if o.unit.name == "token")
    step = builder._latest.steps.step(number)  # type: ignore[union-attr]
    parcel = parcels(server)[step.key]
    assert entry_fault(parcel.action, parcel.outputs, step) is None
    meta = json.loads(parcel.action.meta)
    for name, value in [
        ("seconds", "soon"),
        ("seconds", -1),
        ("wasm_size", "big"),
        ("wasm_size", 1),
        ("diagnostics", [{"severity": "error"}]),
        ("diagnostics", 5),
        ("mentions", [1]),
        ("observed", "00"),
        ("observed", "00" * 32),
        ("contract", None),
        ("inputs", ""),
        ("made_at", None),
    ]:
        changed = json.dumps(meta | {name: value}).encode()
        action = structs.replace(parcel.action, meta=changed)
        assert entry_fault(action, parcel.outputs, step), (name, value)
    for data in (b"", b"[]", b"{}", b"null", b"[" * 100_000, b"\xff"):
        assert entry_fault(structs.replace(parcel.action, meta=data), parcel.outputs, step)
    for name in ("interface", "metadata"):
        outputs = {**parcel.outputs, name: b"[[[["}
        assert entry_fault(parcel.action, outputs, step), name
    assert entry_fault(structs.replace(parcel.action, kind="other"), parcel.outputs, step)


def test_modules_that_are_not_ours() -> None:
    from wasmtime import wat2wasm

    memory = '(memory (export "memory") 1)'
    assert module_fault(bytes(wat2wasm(f"(module {memory})")), "debug") is None
    for text in (
        f'(module (import "env" "f" (func)) {memory})',
        f'(module (import "clarity" "moon" (func)) {memory})',
        f'(module (import "clarity" "print" (func (param i64))) {memory})',
        '(module (import "clarity" "memory" (memory 1)) (export "memory" (memory 0)))',
        f"(module {memory} (func $f) (start $f))",
        f"(module {memory} (table 1 funcref))",
        f"(module {memory} (func (param f64)))",
        '(module (memory (export "memory") 2000))',
        "(module)",
    ):
        assert module_fault(bytes(wat2wasm(text)), "debug"), text
    for data in (
        b"",
        b"\0asm",
        b"\0asm\1\0\0\0\x0a",
        b"\0asm\1\0\0\0" + b"\x01\xff\xff\xff\xff\x0f",
    ):
        assert module_fault(data, "debug")


# Whose remote it is


def test_a_required_key(
    team: Team, server: FaultyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = str(SigningKey.create(tmp_path / "secret").public)
    trusting = Remotes(team.url, None, (public,))
    team.build(team.workspace())
    at = team.workspace()
    assert len(team.build(at, trusting).outcomes) == 3
    assert len(at.compiled) == 3
    assert any("3 not taken: not signed" in note for note in team.notes)
    monkeypatch.setenv("CLARBUILD_SIGNING_KEY", str(tmp_path / "secret"))
    team.build(team.workspace())
    server.objects.clear()
    team.build(team.workspace())
    at = team.workspace()
    team.build(at, trusting)
    assert at.compiled == []


def test_what_a_manifests_remote_gave_no_other_project_uses(team: Team) -> None:
    """A project from elsewhere may name a remote that lies; its entries stay with it."""
    team.build(team.workspace())
    named = team.workspace()
    manifest = (named.root / "Clarinet.toml").read_text()
    table = f'[clarbuild]\nremote = "{team.url}"\n'
    (named.root / "Clarinet.toml").write_text(table + manifest)
    by_manifest = Remotes()
    team.build(named, by_manifest)
    assert named.compiled == []
    assert team.build(named, by_manifest).compiled == 0

    other = team.workspace()
    other.store = named.store
    result = other.build()
    assert len(other.compiled) == 3
    assert all("which this project does not name" in o.reason for o in result.outcomes if o.reason)
    assert other.build().compiled == 0
    assert isinstance(named.store, MemoryStore)


def manifest_with(**table: object) -> Manifest:
    return Manifest(
        "project", "p", Path(), Path("Clarinet.toml"), (), settings={"clarbuild": table}
    )


def test_which_remote_counts() -> None:
    named = manifest_with(
        remote="s3://team", **{"remote-access": "read-write", "remote-keys": ["k"]}
    )
    found = choose(named, environ={})
    assert found is not None
    assert (found.url, found.access, found.keys, found.origin) == (
        "s3://team",
        "read-write",
        ("k",),
        "s3://team",
    )
    mine = choose(named, environ={"CLARBUILD_REMOTE": "s3://mine", "CLARBUILD_REMOTE_KEYS": "a b"})
    assert mine is not None
    assert (mine.url, mine.access, mine.keys, mine.origin) == (
        "s3://mine",
        "read-only",
        ("a", "b"),
        "",
    )
    given = choose(named, "s3://x", "read-write", ("c",), environ={"CLARBUILD_REMOTE": "s3://mine"})
    assert given is not None
    assert (given.url, given.access, given.keys) == ("s3://x", "read-write", ("c",))
    confirmed = choose(named, "s3://team", environ={})
    assert confirmed is not None
    assert (confirmed.origin, confirmed.keys) == ("", ("k",))
    assert choose(named, "off", environ={}) is None
    assert choose(manifest_with(), environ={}) is None


@pytest.mark.parametrize(
    "table",
    [{"remote": 5}, {"remote": "s3://x", "remote-access": "all"}, {"remote-keys": "k"}],
)
def test_a_wrong_table_is_told(table: dict[str, object]) -> None:
    with pytest.raises(InputError):
        choose(manifest_with(**table), environ={})


def test_a_manifests_remote_gets_no_token(
    team: Team, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLARBUILD_REMOTE_TOKEN", "secret")
    at = team.workspace()
    manifest = (at.root / "Clarinet.toml").read_text()
    (at.root / "Clarinet.toml").write_text(f'[clarbuild]\nremote = "{team.url}"\n{manifest}')
    team.build(at, Remotes())
    assert server.headers
    assert not any("authorization" in headers for headers in server.headers)
    team.build(team.workspace())
    assert server.headers[-1]["authorization"] == "Bearer secret"


# The command


def test_the_command(workspace: Workspace, tmp_path: Path) -> None:
    workspace.project({"token": TOKEN, "shop": SHOP})
    url = (tmp_path / "shared").as_uri()
    home, other = tmp_path / "home", tmp_path / "other"
    built = clarbuild(
        "build", workspace.root, "--remote", url, "--remote-access", "read-write", home=home
    )
    assert (built.returncode, built.stderr) == (0, "")
    found = clarbuild("build", workspace.root, "--remote", url, home=other)
    assert (found.returncode, found.stderr) == (0, "")
    assert "2 contracts up to date, 2 of them from the remote" in found.stdout
    wrong = clarbuild("build", workspace.root, "--remote", "ftp://x", home=other)
    assert wrong.returncode == 1
    assert "no such kind of remote" in wrong.stderr
    assert path_of(ActionKey(bytes(32))).startswith("v1/00/")


def test_keys_and_pushing(workspace: Workspace, tmp_path: Path) -> None:
    workspace.project({"token": TOKEN, "shop": SHOP})
    url = (tmp_path / "shared").as_uri()
    made = clarbuild("cache", "keygen", tmp_path / "secret", home=tmp_path)
    assert made.stdout.startswith("ed25519:")
    assert clarbuild("cache", "keygen", tmp_path / "secret", home=tmp_path).returncode == 1
    home, other = tmp_path / "home", tmp_path / "other"
    assert clarbuild("cache", "push", workspace.root, "--remote", url, home=home).returncode == 1
    clarbuild("build", workspace.root, home=home)
    pushed = clarbuild("cache", "push", workspace.root, "--remote", url, home=home)
    assert (pushed.returncode, pushed.stdout) == (0, f"sent 2 artifacts to {url}\n")
    found = clarbuild("build", workspace.root, "--remote", url, home=other)
    assert "2 of them from the remote" in found.stdout
    key = made.stdout.strip()
    refused = clarbuild(
        "build", workspace.root, "--remote", url, "--remote-key", key, home=tmp_path / "third"
    )
    assert refused.returncode == 0
    assert "2 built" in refused.stdout
    assert "2 not taken: not signed" in refused.stderr
