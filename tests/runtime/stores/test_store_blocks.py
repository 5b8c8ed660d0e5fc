"""Blocks, forks and contracts' rows in every store, case by case."""

from __future__ import annotations

import pytest

from runtime.hashing import sha512_256
from runtime.marf import ForestError, UnknownBlock, verify
from runtime.marf.forest import leaf_value, path_of
from runtime.state import MemoryState
from runtime.stores import (
    MarfBacking,
    SqliteBacking,
    Store,
    StoredArtifact,
    StoredContract,
    StoreError,
    load_artifact,
    load_contract,
    load_metadata,
    metadata_key,
    store_artifact,
    store_contract,
    text_of,
    value_of,
)
from runtime.stores.network import BadStoredValue

A, B, C = (bytes((i,)) * 32 for i in (1, 2, 3))
KEY = "vm::SP000000000000000000002Q6VF78.token::1::total"
TOKEN = "SP000000000000000000002Q6VF78.token"


def test_a_fork_does_not_see_the_other(store):
    store.put(KEY, b"base")
    store.commit_block(A)
    store.put(KEY, b"one")
    store.commit_block(B)
    store.open_block(A)
    assert store.get(KEY) == b"base"
    store.put("vm::other::1::x", b"two")
    store.commit_block(C, b"header of C")
    assert (store.get(KEY), store.tip, store.header(C)) == (b"base", C, b"header of C")
    store.open_block(B)
    assert (store.get(KEY), store.get("vm::other::1::x")) == (b"one", None)
    assert (store.height(B), store.height(C)) == (1, 1)
    assert store.block_at(0, C) == store.block_at(0, B) == A


def test_blocks_are_opened_committed_and_sealed_in_order_only(store):
    store.put(KEY, b"1")
    with pytest.raises(StoreError, match="has writes"):
        store.open_block(None)
    store.begin()
    with pytest.raises(RuntimeError, match="under way"):
        store.commit_block(A)
    store.commit()
    store.seal_block(A)
    with pytest.raises(StoreError, match="sealed"):
        store.put(KEY, b"2")
    with pytest.raises(StoreError, match="sealed"):
        store.put_all([("x", b"1")])
    store.commit_block(A)
    with pytest.raises(StoreError, match="already"):
        store.commit_block(A)
    with pytest.raises(UnknownBlock):
        store.open_block(B)
    with pytest.raises(UnknownBlock):
        store.at_block(B)


def test_a_forked_store_goes_its_own_way(store):
    store.put(KEY, b"1")
    store.commit_block(A)
    store.put(KEY, b"pending")
    other = store.fork()
    assert (other.get(KEY), other.tip) == (b"pending", A)
    other.put(KEY, b"other")
    other.seal_block(B)
    if store.root(A) is not None:
        with pytest.raises(ForestError, match="another block is sealed"):
            store.commit_block(C)
    other.commit_block(B)
    store.commit_block(C)
    assert (store.get(KEY), other.get(KEY)) == (b"pending", b"other")
    assert (store.tip, other.tip, store.backing.tip) == (C, B, 3)
    assert store.at_block(B)(KEY) == b"other"


def test_a_sealed_block_can_be_dropped(store):
    store.put(KEY, b"1")
    store.commit_block(A)
    store.put(KEY, b"2")
    store.seal_block(B)
    store.drop_block()
    assert store.get(KEY) == b"1"
    store.put(KEY, b"3")
    store.commit_block(B)
    assert store.at_block(A)(KEY) == b"1"
    assert store.at_block(B)(KEY) == b"3"


def test_a_deployment_keeps_or_loses_all_its_rows_together(store):
    deployed = StoredContract("(define-data-var total uint u0)", b"\1\2", 3, "3.1", 7)
    artifact = StoredArtifact("ab" * 32, "cd" * 32)
    store.begin()
    store_contract(store, TOKEN, deployed, artifact)
    assert load_contract(store.get, TOKEN) == deployed
    store.roll_back()
    assert load_contract(store.get, TOKEN) is None
    assert load_artifact(store.get, TOKEN, "3.1") is None
    store.commit_block(A)
    store.begin()
    store_contract(store, TOKEN, deployed, artifact)
    store.commit()
    store.commit_block(B)
    store_artifact(store, TOKEN, "3.2", StoredArtifact("ef" * 32, "01" * 32))
    store.commit_block(C)
    assert load_contract(store.at_block(A), TOKEN) is None
    assert load_contract(store.at_block(B), TOKEN) == deployed
    assert load_artifact(store.at_block(B), TOKEN, "3.2") is None
    assert load_artifact(store.get, TOKEN, "3.2") == StoredArtifact("ef" * 32, "01" * 32)
    assert load_artifact(store.get, TOKEN, "3.1") == artifact
    assert load_metadata(store.get, TOKEN, "vm-metadata::9::contract-src") == deployed.source
    assert load_metadata(store.get, TOKEN, "vm-metadata::9::contract-size") == "31"
    commitment = store.get(f"clarity-contract::{TOKEN}")
    assert commitment == sha512_256(deployed.source.encode()) + b"\0\0\0\7"


