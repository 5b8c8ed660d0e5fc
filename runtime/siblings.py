"""The interfaces of a chain's contracts, by the names that the contracts of one deployer have for them.

A source names its siblings without an address (`compiler.contracts`), so one artifact serves all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compiler.contracts import DEPLOYER
from compiler.interface import ContractInterface
from compiler.interface_bytes import StoredInterface
from runtime.contracts import Contract
from runtime.modules import Interfaces


class Siblings(Interfaces):
    """The chain's interfaces as a contract of one deployer names and sees them."""

    __slots__ = ("_address", "_contracts")

    def __init__(self, contracts: Mapping[str, Contract], address: str) -> None:
        self._contracts = contracts
        self._address = address

    def __getitem__(self, identifier: str) -> ContractInterface:
        return self._contracts[self._full(identifier)].seen_by(identifier, self._address)

    def stored(self, identifier: str) -> StoredInterface | None:
        """See `Interfaces`."""
        contract = self._contracts.get(self._full(identifier))
        return None if contract is None else contract.stored_interface

    def _full(self, identifier: str) -> str:
        if identifier.startswith(DEPLOYER):
            return self._address + identifier[len(DEPLOYER) :]
        return identifier

    def __iter__(self) -> Iterator[str]:
        return iter(self._contracts)

    def __len__(self) -> int:
        return len(self._contracts)
