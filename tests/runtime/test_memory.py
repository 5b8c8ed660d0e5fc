"""Memory: modules that count it run where bounds don't do, and nothing of the first try stays.

What is counted is in `tests/abuse/test_memory.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compiler import abi
from compiler.values import UInt
from runtime.chain import Chain
from runtime.errors import TransactionError
from runtime.modules import Artifact, CompileInMemory, ModuleRequest
from runtime.simnet import DEPLOYER

SAMPLES = Path(__file__).parents[1] / "samples"
CONTRACT = f"{DEPLOYER}.main"
HELPER = f"{DEPLOYER}.helper"

# In a variable a list is as large as it may become.
BIG = "(define-data-var big (list 60000 uint) (list))"


def _holds(copies: int) -> str:
    return f"(whole (var-get big)) {' '.join(f'(b{i} whole)' for i in range(copies - 1))}"


class Noting(CompileInMemory):
    """Compiles, and notes which contracts it was asked to count memory for."""

    def __init__(self) -> None:
        super().__init__()
        self.counting: list[str] = []

    def __call__(self, request: ModuleRequest) -> Artifact:
        if request.counts_memory:
            self.counting.append(request.contract.partition(".")[2])
        return super().__call__(request)


def test_ordinary_contracts_are_never_counted() -> None:
    modules = Noting()
    for log in sorted(SAMPLES.glob("*.log.jsonl")):
        chain = Chain(modules=modules)
        for row in map(json.loads, log.open()):
            match row["op"]:
                case "epoch":
                    chain.advance_epoch(row["epoch"])
                case "mine" if "stacks" in row:
                    chain.mine(row["stacks"])
                case "deploy":
                    source = (SAMPLES / row["source"]).read_text()
                    chain.deploy(row["contract"], source, row["clarity"])
                case "call":
                    chain.call(row["contract"], row["function"], row["args"], row["sender"])
    assert not modules.counting


@pytest.mark.parametrize("again", [False, True])
def test_what_was_done_before_memory_had_to_be_counted_is_done_once(again: bool) -> None:
    modules = Noting()
    chain = Chain(modules=modules)
    chain.advance_epoch("3.0")
    helper = (
        f"{BIG} (define-public (go) (let ({_holds(40)})"
        " (if (is-eq whole b1) (ok (print u7)) (err u1))))"
    )
    assert chain.deploy(HELPER, helper).ok
    source = (
        f"{BIG} (define-data-var count uint u0)"
        f"(define-public (run) (let ({_holds(40)})"
        " (var-set count (+ (var-get count) u1)) (print (var-get count))"
        " (unwrap-panic (contract-call? .helper go)) (ok (var-get count))))"
    )
    assert chain.deploy(CONTRACT, source).ok
    if again:
        # Prepared from here on.
        first = chain.call(CONTRACT, "run", [], DEPLOYER)
        assert first.ok
        modules.counting.clear()
    height = chain.block_height
    receipt = chain.call(CONTRACT, "run", [], DEPLOYER)
    value = 2 if again else 1
    assert receipt.to_json()["result"] == f"0x0701{value:032x}"
    assert [event["raw_value"] for event in receipt.to_json()["events"]] == [
        f"0x01{value:032x}",
        f"0x01{7:032x}",
    ]
    assert chain.block_height == height + 1
    if not again:
        assert modules.counting == ["main", "helper"]


def test_a_failed_transaction_of_counted_memory_leaves_the_chain_as_it_was() -> None:
    chain = Chain()
    chain.advance_epoch("3.0")
    source = (
        f"{BIG} (define-data-var count uint u0) (define-read-only (get-count) (var-get count))"
        f"(define-public (run) (begin (var-set count u1) (let ({_holds(110)}) (ok u1))))"
    )
    assert chain.deploy(CONTRACT, source).ok
    for _ in range(2):
        receipt = chain.call(CONTRACT, "run", [], DEPLOYER)
        assert receipt.to_json() == {
            "ok": False,
            "error": {"kind": "RuntimeCheck", "name": "MemoryBalanceExceeded"},
        }
        assert chain.read(CONTRACT, "get-count", [], DEPLOYER).value == UInt(0)


def test_what_is_free_has_no_limit_of_memory() -> None:
    chain = Chain()
    chain.advance_epoch("3.0")
    source = f"{BIG} (define-private (f) u1) (let ({_holds(110)}) (len whole))"
    assert chain.deploy(CONTRACT, source).to_json()["error"] == {
        "kind": "RuntimeCheck",
        "name": "MemoryBalanceExceeded",
    }
    assert chain.deploy_boot(CONTRACT, source, 3, "3.0").ok


def test_a_module_out_of_heap_ends_the_transaction_and_can_be_used_again() -> None:
    chain = Chain()
    chain.advance_epoch("3.0")
    assert chain.deploy(CONTRACT, "(define-public (run) (ok u1))").ok
    guest = chain.session.guest(chain.contracts[CONTRACT])
    heap = guest.keys.heap
    alloc = guest.instance.function(abi.ALLOC_EXPORT)
    chain.host.guest = guest
    for size in (1 << 32) - heap, (1 << 32) - 1:
        guest.word[abi.HEAP // 4] = heap
        with pytest.raises(TransactionError) as raised:
            alloc(size)
        assert (raised.value.kind, raised.value.name) == ("RuntimeCheck", "AbortedByExecutionHook")
    chain.host.start()
    assert chain.call(CONTRACT, "run", [], DEPLOYER).ok
