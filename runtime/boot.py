"""The contracts that a chain has from the start: which there are, by whose rules, and from where.

Their sources are the network's own and not part of this package: a folder with
`ADDRESS/name.clar` is given. They are deployed when something first names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from compiler.addresses import decode_address
from compiler.consensus import SerializationError, deserialize
from compiler.values import Err, List, Ok, Principal, Some, Tuple
from compiler.versions import ClarityVersion, Epoch
from runtime.addressing import is_standard
from runtime.arguments import Argument

MAINNET: Final = "SP000000000000000000002Q6VF78"
TESTNET: Final = "ST000000000000000000002AMW42H"
SBTC: Final = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4"

_ORIGINAL: Final = (ClarityVersion.CLARITY_1, Epoch.EPOCH_2_0)
_RULES: Final = {
    "pox": _ORIGINAL,
    "lockup": _ORIGINAL,
    "costs": _ORIGINAL,
    "cost-voting": _ORIGINAL,
    "bns": _ORIGINAL,
    "genesis": _ORIGINAL,
    "costs-2": (ClarityVersion.CLARITY_1, Epoch.EPOCH_2_05),
    "pox-2": (ClarityVersion.CLARITY_2, Epoch.EPOCH_2_1),
    "costs-3": (ClarityVersion.CLARITY_2, Epoch.EPOCH_2_1),
    "pox-3": (ClarityVersion.CLARITY_2, Epoch.EPOCH_2_4),
    "pox-4": (ClarityVersion.CLARITY_2, Epoch.EPOCH_2_5),
    "signers": (ClarityVersion.CLARITY_2, Epoch.EPOCH_2_5),
    "signers-voting": (ClarityVersion.CLARITY_2, Epoch.EPOCH_2_5),
    "costs-4": (ClarityVersion.CLARITY_4, Epoch.EPOCH_3_3),
    "costs-5": (ClarityVersion.CLARITY_6, Epoch.EPOCH_4_0),
    "pox-5": (ClarityVersion.CLARITY_6, Epoch.EPOCH_4_0),
    "sbtc-registry": (ClarityVersion.CLARITY_3, Epoch.EPOCH_3_0),
    "sbtc-token": (ClarityVersion.CLARITY_3, Epoch.EPOCH_3_0),
}
"""Clarity version and epoch of each, as simnet deploys them."""
_WATCHERS: Final = {"pox-4": "signers-voting"}
"""The contract that keeps what another says while it is deployed: it has to come before calls."""

_NAME: Final = r"[a-zA-Z][a-zA-Z0-9_-]*"
_ADDRESSES: Final = (MAINNET, TESTNET, SBTC)
_FULL: Final = re.compile(rf"\b({'|'.join(_ADDRESSES)})\.({_NAME})")
_SIBLING: Final = re.compile(rf"(?<![\w.])\.({_NAME})")


class BootContract(NamedTuple):
    """One of them."""

    id: str
    source: str
    version: ClarityVersion
    epoch: Epoch


class BootContracts:
    """The boot contracts of a folder, read when asked for."""

    def __init__(self, folder: Path) -> None:
        self._paths = {
            f"{path.parent.name}.{path.stem}": path
            for path in sorted(folder.glob("*/*.clar"))
            if path.stem in _RULES
        }
        addresses = {path.parent.name for path in self._paths.values()}
        # What the consensus bytes of an argument that holds one of them must have.
        self._marks = [decode_address(one)[1].hex() for one in addresses if is_standard(one)]
        self._closures: dict[str, tuple[BootContract, ...]] = {}
        self._whole: dict[str, tuple[BootContract, ...]] = {}

    def named_in(self, source: str, deployer: str) -> Iterator[BootContract]:
        """Those that a source names, each after what it needs itself."""
        for identifier in _names(source, deployer if deployer in _ADDRESSES else ""):
            yield from self.needed(identifier)

    def held_by(self, arguments: Iterable[Argument]) -> Iterator[BootContract]:
        """Those that arguments of a call hold, each after what it needs itself."""
        for argument in arguments:
            given = argument.hex() if isinstance(argument, bytes) else argument
            # Few arguments hold one, and reading them takes longer than looking for addresses.
            if isinstance(given, str) and not any(mark in given.lower() for mark in self._marks):
                continue
            for identifier in contracts_in(given):
                yield from self.needed(identifier)

    def needed(self, identifier: str) -> tuple[BootContract, ...]:
        """A contract, if it is one of these, after all that it needs; those that watch follow."""
        known = self._whole.get(identifier)
        if known is None:
            mine = self._closure(identifier)
            watchers = [
                watcher
                for address, _, name in (found.id.partition(".") for found in mine)
                if name in _WATCHERS
                for watcher in self._closure(f"{address}.{_WATCHERS[name]}")
            ]
            known = self._whole[identifier] = tuple(dict.fromkeys((*mine, *watchers)))
        return known

    def source(self, identifier: str) -> str | None:
        """The source of a contract, if it is one of these."""
        return next((one.source for one in self.needed(identifier) if one.id == identifier), None)

    def _closure(self, identifier: str) -> tuple[BootContract, ...]:
        known = self._closures.get(identifier)
        if known is None:
            path = self._paths.get(identifier)
            if path is None:
                return ()
            self._closures[identifier] = ()
            source = path.read_bytes().decode()
            deployer, _, stem = identifier.partition(".")
            found = dict.fromkeys(
                need for name in _names(source, deployer) for need in self._closure(name)
            )
            known = (*found, BootContract(identifier, source, *_RULES[stem]))
            self._closures[identifier] = known
        return known


def _names(source: str, deployer: str) -> Iterator[str]:
    # Most sources name none: looking for the addresses alone is a tenth of a search for names.
    if any(address in source for address in _ADDRESSES):
        for match in _FULL.finditer(source):
            yield f"{match[1]}.{match[2]}"
    if deployer:
        for match in _SIBLING.finditer(source):
            yield f"{deployer}.{match[1]}"


def contracts_in(argument: Argument) -> Iterator[str]:
    """The contracts that an argument of a call holds."""
    if isinstance(argument, str):
        try:
            argument = bytes.fromhex(argument.removeprefix("0x"))
        except ValueError:
            return
    if isinstance(argument, bytes):
        try:
            argument = deserialize(argument)
        except SerializationError:
            return
    match argument:
        case Principal(text):
            if "." in text:
                yield text
        case Some(inner) | Ok(inner) | Err(inner):
            yield from contracts_in(inner)
        case List(items):
            for item in items:
                yield from contracts_in(item)
        case Tuple(fields):
            for item in fields.values():
                yield from contracts_in(item)
        case _:
            pass
