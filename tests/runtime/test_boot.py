"""Boot contracts are there when something names them, with what they need."""

from __future__ import annotations

import pytest

from compiler.values import List, Ok, Principal, Some, Tuple
from runtime.boot import MAINNET, BootContracts, contracts_in
from runtime.chain import Chain
from runtime.simnet import DEPLOYER, WALLET_1


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / MAINNET
    place.mkdir()
    (place / "pox-3.clar").write_text("(define-read-only (old) u3)")
    (place / "pox-4.clar").write_text("(define-read-only (new) (+ u1 (contract-call? .pox-3 old)))")
    (place / "unknown.clar").write_text("(define-read-only (f) u0)")
    return tmp_path


def test_what_is_named_comes_after_what_it_needs(folder):
    boot = BootContracts(folder)
    source = f"(contract-call? '{MAINNET}.pox-4 new)"
    assert [found.id for found in boot.named_in(source, DEPLOYER)] == [
        f"{MAINNET}.pox-3",
        f"{MAINNET}.pox-4",
    ]
    assert not list(boot.named_in(f"'{MAINNET}.unknown", DEPLOYER))
    assert not list(boot.named_in(".pox-4", DEPLOYER))


def test_they_can_be_called_without_being_deployed(folder):
    chain = Chain(boot=folder, genesis_time=1)
    chain.advance_epoch("3.1")
    height = chain.block_height
    answer = chain.read(f"{MAINNET}.pox-4", "new", [], WALLET_1)
    assert answer.to_json()["result"] == "0x0100000000000000000000000000000004"
    assert chain.block_height == height
    source = f"(define-read-only (f) (contract-call? '{MAINNET}.pox-3 old))"
    assert Chain(boot=folder).deploy(f"{DEPLOYER}.a", source, 1).ok


def test_arguments_name_contracts_too():
    inner = Some(List([Tuple({"a": Ok(Principal(f"{MAINNET}.pox"))}), Principal(MAINNET)]))
    assert list(contracts_in(inner)) == [f"{MAINNET}.pox"]
    assert list(contracts_in("0x0g")) == []
