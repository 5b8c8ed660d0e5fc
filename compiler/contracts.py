"""How contracts are named inside the compiler, so that an artifact does not depend on an address.

A contract identifier is a string in one of three forms:

- `"SP….name"`: a contract named by its address in the source;
- `"†.name"`: a sibling, written `.name`: the deployer's address is bound at instantiation;
- `"‡"`: the contract being compiled itself.

The marks are outside the characters that Clarity source may hold. Diagnostics are written with
the marks and bound when they are shown (`bind`). Where a text depends on which of some contracts
comes first, which only their addresses tell, it holds what is to be said for each (`either`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from compiler.addresses import decode_address

DEPLOYER = "\u2020"
SELF = "\u2021"

_BEGIN, _THEN, _END = "\u2983", "\u2982", "\u2984"
_EITHER = re.compile(f"{_BEGIN}([^{_BEGIN}{_END}]*){_END}")


def sibling(name: str) -> str:
    """The identifier of the sibling contract written `.name`."""
    return f"{DEPLOYER}.{name}"


def either(texts: Mapping[str, str]) -> str:
    """The text of that one of some contracts which comes first (`contract_order`) once all are bound."""
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    return f"{_BEGIN}{_THEN.join(part for pair in texts.items() for part in pair)}{_END}"


def contract_order(contract: str) -> tuple[tuple[int, bytes], str]:
    """The interpreter's order of contracts: by the bytes of their addresses, then by their names."""
    address, _, name = contract.partition(".")
    return decode_address(address), name


def bind(text: str, deployer: str, contract: str) -> str:
    """`text` with the marks replaced: `deployer` is an address, `contract` the name at it."""
    text = text.replace(SELF, f"{deployer}.{contract}").replace(DEPLOYER, deployer)
    return _EITHER.sub(_first, text) if _BEGIN in text else text


def _first(found: re.Match[str]) -> str:
    parts = found[1].split(_THEN)
    texts: dict[str, str] = dict(zip(parts[::2], parts[1::2], strict=True))
    return texts[min(texts, key=contract_order)]
