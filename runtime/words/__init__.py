"""The words that the host evaluates on values, by name; `context` says what they ask of the chain.

`WORDS[site.name](context, site, arguments)` is what generated code's host function `word` comes to;
`runtime.words.allowances` is also what `protect` needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from compiler.description import Site
from compiler.values import Value
from runtime.words import allowances, bitcoin, blocks, conversions, crypto, principals
from runtime.words.context import BlockView, PoxPayout, StxAccount, WordContext

__all__ = [
    "WORDS",
    "BlockView",
    "HostWord",
    "PoxPayout",
    "StxAccount",
    "WordContext",
]

HostWord = Callable[[WordContext, Site, Sequence[Value]], Value]
"""(chain, site, arguments) -> result; raises `TransactionError` where it ends the transaction."""

WORDS: Final[dict[str, HostWord]] = {
    **allowances.WORDS,
    **bitcoin.WORDS,
    **blocks.WORDS,
    **conversions.WORDS,
    **crypto.WORDS,
    **principals.WORDS,
}
