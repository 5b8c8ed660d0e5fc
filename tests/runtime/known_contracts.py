"""Contracts of a log compiled but not run: what is known of their costs beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from compiler.description import ModuleDescription
from compiler.versions import ClarityVersion, Epoch
from runtime.contracts import Contract
from runtime.modules import CompileInMemory, ModuleRequest
from runtime.siblings import Siblings
from runtime.static_costs import Deployed

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


class Known:
    """Follows a log: the contracts that it deploys, compiled for the epoch that it is in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.epoch = Epoch.EPOCH_2_05
        self.modules = CompileInMemory()
        self.contracts: dict[str, Contract] = {}

    def deploy(self, operation: dict[str, Any]) -> None:
        source = operation.get("code") or (self.folder / operation["source"]).read_text()
        version = operation.get("clarity") or self.epoch.newest_clarity
        identifier = operation["contract"]
        address = identifier.partition(".")[0]
        request = ModuleRequest(
            source,
            ClarityVersion(version),
            self.epoch,
            self.epoch,
            Siblings(self.contracts, address),
            identifier,
        )
        interface = self.modules(request).stored_interface
        self.contracts[identifier] = Contract(
            identifier, source, request.version, self.epoch, interface
        )

    def find(self, identifier: str) -> Deployed | None:
        contract = self.contracts.get(identifier)
        return None if contract is None else (contract, self.description(contract))

    def description(self, contract: Contract) -> ModuleDescription:
        request = ModuleRequest(
            contract.source,
            contract.version,
            contract.epoch,
            self.epoch,
            Siblings(self.contracts, contract.address),
            contract.id,
        )
        return self.modules(request).description
