"""Profiles add up to what the interpreter charged, and know which line it was for."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from clarbuild.profile.collect import ProfiledChain, profile_log
from compiler.values import UInt
from runtime.modules import CompileInMemory
from runtime.profiler import Place, Profile
from runtime.replay import replay
from runtime.simnet import DEPLOYER

SAMPLES = Path(__file__).parents[1] / "samples"
DIMENSIONS = ("runtime", "read_count", "read_length", "write_count", "write_length")
CONTRACT = f"{DEPLOYER}.lines"


def _chain(times: int = 1) -> ProfiledChain:
    modules = CompileInMemory("release", traced=True)
    return ProfiledChain(times=times, modules=modules, profile="release", genesis_time=1)


def _profiled(source: str, function: str, *values: UInt, times: int = 1) -> Profile:
    chain = _chain(times)
    chain.advance_epoch("3.1")
    assert chain.deploy(CONTRACT, source, 3).ok
    assert chain.call(CONTRACT, function, values, DEPLOYER).ok
    return chain.functions[CONTRACT, function]


@pytest.mark.parametrize("sample", ["counter", "marketplace", "token", "vault"])
@pytest.mark.parametrize("times", [1, 2])
def test_lines_add_up_to_recorded_costs(sample: str, times: int) -> None:
    recorded = [json.loads(line) for line in (SAMPLES / f"{sample}.receipts.jsonl").open()]
    wanted = {row.pop("line"): row for row in recorded}
    chains = []

    def make_chain() -> ProfiledChain:
        chains.append(_chain(times))
        return chains[-1]

    for answer in replay(SAMPLES / f"{sample}.log.jsonl", make_chain):
        assert answer.receipt.to_json() == wanted[answer.line], answer.line
    total: Counter[str] = Counter()
    for row in wanted.values():
        total.update(row.get("cost", {}))
    profiled = [profile.total.costs for chain in chains for profile in chain.functions.values()]
    assert [sum(column) for column in zip(*profiled, strict=True)] == [
        total[name] for name in DIMENSIONS
    ]


def test_a_log_is_profiled_with_its_deployments() -> None:
    found = profile_log(SAMPLES / "counter.log.jsonl", None, 1)
    assert {function for _, function in found.functions} > {"(deployment)", "increment"}
    failed = [
        row for row in map(json.loads, (SAMPLES / "counter.receipts.jsonl").open()) if not row["ok"]
    ]
    assert found.failed == len(failed)


# By the network's cost table of epoch 3.1: a look-up of a function costs 16; `+` of two 125 + 2 * 11,
# `*` of two 125 + 2 * 13; a literal nothing.
ARITHMETIC = """(define-public (compute)
  (ok
    (+
      (* u2 u3)
      (* u4 u5))))
"""


def test_a_line_has_what_its_words_cost() -> None:
    lines = _profiled(ARITHMETIC, "compute").lines()
    own = {place.line: spent.costs[0] for place, (spent, _) in lines.items()}
    assert (own[3], own[4], own[5]) == (16 + 147, 16 + 151, 16 + 151)
    whole = {place.line: spent.costs[0] for place, (_, spent) in lines.items()}
    assert whole[3] == own[3] + own[4] + own[5]


LOOP = """(define-private (step (n uint) (acc uint))
  (+ acc n))
(define-public (sum)
  (ok (fold step
    (list u1 u2 u3 u4 u5) u0)))
"""


def test_what_a_loop_calls_stands_under_its_line() -> None:
    profile = _profiled(LOOP, "sum")
    lines = profile.lines()
    assert lines[Place(CONTRACT, 2)][0].hits == 5
    stack = (Place(CONTRACT, 0), Place(CONTRACT, 4), Place(CONTRACT, 2))
    assert profile.by_stack[stack].hits == 5


EARLY = """(define-private (half (n uint))
  (begin
    (asserts! (is-eq (mod n u2) u0)
      (err n))
    (ok (/ n u2))))
(define-public (halves (n uint))
  (let (
    (first (default-to u0 (match (half n) value (some value) other (some other)))))
    (ok
      (* first u2))))
"""


@pytest.mark.parametrize("n", [4, 5])
def test_leaving_early_closes_what_was_left(n: int) -> None:
    profile = _profiled(EARLY, "halves", UInt(n))
    (stack,) = [stack for stack in profile.by_stack if stack[-1] == Place(CONTRACT, 10)]
    assert [place.line for place in stack] == [0, 7, 9, 10]
    inside = [stack for stack in profile.by_stack if stack[-1] == Place(CONTRACT, 5)]
    assert bool(inside) == (n == 4)


def test_other_contracts_stand_under_the_call() -> None:
    chain = _chain()
    chain.advance_epoch("3.1")
    assert chain.deploy(CONTRACT, ARITHMETIC, 3).ok
    caller = f"{DEPLOYER}.caller"
    source = "(define-public (go)\n  (contract-call? .lines compute))\n"
    assert chain.deploy(caller, source, 3).ok
    receipt = chain.call(caller, "go", [], DEPLOYER)
    profile = chain.functions[caller, "go"]
    assert (Place(caller, 0), Place(caller, 2), Place(CONTRACT, 2)) in profile.by_stack
    assert profile.total.costs == list(receipt.costs)


def test_runs_leave_the_chain_as_one_does() -> None:
    source = (
        "(define-data-var n uint u0)\n(define-public (add) (ok (var-set n (+ (var-get n) u1))))\n"
    )
    chain = _chain(times=5)
    chain.advance_epoch("3.1")
    assert chain.deploy(CONTRACT, source, 3).ok
    height = chain.block_height
    profile_before = dict(chain.functions)
    assert chain.call(CONTRACT, "add", [], DEPLOYER).ok
    assert chain.block_height == height + 1
    assert chain.state.get(f"vm::{CONTRACT}::1::n") == b"\x01" + (1).to_bytes(16, "big")
    profile = chain.functions[CONTRACT, "add"]
    assert (CONTRACT, "add") not in profile_before
    assert profile.transactions == 1
    assert profile.total.nanoseconds > 0
