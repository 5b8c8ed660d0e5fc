"""Contracts that try to use too much are stopped as the interpreter stops them, in little memory."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from compiler.costs import Cost
from compiler.costs.limits import MEMORY_LIMIT, SIMNET_LIMIT
from runtime.chain import Chain
from runtime.modules import CompileInMemory
from runtime.receipts import Receipt

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from record import log  # noqa: E402

LOG = log()
RECORDED = {
    row["line"]: row
    for row in map(json.loads, (HERE / "receipts.jsonl").read_text(encoding="utf-8").splitlines())
}
CALLS = [line for line, row in enumerate(LOG, 1) if row["op"] == "call"]
MODULES = CompileInMemory()

# What is over this is far over the limit too; hashing up to that takes seconds.
FRACTION = Cost(*(amount // 20 for amount in SIMNET_LIMIT))
SLOW = {"hash-flood", "print-flood"}


def _name(line: int) -> str:
    return str(LOG[line - 1]["contract"]).partition(".")[2]


class Watched(Chain):
    """A chain that knows how much memory its instances came to use."""

    def __init__(self) -> None:
        super().__init__(modules=MODULES)
        self.peak = 0

    def run(self, row: dict[str, Any]) -> Receipt:
        if row["op"] == "deploy":
            return self.deploy(row["contract"], row["code"], row["clarity"])
        guests = []
        instantiate = self.session.instantiate

        def kept(*arguments: Any) -> Any:
            guests.append(instantiate(*arguments))
            return guests[-1]

        self.session.instantiate = kept  # type: ignore[method-assign]
        try:
            return self.call(row["contract"], row["function"], row["args"], row["sender"])
        finally:
            self.peak = sum(len(guest.instance.memory) for guest in guests)
            self.session.instantiate = instantiate  # type: ignore[method-assign]


def _run(line: int) -> tuple[Receipt, Receipt, int]:
    """The receipts of a call and of the deployment before it, and the memory that it used."""
    chain = Watched()
    chain.advance_epoch("4.0")
    if _name(line) == "load-flood":
        loaded = next(row for row in LOG if str(row.get("contract", "")).endswith(".loaded"))
        assert chain.run(loaded).ok
    deployed = chain.run(LOG[line - 2])
    if _name(line) in SLOW - {"print-flood"}:
        chain.session.limit(FRACTION)
    return chain.run(LOG[line - 1]), deployed, chain.peak


@pytest.mark.parametrize("line", [pytest.param(line, id=_name(line)) for line in CALLS])
def test_it_ends_as_in_the_interpreter(line: int) -> None:
    receipt, deployed, peak = _run(line)
    assert deployed.to_json() == {k: v for k, v in RECORDED[line - 1].items() if k != "line"}
    assert receipt.to_json() == {k: v for k, v in RECORDED[line].items() if k != "line"}
    assert peak <= 2 * MEMORY_LIMIT
