"""Every block is read as it was left, on every fork, whatever was written since."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.marf import ROOTLESS, Blocks, Forest, ForestError, UnknownBlock, encode, verify
from runtime.marf.audit import audit
from runtime.marf.forest import path_of
from runtime.marf.tries import DamagedTrie
from tests.runtime.marf.small_marf import Marf

# Paths that share long beginnings, so that nodes split and grow.
PATHS = st.builds(
    lambda head, middle, end: bytes((head,)) + bytes(14) + bytes((middle,)) + bytes(15) + end,
    st.sampled_from((0, 1, 255)),
    st.sampled_from((0, 7, 8)),
    st.binary(min_size=1, max_size=1),
)
VALUES = st.binary(min_size=40, max_size=40)
BLOCKS = st.lists(
    st.tuples(st.integers(0, 9), st.dictionaries(PATHS, VALUES, max_size=12)),
    min_size=1,
    max_size=10,
)


@settings(max_examples=15, deadline=None)
@given(BLOCKS)
def test_reads_and_proofs_at_every_block_of_every_fork(data):
    marf = Marf()
    states: list[dict[bytes, bytes]] = [{}]
    for order, (choice, writes) in enumerate(data):
        parent = 1 + choice % (len(states) - 1) if order else ROOTLESS
        number = marf.add(parent, bytes((order,)) * 32, writes.items())
        assert number == len(states)
        states.append(states[parent] | writes)
    paths = {path for _, writes in data for path in writes}
    forest = marf.forest
    for number in range(1, len(states)):
        root = forest.root_of(number)
        for path in paths:
            expected = states[number].get(path)
            assert forest.get(number, path) == expected
            proof = forest.prove(number, path)
            if expected is None:
                assert proof is None
            else:
                assert proof is not None
                assert verify(proof, path, expected, root, forest.block_of_root)
        assert audit(forest, marf.blocks, number) is None


def test_the_root_depends_on_the_order_of_first_writes_only(marf):
    paths = [path_of(name) for name in "abcdefgh"]
    values = [bytes((i,)) * 40 for i in range(8)]
    rows = list(zip(paths, values, strict=True))
    once = marf.forest.root_of(marf.add(ROOTLESS, bytes(32), rows))
    other = Marf()
    rows = [(path, b"?" * 40) for path in paths] + rows[::-1]
    assert other.forest.root_of(other.add(ROOTLESS, bytes(32), rows)) == once


def test_a_block_may_be_committed_under_another_name_than_it_was_opened(marf):
    first = marf.add(ROOTLESS, b"\1" * 32, [])
    second = marf.add(first, b"\2" * 32, [], name=b"\xff" * 32)
    height = "__MARF_BLOCK_HEIGHT_TO_HASH::1"
    assert marf.forest.get(second, path_of(height)) == b"\xff" * 32 + bytes(8)
    third = marf.add(second, b"\3" * 32, [])
    # The block after it puts the name right, as it is in the network.
    assert marf.forest.get(third, path_of(height)) == b"\2" * 32 + bytes(8)
    hashed = f"__MARF_BLOCK_HASH_TO_HEIGHT::{'02' * 32}"
    assert marf.forest.get(third, path_of(hashed)) == (1).to_bytes(40, "little")


def test_reading_the_open_block_and_dropping_it(marf):
    first = marf.add(ROOTLESS, b"\1" * 32, [(path_of("a"), b"1" * 40)])
    forest = marf.forest
    forest.open(first, b"\2" * 32)
    with pytest.raises(ForestError):
        forest.open(first, b"\3" * 32)
    forest.insert(path_of("b"), b"2" * 40)
    assert forest.get_open(path_of("a")) == b"1" * 40
    assert forest.get_open(path_of("b")) == b"2" * 40
    root = forest.seal()
    assert forest.seal() == root
    with pytest.raises(ForestError):
        forest.insert(path_of("c"), b"3" * 40)
    forest.drop()
    assert forest.get(first, path_of("b")) is None
    assert forest.root_of(marf.add(first, b"\2" * 32, [(path_of("b"), b"2" * 40)])) == root


def test_a_trie_of_many_parts_is_read_back(marf):
    rows = [(path_of(str(i)), i.to_bytes(40, "big")) for i in range(6_000)]
    tip = marf.add(ROOTLESS, bytes(32), rows)
    assert marf.db.execute("SELECT COUNT(*) FROM trie_parts").fetchone()[0] > 2
    fresh = Forest(marf.db, marf.blocks)
    assert all(fresh.get(tip, path) == value for path, value in rows)
    assert audit(fresh, marf.blocks, tip) is None


def test_damage_is_found(marf):
    first = marf.add(ROOTLESS, bytes(32), [(path_of(str(i)), bytes(40)) for i in range(50)])
    (nodes,) = marf.db.execute("SELECT nodes FROM tries").fetchone()
    for at in range(0, len(nodes), 97):
        damaged = nodes[:at] + bytes((nodes[at] ^ 0x80,)) + nodes[at + 1 :]
        marf.db.execute("UPDATE tries SET nodes = ?", (damaged,))
        assert audit(Forest(marf.db, marf.blocks), marf.blocks, first) is not None
    marf.db.execute("DELETE FROM tries")
    with pytest.raises(DamagedTrie):
        Forest(marf.db, marf.blocks).get(first, path_of("1"))


def test_blocks_find_ancestors_on_every_fork():
    blocks = Blocks()
    line = []
    for i in range(300):
        line.append(blocks.add(bytes((0, i // 256, i % 256)), line[-1] if line else ROOTLESS))
    fork = line[100]
    for i in range(120):
        fork = blocks.add(bytes((1, 0, i)), fork)
    assert blocks.height(fork) == 220
    assert [blocks.at_height(h, fork) for h in (0, 57, 100)] == [line[0], line[57], line[100]]
    assert blocks.at_height(101, fork) != line[101]
    assert not blocks.is_ancestor(line[101], fork)
    assert blocks.is_ancestor(line[100], fork)
    assert [blocks.height(b) for b in blocks.skip_list(line[298])] == [
        299 - (1 << k) for k in range(9)
    ]
    assert blocks.at_height(300, line[299]) is None
    with pytest.raises(UnknownBlock, match="unknown block ffff"):
        blocks.number(b"\xff\xff")


def test_the_proof_has_the_network_s_bytes(marf):
    path = path_of("K1")
    tip = marf.add(ROOTLESS, bytes(32), [(path, b"\7" * 40)])
    wire = encode(marf.forest.prove(tip, path))
    # Three items: the leaf, the root node of 256 slots, and the empty list of ancestors' roots.
    leaf = b"\x04" + path[-1:] + (31).to_bytes(4, "big") + path[1:] + b"\7" * 40
    node = b"\x03" + path[:1] + b"\x05" + bytes(4) + (256).to_bytes(4, "big")
    assert wire.startswith(b"\0\0\0\3" + leaf + node)
    assert wire.endswith(b"\x05" + bytes(8) + bytes(4))
    assert len(wire) == 4 + len(leaf) + len(node) + 256 * 34 + 255 * 32 + 13
