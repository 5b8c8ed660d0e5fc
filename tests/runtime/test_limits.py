"""Out of costs: wherever a transaction is stopped, the error is the interpreter's and nothing stays.

A limit is swept from 0 to a transaction's full cost. Each failure tells how much had been charged
where it was noticed; that is the next limit, so that every place that checks is met.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from compiler.costs import Cost
from compiler.costs.limits import SIMNET_LIMIT
from compiler.costs.shapes import DIMENSIONS
from runtime.chain import Chain
from runtime.modules import CompileInMemory
from runtime.receipts import Receipt
from runtime.state import MemoryState

SAMPLES = Path(__file__).parents[1] / "samples"
MODULES = CompileInMemory()

# In the order of a session's counters.
COUNTERS = ("runtime", "read_count", "read_length", "write_count", "write_length")

TRANSACTIONS = (
    ("counter", "increment"),
    ("counter", "reset"),
    ("token", "transfer"),
    ("token", "mint"),
    ("token", "set-token-uri"),
    ("token", "pay-many"),
    ("marketplace", "mint"),
    ("marketplace", "buy"),
    ("vault", "lock"),
    ("vault", "release"),
)


class Metered(Chain):
    """A chain that remembers what was charged to the latest transaction, also to one that failed."""

    def __init__(self) -> None:
        self.memory = MemoryState()
        super().__init__(modules=MODULES, state=self.memory)
        self.charged: Sequence[int] = ()
        session = self.session
        session.transact = self._watched(session.transact)  # type: ignore[method-assign]

    def _watched(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any) -> Any:
            self.charged = arguments[-1]
            return run(*arguments)

        return watched

    def contents(self) -> dict[str, bytes]:
        return dict(self.memory.data)


def _apply(chain: Chain, operation: dict[str, Any]) -> Receipt | None:
    match operation["op"]:
        case "epoch":
            chain.advance_epoch(operation["epoch"])
        case "mine":
            chain.mine(operation["stacks"])
        case "deploy":
            source = (SAMPLES / operation["source"]).read_text()
            return chain.deploy(operation["contract"], source, operation["clarity"])
        case "call" | "read" as kind:
            run = chain.call if kind == "call" else chain.read
            return run(
                operation["contract"],
                operation["function"],
                operation["args"],
                operation["sender"],
            )
    return None


def _before(project: str, function: str) -> tuple[Metered, dict[str, Any], dict[str, Any]]:
    """A chain before the dearest call of a function, the call, and its recorded receipt."""
    lines = [json.loads(line) for line in (SAMPLES / f"{project}.log.jsonl").open()]
    receipts = {
        row["line"]: row
        for row in map(json.loads, (SAMPLES / f"{project}.receipts.jsonl").open())
        if row["ok"]
    }
    line = max(
        (number for number in receipts if lines[number - 1].get("function") == function),
        key=lambda number: receipts[number]["cost"]["runtime"],
    )
    chain = Metered()
    for operation in lines[: line - 1]:
        _apply(chain, operation)
    return chain, lines[line - 1], receipts[line]


@pytest.mark.parametrize(("project", "function"), TRANSACTIONS)
def test_a_transaction_stops_wherever_its_costs_end(project: str, function: str) -> None:
    chain, operation, recorded = _before(project, function)
    place = chain.snapshot()
    before = chain.contents()
    full = {name: recorded["cost"][name] for name in DIMENSIONS}
    for at, dimension in enumerate(COUNTERS):
        limit, stops = 0, 0
        while limit < full[dimension]:
            for tried in {limit, max(limit - 1, 0)}:
                limits = dict(zip(DIMENSIONS, SIMNET_LIMIT, strict=True)) | {dimension: tried}
                chain.session.limit(Cost(**limits))
                receipt = _apply(chain, operation)
                assert receipt is not None
                assert receipt.to_json() == {
                    "ok": False,
                    "error": {"kind": "RuntimeCheck", "name": "CostBalanceExceeded"},
                }
                # Not by reverting: by itself.
                assert chain.contents() == before
                chain.revert(place)
                charged = chain.charged[at]
                assert tried < charged <= full[dimension]
                if tried == limit:
                    following = charged
            limit = following
            stops += 1
        assert limit == full[dimension]
        assert stops or not full[dimension]
    chain.session.limit(Cost(**full))
    receipt = _apply(chain, operation)
    assert receipt is not None
    assert receipt.to_json() == {key: value for key, value in recorded.items() if key != "line"}
