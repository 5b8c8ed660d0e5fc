"""A chain is opened again as its last block left it; an upgrade compiles anew; damage is refused."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager

import pytest
from msgspec import structs

from compiler.consensus import serialize
from compiler.values import Ok, UInt
from compiler.versions import Epoch
from runtime.kept import KeptChain
from runtime.modules import CompileInMemory
from runtime.simnet import DEPLOYER, WALLET_1
from runtime.stores import (
    ChainError,
    DamagedChain,
    MarfBacking,
    MemoryBacking,
    SqliteBacking,
    Store,
    load_artifact,
    load_contract,
    open_chain,
)

GENESIS = 1_700_000_000
OURS, OLDER = b"\1" * 32, b"\2" * 32
COUNTER = f"{DEPLOYER}.counter"
SOURCE = """
(define-data-var n uint u0)
(define-fungible-token coin u100)
(define-constant when stacks-block-height)
(define-constant words (list "a" "bcd"))
(define-public (inc (by uint)) (begin (var-set n (+ (var-get n) by)) (ok (var-get n))))
(define-public (mint (by uint)) (ft-mint? coin by tx-sender))
(define-read-only (look)
  {n: (var-get n), when: when, word: (unwrap-panic (element-at? words u1)),
   now: (get-stacks-block-info? time (- stacks-block-height u1)),
   height: stacks-block-height, burn: burn-block-height, tenure: tenure-height})
(define-read-only (then (height uint))
  (at-block (unwrap-panic (get-stacks-block-info? id-header-hash height)) (var-get n)))
"""
BACKINGS = {"memory": MemoryBacking, "sqlite": SqliteBacking, "marf": MarfBacking}


def opened(store, modules=None, compiler=OURS):
    return KeptChain(
        store, compiler=compiler, genesis_time=GENESIS, modules=modules or CompileInMemory()
    )


def look(chain):
    receipt = chain.read(COUNTER, "look", [], WALLET_1)
    assert receipt.ok, receipt.error
    return receipt.to_json()


def history(chain):
    """Of every kind of move, some."""
    chain.advance_epoch("2.1")
    chain.mine_burn(2)
    chain.advance_epoch("3.2")
    chain.mine(3)
    assert chain.deploy(COUNTER, SOURCE, 3).ok
    chain.mine_burn(2)
    chain.mint(WALLET_1, 5)
    assert chain.call(COUNTER, "inc", [UInt(4)], WALLET_1).value == Ok(UInt(4))
    chain.advance_epoch("3.3")
    assert chain.call(COUNTER, "inc", [UInt(3)], WALLET_1).value == Ok(UInt(7))


@pytest.mark.parametrize("kind", BACKINGS)
def test_a_chain_is_as_it_was_when_it_is_opened_again(kind):
    store = Store(BACKINGS[kind]())
    chain = opened(store)
    history(chain)
    chain.finish()
    again = opened(store)
    assert again.epoch is Epoch.EPOCH_3_3
    assert again.blocks.stacks[:] == chain.blocks.stacks[:]
    assert again.blocks.burn[:] == chain.blocks.burn[:]
    assert look(again) == look(chain)
    assert again.balance(WALLET_1) == chain.balance(WALLET_1)
    for height in range(6, chain.block_height):
        before = chain.read(COUNTER, "then", [UInt(height)], WALLET_1)
        after = again.read(COUNTER, "then", [UInt(height)], WALLET_1)
        assert after.to_json() == before.to_json()
    assert not again.call(COUNTER, "mint", [UInt(101)], WALLET_1).ok
    assert again.call(COUNTER, "inc", [UInt(1)], WALLET_1).value == Ok(UInt(8))


def test_since_when_an_epoch_stood_in_the_state_is_kept():
    """The first transaction writes it: past blocks before that are seen by the genesis' epoch."""
    store = Store(MemoryBacking())
    chain = opened(store)
    chain.mine_burn(2)
    source = """(define-read-only (burn (at uint))
      (at-block (unwrap-panic (get-block-info? id-header-hash at)) burn-block-height))"""
    assert chain.deploy(COUNTER, source, 1).ok
    chain.mine_burn(2)
    chain.finish()
    for line in (chain, opened(store)):
        heights = [line.read(COUNTER, "burn", [UInt(at)], WALLET_1).value for at in range(5)]
        assert heights == [UInt(height) for height in (0, 1, 2, 2, 3)]


