"""The recorded receipts of the reference VM, to the last field, for stretches of each corpus.

The whole of a corpus: `clarbuild replay LOG --against RECEIPTS`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.boot import BootContracts
from runtime.chain import Chain
from runtime.modules import CompileInMemory
from runtime.replay import replay

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason=f"the recorded corpora are not at {CORPUS}"
)


def recorded(name, last):
    receipts = {}
    with (CORPUS / name / "receipts.jsonl").open() as lines:
        for text in lines:
            receipt = json.loads(text)
            if receipt["line"] > last:
                break
            if not receipt.get("volatile"):
                receipts[receipt["line"]] = receipt
    return receipts


@pytest.mark.parametrize(
    ("name", "last"),
    [("words", 400), ("epochs", 400), ("mainnet", 60), ("mainnet-epoch-4.0", 40)],
)
def test_receipts_are_the_interpreters(name, last):
    boot = BootContracts(CORPUS / "boot")
    modules = CompileInMemory()

    def chain():
        return Chain(boot=boot, modules=modules)

    wanted = recorded(name, last)
    answers = replay(CORPUS / name / "log.jsonl", chain, last=last)
    given = {answer.line: json.loads(answer.to_json()) for answer in answers}
    wrong = {line: (want, given[line]) for line, want in wanted.items() if given[line] != want}
    assert wanted
    assert not wrong
