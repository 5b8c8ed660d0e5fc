"""Root hashes are the network's: those that stacks-core publishes in its own regression tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from runtime.hashing import sha512_256
from runtime.marf import ROOTLESS, decode, encode, verify
from runtime.marf.forest import path_of

long = pytest.mark.skipif(
    "CLARBUILD_LONG" not in os.environ, reason="takes minutes: CLARBUILD_LONG=1 runs it"
)


def chain_of_hashes(per_block: int, blocks: int) -> list[list[tuple[bytes, bytes]]]:
    """The keys and values of the published tests: each the hash of the one before."""

    def hashes() -> Iterator[bytes]:
        data = bytes(32)
        while True:
            data = sha512_256(data)
            yield data

    source = hashes()
    return [
        [(path_of(next(source).hex()), next(source) + bytes(8)) for _ in range(per_block)]
        for _ in range(blocks)
    ]


def one_path_after_another() -> list[list[tuple[bytes, bytes]]]:
    """One node that grows from a leaf to 256 children, a child a block."""
    return [[(bytes(31) + bytes((i,)), i.to_bytes(40, "little"))] for i in range(256)]


def build(marf, data, prove=False):
    tip = ROOTLESS
    for height, rows in enumerate(data):
        tip = marf.add(tip, height.to_bytes(8, "big") + bytes(24), rows)
        if prove:
            for path, value in data[height // 2]:
                proof = marf.forest.prove(tip, path)
                assert decode(encode(proof)) == proof
                root = marf.forest.root_of(tip)
                assert verify(proof, path, value, root, marf.forest.block_of_root)
    for rows in data:
        for path, value in rows:
            assert marf.forest.get(tip, path) == value
    return marf.forest.root_of(tip).hex()


def test_1_key_in_each_of_256_blocks(marf):
    assert build(marf, chain_of_hashes(1, 256)) == (
        "121bc70a287841705094027210e4fe03a89a9f090d2df80a4a8c1d782623fdf0"
    )


def test_2048_keys_in_1_block(marf):
    assert build(marf, chain_of_hashes(2048, 1)) == (
        "1db4f6390c21e80600fbbd3f5a6df2875a92aa5680d1448b560356dc6489a805"
    )


def test_a_path_that_grows_through_all_kinds_of_nodes(marf):
    assert build(marf, one_path_after_another()) == (
        "aa05b16d1c59a9cb019efeac1276dfdec41f932072d2254d35675c691f79214e"
    )


@long
def test_8_keys_in_each_of_256_blocks(marf):
    assert build(marf, chain_of_hashes(8, 256), prove=True) == (
        "7f69e13a7ff6911a9fa79b3592c8432536adc30d39accb5a7070eff0cb71beef"
    )


@long
def test_128_keys_in_each_of_128_blocks(marf):
    assert build(marf, chain_of_hashes(128, 128), prove=True) == (
        "a19887150b55ced50245a7c29b037e037dd99234ab9dda4a12c9c48fc698b47d"
    )


@long
@pytest.mark.parametrize(
    "data", [chain_of_hashes(1, 256), chain_of_hashes(2048, 1), one_path_after_another()]
)
def test_every_value_of_the_published_chains_is_proved(marf, data):
    build(marf, data, prove=True)
