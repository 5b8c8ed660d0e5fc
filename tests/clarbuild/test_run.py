"""A build compiles what changed and nothing else, and says why."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from msgspec import structs
from workspace import DEPLOYER, OTHER, TOOLCHAIN, Workspace, reasons, stand_in, statuses

from cache import MemoryStore
from clarbuild.context import Options, Surroundings
from clarbuild.key import Toolchain
from clarbuild.outcome import Status
from clarbuild.problems import InputError
from clarbuild.report import problem_lines, result_problems
from clarbuild.run import Builder
from clarbuild.units import ACCOUNTS

TOKEN = "(define-public (pay) (ok 1))"
SHOP = "(define-public (buy) (contract-call? .token pay))"
CLIENT = "(define-public (go) (contract-call? .shop buy))"


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    workspace.project({"client": CLIENT, "shop": SHOP, "token": TOKEN})
    workspace.build()
    return workspace


def test_dependencies_first(workspace: Workspace) -> None:
    workspace.project({"client": CLIENT, "shop": SHOP, "token": TOKEN})
    result = workspace.build()
    assert workspace.compiled == [TOKEN, SHOP, CLIENT]
    assert set(statuses(result).values()) == {Status.BUILT}
    assert set(reasons(result).values()) == {"not built before"}


def test_nothing_to_do(shop: Workspace) -> None:
    result = shop.build()
    assert shop.compiled == []
    assert set(statuses(result).values()) == {Status.CACHED}


def test_a_body_rebuilds_one_contract(shop: Workspace) -> None:
    shop.write({"token.clar": TOKEN.replace("1", "2")})
    assert reasons(shop.build()) == {"token": "source changed"}


def test_an_interface_rebuilds_its_dependents(shop: Workspace) -> None:
    shop.write({"token.clar": TOKEN + "(define-public (more) (ok 1))"})
    assert reasons(shop.build()) == {
        "token": "source changed",
        "shop": f"interface of {DEPLOYER}.token changed",
    }


def test_an_edit_taken_back_is_cached(shop: Workspace) -> None:
    shop.write({"token.clar": TOKEN + " "})
    shop.build()
    shop.write({"token.clar": TOKEN})
    assert shop.build().compiled == 0


def test_an_edit_within_the_clocks_grain_is_seen(workspace: Workspace) -> None:
    workspace.project({"token": TOKEN})
    path = workspace.root / "token.clar"
    written = path.stat().st_mtime_ns
    workspace.clock = written / 1e9 + 0.5
    workspace.build()
    path.write_text(TOKEN.replace("1", "3"))
    os.utime(path, ns=(written, written))
    assert reasons(workspace.build()) == {"token": "source changed"}


@pytest.mark.parametrize(
    ("toolchain", "options", "reason"),
    [
        (Toolchain(b"other", 1), {}, "the compiler changed"),
        (Toolchain(b"stand-in", 2), {}, "the host interface changed"),
        (TOOLCHAIN, {"profile": "release"}, "not built before"),
    ],
)
def test_the_tool_itself_is_in_the_key(
    shop: Workspace, toolchain: Toolchain, options: dict[str, str], reason: str
) -> None:
    shop.toolchain = toolchain
    shop.options = structs.replace(shop.options, **options)  # type: ignore[arg-type]
    assert reasons(shop.build())["token"] == reason


def test_version_and_epoch_are_in_the_key(shop: Workspace) -> None:
    shop.project({"client": CLIENT, "shop": SHOP, "token": TOKEN}, clarity_version="2")
    assert reasons(shop.build())["shop"] == "Clarity version changed"


def test_a_lost_artifact_is_built_again(shop: Workspace) -> None:
    assert isinstance(shop.store, MemoryStore)
    for row in [row for row in shop.store.rows if row.startswith(b"b")]:
        del shop.store.rows[row]
    found = reasons(shop.build())
    assert len(found) == 3
    assert found["token"].startswith("its artifact is lost: output missing")
    shop.store.clear()
    assert reasons(shop.build())["token"] == "its artifact is no longer in the cache"


def test_without_memory_nothing_is_compiled_either(shop: Workspace) -> None:
    for path in shop.root.with_name("project-state").rglob("*.json"):
        path.write_bytes(b"damaged")
    assert shop.build().compiled == 0


def test_an_invalid_contract_is_known_and_told_again(workspace: Workspace) -> None:
    workspace.project({"a": "\n  (bad)", "b": TOKEN})
    first = workspace.build()
    second = workspace.build()
    assert workspace.compiled == []
    assert statuses(second) == {"a": Status.INVALID, "b": Status.CACHED}
    assert [problem_lines(p) for p in result_problems(first)] == [
        [
            f"{workspace.root}/a.clar:2:3: error: bad form",
            "    2 |   (bad)",
            "      |   ^~~~~",
        ]
    ]
    assert result_problems(first) == result_problems(second)
    assert not second.ok


def test_what_fails_stops_only_what_needs_it(workspace: Workspace) -> None:
    workspace.project({"token": "(bad)", "shop": SHOP, "client": CLIENT, "other": "(ok 1)"})
    result = workspace.build()
    assert statuses(result) == {
        "token": Status.INVALID,
        "shop": Status.INVALID,
        "client": Status.INVALID,
        "other": Status.BUILT,
    }
    shop = next(p for p in result_problems(result) if "shop" in p.path)
    assert shop.diagnostic.message == f"use of unresolved contract '{DEPLOYER}.token'"
    assert shop.diagnostic.hint is not None
    assert "is not valid itself" in shop.diagnostic.hint


def test_a_missing_contract_has_a_hint(workspace: Workspace) -> None:
    workspace.project({"shop": SHOP})
    (found,) = result_problems(workspace.build())
    assert found.diagnostic.hint is not None
    assert found.diagnostic.hint.startswith(f"add {DEPLOYER}.token to [contracts]")


def test_a_circle_blocks_only_itself(workspace: Workspace) -> None:
    workspace.project(
        {"a": "(contract-call? .b f)", "b": "(contract-call? .a f)", "c": ".a", "d": TOKEN}
    )
    result = workspace.build()
    assert statuses(result) == {
        "a": Status.BLOCKED,
        "b": Status.BLOCKED,
        "c": Status.BLOCKED,
        "d": Status.BUILT,
    }
    (found,) = result.problems
    assert "a -> b -> a" in found.diagnostic.message
    workspace.store.clear()
    assert statuses(workspace.builder().dry_run(lambda _: None)) == statuses(result)


def test_a_fault_of_ours_is_never_stored(workspace: Workspace) -> None:
    workspace.project({"token": "(boom)", "shop": SHOP})
    for _ in range(2):
        result = workspace.build()
        assert statuses(result) == {"token": Status.BROKEN, "shop": Status.BLOCKED}
        assert result.broken
        assert workspace.compiled == ["(boom)"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "no such file, the source of contract a"),
        (b"(ok\n \xff)", "not valid UTF-8: byte 0xff in line 2"),
        (b" " * 2_097_153, "a contract of 2,097,153 bytes: no block can carry more than 2,097,152"),
    ],
)
def test_a_source_that_is_none(workspace: Workspace, data: bytes | None, message: str) -> None:
    workspace.project({"a": "", "b": TOKEN})
    path = workspace.root / "a.clar"
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    result = workspace.build()
    assert statuses(result) == {"a": Status.INVALID, "b": Status.BUILT}
    assert [p.diagnostic.message for p in result_problems(result)] == [message]


def test_one_artifact_serves_every_address(workspace: Workspace) -> None:
    workspace.write(
        {f"{a}/{name}.clar": text for a in (DEPLOYER, OTHER)
         for name, text in (("token", TOKEN), ("shop", SHOP))}
    )  # fmt: skip
    result = workspace.build()
    assert sorted(workspace.compiled) == sorted([TOKEN, SHOP])
    assert len({outcome.wasm for outcome in result.outcomes}) == 2


def test_a_source_with_its_own_address_is_bound_to_it(workspace: Workspace) -> None:
    third = ACCOUNTS["wallet_2"]
    source = f"(define-public (buy) (contract-call? '{OTHER}.token pay))"
    workspace.write({f"{OTHER}/token.clar": TOKEN})
    workspace.write({f"{a}/shop.clar": source for a in (DEPLOYER, OTHER, third)})
    result = workspace.build()
    shops = {o.unit.deployer: o.key for o in result.outcomes if o.unit.name == "shop"}
    assert shops[DEPLOYER] == shops[third] != shops[OTHER]
    assert any(text.endswith(" .token pay))") for text in workspace.compiled), "as a sibling"


def test_an_interface_that_names_the_deployer_is_bound_to_it(workspace: Workspace) -> None:
    third = ACCOUNTS["wallet_2"]
    workspace.write(
        {
            f"{DEPLOYER}/lib.clar": f"(define-public (f) 1) ;; takes-trait '{OTHER}.traits\n",
            f"{OTHER}/traits.clar": TOKEN,
        }
    )
    user = f"(contract-call? '{DEPLOYER}.lib f)"
    workspace.write({f"{a}/user.clar": user for a in (OTHER, third)})
    result = workspace.build()
    users = [o.key for o in result.outcomes if o.unit.name == "user"]
    assert users[0] != users[1]


def deploy(contract: str, code: str) -> str:
    return json.dumps({"op": "deploy", "contract": contract, "code": code, "clarity": 1})


def test_a_log_builds_what_the_chain_would_have(workspace: Workspace) -> None:
    use = "(contract-call? .token pay)"
    workspace.write(
        {
            "log.jsonl": "\n".join(
                [
                    deploy(f"{OTHER}.early", use),
                    deploy(f"{OTHER}.token", "(bad)"),
                    deploy(f"{OTHER}.late", use),
                    deploy(f"{OTHER}.token", TOKEN),
                    deploy(f"{OTHER}.last", use),
                    '{"op": "reset"}',
                    deploy(f"{OTHER}.last", use),
                ]
            )
        }
    )
    result = workspace.build("log.jsonl")
    ends = [(o.unit.line, o.unit.name, o.status.value) for o in result.outcomes]
    assert ends == [
        (1, "early", "invalid"),
        (2, "token", "invalid"),
        (3, "late", "invalid"),
        (4, "token", "built"),
        (5, "last", "built"),
        (7, "last", "invalid"),
    ]
    assert workspace.build("log.jsonl").compiled == 0


def test_a_dry_run_says_what_it_would_do_and_does_nothing(shop: Workspace) -> None:
    shop.write({"token.clar": TOKEN + " "})
    shop.compiled.clear()
    told = reasons(shop.builder().dry_run(lambda _: None))
    assert told == {
        "token": "source changed",
        "shop": "perhaps: depends on what would be built",
        "client": "perhaps: depends on what would be built",
    }
    assert shop.compiled == []
    assert reasons(shop.build()) == {"token": "source changed"}


def test_a_build_can_be_given_up_and_keeps_what_it_made(workspace: Workspace) -> None:
    workspace.project({"client": CLIENT, "shop": SHOP, "token": TOKEN})

    def check() -> None:
        if workspace.compiled:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workspace.builder().build(lambda _: None, check)
    assert reasons(workspace.build()).keys() < {"client", "shop", "token"}


def test_processes_make_the_same(shop: Workspace, tmp_path: Path) -> None:
    big = {f"c{n}": f"(define-public (f) {n})" + " " * 10_000 for n in range(12)}
    shop.project(big)
    shop.builder().memory.last.clear()
    serial = shop.build()

    around = Surroundings(MemoryStore(), tmp_path / "state", TOOLCHAIN, compile=stand_in)
    parallel = Builder(shop.root, Options(jobs=2), around).build(lambda _: None)
    assert [o.wasm for o in parallel.outcomes] == [o.wasm for o in serial.outcomes]


def test_a_broken_manifest_raises_and_forgets_nothing(shop: Workspace) -> None:
    text = (shop.root / "Clarinet.toml").read_text()
    shop.write({"Clarinet.toml": "[oops"})
    with pytest.raises(InputError):
        shop.build()
    shop.write({"Clarinet.toml": text})
    assert shop.build().compiled == 0
