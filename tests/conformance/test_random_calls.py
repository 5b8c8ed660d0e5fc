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
from tests.conformance.mutants import mutant, with_mutants
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


def test_mutants_answer_as_in_the_interpreter(reference: ReferenceVM) -> None:
    print(f"CLARBUILD_CALLS_SEED={SEED}")
    chance = random.Random(SEED)
    (beginning,) = beginnings(SAMPLES / "vault.log.jsonl", "3.1")
    chain = Chain(modules=CompileInMemory(), genesis_time=BEGAN)
    segment = Segment(reference, chain, chance, None)
    for operation in with_mutants(beginning, 20, chance):
        segment.do(operation)
    # A good third of them fit.
    assert sum("mutant" in contract for contract in segment.caller.contracts) > 2
    segment.call_all(rounds=2, functions=8)
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


def test_mutants_change_the_bodies_of_functions_alone() -> None:
    before = "(define-constant one (+ u1 u2)) ; (+ u1 u2)\n(define-private (two (a uint))"
    source = f"{before} (let ((b (+ a u2))) (match (some b) c (* c b) u7)))"
    made = {mutant(source, random.Random(seed)) for seed in range(200)}
    assert len(made) > 80
    assert all(one.startswith(before) and one.endswith(")") for one in made)
    # Names of bindings are left alone.
    assert all("(let ((b " in one and " c " in one for one in made if "(let ((b" in one)
    assert mutant("(define-constant one 1)", random.Random(1)) == "(define-constant one 1)"
