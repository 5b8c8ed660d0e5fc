"""Words that programs seldom have are written in all their forms, well typed each time."""

from __future__ import annotations

import random

import pytest

from compiler.analysis import analyze
from compiler.diagnostics import ClarityError
from compiler.types import BOOL, UINT, ListType, OptionalType, Type
from compiler.versions import Epoch
from runtime.crosscheck.generator.material import Material
from runtime.crosscheck.generator.programs import versions_of
from runtime.crosscheck.generator.words_sequences import resized
from runtime.crosscheck.generator.writer import Scope, Writer

EPOCH = Epoch.EPOCH_4_0
VERSION = max(versions_of(EPOCH))
SEEDS = 60
WORDS = (
    "element-at?",
    "from-consensus-buff?",
    "get-bitcoin-tx-output?",
    "let",
    "map-get?",
    "slice?",
    "some",
    "string-to-int?",
)


def written(word: str, seed: int) -> str | None:
    """A contract whose one function has an expression with the word, if one was found."""
    writer = Writer(Material(random.Random(f"{word} {seed}")), VERSION, EPOCH)
    writer.fuel = 20
    made = writer.word(word, Scope(returns=None, writes=False), 2)
    if made is None:
        return None
    node, _ = made
    assert node.startswith(f"({word} ")
    return "\n".join((*writer.definitions, f"(define-read-only (f) (is-eq {node} {node}))"))


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_well_typed_in_all_its_forms(word: str) -> None:
    sources = {written(word, seed) for seed in range(SEEDS)} - {None}
    assert len(sources) > SEEDS // 2
    refused = []
    for source in sources:
        try:
            analyze(source, VERSION, EPOCH, {})
        except ClarityError as error:
            refused.append(f"{error.diagnostic.message}\n{source}")
    # A type may be known too little for a word that needs it, as in whole programs.
    assert len(refused) <= SEEDS // 10, refused[0]


@pytest.mark.parametrize("word", ["map-get?", "element-at?", "from-consensus-buff?"])
def test_a_word_that_gives_an_optional_gives_nothing_else(word: str) -> None:
    writer = Writer(Material(random.Random(word)), VERSION, EPOCH)
    scope = Scope(returns=None, writes=False)
    rows = [row for row in writer.rows if row.word == word]
    given: list[Type] = []
    for row in rows:
        assert row.make(writer, scope, UINT, 1) is None
        for _ in range(10):
            made = row.make(writer, scope, OptionalType(BOOL), 1)
            if made is not None:
                given.append(made[1])
    assert all(isinstance(of, OptionalType) for of in given)


def test_only_sequences_have_another_length() -> None:
    assert resized(ListType(UINT, 3), 5) == ListType(UINT, 5)
    with pytest.raises(TypeError, match="is no sequence"):
        resized(UINT, 5)
