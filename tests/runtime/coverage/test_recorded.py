"""Contracts that reach what ordinary ones don't answer as the reference VM did, in both profiles.

`wide` has types that do not fit into locals, in every construct; `gaps` and `more` have words and
forms that other logs lack. `refused` has sources that the lexer, the parser or the checks refuse, in
four epochs; `rare` has calls that go wrong in every epoch: by trait, of private functions, with
other arguments; `boxed` has constants too wide for locals that hold lists; `senders` has who may
send what. Recorded by
`node vm.mjs NAME.log.jsonl NAME.receipts.jsonl`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.chain import Chain
from runtime.modules import CompileInMemory
from runtime.replay import replay

FOLDER = Path(__file__).parent
NAMES = sorted(path.name.removesuffix(".log.jsonl") for path in FOLDER.glob("*.log.jsonl"))


@pytest.mark.parametrize("profile", ["debug", "release"])
@pytest.mark.parametrize("name", NAMES)
def test_every_receipt_is_the_interpreters(name: str, profile: str) -> None:
    lines = (FOLDER / f"{name}.receipts.jsonl").read_text(encoding="utf-8").splitlines()
    wanted = {
        receipt["line"]: receipt
        for receipt in map(json.loads, lines)
        if not receipt.get("volatile")
    }
    modules = CompileInMemory(profile)
    replayed = replay(FOLDER / f"{name}.log.jsonl", lambda: Chain(modules=modules, profile=profile))
    answers = {answer.line: json.loads(answer.to_json()) for answer in replayed}
    assert answers.keys() >= wanted.keys()
    differing = [(answers[line], wanted[line]) for line in wanted if answers[line] != wanted[line]]
    assert differing[:3] == []
