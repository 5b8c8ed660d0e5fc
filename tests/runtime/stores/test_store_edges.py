"""Stores that keep little, are asked on other forks, are of another format or damaged."""

from __future__ import annotations

import sqlite3

import pytest

from runtime.marf.forest import path_of
from runtime.stores import ChainError, DamagedChain, MarfBacking, open_chain
from runtime.stores import store as store_module
from runtime.stores.folder import _OWNER
from runtime.stores.overlay import Overlay

KEYS = [f"vm::SP1.token::1::total{i}" for i in range(4)]
KEY = KEYS[0]
A, B, C = (bytes((i,)) * 32 for i in (1, 2, 3))


def test_values_are_read_again_where_few_are_kept(store, monkeypatch):
    monkeypatch.setattr(store_module, "_MOST_KEPT", 1)
    for number, block in enumerate((A, B, C)):
        for key in KEYS:
            store.put(key, b"%d of %s" % (number, key.encode()))
        store.commit_block(block)
    for _ in range(2):
        assert [store.get(key) for key in KEYS] == [b"2 of %s" % key.encode() for key in KEYS]
    store.open_block(A)
    assert [store.get(key) for key in KEYS] == [b"0 of %s" % key.encode() for key in KEYS]


def test_a_value_of_a_sibling_written_before_is_passed_over(store):
    store.put(KEY, b"base")
    store.commit_block(A)
    store.put(KEY, b"one")
    store.commit_block(B)
    store.open_block(A)
    store.put(KEYS[1], b"two")
    store.commit_block(C)
    assert [store.at_block(block)(KEY) for block in (A, B, C)] == [b"base", b"one", b"base"]
    assert [store.at_block(block)(KEYS[1]) for block in (A, B, C)] == [None, None, b"two"]


def test_a_fork_that_is_closed_leaves_the_store_open(store):
    store.put(KEY, b"1")
    store.commit_block(A)
    fork = store.fork()
    fork.open_block(None)
    assert (fork.get(KEY), store.get(KEY)) == (None, b"1")
    fork.open_block(A)
    assert fork.get(KEY) == b"1"
    fork.close()
    store.put(KEY, b"2")
    store.commit_block(B)
    assert (store.get(KEY), store.tip) == (b"2", B)


def test_what_open_marks_may_still_undo_is_told_apart():
    overlay = Overlay()
    overlay.put("a", b"1")
    overlay.put("c", b"3")
    assert overlay.before_marks() == {"a": b"1", "c": b"3"}
    overlay.begin()
    overlay.put("a", b"2")
    overlay.begin()
    overlay.put("a", b"4")
    overlay.put("b", b"5")
    assert overlay.before_marks() == {"a": b"1", "c": b"3"}
    assert overlay.data == {"a": b"4", "b": b"5", "c": b"3"}
    overlay.commit()
    assert overlay.before_marks() == {"a": b"1", "c": b"3"}
    overlay.roll_back()
    assert overlay.data == overlay.before_marks() == {"a": b"1", "c": b"3"}


@pytest.mark.parametrize("kind", ["marf", "sqlite"])
def test_another_format_is_refused(tmp_path, kind):
    with open_chain(tmp_path, kind):
        pass
    with sqlite3.connect(tmp_path / "chain.sqlite") as db:
        db.execute("UPDATE facts SET value = 99 WHERE name = 'format'")
    db.close()
    with pytest.raises(ChainError, match="the chain has format 99; this version reads"):
        open_chain(tmp_path, kind)


def test_a_folder_that_takes_no_files_is_refused_and_let_go(tmp_path):
    (tmp_path / _OWNER).mkdir()
    for _ in range(2):
        with pytest.raises(ChainError, match="no chain can be kept in"):
            open_chain(tmp_path)
    (tmp_path / _OWNER).rmdir()
    with open_chain(tmp_path) as chain:
        assert chain.store.tip is None


def test_a_block_that_does_not_hash_to_its_root_is_damaged(tmp_path):
    with open_chain(tmp_path, "marf") as chain:
        chain.store.put(KEY, b"1")
        chain.store.commit_block(A)
        backing = chain.store.backing
        assert isinstance(backing, MarfBacking)
        backing.audit(1)
        assert backing.text_at(1, path_of(KEY)) is not None
        # Before the first block there is nothing.
        assert backing.text_at(0, path_of(KEY)) is None
    with sqlite3.connect(tmp_path / "chain.sqlite") as db:
        db.execute("UPDATE tries SET root = ?", (bytes(32),))
    db.close()
    with open_chain(tmp_path, "marf") as chain:
        backing = chain.store.backing
        assert isinstance(backing, MarfBacking)
        with pytest.raises(DamagedChain, match="its nodes do not hash to its root"):
            backing.audit(1)
