"""Every source here gets the message that the interpreter gave for it.

`recorded.jsonl` holds what the reference VM answered to a deployment in the epochs named; a
message of null means that it took the source. Only answers that parsing decides are in it: where
the analysis of a broken source failed as well, the analysis has the last word.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compiler.diagnostics import ClarityError
from compiler.syntax import build_ast, build_ast_with_diagnostics
from compiler.versions import ClarityVersion, Epoch

CLARITY = {"2.05": 1, "2.1": 2, "4.0": 4}
RECORDED = [
    (row["source"], epoch, row["message"])
    for row in map(
        json.loads, Path(__file__).with_name("recorded.jsonl").read_text("utf-8").splitlines()
    )
    for epoch in row["epochs"]
]


@pytest.mark.parametrize(("source", "epoch", "message"), RECORDED)
def test_last_diagnostic_is_the_interpreters_message(
    source: str, epoch: str, message: str | None
) -> None:
    _, diagnostics = build_ast_with_diagnostics(
        source, ClarityVersion(CLARITY[epoch]), Epoch.parse(epoch)
    )
    assert (diagnostics[-1].message if diagnostics else None) == message


def test_every_deployed_contract_of_the_corpus_parses() -> None:
    corpus = Path(__file__).parents[4] / "shared" / "corpus" / "mainnet"
    if not corpus.is_dir():
        pytest.skip("the corpus is not beside the repository")
    sources = sorted((corpus / "contracts").rglob("*.clar"))[::25]
    assert sources
    for path in sources:
        source = path.read_bytes().decode()
        try:
            build_ast(source, ClarityVersion.CLARITY_3, Epoch.EPOCH_3_1)
        except ClarityError as error:
            pytest.fail(f"{path.name}: {error}")
