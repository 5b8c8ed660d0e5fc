"""Where modules come from: a provider compiles what the chain asks for, or knows it already."""

from __future__ import annotations

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Protocol

from msgspec import Struct

from compiler.description import ModuleDescription
from compiler.diagnostics import ClarityError
from compiler.interface import ContractInterface
from compiler.interface_bytes import StoredInterface, canonical_bytes
from compiler.versions import ClarityVersion, Epoch
from runtime.engine import Engine, Module


class Interfaces(Mapping[str, ContractInterface]):
    """Contracts by the names that a source has for them, each interface bound to that name."""

    __slots__ = ()

    @abstractmethod
    def stored(self, identifier: str) -> StoredInterface | None:
        """A contract's interface as the contract itself has it; `None` where there is none."""


class ModuleRequest(Struct, frozen=True):
    """What decides a module. What `interfaces` lacks does not exist. `contract` is what it is
    deployed as; its address matters only where the source names contracts at that address by it.
    With `counts_memory` the module counts memory as the interpreter does."""

    source: str
    version: ClarityVersion
    epoch: Epoch
    cost_epoch: Epoch
    interfaces: Interfaces
    contract: str = ""
    counts_memory: bool = False

    @property
    def deployer(self) -> str | None:
        """The deployer's address, where the source names it: only then does it matter."""
        address = self.contract.partition(".")[0]
        return address if address and f"'{address}." in self.source else None


class Artifact:
    """A compiled contract: bytes, description, interface; native code once it was asked for."""

    __slots__ = ("_module", "_native", "description", "stored_interface", "wasm")

    def __init__(
        self,
        wasm: bytes,
        interface: StoredInterface,
        description: ModuleDescription,
        native: bytes | None = None,
    ) -> None:
        self.wasm = wasm
        self.stored_interface = interface
        self.description = description
        self._native = native
        self._module: Module | None = None

    @property
    def interface(self) -> ContractInterface:
        """What is known of the contract from outside."""
        return self.stored_interface.whole

    def module(self, engine: Engine) -> Module:
        """The module, loaded for an engine."""
        module = self._module
        if module is None or module.engine is not engine:
            if self._native is not None:
                module = Module.deserialize(engine, self._native)
            else:
                module = Module.compile(engine, self.wasm)
            self._module = module
        return module


class ModuleProvider(Protocol):
    """Answers a request, or raises `ClarityError` where the contract isn't valid."""

    def __call__(self, request: ModuleRequest) -> Artifact:
        """The artifact for a request."""


class Noted(Mapping[str, ContractInterface]):
    """Interfaces, with a note of those that were asked for: what a result depends on."""

    __slots__ = ("_of", "asked")

    def __init__(self, of: Mapping[str, ContractInterface]) -> None:
        self._of = of
        self.asked: dict[str, ContractInterface | None] = {}

    def __getitem__(self, identifier: str) -> ContractInterface:
        found = self._find(identifier)
        if found is None:
            raise KeyError(identifier)
        return found

    def __contains__(self, identifier: object) -> bool:
        return isinstance(identifier, str) and self._find(identifier) is not None

    def _find(self, identifier: str) -> ContractInterface | None:
        if identifier not in self.asked:
            self.asked[identifier] = self._of.get(identifier)
        return self.asked[identifier]

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)


_Key = tuple[str, ClarityVersion, Epoch, Epoch, str | None, bool]
_Needs = dict[str, bytes | None]
_KEPT = 20_000


class CompileInMemory:
    """Compiles on demand and remembers results for as long as it lives.

    A result holds wherever the interfaces that its compilation looked at are the same.
    """

    def __init__(self, profile: str = "debug", *, traced: bool = False) -> None:
        self.profile = profile
        # Whether the modules tell the host what they do (`trace` in `compiler.abi`).
        self.traced = traced
        self._known: OrderedDict[_Key, list[tuple[_Needs, Artifact | ClarityError]]] = OrderedDict()

    def __call__(self, request: ModuleRequest) -> Artifact:
        """The artifact for a request."""
        key = (
            request.source,
            request.version,
            request.epoch,
            request.cost_epoch,
            request.deployer,
            request.counts_memory,
        )
        results = self._known.setdefault(key, [])
        result = next(
            (
                known
                for needs, known in results
                if all(_observed(request.interfaces.get(n)) == seen for n, seen in needs.items())
            ),
            None,
        )
        if result is None:
            noted = Noted(request.interfaces)
            result = self._compile(request, noted)
            results.append(({n: _observed(i) for n, i in noted.asked.items()}, result))
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        if isinstance(result, ClarityError):
            raise result
        return result

    def _compile(self, request: ModuleRequest, interfaces: Noted) -> Artifact | ClarityError:
        # Imported late: who only replays from a cache needs no compiler.
        from compiler.analysis import analyze
        from compiler.pipeline import CompileOptions, generate

        options = CompileOptions(
            profile="release" if self.profile == "release" else "debug",
            cost_epoch=request.cost_epoch,
            counts_memory=request.counts_memory,
            traced=self.traced,
        )
        try:
            analyzed = analyze(
                request.source, request.version, request.epoch, interfaces, request.deployer
            )
            compiled = generate(analyzed, request.version, request.epoch, options)
        except ClarityError as error:
            return error
        return Artifact(
            compiled.wasm,
            StoredInterface.of(compiled.interface),
            ModuleDescription.from_bytes(compiled.metadata),
        )


class _ByIdentity:
    """An interface compared by identity: hashing its types would cost more than its bytes."""

    __slots__ = ("interface",)

    def __init__(self, interface: ContractInterface) -> None:
        self.interface = interface

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and self.interface is other.interface

    def __hash__(self) -> int:
        return id(self.interface)


def _observed(interface: ContractInterface | None) -> bytes | None:
    """What a compilation can see of an interface, `None` where there is none."""
    return None if interface is None else _observed_bytes(_ByIdentity(interface))


@lru_cache(maxsize=20_000)
def _observed_bytes(interface: _ByIdentity) -> bytes:
    return canonical_bytes(interface.interface)