@pytest.mark.parametrize("kind", BACKINGS)
def test_what_no_block_has_is_lost_whole(kind):
    store = Store(BACKINGS[kind]())
    chain = opened(store)
    history(chain)
    height = chain.block_height
    again = opened(store)
    # The last call began a block that nothing finished.
    assert (again.block_height, again.epoch) == (height - 1, Epoch.EPOCH_3_3)
    assert again.call(COUNTER, "inc", [UInt(3)], WALLET_1).value == Ok(UInt(7))
    assert again.block_height == height


def test_a_new_version_of_the_compiler_compiles_a_chain_s_contracts_anew():
    store = Store(MarfBacking())
    chain = opened(store, CompileInMemory("debug"), OLDER)
    history(chain)
    chain.finish()
    expected = look(chain)
    before = load_artifact(store.get, COUNTER, "3.2")
    assert before is not None
    assert before.compiler == OLDER.hex()
    # What the release profile makes stands for what another version does.
    for _ in range(3):
        again = opened(store, CompileInMemory("release"), OURS)
        assert look(again) == expected
        receipt = again.call(COUNTER, "inc", [UInt(1)], WALLET_1)
        assert receipt.ok
        again.finish()
        expected = look(again)
    after = load_artifact(store.get, COUNTER, "3.3")
    assert after is not None
    assert after.compiler == OURS.hex()
    assert after.digest != before.digest
    assert load_contract(store.get, COUNTER).source == SOURCE


def test_other_wasm_from_the_same_compiler_is_refused():
    store = Store(MarfBacking())
    chain = opened(store, CompileInMemory("debug"))
    chain.advance_epoch("3.3")
    chain.deploy(COUNTER, SOURCE, 4)
    chain.finish()
    with pytest.raises(DamagedChain, match=r"counter compiles to other Wasm than it was deployed"):
        opened(store, CompileInMemory("release"))
    opened(store, CompileInMemory("debug"))


class Refuses(CompileInMemory):
    """A compiler that has lost a word."""

    def __call__(self, request):
        return super().__call__(structs.replace(request, source="(no-such-word)"))


def test_a_version_that_does_not_compile_a_contract_says_which():
    store = Store(MemoryBacking())
    chain = opened(store)
    chain.advance_epoch("3.3")
    chain.deploy(COUNTER, SOURCE, 4)
    chain.finish()
    with pytest.raises(ChainError, match=r"does not compile ST\w+\.counter"):
        opened(store, Refuses(), OLDER)


@contextmanager
def altered(path):
    """The database of a chain with a history, to be changed behind its back."""
    with open_chain(path) as folder:
        chain = opened(folder.store)
        history(chain)
        chain.finish()
    with closing(sqlite3.connect(path / "chain.sqlite")) as db, db:
        yield db


@pytest.mark.parametrize(
    ("key", "wrong", "reason"),
    [
        ("vm-metadata::9::contract-src", SOURCE + " ", "the source of .* is not what was deployed"),
        ("clarbuild::interface", "00", "the interface of .* is not what was stored"),
        ("clarbuild::values", "{}", "the values of .* not what was stored"),
    ],
)
def test_rows_that_do_not_match_their_digests_are_refused(tmp_path, key, wrong, reason):
    with altered(tmp_path) as db:
        done = db.execute(
            "UPDATE history SET value = ? WHERE key = ?",
            (wrong.encode(), f"clr-meta::{COUNTER}::{key}"),
        )
        assert done.rowcount == 1
    with open_chain(tmp_path) as folder, pytest.raises(DamagedChain, match=reason):
        opened(folder.store)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("vm-metadata::9::contract-src", "counter was deployed and is not there"),
        ("clarbuild::contract::0", "contract 0 was deployed and is not there"),
    ],
)
def test_rows_that_are_gone_are_missed(tmp_path, key, reason):
    with altered(tmp_path) as db:
        assert db.execute("DELETE FROM history WHERE key LIKE ?", (f"%::{key}",)).rowcount == 1
    with open_chain(tmp_path) as folder, pytest.raises(DamagedChain, match=reason):
        opened(folder.store)


