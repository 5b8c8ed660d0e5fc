"""Host words and allowances answer as the reference VM did: values, events, errors, all five costs.

Each `NAME.log.jsonl` beside this file is a transaction log, `NAME.receipts.jsonl` what the reference
VM answered to it (`node vm.mjs NAME.log.jsonl NAME.receipts.jsonl` records it again).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.chain import Chain
from runtime.replay import replay

FOLDER = Path(__file__).parent
NAMES = sorted(path.name.removesuffix(".log.jsonl") for path in FOLDER.glob("*.log.jsonl"))


@pytest.mark.parametrize("profile", ["debug", "release"])
@pytest.mark.parametrize("name", NAMES)
def test_every_receipt_is_the_interpreters(name: str, profile: str) -> None:
    lines = (FOLDER / f"{name}.receipts.jsonl").read_text(encoding="utf-8").splitlines()
    wanted = {receipt["line"]: receipt for receipt in map(json.loads, lines)}
    replayed = replay(FOLDER / f"{name}.log.jsonl", lambda: Chain(profile=profile))
    answers = {answer.line: json.loads(answer.to_json()) for answer in replayed}
    assert list(answers) == list(wanted)
    differing = [(answers[line], wanted[line]) for line in wanted if answers[line] != wanted[line]]
    assert differing[:3] == []
