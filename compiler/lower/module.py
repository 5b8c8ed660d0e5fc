"""The lowering of a whole contract: ids, static data, and the functions that bodies share."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

from compiler import abi
from compiler.check.typed import TypedContract
from compiler.consensus import serialize
from compiler.contracts import DEPLOYER, SELF
from compiler.costs import CostTable, cost_table
from compiler.costs.memory import MemoryBound
from compiler.costs.ranges import CostRange
from compiler.description import FunctionEntry, ModuleDescription, Site
from compiler.layout import declared_dimensions, layout_of
from compiler.lower.cost_places import CostPlaces
from compiler.lower.typed.functions import TypedFunctions
from compiler.syntax.ast import Node
from compiler.types import Type
from compiler.values import Literal, Principal
from compiler.versions import ClarityVersion, Epoch
from compiler.wasm import stdlib
from compiler.wasm.functions import FuncRef
from compiler.wasm.module import ModuleBuilder

_ENTRIES = 64
_ENTRY_BYTES = 320
"""The table of `compiler/stdlib/entries.wat`."""


class UserFunction:
    """A function of the contract: how it is called, and what it may do."""

    __slots__ = ("calls_out", "effects", "kind", "name", "parameters", "ref", "result")

    def __init__(
        self,
        name: str,
        kind: str,
        parameters: tuple[Type, ...],
        result: Type,
        ref: FuncRef,
        effects: bool,
        calls_out: int | None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.parameters = parameters
        self.result = result
        self.ref = ref
        # Whether it may write, print or call other contracts, so that undoing it means something.
        self.effects = effects
        # Its number among those that call other contracts, which may call back.
        self.calls_out = calls_out


class ModuleLowering:
    """State that all functions of one module share."""

    def __init__(
        self,
        typed: TypedContract,
        version: ClarityVersion,
        epoch: Epoch,
        cost_epoch: Epoch,
        builder: ModuleBuilder,
        *,
        metering: bool = True,
        counts_memory: bool = False,
        inlining: bool = False,
        places: CostPlaces | None = None,
        traced: bool = False,
    ) -> None:
        self.typed = typed
        self.types: Mapping[int, Type] = typed.types
        self.version = version
        # The epoch that contracts run in; `epoch` was that of the analysis.
        self.epoch = cost_epoch
        self.analysis_epoch = epoch
        self.builder = builder
        self.metering = metering
        # Whether the code counts memory as the interpreter does (`compiler.lower.memory`).
        self.counts_memory = counts_memory
        self.inlining = inlining
        self.places = places
        self.traced = traced
        self.cost_ranges: dict[str, CostRange] = {}
        self.memory_bounds: dict[str, MemoryBound] = {}
        self.costs: CostTable = cost_table(cost_epoch)
        # What `description` has of functions.
        self.function_entries: dict[str, FunctionEntry] = {}
        self.description = ModuleDescription(self.function_entries)
        self.functions: dict[str, UserFunction] = {}
        self.transactions: dict[str, FuncRef] = {}
        self.constants: dict[str, tuple[Type, int]] = {}
        self.literal_constants: dict[str, tuple[Type, Literal]] = {}
        self.levels: dict[int, int] = {}
        self.variable_ids: dict[str, int] = {}
        self.map_ids: dict[str, int] = {}
        self.ft_ids: dict[str, int] = {}
        self.nft_ids: dict[str, int] = {}
        self._principals: dict[str, int] = {}
        self._variable_places: dict[str, int] = {}
        self._entry_table: int | None = None
        self._inlined_sizes: dict[str, int] = {}
        self._hosts: dict[str, FuncRef] = {}
        self._helpers: dict[str, FuncRef] = {}
        self.alloc = self.helper("alloc")
        self.generated = TypedFunctions(self)

    def host(self, name: str) -> FuncRef:
        """A host function of `compiler.abi`."""
        ref = self._hosts.get(name)
        if ref is None:
            signature = abi.HOST_FUNCTIONS[name]
            ref = self.builder.import_function(
                abi.IMPORT_MODULE,
                name,
                signature.params,  # type: ignore[arg-type]
                signature.results,  # type: ignore[arg-type]
            )
            self._hosts[name] = ref
        return ref

    def helper(self, name: str) -> FuncRef:
        """A WAT helper."""
        ref = self._helpers.get(name)
        if ref is None:
            ref = self._helpers[name] = stdlib.require(self.builder, name)
        return ref

    def data(self, contents: bytes) -> int:
        """The address of constant bytes."""
        return self.builder.data(contents)

    def declared_vector(self, type_: Type) -> int:
        """The address of the dimensions of `type_` as declared."""
        dimensions = declared_dimensions(type_)
        return self.builder.data(struct.pack(f"<{len(dimensions)}I", *dimensions), 4)

    def principal(self, identifier: str) -> tuple[int, int]:
        """Address and length of the consensus bytes of a principal, bound or not."""
        if not identifier.startswith((DEPLOYER, SELF)):
            contents = serialize(Principal(identifier))
            return self.builder.data(contents), len(contents)
        if identifier == SELF:
            raise AssertionError("the contract's own principal is read from the context block")
        # Prefix, version, hash, and for a contract a length byte and its name.
        name = identifier[len(DEPLOYER) + 1 :]
        length = 22 + (1 + len(name) if name else 0)
        address = self._principals.get(identifier)
        if address is None:
            address = self._principals[identifier] = self.builder.reserve(length)
            self.description.principals.append((identifier, address))
        return address, length

    def variable_place(self, name: str, room: int) -> int:
        """Static room for a data variable: its generation, its length, `room` bytes."""
        address = self._variable_places.get(name)
        if address is None:
            address = self._variable_places[name] = self.builder.reserve(12 + room, 8)
        return address

    def entry_table(self) -> int:
        """Static room for what was read of maps and balances (`compiler/stdlib/entries.wat`)."""
        if self._entry_table is None:
            self._entry_table = self.builder.reserve(_ENTRIES * _ENTRY_BYTES, 8)
        return self._entry_table

    def map_number(self, map_id: int) -> int:
        """The number of a map in records of deferred effects: they follow the variables."""
        return len(self.variable_ids) + map_id

    @property
    def print_number(self) -> int:
        """That of a print, after all maps."""
        return len(self.variable_ids) + len(self.map_ids)

    def token_number(self, token_id: int) -> int:
        """That of a transfer of a fungible token; tokens come last."""
        return self.print_number + 1 + token_id

    def inlined_size(self, name: str, measure: Callable[[Node], int]) -> int:
        """The nodes that inlining the function `name` brings, measured once."""
        size = self._inlined_sizes.get(name)
        if size is None:
            size = self._inlined_sizes[name] = measure(self.typed.functions[name].body)
        return size

    def site(self, site: Site) -> int:
        """The id of a new site."""
        self.description.sites.append(site)
        return len(self.description.sites) - 1

    def constant_room(self, name: str, type_: Type) -> int:
        """Static room for a constant's value in slot form."""
        address = self.builder.reserve(layout_of(type_).slot_size, 4)
        self.constants[name] = (type_, address)
        self.description.constants.append((name, type_, address))
        return address
