"""A deployed contract as the chain keeps it; knows no instances."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final

from compiler.contracts import DEPLOYER, SELF
from compiler.interface import ContractInterface, FunctionSignature
from compiler.interface_bytes import StoredInterface
from compiler.interface_names import bound
from compiler.type_relations import canonicalize
from compiler.types import TraitIdentifier, Type
from compiler.versions import ClarityVersion, Epoch
from runtime.codecs import principal_bytes
from runtime.hashing import sha512_256
from runtime.keepsake import Keepsake
from runtime.modules import Artifact

MAX_VIEWS: Final = 1_000


class Contract:
    """A contract at an address.

    `constants` are the values that its deployment computed, `limits` the most that its fungible
    tokens may be minted (`None`: no limit), `artifacts` its modules by the epochs they run in.
    """

    def __init__(
        self,
        identifier: str,
        source: str,
        version: ClarityVersion,
        epoch: Epoch,
        interface: StoredInterface,
    ) -> None:
        self.id = identifier
        self.address, _, self.name = identifier.partition(".")
        self.source = source
        self.version = version
        self.epoch = epoch
        self.stored_interface = interface
        self.constants: dict[str, Keepsake] = {}
        self.limits: dict[str, int | None] = {}
        self.artifacts: dict[Epoch, Artifact] = {}
        # Those that count memory, of the few that ever need to.
        self.counting_artifacts: dict[Epoch, Artifact] = {}
        self._seen: dict[tuple[str, str], ContractInterface] = {}
        self._signatures: dict[tuple[str, Epoch], FunctionSignature] = {}
        self._parameters: dict[str, tuple[Type, ...]] = {}
        self._typed_in: Epoch | None = None

    @property
    def interface(self) -> ContractInterface:
        """Its interface, with the marks of `compiler.contracts`."""
        return self.stored_interface.whole

    @cached_property
    def size(self) -> int:
        """Bytes of source: what loading it is charged for."""
        return len(self.source.encode())

    @cached_property
    def hash(self) -> bytes:
        """What `contract-hash?` answers."""
        return sha512_256(self.source.encode())

    @cached_property
    def principal(self) -> bytes:
        """Its own principal in consensus bytes."""
        return principal_bytes(self.id)

    @cached_property
    def bound(self) -> ContractInterface:
        """Its interface with full identifiers."""
        return bound(self.interface, self.id)

    @cached_property
    def implemented(self) -> frozenset[TraitIdentifier]:
        """The traits that it says it implements."""
        return self.bound.implemented_traits

    def identifier(self, text: str) -> str:
        """A contract identifier as this contract's module writes it, in full."""
        if text == SELF:
            return self.id
        if text.startswith(DEPLOYER):
            return self.address + text[len(DEPLOYER) :]
        return text

    def seen_by(self, name: str, deployer: str) -> ContractInterface:
        """Its interface as a contract of `deployer` sees it that names this one `name`."""
        known = self._seen.get((name, deployer))
        if known is None:
            if len(self._seen) > MAX_VIEWS:
                self._seen.clear()
            known = self._seen[name, deployer] = bound(self.interface, name, deployer)
        return known

    def signature(self, function: str, epoch: Epoch) -> FunctionSignature | None:
        """A public or read-only function's signature, types brought up to date."""
        known = self._signatures.get((function, epoch))
        if known is None:
            of = self.bound
            found = of.public_functions.get(function) or of.read_only_functions.get(function)
            if found is None:
                return None
            known = self._signatures[function, epoch] = canonical(found, epoch)
        return known

    def parameters(self, function: str, epoch: Epoch) -> tuple[Type, ...] | None:
        """The types of its parameters, brought up to date."""
        if epoch is not self._typed_in:
            self._parameters.clear()
            self._typed_in = epoch
        known = self._parameters.get(function)
        if known is None:
            signature = self.signature(function, epoch)
            if signature is None:
                return None
            known = self._parameters[function] = tuple(type_ for _, type_ in signature.args)
        return known

    @cached_property
    def access(self) -> dict[str, str]:
        """How its functions may be called, by their names."""
        of = self.interface
        found = dict.fromkeys(of.private_functions, "private")
        found |= dict.fromkeys(of.read_only_functions, "read-only")
        return found | dict.fromkeys(of.public_functions, "public")

    def trait(self, name: str) -> Mapping[str, FunctionSignature] | None:
        """The methods of a trait that it defines."""
        return self.bound.traits.get(name)


def canonical(signature: FunctionSignature, epoch: Epoch) -> FunctionSignature:
    """A signature with its types as the epoch has them."""
    return FunctionSignature(
        tuple((name, canonicalize(type_, epoch)) for name, type_ in signature.args),
        canonicalize(signature.returns, epoch),
    )