def test_a_deployment_that_fails_keeps_no_rows():
    store = Store(MemoryBacking())
    chain = opened(store)
    chain.advance_epoch("3.3")
    assert not chain.deploy(COUNTER, SOURCE + "(unwrap-panic (if true none (some u1)))", 4).ok
    chain.finish()
    assert load_contract(store.get, COUNTER) is None
    assert not opened(store).contracts
    again = opened(store)
    assert again.deploy(COUNTER, SOURCE, 4).ok
    place = again.snapshot()
    again.deploy(f"{DEPLOYER}.other", SOURCE, 4)
    again.revert(place)
    again.finish()
    assert [*opened(store).contracts] == [COUNTER]


def test_constants_keep_the_types_that_they_had():
    source = """
    (define-constant pairs (list {a: "x"} {a: "yyy"}))
    (define-data-var kept (list 5 {a: (string-ascii 9)}) (list))
    (define-public (keep) (begin (var-set kept pairs) (ok (var-get kept))))
    """
    store = Store(MemoryBacking())
    chain = opened(store)
    chain.advance_epoch("3.0")
    contract = f"{DEPLOYER}.kept"
    assert chain.deploy(contract, source, 3).ok
    before = chain.call(contract, "keep", [], WALLET_1)
    assert before.ok
    chain.finish()
    assert opened(store).call(contract, "keep", [], WALLET_1).to_json() == before.to_json()


def test_a_store_that_holds_something_else_is_refused():
    store = Store(MemoryBacking())
    store.commit_block(bytes(32))
    with pytest.raises(DamagedChain, match="no chain that can be opened again"):
        opened(store)


def test_a_chain_of_another_format_is_refused():
    store = Store(MemoryBacking())
    store.put("clr-meta::clarbuild::kept", json.dumps({"format": 0}).encode())
    store.commit_block(bytes(32))
    with pytest.raises(DamagedChain, match="written by another version of clarbuild"):
        opened(store)


def test_values_from_before_they_had_a_digest_are_read():
    store = Store(MemoryBacking())
    chain = opened(store)
    history(chain)
    key = f"clr-meta::{COUNTER}::clarbuild::values"
    values = {"constants": {}, "limits": {"coin": "100"}}
    for name, kept in chain.contracts[COUNTER].constants.items():
        values["constants"][name] = serialize(kept.value).hex()
    store.put(key, json.dumps(values).encode())
    chain.finish()
    again = opened(store)
    assert look(again) == look(chain)
    assert not again.call(COUNTER, "mint", [UInt(101)], WALLET_1).ok


def test_places_and_forks_are_followed():
    store = Store(MarfBacking())
    chain = opened(store)
    history(chain)
    chain.mine_burn(2)
    place, height = chain.snapshot(), chain.block_height
    chain.mine(3)
    assert chain.call(COUNTER, "inc", [UInt(50)], WALLET_1).ok
    chain.mine_burn(4)
    chain.revert(place)
    assert chain.call(COUNTER, "inc", [UInt(1)], WALLET_1).value == Ok(UInt(8))
    fork = chain.fork()
    chain.mine(5)
    fork.mine_burn(1)
    assert fork.call(COUNTER, "inc", [UInt(2)], WALLET_1).value == Ok(UInt(10))
    assert fork.deploy(f"{DEPLOYER}.other", SOURCE, 3).ok
    fork.finish()
    chain.finish()
    again = opened(store)
    assert (again.blocks.stacks[:], again.block_height) == (chain.blocks.stacks[:], height + 6)
    chain.reorganise(fork)
    chain.finish()
    again = opened(store)
    assert again.blocks.stacks[:] == fork.blocks.stacks[:]
    assert look(again) == look(fork)
    assert sorted(again.contracts) == sorted(fork.contracts)
