"""A chain's folder has one writer, and survives that it is killed at any moment."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from runtime.stores import (
    ChainError,
    ChainInUse,
    DamagedChain,
    load_contract,
    open_chain,
)
from tests.runtime.stores.writer import block_id, rows_of
from tests.runtime.writers import first_said, killed, start

KILLS = int(os.environ.get("CLARBUILD_KILLS", "10"))
WRITER = Path(__file__).with_name("writer.py")
KEY = "vm::SP1.token::1::total"


@pytest.mark.parametrize("kind", ["marf", "sqlite"])
def test_the_last_committed_block_is_whole_after_a_kill(tmp_path, kind):
    said = 0
    for _ in range(max(1, KILLS // 2)):
        process = start(WRITER, tmp_path, kind)
        said = int([first_said(process), *killed(process, 0.1)][-1])
        with open_chain(tmp_path, kind) as chain:
            store = chain.store
            count = len(store.blocks)
            # One more may be committed than was said: the kill came between.
            assert said <= count <= said + 1
            assert store.tip == block_id(count)
            expected: dict[str, bytes] = {}
            for number in range(max(1, count - 30), count + 1):
                assert store.header(block_id(number)) == str(number).encode()
                rows = rows_of(number)
                get = store.at_block(block_id(number))
                assert {key: get(key) for key in rows} == rows
                stored = load_contract(get, f"SP1.c{number}")
                assert stored is not None
                assert stored.source == f";; {number}"
                if kind == "marf":
                    store.backing.audit(number)
                expected |= rows
            assert {key: store.get(key) for key in expected} == expected
            assert load_contract(store.get, f"SP1.c{count + 1}") is None
    assert said > 1


@pytest.mark.parametrize("kind", ["marf", "sqlite"])
def test_a_second_writer_is_refused_until_the_first_is_gone(tmp_path, kind):
    process = start(WRITER, tmp_path, kind)
    assert process.stdout is not None
    assert process.stdout.readline()
    with pytest.raises(ChainInUse, match=f"in use by process {process.pid}: stop it") as caught:
        open_chain(tmp_path, kind)
    assert caught.value.folder == tmp_path
    process.kill()
    process.communicate(timeout=60)
    with open_chain(tmp_path, kind):
        pass
    with open_chain(tmp_path, kind), pytest.raises(ChainInUse):
        open_chain(tmp_path, kind)


@pytest.mark.parametrize("kind", ["marf", "sqlite"])
def test_a_chain_is_found_again(tmp_path, kind):
    with open_chain(tmp_path, kind, durable=True) as chain:
        store = chain.store
        for number in range(1, 6):
            store.put(KEY, bytes((number,)))
            store.end_block(number * 10)
        tip, roots = store.tip, [store.root(block) for block in store.blocks.ids[1:]]
        store.put(KEY, b"lost")
    with open_chain(tmp_path, kind) as chain:
        store = chain.store
        assert (store.tip, store.get(KEY)) == (tip, b"\5")
        assert [store.root(block) for block in store.blocks.ids[1:]] == roots
        assert [store.at(height)(KEY) for height in (9, 10, 35, 50)] == [
            None,
            b"\1",
            b"\3",
            b"\5",
        ]
        store.open_block(store.block_at(1))
    with open_chain(tmp_path, kind) as chain:
        assert chain.store.get(KEY) == b"\2"


def test_what_is_no_chain_is_refused_with_a_reason(tmp_path):
    with open_chain(tmp_path / "a", "sqlite"):
        pass
    with pytest.raises(ChainError, match="kept in the store 'sqlite', not in 'marf'"):
        open_chain(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "chain.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(DamagedChain, match="cannot be read as a chain"):
        open_chain(tmp_path / "b")
    (tmp_path / "e" / "chain.sqlite").mkdir(parents=True)
    with pytest.raises(ChainError, match="cannot be opened"):
        open_chain(tmp_path / "e")
    (tmp_path / "c").write_text("a file")
    with pytest.raises(ChainError, match="no chain can be kept"):
        open_chain(tmp_path / "c")
    with open_chain(tmp_path / "d") as chain:
        chain.store.commit_block(bytes(32))
        chain.store.commit_block(b"\1" * 32)
    with sqlite3.connect(tmp_path / "d" / "chain.sqlite") as db:
        db.execute("DELETE FROM blocks WHERE number = 1")
    db.close()
    with pytest.raises(DamagedChain, match="block 1 is missing"):
        open_chain(tmp_path / "d")
    # A refusal lets go of the folder.
    with pytest.raises(DamagedChain):
        open_chain(tmp_path / "d")
