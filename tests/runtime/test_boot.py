"""Boot contracts are there when something names them, with what they need."""

from __future__ import annotations

import pytest

from compiler.values import Buffer, List, Ok, Principal, Some, Tuple, UInt
from runtime.boot import MAINNET, BootContracts, contracts_in
from runtime.chain import Chain
from runtime.hashing import sha512_256
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


def test_a_contract_that_watches_another_comes_before_calls(folder):
    place = folder / MAINNET
    (place / "signers-voting.clar").write_text(
        "(define-constant then (contract-call? .pox-4 new)) (define-read-only (get-then) then)"
    )
    (place / "pox-4.clar").write_text(
        "(define-data-var n uint u4) (define-read-only (new) (var-get n))"
        "(define-public (set (to uint)) (ok (var-set n to)))"
    )
    chain = Chain(boot=folder, genesis_time=1)
    chain.advance_epoch("3.1")
    assert chain.call(f"{MAINNET}.pox-4", "set", [UInt(9)], WALLET_1).ok
    assert chain.read(f"{MAINNET}.signers-voting", "get-then", [], WALLET_1).value == UInt(4)
    assert BootContracts(folder).needed(f"{MAINNET}.signers-voting")[0].id == f"{MAINNET}.pox-4"


def test_words_of_a_later_epoch_have_no_cost(folder):
    (folder / MAINNET / "pox-2.clar").write_text(
        "(define-read-only (f (b (buff 2))) (buff-to-uint-be b)) (define-read-only (g) u1)"
    )
    chain = Chain(boot=folder, genesis_time=1)
    contract = f"{MAINNET}.pox-2"
    assert chain.read(contract, "g", [], WALLET_1).value == UInt(1)
    receipt = chain.read(contract, "f", [Buffer(b"\1")], WALLET_1)
    # What the interpreter says of an unknown cost function reads as if the called one were.
    assert receipt.error.message == f"Method 'f' does not exist on contract '{contract}'"
    chain.advance_epoch("2.1")
    assert chain.read(contract, "f", [Buffer(b"\1")], WALLET_1).value == UInt(1)


def test_they_are_there_before_they_are_named(folder):
    # On a testnet an address of mainnet is constructed as an error that holds it.
    source = f"""
    (define-read-only (hash)
      (match (principal-construct? 0x16 0x{"00" * 20} "pox-3")
        made (contract-hash? made)
        problem (contract-hash? (unwrap-panic (get value problem)))))
    """
    chain = Chain(boot=folder, genesis_time=1)
    chain.advance_epoch("4.0")
    assert chain.deploy(f"{DEPLOYER}.a", source, 6).ok
    digest = sha512_256((folder / MAINNET / "pox-3.clar").read_bytes())
    assert chain.read(f"{DEPLOYER}.a", "hash", [], WALLET_1).value == Ok(Buffer(digest))
    again = chain.deploy(f"{MAINNET}.pox-3", "(define-read-only (mine) u1)", 1)
    assert again.error.kind == "panic"
