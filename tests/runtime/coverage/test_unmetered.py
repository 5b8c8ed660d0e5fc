"""Modules without charges answer as the interpreter does in all but the costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compiler.description import ModuleDescription
from compiler.interface_bytes import StoredInterface
from compiler.pipeline import CompileOptions, compile_contract
from runtime.chain import Chain
from runtime.modules import Artifact, ModuleRequest
from runtime.replay import replay

FOLDER = Path(__file__).parent
# What only counting can find.
OF_COSTS = ("CostBalanceExceeded", "CostComputationFailed")
NAMES = ["boxed", "gaps", "more", "rare", "wide"]


def unmetered(request: ModuleRequest) -> Artifact:
    options = CompileOptions(cost_epoch=request.cost_epoch, metering=False)
    compiled = compile_contract(
        request.source, request.version, request.epoch, request.interfaces, options
    )
    return Artifact(
        compiled.wasm,
        StoredInterface.of(compiled.interface),
        ModuleDescription.from_bytes(compiled.metadata),
    )


def chain() -> Chain:
    made = Chain(modules=unmetered)
    made.session.metered = False
    return made


def without_cost(receipt: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in receipt.items() if name != "cost"}


@pytest.mark.parametrize("name", NAMES)
def test_without_metering_only_the_costs_differ(name: str) -> None:
    lines = (FOLDER / f"{name}.receipts.jsonl").read_text(encoding="utf-8").splitlines()
    wanted = {
        receipt["line"]: without_cost(receipt)
        for receipt in map(json.loads, lines)
        if not receipt.get("volatile") and (receipt.get("error") or {}).get("name") not in OF_COSTS
    }
    answers = {
        answer.line: without_cost(json.loads(answer.to_json()))
        for answer in replay(FOLDER / f"{name}.log.jsonl", chain)
    }
    differing = [(answers[line], wanted[line]) for line in wanted if answers[line] != wanted[line]]
    assert differing[:3] == []
