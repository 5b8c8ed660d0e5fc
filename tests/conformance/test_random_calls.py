"""Contracts of the samples, called with arguments that nobody thought of."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from compiler.values import Int, List, Tuple, UInt
from runtime.chain import Chain
from runtime.modules import CompileInMemory
from runtime.reference import ReferenceVM
from tests.conformance.random_calls import BEGAN, Pool, Segment, beginnings

SAMPLES = Path(__file__).parent.parent / "samples"
SEED = int(os.environ.get("CLARBUILD_CALLS_SEED", random.SystemRandom().randrange(10**6)))


@pytest.mark.parametrize("epoch", ["3.1", "4.0"])
@pytest.mark.parametrize("name", ["marketplace", "vault"])
def test_samples_answer_as_in_the_interpreter(
    reference: ReferenceVM, name: str, epoch: str
) -> None:
    print(f"CLARBUILD_CALLS_SEED={SEED}")
    (beginning,) = beginnings(SAMPLES / f"{name}.log.jsonl", epoch)
    chain = Chain(modules=CompileInMemory(), genesis_time=BEGAN)
    segment = Segment(reference, chain, random.Random(SEED), None)
    for operation in beginning:
        segment.do(operation)
    segment.call_all(rounds=12, functions=20)
    assert segment.compared > 60
    assert segment.ok > 10
    assert not segment.causes


def test_a_difference_is_told(reference: ReferenceVM, capsys: pytest.CaptureFixture[str]) -> None:
    chain = Chain(modules=CompileInMemory(), genesis_time=BEGAN)
    segment = Segment(reference, chain, random.Random(1), None)
    segment.do({"op": "epoch", "epoch": "3.1"})
    chain.mine_burn(5)
    deployer = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
    code = "(define-read-only (height) burn-block-height)"
    segment.do({"op": "deploy", "contract": f"{deployer}.c", "code": code, "clarity": 3})
    segment.call_all(rounds=1, functions=1)
    assert segment.causes == {"read: value": 1}
    assert "ours   0x01" in capsys.readouterr().out


def test_values_to_call_with_are_what_was_seen() -> None:
    pool = Pool(random.Random(1))
    pool.note_literals("(foo u7 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.c) ; it's 'STRANGE")
    pool.note(List([Tuple({"a": Int(-3)})]))
    assert {pool.one(UInt) for _ in range(20)} == {None, UInt(7)}
    assert {pool.one(Int) for _ in range(20)} == {None, Int(-3)}
