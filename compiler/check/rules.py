"""Every word's type rule, by name, and the types of the keywords."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from compiler.check import (
    arithmetic,
    blocks,
    contracts,
    control,
    conversions,
    crypto,
    maps,
    options,
    post_conditions,
    principals,
    sequences,
    tokens,
    tuples,
)
from compiler.types import BOOL, NO_TYPE, PRINCIPAL, UINT, OptionalType, Type
from compiler.versions import ClarityVersion
from compiler.words.names import word_kind

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.scope import Scope
    from compiler.syntax.ast import ListNode

Rule: TypeAlias = "Callable[[Checker, ListNode, Scope], Type]"

RULES: dict[str, Rule] = {
    **arithmetic.RULES,
    **blocks.RULES,
    **contracts.RULES,
    **control.RULES,
    **conversions.RULES,
    **crypto.RULES,
    **maps.RULES,
    **options.RULES,
    **post_conditions.RULES,
    **principals.RULES,
    **sequences.RULES,
    **tokens.RULES,
    **tuples.RULES,
}

KEYWORD_TYPES: dict[str, Type] = {
    "block-height": UINT,
    "burn-block-height": UINT,
    "chain-id": UINT,
    "contract-caller": PRINCIPAL,
    "current-contract": PRINCIPAL,
    "false": BOOL,
    "is-in-mainnet": BOOL,
    "is-in-regtest": BOOL,
    "none": OptionalType(NO_TYPE),
    "stacks-block-height": UINT,
    "stacks-block-time": UINT,
    "stx-liquid-supply": UINT,
    "tenure-height": UINT,
    "true": BOOL,
    "tx-sender": PRINCIPAL,
    "tx-sponsor?": OptionalType(PRINCIPAL),
}


@cache
def rules_of(version: ClarityVersion) -> dict[str, Rule]:
    """The rules of the words that the version has."""
    return {name: rule for name, rule in RULES.items() if word_kind(name, version) == "function"}


@cache
def keywords_of(version: ClarityVersion) -> dict[str, Type]:
    """The types of the keywords that the version has."""
    return {
        name: found
        for name, found in KEYWORD_TYPES.items()
        if word_kind(name, version) == "keyword"
    }
