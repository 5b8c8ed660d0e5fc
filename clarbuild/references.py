"""Which contracts a source names, found from its tokens; knows nothing of projects.

The tokens are enough: every contract that an AST can refer to is written in the source as
`'ADDRESS.name` or `.name`, and a contract that is named but not used costs only a line of a key.
So a source that can't be parsed has references too, and nothing is parsed to know them.
"""

from __future__ import annotations

import re

from msgspec import Struct

from compiler.contracts import sibling
from compiler.words.names import WORD_NAMES

# Each alternative starts with a literal, so that the search leaps from one candidate to the next.
_TOKEN = re.compile(
    r"""
      ;[^\n]*                                     # a comment
    | "(?:[^"\\]|\\.)*"                           # a string
    | '(?P<address>S[0-9A-Z]+)\.(?P<absolute>[a-zA-Z][a-zA-Z0-9_-]*)
    | \.(?<![\w?!+*/<>=-]\.)(?P<relative>[a-zA-Z][a-zA-Z0-9_-]*)
    """,
    re.VERBOSE | re.DOTALL,
)
_STRUCTURE = re.compile(
    rf"{_TOKEN.pattern} | (?P<open>\(\s*(?P<head>[^\s()]*)) | (?P<close>\))",
    re.VERBOSE | re.DOTALL,
)
_NEEDS = re.compile(r"(?:contract-call\?|use-trait\s+[^\s()]+|impl-trait)\s+$")
_NEEDS_LENGTH = 160


class References(Struct, frozen=True):
    """Identifiers as the compiler writes them (`compiler.contracts`), in order.

    `needed` are called or lend a trait: they must be deployed first. `named` are other contract
    principals: their interface matters where one is passed as a trait.
    """

    needed: tuple[str, ...]
    named: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Both kinds, in order."""
        return tuple(sorted((*self.needed, *self.named)))


def find_references(source: str) -> References:
    """What `source` refers to."""
    needed: set[str] = set()
    named: set[str] = set()
    for token in _TOKEN.finditer(source):
        identifier = _identifier(token)
        if identifier is None:
            continue
        start = token.start()
        needs = _NEEDS.search(source, max(0, start - _NEEDS_LENGTH), start)
        (named if needs is None else needed).add(identifier)
    return References(tuple(sorted(needed)), tuple(sorted(named - needed)))


def passed_references(source: str) -> frozenset[str]:
    """Those contracts that stand among the arguments of a call, where one may become a trait."""
    heads: list[str] = []
    found: set[str] = set()
    for token in _STRUCTURE.finditer(source):
        if token["open"] is not None:
            heads.append(token["head"])
        elif token["close"] is not None:
            if heads:
                heads.pop()
        else:
            identifier = _identifier(token)
            calls = bool(heads) and (heads[-1] == "contract-call?" or heads[-1] not in WORD_NAMES)
            if identifier is not None and calls:
                found.add(identifier)
    return frozenset(found)


def with_siblings(source: str, deployer: str) -> str:
    """`source` with contracts at `deployer` written as siblings: `'ADDRESS.name` as `.name`.

    They are the same contracts, and the compiler, which knows no addresses, must see that. Blanks
    take the address's place, so that everything stays where it was.
    """

    def rewrite(token: re.Match[str]) -> str:
        if token["address"] != deployer:
            return token[0]
        return f"{' ' * (1 + len(deployer))}.{token['absolute']}"

    return _TOKEN.sub(rewrite, source)


def _identifier(token: re.Match[str]) -> str | None:
    name = token["relative"]
    if name is not None:
        return sibling(name)
    return None if token["absolute"] is None else f"{token['address']}.{token['absolute']}"
