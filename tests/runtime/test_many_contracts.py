"""Thousands of contracts on one chain: a bounded number has instances, and that can't be seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import runtime.session as sessions
from compiler.values import Ok, UInt
from runtime.chain import Chain
from runtime.modules import CompileInMemory
from runtime.simnet import DEPLOYER, WALLET_1

REPOSITORY = Path(__file__).parents[2]
CONTRACTS = 2_000
SOURCE = """
(define-constant START (+ u5 u5))
(define-data-var n uint u0)
(define-public (add (by uint)) (begin (var-set n (+ (var-get n) by)) (ok (+ START (var-get n)))))
"""


def _chain(count: int) -> Chain:
    chain = Chain(modules=CompileInMemory("release"), profile="release", genesis_time=1)
    chain.advance_epoch("3.1")
    for number in range(count):
        assert chain.deploy(_name(number), SOURCE, 3).ok
    return chain


def _name(number: int) -> str:
    return f"{DEPLOYER}.c{number}"


def _live(chain: Chain, count: int) -> list[int]:
    kept = chain.session.kept_guest
    return [number for number in range(count) if kept(_name(number)) is not None]


def test_two_thousand_contracts_answer_with_few_instances(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "MAX_GUESTS", 100)
    chain = _chain(CONTRACTS)
    for turn in (1, 2):
        for number in range(CONTRACTS):
            receipt = chain.call(_name(number), "add", [UInt(number)], DEPLOYER)
            assert receipt.value == Ok(UInt(10 + turn * number))
    live = _live(chain, CONTRACTS)
    assert live == list(range(CONTRACTS - 100, CONTRACTS))
    assert not chain.session.prepared_calls
    for number in live:
        assert chain.call(_name(number), "add", [UInt(0)], DEPLOYER).ok
    assert len(chain.session.prepared_calls) == 100


def test_what_is_called_often_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_GUESTS", 4)
    chain = _chain(20)
    favourite = chain.session.guest
    for number in range(1, 20):
        assert chain.call(_name(0), "add", [UInt(1)], DEPLOYER).value == Ok(UInt(10 + number))
        first = favourite(chain.contracts[_name(0)])
        assert chain.call(_name(number), "add", [UInt(1)], DEPLOYER).value == Ok(UInt(11))
        assert favourite(chain.contracts[_name(0)]) is first
    assert len(_live(chain, 20)) == 4


def test_forgetting_one_contract_leaves_the_others_prepared() -> None:
    chain = _chain(2)
    for number in (0, 1, 0, 1):
        assert chain.call(_name(number), "add", [UInt(1)], DEPLOYER).ok
    chain.session.forget(_name(0))
    assert list(chain.session.prepared_calls) == [(_name(1), "add", DEPLOYER)]
    assert chain.call(_name(0), "add", [UInt(1)], DEPLOYER).value == Ok(UInt(13))
    assert chain.call(_name(1), "add", [UInt(1)], DEPLOYER).value == Ok(UInt(13))


def test_only_so_many_callers_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_NOTED_CALLERS", 1)
    chain = _chain(1)
    for sender, prepared in (
        (DEPLOYER, 0),
        (WALLET_1, 0),  # takes the other's place
        (DEPLOYER, 0),
        (DEPLOYER, 1),
        (DEPLOYER, 1),
    ):
        assert chain.call(_name(0), "add", [UInt(1)], sender).ok
        assert len(chain.session.prepared_calls) == prepared
    assert chain.call(_name(0), "add", [UInt(1)], WALLET_1).value == Ok(UInt(16))


MEASURE = """
import resource
from pathlib import Path
from tests.runtime.test_many_contracts import CONTRACTS, DEPLOYER, UInt, _chain, _live, _name

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

chain = _chain(CONTRACTS)
assert chain.call(_name(0), "add", [UInt(1)], DEPLOYER).ok
before = resident()
for number in range(CONTRACTS):
    assert chain.call(_name(number), "add", [UInt(1)], DEPLOYER).ok
print(len(_live(chain, CONTRACTS)), (resident() - before) // CONTRACTS)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux tells resident memory")
def test_a_live_contract_takes_less_than_300_kib() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    live, each = map(int, done.stdout.split())
    assert live == CONTRACTS
    assert 0 < each < 300 * 1024
