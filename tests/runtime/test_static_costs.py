"""What a call costs lies between what was known before: checked against recorded receipts."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from compiler.costs import Cost
from compiler.costs.shapes import DIMENSIONS
from compiler.diagnostics import ClarityError
from compiler.versions import Epoch
from runtime.boot import TESTNET
from runtime.static_costs import Estimate, StaticCosts

sys.path.insert(0, str(Path(__file__).parent))

from known_contracts import CORPUS, Known

SAMPLES = Path(__file__).parents[1] / "samples"


def _within(estimate: Estimate, cost: Cost) -> bool:
    return not estimate.least.exceeds(cost) and not (
        estimate.bounded and cost.exceeds(estimate.most)
    )


def check(
    log: Path,
    receipts: Path,
    *,
    largest: int = 1 << 20,
    most: int = 1 << 20,
    boot: Sequence[dict[str, Any]] = (),
) -> Counter[str]:
    """Check all calls of contracts of at most `largest` bytes; how many of each kind."""
    recorded = {
        row["line"]: row for row in map(json.loads, receipts.read_text().splitlines()) if row["ok"]
    }
    known = Known(log.parent)
    done: Counter[str] = Counter()
    with log.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            operation = json.loads(line)
            kind = operation["op"]
            if kind == "reset":
                known = Known(log.parent)
            elif kind == "epoch":
                known.epoch = Epoch.parse(operation["epoch"])
                for deployment in boot:
                    if deployment["clarity"] <= known.epoch.newest_clarity:
                        known.deploy(deployment)
            if done.total() >= most:
                break
            if number not in recorded:
                continue
            if kind == "deploy":
                path = operation.get("source")
                size = len(operation.get("code", "")) or (log.parent / path).stat().st_size
                if size > largest:
                    continue
                try:
                    known.deploy(operation)
                except ClarityError:
                    # It needs a contract that was left out.
                    continue
                estimate = StaticCosts(known.epoch, known.find).deploy(operation["contract"])
            else:
                costs = StaticCosts(known.epoch, known.find)
                estimate = costs.call(operation["contract"], operation["function"])
            if estimate is None:
                continue
            found = recorded[number]["cost"]
            cost = Cost(**{name: found[name] for name in DIMENSIONS})
            assert _within(estimate, cost), (number, operation, estimate, cost)
            done[kind] += 1
    return done


@pytest.mark.parametrize("name", ["counter", "marketplace", "token", "vault"])
def test_samples_cost_what_was_foreseen(name: str) -> None:
    done = check(SAMPLES / f"{name}.log.jsonl", SAMPLES / f"{name}.receipts.jsonl")
    assert done["call"] >= 8


@pytest.mark.parametrize("name", ["words", "epochs"])
def test_examples_of_words_cost_what_was_foreseen(name: str) -> None:
    folder = CORPUS / name
    if not folder.exists():
        pytest.skip("no recorded corpus beside the repository")
    log = folder / "log.jsonl"
    done = check(log, folder / "receipts.jsonl", most=600)
    assert done["deploy"] >= 500


def test_contracts_of_the_network_cost_what_was_foreseen() -> None:
    folder = CORPUS / "mainnet-epoch-4.0"
    if not folder.exists():
        pytest.skip("no recorded corpus beside the repository")
    log = folder / "log.jsonl"
    done = check(log, folder / "receipts.jsonl", largest=5_000)
    assert done["call"] + done["read"] >= 100


def test_calls_of_pox_contracts_cost_what_was_foreseen() -> None:
    folder = CORPUS / "boot"
    if not folder.exists():
        pytest.skip("no contracts of the network beside the repository")
    versions = {"pox": 1, "pox-2": 2, "pox-3": 2, "pox-4": 2}
    boot = [
        {
            "contract": f"{TESTNET}.{name}",
            "code": (folder / TESTNET / f"{name}.clar").read_text(),
            "clarity": version,
        }
        for name, version in versions.items()
    ]
    recorded = Path(__file__).parent / "pox" / "recorded"
    done = check(
        recorded / "stacking.log.jsonl", recorded / "stacking.receipts.jsonl", most=90, boot=boot
    )
    assert done["call"] >= 30


def test_contracts_that_are_known_when_called_only_leave_the_most_open() -> None:
    log = SAMPLES / "marketplace.log.jsonl"
    known = Known(log.parent)
    for line in log.read_text().splitlines():
        operation = json.loads(line)
        if operation["op"] == "epoch":
            known.epoch = Epoch.parse(operation["epoch"])
        elif operation["op"] == "deploy":
            known.deploy(operation)
    market = next(name for name in known.contracts if name.endswith(".market"))
    estimate = StaticCosts(known.epoch, known.find).call(market, "buy")
    assert estimate is not None
    assert not estimate.bounded
    assert set(estimate.open) == {"transfer of <nft-trait>", "on-sale of <listener-trait>"}
