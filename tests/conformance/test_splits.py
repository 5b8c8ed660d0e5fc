"""Receipts are the interpreter's on every store, wherever the chain was closed and opened again."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from runtime.modules import CompileInMemory
from tests.conformance.splits import SplitReplay, places

HERE = Path(__file__).parent
LOGS = {
    "reentry": HERE / "recorded" / "reentry",
    "carried": HERE / "recorded" / "carried",
    "blocks": HERE.parent / "runtime" / "words" / "blocks",
    "vault": HERE.parent / "samples" / "vault",
}
SEED = int(os.environ.get("CLARBUILD_SPLITS_SEED", random.SystemRandom().randrange(10**6)))


@pytest.fixture(scope="module")
def modules():
    return CompileInMemory()


@pytest.mark.parametrize("kind", ["memory", "sqlite", "marf"])
@pytest.mark.parametrize("name", LOGS)
def test_receipts_are_the_interpreters_whatever_the_splits(name, kind, modules):
    print(f"CLARBUILD_SPLITS_SEED={SEED}")
    chance = random.Random(SEED)
    log = LOGS[name].with_name(f"{name}.log.jsonl")
    receipts = LOGS[name].with_name(f"{name}.receipts.jsonl")
    expected = {row["line"]: row for row in map(json.loads, receipts.read_text().splitlines())}
    replay = SplitReplay(log, kind, b"\1" * 32, modules=modules)
    answered = set()
    for line, _, row in replay.run(places(log, 6, chance), chance):
        want = {key: value for key, value in expected[line].items() if key != "line"}
        answered.add(line)
        if not want.pop("volatile", False):
            assert row == want, (line, row, want)
    assert answered == expected.keys()
    assert replay.repeated > 0
