"""PoX and other boot contracts answer as the reference VM has recorded, to the last field.

- `allowances`: delegating in epochs 3.3 and 3.4 under `with-stacking`;
- `stacking`: whole lives of locks and delegations in PoX 2 to 4, one contract's locks seen by the
  next, contracts called before their epoch and after their end (epochs 2.05 to 4.0);
- `staking`: PoX 5 with signers, bonds, sBTC, `with-staking` and `with-pox` (epochs 4.0 and 3.4);
- `reading`: all read-only functions of some boot contracts in epochs 2.05 and 4.0.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.boot import BootContracts
from runtime.chain import Chain
from runtime.modules import CompileInMemory
from runtime.replay import replay

RECORDED = Path(__file__).parent / "recorded"
BOOT = Path(__file__).parents[3].parent / "shared" / "corpus" / "boot"

pytestmark = pytest.mark.skipif(not BOOT.is_dir(), reason=f"the boot contracts are not at {BOOT}")


@pytest.mark.parametrize("name", ["allowances", "stacking", "staking", "reading"])
def test_receipts_are_the_interpreters(name):
    boot, modules = BootContracts(BOOT), CompileInMemory()
    receipts = (RECORDED / f"{name}.receipts.jsonl").read_text().splitlines()
    wanted = {receipt["line"]: receipt for receipt in map(json.loads, receipts)}
    answers = replay(RECORDED / f"{name}.log.jsonl", lambda: Chain(boot=boot, modules=modules))
    given = {answer.line: json.loads(answer.to_json()) for answer in answers}
    wrong = {line: (want, given[line]) for line, want in wanted.items() if given[line] != want}
    assert given.keys() == wanted.keys()
    assert not wrong
