"""Logs of our own with the reference VM's receipts: calls between contracts in all their forms.

- `traits`: every Clarity version calls every other through traits, in epochs 2.1, 3.3 and 4.0;
- `reentry`: contracts that are called back, tokens and STX, nested transactions undone;
- `carried`: lists and tuples that cross contracts with dynamic types, in epochs 2.05 to 2.4.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.chain import Chain
from runtime.modules import CompileInMemory
from runtime.replay import replay

RECORDED = Path(__file__).parent / "recorded"


@pytest.mark.parametrize("name", ["traits", "reentry", "carried"])
@pytest.mark.parametrize("isolation", ["reuse", "fresh"])
def test_receipts_are_the_interpreters(name, isolation):
    modules = CompileInMemory()
    wanted = {
        receipt["line"]: receipt
        for receipt in map(
            json.loads, (RECORDED / f"{name}.receipts.jsonl").read_text().splitlines()
        )
    }
    answers = replay(
        RECORDED / f"{name}.log.jsonl", lambda: Chain(modules=modules, isolation=isolation)
    )
    given = {answer.line: json.loads(answer.to_json()) for answer in answers}
    wrong = {line: (want, given[line]) for line, want in wanted.items() if given[line] != want}
    assert given.keys() == wanted.keys()
    assert not wrong
