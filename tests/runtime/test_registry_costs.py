"""Every word has a cost in each epoch in which it exists, and is charged for it once.

One recorded example of each word in each epoch, compiled and not run: where its path is known the
cost must be the recorded one to the unit, else lie between what was foreseen.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from compiler.costs import Cost, cost_table
from compiler.costs.shapes import DIMENSIONS
from compiler.diagnostics import ClarityError
from compiler.versions import ClarityVersion, Epoch
from compiler.words.names import word_kind
from compiler.words.registry import WORDS
from compiler.words.word import Plain
from runtime import snippets
from runtime.replay import replay
from runtime.static_costs import StaticCosts, minus

sys.path.insert(0, str(Path(__file__).parent))

from known_contracts import CORPUS, Known

_NAME = re.compile(r"[^\s(){}\[\],:;'\"]+")

HERE = Path(__file__).parent

# Words whose examples need other contracts or past blocks, and older names of words: they have
# examples of their own, `word_costs.log.jsonl`, recorded like the others.
APART = {"as-contract?", "at-block", "contract-call?", "contract-of", "element-at", "index-of"}


@pytest.mark.parametrize("epoch", list(Epoch), ids=str)
def test_a_plain_words_cost_is_in_the_table(epoch: Epoch) -> None:
    table = cost_table(epoch)
    missing = [
        name
        for name, word in WORDS.items()
        if isinstance(word, Plain)
        and word_kind(name, epoch.newest_clarity) is not None
        and word.cost not in table
    ]
    assert not missing


def _examples(folder: Path) -> dict[Epoch, list[tuple[int, dict[str, str]]]]:
    """The recorded deployments of each epoch that succeeded, with their line."""
    ok = {
        row["line"]
        for row in map(json.loads, (folder / "receipts.jsonl").open(encoding="utf-8"))
        if row["ok"]
    }
    found: dict[Epoch, list[tuple[int, dict[str, str]]]] = defaultdict(list)
    epoch = Epoch.EPOCH_2_05
    for line, operation in enumerate(map(json.loads, (folder / "log.jsonl").open()), 1):
        if operation["op"] == "epoch":
            epoch = Epoch.parse(operation["epoch"])
        elif operation["op"] == "deploy" and line in ok:
            found[epoch].append((line, operation))
    return found


@pytest.mark.parametrize("corpus", ["words", "epochs"])
def test_an_example_of_each_word_is_charged_as_recorded(corpus: str) -> None:
    folder = CORPUS / corpus
    if not folder.exists():
        pytest.skip("no recorded corpus beside the repository")
    recorded = {
        row["line"]: row["cost"]
        for row in map(json.loads, (folder / "receipts.jsonl").open(encoding="utf-8"))
        if row["ok"]
    }
    for epoch, examples in _examples(folder).items():
        words = {name for name in WORDS if word_kind(name, epoch.newest_clarity) is not None}
        left = set(words)
        for line, operation in reversed(examples):
            named = set(_NAME.findall(operation["code"])) & left
            if not named:
                continue
            known = Known(folder)
            known.epoch = epoch
            try:
                known.deploy(operation)
            except ClarityError:
                # It needs another example.
                continue
            estimate = StaticCosts(epoch, known.find).deploy(operation["contract"])
            assert estimate is not None
            cost = Cost(**{name: recorded[line][name] for name in DIMENSIONS})
            least, most = estimate.least, estimate.most
            if snippets.called(operation["code"]):
                table = cost_table(epoch)
                free = table["cost_lookup_function"].evaluate(0)
                free += table["cost_contract_call"].evaluate(0)
                least, most = minus(least, free), minus(most, free)
            assert not least.exceeds(cost), (epoch, operation["code"], estimate, cost)
            assert estimate.open or not cost.exceeds(most), (epoch, operation["code"])
            version = ClarityVersion(operation.get("clarity") or epoch.newest_clarity)
            left -= {name for name in named if word_kind(name, version) is not None}
        assert left <= APART


def test_words_with_examples_of_their_own_cost_what_is_recorded() -> None:
    receipts = {
        row["line"]: row
        for row in map(json.loads, (HERE / "word_costs.receipts.jsonl").open(encoding="utf-8"))
    }
    answers = {answer.line: answer for answer in replay(HERE / "word_costs.log.jsonl")}
    assert answers.keys() == receipts.keys()
    for line, answer in answers.items():
        assert json.loads(answer.to_json()) == receipts[line]


def test_words_with_examples_of_their_own_have_one_in_each_epoch() -> None:
    seen: dict[Epoch, set[str]] = defaultdict(set)
    epoch = Epoch.EPOCH_2_05
    for operation in map(json.loads, (HERE / "word_costs.log.jsonl").open(encoding="utf-8")):
        if operation["op"] == "epoch":
            epoch = Epoch.parse(operation["epoch"])
        elif operation["op"] == "deploy":
            seen[epoch] |= set(_NAME.findall(operation["code"])) & APART
    assert len(seen) == 7
    for at, words in seen.items():
        wanted = {name for name in APART if word_kind(name, at.newest_clarity) is not None}
        assert wanted - {"at-block"} <= words
        assert not at.has_at_block or "at-block" in words
