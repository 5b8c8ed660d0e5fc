"""All words that code generation knows, from the rows of their families."""

from __future__ import annotations

from typing import Final

from compiler.words import (
    allowances,
    arithmetic,
    bindings,
    bitwise,
    blocks,
    comparisons,
    contract_calls,
    control,
    conversions,
    crypto,
    equality,
    iteration,
    joining,
    logic,
    maps,
    options,
    principals,
    printing,
    sequences,
    slicing,
    stx,
    tokens,
    tuples,
    variables,
)
from compiler.words.word import Word

FAMILIES = (
    allowances,
    arithmetic,
    bindings,
    bitwise,
    blocks,
    comparisons,
    contract_calls,
    control,
    conversions,
    crypto,
    equality,
    iteration,
    joining,
    logic,
    maps,
    options,
    principals,
    printing,
    sequences,
    slicing,
    stx,
    tokens,
    tuples,
    variables,
)

WORDS: Final[dict[str, Word]] = {word.name: word for family in FAMILIES for word in family.WORDS}
