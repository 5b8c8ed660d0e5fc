"""Changes of programs: each leaves what has nothing to change, and changes what it names."""

from __future__ import annotations

import random

import pytest

from compiler.types import BOOL, INT, NO_TYPE, OptionalType, ResponseType, TupleType
from compiler.versions import ClarityVersion, Epoch
from compiler.words.names import WORD_NAMES
from runtime.crosscheck.forms import forms_of
from runtime.crosscheck.generator import near_miss
from runtime.crosscheck.generator.material import Material, written
from runtime.crosscheck.generator.words_control import _holds_no_type
from runtime.crosscheck.generator.writer import Scope, Writer

ONLY_ADDS = near_miss._add_form
CHANGES = sorted(set(near_miss._CHANGES), key=lambda change: change.__name__)
SEEDS = range(40)


def made(change, code: str) -> set[str]:
    """What a change makes of a source, by many seeds."""
    return {change(Material(random.Random(seed)), code) for seed in SEEDS}


@pytest.mark.parametrize("change", [c for c in CHANGES if c is not ONLY_ADDS])
def test_nothing_comes_of_nothing(change) -> None:
    assert made(change, "") == {""}


def test_forms_are_added_even_to_nothing() -> None:
    added = made(ONLY_ADDS, "")
    assert "" not in added
    assert {text.strip() for text in added} <= set(near_miss._WHOLE)


@pytest.mark.parametrize(
    "change",
    [
        near_miss._change_name,
        near_miss._change_word,
        near_miss._drop,
        near_miss._add,
        near_miss._swap,
        near_miss._lengthen,
    ],
)
def test_one_literal_is_too_little_to_change(change) -> None:
    assert made(change, "17") == {"17"}


def test_where_no_type_stands_an_atom_changes() -> None:
    changed = made(near_miss._change_type, "17")
    assert changed <= set(near_miss._ATOMS)
    assert len(changed) > 5


def test_each_change_is_one_of_its_kind() -> None:
    code = "(is-eq abc xyz (list 1 2))"
    words = made(near_miss._change_word, code)
    assert all(set(text.strip("()").split()) & set(WORD_NAMES) for text in words)
    assert {"(is-eq abc xyz)", "(is-eq abc (list 1 2))", "(is-eq abc xyz (list 1))"} <= {
        " ".join(text.split()).replace(" )", ")") for text in made(near_miss._drop, code)
    }
    swapped = made(near_miss._swap, code)
    assert {"(is-eq xyz abc (list 1 2))", "(is-eq abc xyz (list 2 1))"} <= swapped
    assert all(sorted(text) == sorted(code) for text in swapped)
    lengths = {
        max(map(len, text.replace("(", " ").replace(")", " ").split()))
        for text in made(near_miss._lengthen, code)
    }
    # Around the limits of names.
    assert {40, 41, 128, 129} <= lengths <= {39, 40, 41, 127, 128, 129}
    depths = {text.count("(") + text.count("{") for text in made(near_miss._deepen, code)}
    assert {10 + 2, 129 + 2} & depths


def test_broken_sources_are_changed_too() -> None:
    for change in CHANGES:
        for code in (")", "(", '"', "(a (b", ";; only\n"):
            for text in made(change, code):
                assert isinstance(text, str)
                forms_of(text)


# What programs are made of


@pytest.mark.parametrize(
    ("of", "found"),
    [
        (NO_TYPE, True),
        (BOOL, False),
        (OptionalType(NO_TYPE), True),
        (ResponseType(INT, NO_TYPE), True),
        (ResponseType(NO_TYPE, INT), True),
        (ResponseType(INT, INT), False),
        (TupleType((("a", INT), ("b", OptionalType(NO_TYPE)))), True),
        (TupleType((("a", INT),)), False),
    ],
)
def test_what_is_bound_to_no_type_is_seen(of, found: bool) -> None:
    assert _holds_no_type(of) is found


def test_there_are_no_values_and_no_text_of_no_type() -> None:
    material = Material(random.Random(1))
    with pytest.raises(TypeError, match="no values"):
        material.value(NO_TYPE)
    with pytest.raises(TypeError, match="can't be written"):
        written(NO_TYPE)


def test_a_word_that_may_not_stand_somewhere_is_not_written_there() -> None:
    material = Material(random.Random(1))
    writer = Writer(material, ClarityVersion.CLARITY_1, Epoch.EPOCH_2_05)
    scope = Scope(returns=None, writes=False)
    assert writer.word("var-set", scope, 3) is None
    assert writer.word("slice?", scope, 3) is None
    made_ = writer.word("is-eq", scope, 3)
    assert made_ is not None
    assert made_[0].startswith("(is-eq ")
    assert made_[1] == BOOL
