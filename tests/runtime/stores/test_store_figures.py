"""What the MARF store costs: a block's work grows with its writes, a read stays fast on any chain."""

from __future__ import annotations

import os
import random
import resource
import time

import pytest

from runtime.stores import MarfBacking, Store, open_chain

long = pytest.mark.skipif(
    "CLARBUILD_LONG" not in os.environ, reason="takes minutes: CLARBUILD_LONG=1 runs it"
)
MIB = 1 << 20


def key(number: int) -> str:
    return f"vm::SP000000000000000000002Q6VF78.token::0::map::{number:032x}"


def test_a_block_s_trie_grows_with_what_it_writes():
    backing = MarfBacking()
    store = Store(backing)
    for number in range(3_000):
        store.put(key(number), number.to_bytes(16, "big"))
    store.commit_block(bytes(32))
    for height in range(1, 200):
        store.put(key(height * 7), b"\1" * 16)
        store.commit_block(height.to_bytes(32, "big"))
    sizes = [size for (size,) in backing.db.execute("SELECT size FROM tries ORDER BY block")]
    assert sizes[0] > 250_000
    # Six paths are written, one the caller's, each through a node or two below the root.
    assert all(size < 12_000 for size in sizes[1:])


@long
def test_100_000_keys_in_one_block(tmp_path, capsys):
    with open_chain(tmp_path) as chain:
        store = chain.store
        store.commit_block(bytes(32))
        began = time.perf_counter()
        for number in range(100_000):
            store.put(key(number), number.to_bytes(17, "big"))
        store.commit_block(b"\1" * 32)
        took = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        with capsys.disabled():
            print(f"\n100,000 keys in one block: {took:.1f} s, peak {peak / MIB:.0f} MiB")
        assert took < 60
        assert peak < 1024 * MIB
        get = store.at_block(b"\1" * 32)
        for number in random.Random(1).sample(range(100_000), 500):
            assert get(key(number)) == number.to_bytes(17, "big")


@long
def test_reads_at_the_tip_of_10_000_blocks(tmp_path, capsys):
    source = random.Random(1)
    written: dict[str, bytes] = {}
    began = time.perf_counter()
    with open_chain(tmp_path) as chain:
        store = chain.store
        for height in range(10_000):
            for _ in range(10):
                name, value = key(source.randrange(50_000)), source.randbytes(20)
                store.put(name, value)
                written[name] = value
            store.commit_block(height.to_bytes(32, "big"))
    built = time.perf_counter() - began
    began = time.perf_counter()
    with open_chain(tmp_path) as chain:
        opened = time.perf_counter() - began
        times = []
        for name in source.sample(sorted(written), 5_000):
            began = time.perf_counter()
            value = chain.store.get(name)
            times.append(time.perf_counter() - began)
            assert value == written[name]
        size = (tmp_path / "chain.sqlite").stat().st_size
    times.sort()
    mean = sum(times) / len(times)
    with capsys.disabled():
        print(
            f"\n10,000 blocks of 10 writes: {built / 10:.2f} ms a block, {size / MIB:.0f} MiB,"
            f" opened in {opened * 1e3:.0f} ms; a read that nothing keeps at hand: mean"
            f" {mean * 1e6:.0f} µs, median {times[2500] * 1e6:.0f} µs,"
            f" 99th percentile {times[4950] * 1e6:.0f} µs"
        )
    # Not the slowest: those are other processes' turns on a busy machine.
    assert times[4500] < 1e-3
