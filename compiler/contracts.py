"""How contracts are named inside the compiler, so that an artifact does not depend on an address.

A contract identifier is a string in one of three forms:

- `"SP….name"`: a contract named by its address in the source;
- `"†.name"`: a sibling, written `.name`: the deployer's address is bound at instantiation;
- `"‡"`: the contract being compiled itself.

The marks are outside the characters that Clarity source may hold. Diagnostics are written with
the marks and bound when they are shown (`bind`).
"""

from __future__ import annotations

DEPLOYER = "\u2020"
SELF = "\u2021"


def sibling(name: str) -> str:
    """The identifier of the sibling contract written `.name`."""
    return f"{DEPLOYER}.{name}"


def bind(text: str, deployer: str, contract: str) -> str:
    """`text` with the marks replaced: `deployer` is an address, `contract` the name at it."""
    return text.replace(SELF, f"{deployer}.{contract}").replace(DEPLOYER, deployer)
