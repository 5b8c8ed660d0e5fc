"""A proof convinces only of what it proves: nothing stale, nothing changed, nothing malformed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.marf import ROOTLESS, ProofError, decode, encode, verify
from runtime.marf.forest import leaf_value, path_of
from runtime.marf.proofs import Shunt
from tests.runtime.marf.small_marf import Marf

KEY = path_of("K1")


def nobody(root: bytes) -> None:
    """A verifier that knows no roots but the one it is given."""


@pytest.fixture(scope="module")
def chain():
    """Forty blocks; the key is written in the third and the others write beside it."""
    marf = Marf()
    tip = ROOTLESS
    for height in range(40):
        rows = [(path_of(f"{height}:{i}"), leaf_value(str(i))) for i in range(20)]
        if height == 2:
            rows.append((KEY, leaf_value("OLD")))
        tip = marf.add(tip, bytes((height + 1,)) * 32, rows)
    return marf


def test_a_value_many_blocks_back_is_proved_through_shunts(chain):
    proof = chain.forest.prove(40, KEY)
    root = chain.forest.root_of(40)
    assert verify(proof, KEY, leaf_value("OLD"), root, chain.forest.block_of_root)
    assert sum(isinstance(item, Shunt) for item in proof) > 2


def test_a_stale_proof_is_refused(chain):
    forest = chain.forest
    old = forest.prove(40, KEY)
    number = chain.add(40, b"\xee" * 32, [(KEY, leaf_value("NEW"))])
    new_root = forest.root_of(number)
    assert not verify(old, KEY, leaf_value("OLD"), new_root, forest.block_of_root)
    assert verify(old, KEY, leaf_value("OLD"), forest.root_of(40), forest.block_of_root)
    new = forest.prove(number, KEY)
    assert verify(new, KEY, leaf_value("NEW"), new_root, forest.block_of_root)
    assert not verify(new, KEY, leaf_value("OLD"), new_root, forest.block_of_root)
    assert not verify(new, path_of("K2"), leaf_value("NEW"), new_root, forest.block_of_root)


def test_a_verifier_that_does_not_know_the_earlier_roots_is_not_convinced(chain):
    proof = chain.forest.prove(40, KEY)
    assert not verify(proof, KEY, leaf_value("OLD"), chain.forest.root_of(40), nobody)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_proof_convinces_of_nothing(chain, data):
    forest = chain.forest
    wire = bytearray(encode(forest.prove(40, KEY)))
    at = data.draw(st.integers(0, len(wire) - 1))
    wire[at] ^= data.draw(st.integers(1, 255))
    try:
        proof = decode(bytes(wire))
    except ProofError:
        return
    if verify(proof, KEY, leaf_value("OLD"), forest.root_of(40), forest.block_of_root):
        # The character beside the leaf says nothing: the leaf's path and the nodes' do.
        assert proof[1:] == forest.prove(40, KEY)[1:]
        assert at == 5


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(data):
    for head in (b"", b"\0\0\0\1"):
        try:
            proof = decode(head + data)
        except ProofError:
            continue
        assert not verify(proof, KEY, bytes(40), bytes(32), nobody)


@pytest.mark.parametrize("cut", [0, 3, 4, 50, -1])
def test_a_proof_cut_short_is_none(chain, cut):
    wire = encode(chain.forest.prove(40, KEY))
    with pytest.raises(ProofError):
        decode(wire[:cut])
    with pytest.raises(ProofError, match="bytes after the proof"):
        decode(wire + b"\0")


def test_an_empty_proof_proves_nothing():
    assert not verify((), KEY, bytes(40), bytes(32), nobody)