def test_a_line_of_blocks_taken_again_after_a_revert_is_the_same_line(store):
    store.put(KEY, b"1")
    store.end_block(0)
    place = store.snapshot()
    store.put(KEY, b"2")
    store.end_block(5)
    first = store.tip
    store.revert(place)
    assert store.get(KEY) == b"1"
    store.put(KEY, b"2")
    store.end_block(5)
    assert store.tip == first
    assert len(store.blocks) == 2
    store.revert(place)
    store.put(KEY, b"3")
    store.end_block(5)
    assert store.tip != first
    assert [store.at(height)(KEY) for height in (0, 4, 5, 9)] == [b"1", b"1", b"3", b"3"]


def test_metadata_does_not_enter_the_root():
    roots = []
    for text in (None, b"source"):
        store = Store(MarfBacking())
        store.put(KEY, b"1")
        if text is not None:
            store.put(metadata_key(TOKEN, "analysis"), text)
        store.commit_block(A)
        roots.append(store.root(A))
    assert roots[0] == roots[1]


def test_a_value_is_proved_against_the_root_of_its_block():
    backing = MarfBacking()
    store = Store(backing)
    store.put(KEY, bytes.fromhex("0100000000000000000000000000000005"))
    store.commit_block(A)
    store.put("vm-account::SP1::18", (3).to_bytes(8, "big"))
    store.commit_block(B)
    proof = backing.prove(2, path_of(KEY))
    assert proof is not None
    leaf = leaf_value("0100000000000000000000000000000005")
    assert verify(proof, path_of(KEY), leaf, store.root(B), backing.block_of_root)
    assert backing.text_at(2, path_of("vm-account::SP1::18")) == "3"
    assert backing.text_at(2, path_of("nothing")) is None
    assert backing.prove(2, path_of("nothing")) is None
    for number in (1, 2):
        backing.audit(number)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        (KEY, "0100000000000000000000000000000001", "0100000000000000000000000000000001"),
        (f"vm::{TOKEN}::2::coin::SP1", "0" * 31 + "a", "10"),
        (f"vm::{TOKEN}::3::coin", "f" * 32, "340282366920938463463374607431768211455"),
        (f"vm::{TOKEN}::4::nft::01", "0a03", "0a03"),
        ("vm-account::SP1::18", "0" * 14 + "ff", "255"),
        ("vm-account::SP1::19", "00" * 40, "00" * 40),
        ("vm-epoch::epoch-version", "00000021", "33"),
        ("_stx-data::tenure_height", "00000007", "7"),
        ("_stx-data::ustx_liquid_supply", "01" + "00" * 16, "01" + "00" * 16),
    ],
)
def test_the_text_that_a_node_stores(key, value, text):
    assert text_of(key, bytes.fromhex(value)) == text
    assert value_of(key, text) == bytes.fromhex(value)


def test_what_has_no_text_is_refused():
    with pytest.raises(BadStoredValue):
        text_of(f"vm::{TOKEN}::3::coin", b"\1")
    with pytest.raises(BadStoredValue):
        value_of(f"vm::{TOKEN}::3::coin", "x")
    with pytest.raises(BadStoredValue):
        value_of(KEY, "0")


@pytest.mark.parametrize("backing", [MarfBacking, SqliteBacking])
def test_a_failed_commit_leaves_the_writes_to_try_again(backing, monkeypatch):
    store = Store(backing())
    store.put(KEY, b"1")
    store.commit_block(A)
    store.put(KEY, b"2")
    insert = backing.insert

    def full(self, row, *, is_tip):
        insert(self, row, is_tip=is_tip)
        raise OSError("disk full")

    monkeypatch.setattr(backing, "insert", full)
    with pytest.raises(OSError, match="disk full"):
        store.commit_block(B)
    monkeypatch.undo()
    assert (store.tip, store.get(KEY), B in store.blocks) == (A, b"2", False)
    store.commit_block(B)
    assert store.at_block(B)(KEY) == b"2"
    assert store.at_block(A)(KEY) == b"1"


def test_the_chain_s_memory_and_the_memory_store_agree_on_an_empty_chain(store):
    memory = MemoryState()
    memory.put(KEY, b"1")
    store.put(KEY, b"1")
    for height in (-1, 0, 5):
        assert memory.at(height)(KEY) is store.at(height)(KEY) is None
