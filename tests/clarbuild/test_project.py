"""The Python API: contracts are objects, values are Clarity's, and modules come from the cache."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from workspace import DEPLOYER, OTHER, REPOSITORY, Workspace, clarbuild

import clarbuild as api
from cache import MemoryStore, Miss
from clarbuild.context import Surroundings
from clarbuild.surroundings import toolchain

COUNTER = """(define-data-var n uint u0)
(define-public (add-to (by uint))
  (begin
    (asserts! (> by u0) (err u1))
    (print {by: by})
    (ok (var-set n (+ (var-get n) by)))))
(define-read-only (get-n) (var-get n))
"""
USER = "(define-public (twice) (contract-call? .counter add-to u2))\n"


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    return Surroundings(MemoryStore(), tmp_path / "state", toolchain())


@pytest.fixture
def project(workspace: Workspace, around: Surroundings) -> Iterator[api.Project]:
    workspace.project({"user": USER, "counter": COUNTER})
    with api.Project(workspace.root, surroundings=around) as opened:
        yield opened


def test_contracts_are_objects(project: api.Project) -> None:
    counter = project.chain().contract("counter")
    assert counter.id == f"{DEPLOYER}.counter"
    assert {"add_to", "get_n"} <= set(dir(counter))
    receipt = counter.add_to(40)
    assert str(receipt.value) == "(ok true)"
    assert [event["type"] for event in receipt.to_json()["events"]] == ["print_event"]
    assert counter.add_to(api.UInt(2), sender=OTHER).ok
    assert counter.get_n().value == api.UInt(42)
    assert str(counter.add_to(0).value) == "(err u1)"
    with pytest.raises(TypeError, match=r"add-to\(by\) got 2 arguments"):
        counter.add_to(1, 2)
    with pytest.raises(TypeError, match="wants uint"):
        counter.add_to("1")
    with pytest.raises(AttributeError, match="no public or read-only function nothing"):
        counter.nothing()


def test_calls_between_contracts(project: api.Project) -> None:
    chain = project.chain()
    assert chain.contract("user").twice().ok
    assert chain.contract(f"{DEPLOYER}.counter").get_n().value == api.UInt(2)
    with pytest.raises(KeyError, match="no contract market"):
        chain.contract("market")


def test_a_built_project_compiles_nothing_more(
    project: api.Project,
) -> None:
    project.build()
    project.chain().contract("counter").add_to(1)
    assert (project.modules.compiled, project.modules.loaded) == (0, 2)


def test_native_code_comes_from_the_cache_and_goes_into_it(
    project: api.Project, around: Surroundings
) -> None:
    store = around.store
    assert isinstance(store, MemoryStore)
    outcome = project.build().outcomes[0]
    assert outcome.wasm is not None
    fingerprint = project.modules.fingerprint
    assert not isinstance(store.get_native(outcome.wasm, fingerprint), Miss)
    for row in [row for row in store.rows if row.startswith(b"n")]:
        del store.rows[row]
    project.chain()
    assert not isinstance(store.get_native(outcome.wasm, fingerprint), Miss)


def test_an_invalid_project_has_no_chain(workspace: Workspace, around: Surroundings) -> None:
    workspace.project({"counter": "(foo)"})
    project = api.Project(workspace.root, surroundings=around)
    with pytest.raises(api.InputError) as caught:
        project.chain()
    assert caught.value.problems[0].diagnostic.message == "use of unresolved function 'foo'"


def test_a_deployment_that_fails_is_told(workspace: Workspace, around: Surroundings) -> None:
    workspace.project({"a": "(unwrap-panic (if true none (some 1)))"})
    project = api.Project(workspace.root, surroundings=around)
    with pytest.raises(api.InputError, match="UnwrapFailure"):
        project.chain()


def test_epochs_in_order(workspace: Workspace, around: Surroundings) -> None:
    workspace.write(
        {
            "Clarinet.toml": '[contracts.new]\npath="new.clar"\nepoch="3.1"\n'
            '[contracts.old]\npath="old.clar"\nepoch="2.4"\n',
            "new.clar": "(define-public (f) (contract-call? .old f))",
            "old.clar": "(define-public (f) (ok block-height))",
        }
    )
    with api.Project(workspace.root, surroundings=around) as project:
        chain = project.chain()
    assert list(chain.contracts) == [f"{DEPLOYER}.old", f"{DEPLOYER}.new"]
    assert chain.contract("new").f().ok


def test_a_source_with_its_own_address_has_the_builds_key(
    workspace: Workspace, around: Surroundings
) -> None:
    workspace.project(
        {
            "t": "(define-trait t ((f () (response bool uint))))",
            "a": f"(impl-trait '{DEPLOYER}.t.t) (define-public (f) (ok true))",
            "b": "(use-trait t .t.t) (define-public (g (x <t>)) (contract-call? x f))"
            "(define-public (h) (g .a))",
        }
    )
    with api.Project(workspace.root, surroundings=around) as project:
        assert project.build().ok
        chain = project.chain()
        assert str(chain.contract("b").h().value) == "(ok true)"
        assert project.modules.compiled == 0


SAMPLES = REPOSITORY / "tests" / "samples"


@pytest.mark.parametrize("name", ["counter", "token", "marketplace", "vault"])
@pytest.mark.parametrize("profile", ["debug", "release"])
def test_samples_answer_as_the_interpreter(tmp_path: Path, name: str, profile: str) -> None:
    log, expected = (SAMPLES / f"{name}.{kind}.jsonl" for kind in ("log", "receipts"))
    flags = ["--release"] if profile == "release" else []
    told = clarbuild("replay", log, "--against", expected, *flags, home=tmp_path)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "same meaning" in told.stdout


def test_replay_writes_receipts_and_says_what_differs(tmp_path: Path) -> None:
    log, expected = SAMPLES / "counter.log.jsonl", SAMPLES / "counter.receipts.jsonl"
    out = tmp_path / "out.jsonl"
    told = clarbuild("replay", log, "--receipts", out, "--json", home=tmp_path)
    assert (told.returncode, json.loads(told.stdout)["panic"]) == (0, 0)
    assert [json.loads(row)["line"] for row in out.read_text().splitlines()] == [
        json.loads(row)["line"] for row in expected.read_text().splitlines()
    ]
    rows = out.read_text().replace('"ok":false', '"ok":true,"result":"0x","events":[],"cost":{}', 1)
    out.write_text(rows)
    told = clarbuild("replay", log, "--against", out, home=tmp_path)
    assert told.returncode == 1
    assert "should be ok, got" in told.stdout


def test_replay_of_what_is_no_log(tmp_path: Path) -> None:
    told = clarbuild("replay", tmp_path / "none.jsonl", home=tmp_path)
    assert (told.returncode, "no such file" in told.stderr) == (1, True)
    log = tmp_path / "log.jsonl"
    row = {"op": "deploy", "contract": f"{OTHER}.a", "source": "a.clar", "clarity": 2}
    log.write_text(json.dumps(row))
    told = clarbuild("replay", log, home=tmp_path)
    assert told.returncode == 1
    assert told.stderr == f"{log}:1: error: no source at {tmp_path}/a.clar\n"


def test_replay_has_the_networks_own_contracts(tmp_path: Path) -> None:
    network = "SP000000000000000000002Q6VF78"
    boot = tmp_path / "boot" / network
    boot.mkdir(parents=True)
    (boot / "lockup.clar").write_text("(define-read-only (f) u7)")
    code = f"(contract-call? '{network}.lockup f)"
    rows = [
        {"op": "epoch", "epoch": "3.1"},
        {"op": "deploy", "contract": f"{OTHER}.a", "code": code, "clarity": 3},
    ]
    log = tmp_path / "logs" / "log.jsonl"
    log.parent.mkdir()
    log.write_text("\n".join(map(json.dumps, rows)))
    for flags in ([], ["--boot", tmp_path / "boot"]):
        told = clarbuild("replay", log, "--receipts", "-", *flags, home=tmp_path)
        assert json.loads(told.stdout)["result"] == "0x0100000000000000000000000000000007"
    told = clarbuild("replay", log, "--boot", tmp_path / "none", home=tmp_path)
    assert (told.returncode, "no such folder of boot contracts" in told.stderr) == (1, True)


CALLS = [
    (["counter", "add-to", "u2"], 0, "(ok true)\n", ""),
    ([".counter", "get-n"], 0, "u0\n", ""),
    (["counter", "add-to"], 1, "", "add-to takes 1 arguments, got 0"),
    (["counter", "add-to", "2"], 1, "", "by: wants uint, got Int 2"),
    (["counter", "add-to", "(+ u1 u1)"], 1, "", "argument 1:1:1: error: not a value"),
    (["counter", "add-to", "u2 u3"], 1, "", "not one value"),
    (["counter", "add-to", "u340282366920938463463374607431768211456"], 1, "", "error: "),
    (["counter", "nothing"], 1, "", "has no public or read-only function nothing"),
    (["market", "buy"], 1, "", "no contract market"),
    (["counter", "get-n", "--sender", "bob"], 1, "", "neither an address nor an account"),
]


def test_calls_from_the_command_line(workspace: Workspace, tmp_path: Path) -> None:
    workspace.project({"counter": COUNTER})
    for args, code, out, err in CALLS:
        told = clarbuild("call", *args, "-p", workspace.root, home=tmp_path)
        assert (told.returncode, told.stdout[: len(out)]) == (code, out), told
        assert err in told.stderr
        assert "Traceback" not in told.stderr
    told = clarbuild("call", "counter", "add-to", "u2", "-p", workspace.root, home=tmp_path)
    assert "print: contract " in told.stdout
    assert "value {by: u2}" in told.stdout
    assert "1 of 1 contracts from the cache" in told.stdout
    told = clarbuild("call", "counter", "get-n", "--json", "-p", workspace.root, home=tmp_path)
    assert json.loads(told.stdout)["result"] == "0x0100000000000000000000000000000000"


def test_a_runtime_error_of_a_call(workspace: Workspace, tmp_path: Path) -> None:
    workspace.project({"a": "(define-public (f (n uint)) (ok (/ u1 n)))"})
    told = clarbuild("call", "a", "f", "u0", "-p", workspace.root, home=tmp_path)
    assert told.returncode == 1
    assert "error: Runtime(DivisionByZero)" in told.stderr
