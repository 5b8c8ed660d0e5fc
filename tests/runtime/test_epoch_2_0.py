"""Epoch 2.0 charges storage by declared types; from 2.05 on it is the bytes that are stored.

Amounts are those of the network's contract `costs`, for the sizes of the types: an `int` has 16
bytes, a buffer four more than its contents. The reference VM begins with epoch 2.05.
"""

from __future__ import annotations

import pytest

from compiler.costs import Cost
from compiler.versions import Epoch
from runtime.chain import Chain

ADDRESS = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
DEFINED = """
(define-data-var v int 0)
(define-data-var b (buff 10) 0x)
(define-map m int (buff 10))
(define-non-fungible-token n int)
"""
# Of each word, what `(linear n u1000 u1000)` has for n, and the rest of the row.
WORDS = {
    "(var-get v)": Cost(runtime=17_000, read_count=1, read_length=17),
    "(var-get b)": Cost(runtime=15_000, read_count=1, read_length=15),
    "(var-set v 1)": Cost(runtime=17_000, read_count=1, write_count=1, write_length=17),
    # Of the type, however short the buffer.
    "(var-set b 0x01)": Cost(runtime=15_000, read_count=1, write_count=1, write_length=15),
    # Key and value together.
    "(map-get? m 1)": Cost(runtime=31_000, read_count=1, read_length=31),
    "(map-set m 1 0x01)": Cost(runtime=31_000, read_count=1, write_count=1, write_length=31),
    "(map-insert m 1 0x01)": Cost(runtime=31_000, read_count=1, write_count=1, write_length=31),
    "(map-delete m 1)": Cost(runtime=17_000, read_count=1, write_count=1, write_length=17),
    # The number of tuples: 3,000; 2,000 for each of these, 3,000 to get one of two fields, and
    # 1,000 to look up the second word.
    "(get a (merge {a: true} {b: true}))": Cost(runtime=3_000 + 2 * 2_000 + 3_000 + 1_000),
    # The sizes of both values.
    "(concat 0x01 0x0203)": Cost(runtime=12_000),
    "(nft-get-owner? n 1)": Cost(runtime=17_000, read_count=1, read_length=1),
    "(is-ok (nft-mint? n 1 tx-sender))": Cost(
        runtime=17_000 + 2_000, read_count=1, read_length=1, write_count=1, write_length=1
    ),
}


def deployed(epoch: Epoch) -> Chain:
    chain = Chain()
    chain.advance_epoch(epoch)
    functions = [f"(define-public (f{at}) (ok {word}))" for at, word in enumerate(("true", *WORDS))]
    receipt = chain.deploy(f"{ADDRESS}.box", DEFINED + "\n".join(functions), 1)
    assert receipt.error is None
    return chain


def cost(chain: Chain, at: int) -> Cost:
    receipt = chain.call(f"{ADDRESS}.box", f"f{at}", [], ADDRESS)
    assert receipt.error is None
    return Cost(**receipt.to_json()["cost"])


@pytest.fixture(scope="module")
def chain() -> Chain:
    return deployed(Epoch.EPOCH_2_0)


@pytest.mark.parametrize("word", WORDS)
def test_words_are_charged_by_types(chain: Chain, word: str) -> None:
    found, without = cost(chain, 1 + list(WORDS).index(word)), cost(chain, 0)
    # Looking the word up is 1,000.
    wanted = without + Cost(runtime=1_000) + WORDS[word]
    assert found == wanted
