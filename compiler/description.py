"""What the runtime must know of a generated module besides its code: names, types, places.

Written as canonical JSON beside the module; everything in it follows from the contract's source
and the versions of its key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct, field

from compiler.costs.memory import NOTHING, MemoryBound
from compiler.costs.ranges import FREE, CostRange
from compiler.diagnostics import CompilerBug
from compiler.type_sizes import unchecked_tuple
from compiler.types import (
    BOOL,
    INT,
    NO_TYPE,
    PRINCIPAL,
    UINT,
    BufferType,
    CallablePrincipalType,
    CallableTraitType,
    ListType,
    ListUnionType,
    OptionalType,
    ResponseType,
    SpareType,
    StringAsciiType,
    StringUtf8Type,
    TraitIdentifier,
    TraitReferenceType,
    TupleType,
    Type,
)

Access = Literal["public", "read-only", "private"]


class FunctionEntry(Struct, frozen=True):
    """An exported function (`fn:NAME`): its parameters, in order, and its result."""

    access: Access
    parameters: tuple[tuple[str, Type], ...]
    result: Type
    costs: CostRange = FREE
    """What a run of it costs, without what the host charges and other contracts."""
    memory: MemoryBound = NOTHING
    """What a run of it holds and keeps at most, likewise."""


class Site(Struct, frozen=True):
    """A place where values cross to the host.

    `kind` "call": a `contract-call?` of `name`, through `trait` if given, else of `contract`
    (or of the principal passed, where that is `None` too). `kind` "word": the word `name`, with
    `extra` what it needs besides values (property names, allowance kinds).
    """

    kind: Literal["call", "word"]
    name: str
    arguments: tuple[Type, ...]
    result: Type
    contract: str | None = None
    trait: TraitIdentifier | None = None
    extra: str = ""


class ModuleDescription(Struct):
    """The whole; lists are indexed by the ids that generated code passes to host functions."""

    functions: Mapping[str, FunctionEntry] = field(default_factory=dict)
    variables: list[tuple[str, Type]] = field(default_factory=list)
    maps: list[tuple[str, Type, Type]] = field(default_factory=list)
    fungible_tokens: list[str] = field(default_factory=list)
    non_fungible_tokens: list[tuple[str, Type]] = field(default_factory=list)
    constants: list[tuple[str, Type, int]] = field(default_factory=list)
    """Name, type, address in slot form. The host keeps the values that deployment computed and
    writes them into every new instance. Literals are in the code instead."""
    principals: list[tuple[str, int]] = field(default_factory=list)
    """Contract identifiers with a mark (see `compiler.contracts`) and the address of the bytes
    that the host fills with the bound principal."""
    sites: list[Site] = field(default_factory=list)
    deploy_result: Type | None = None
    """Type of the last top-level expression; `None` where there is none."""
    deploy_costs: CostRange = FREE
    """What evaluating the top-level forms costs."""
    deploy_memory: MemoryBound = NOTHING
    """What it holds and keeps at most."""
    heap: int = 0
    """The heap's base: the first byte after static data."""

    def to_json(self) -> dict[str, Any]:
        """JSON-able form, see `from_json`."""
        return {
            "functions": {
                name: [
                    f.access,
                    [[p, type_to_json(t)] for p, t in f.parameters],
                    type_to_json(f.result),
                    f.costs.to_json(),
                    list(f.memory),
                ]
                for name, f in self.functions.items()
            },
            "variables": [[n, type_to_json(t)] for n, t in self.variables],
            "maps": [[n, type_to_json(k), type_to_json(v)] for n, k, v in self.maps],
            "fungible_tokens": self.fungible_tokens,
            "non_fungible_tokens": [[n, type_to_json(t)] for n, t in self.non_fungible_tokens],
            "constants": [[n, type_to_json(t), a] for n, t, a in self.constants],
            "principals": [list(row) for row in self.principals],
            "sites": [
                [
                    s.kind,
                    s.name,
                    [type_to_json(t) for t in s.arguments],
                    type_to_json(s.result),
                    s.contract,
                    [s.trait.contract, s.trait.name] if s.trait else None,
                    s.extra,
                ]
                for s in self.sites
            ],
            "deploy_result": type_to_json(self.deploy_result) if self.deploy_result else None,
            "deploy_costs": self.deploy_costs.to_json(),
            "deploy_memory": list(self.deploy_memory),
            "heap": self.heap,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> ModuleDescription:
        """The description that `to_json` wrote."""
        read = type_from_json
        return cls(
            functions=_Functions(raw["functions"]),
            variables=[(n, read(t)) for n, t in raw["variables"]],
            maps=[(n, read(k), read(v)) for n, k, v in raw["maps"]],
            fungible_tokens=list(raw["fungible_tokens"]),
            non_fungible_tokens=[(n, read(t)) for n, t in raw["non_fungible_tokens"]],
            constants=[(n, read(t), a) for n, t, a in raw["constants"]],
            principals=[(n, a) for n, a in raw["principals"]],
            sites=[
                Site(
                    kind,
                    name,
                    tuple(read(t) for t in arguments),
                    read(result),
                    contract,
                    TraitIdentifier(*trait) if trait else None,
                    extra,
                )
                for kind, name, arguments, result, contract, trait, extra in raw["sites"]
            ],
            deploy_result=read(raw["deploy_result"]) if raw["deploy_result"] else None,
            deploy_costs=CostRange.from_json(raw["deploy_costs"]),
            deploy_memory=MemoryBound(*raw["deploy_memory"]),
            heap=raw["heap"],
        )

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        return json.dumps(self.to_json(), separators=(",", ":"), sort_keys=False).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> ModuleDescription:
        """The description in the canonical JSON `data`."""
        return cls.from_json(json.loads(data))


class _Functions(Mapping[str, FunctionEntry]):
    """Functions as JSON, each read when it is asked for: most contracts are asked for few."""

    __slots__ = ("_raw", "_read")

    def __init__(self, raw: dict[str, Any]) -> None:
        self._raw = raw
        self._read: dict[str, FunctionEntry] = {}

    def __getitem__(self, name: str) -> FunctionEntry:
        known = self._read.get(name)
        if known is None:
            access, parameters, result, costs, memory = self._raw[name]
            known = self._read[name] = FunctionEntry(
                access,
                tuple((p, type_from_json(t)) for p, t in parameters),
                type_from_json(result),
                CostRange.from_json(costs),
                MemoryBound(*memory),
            )
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


_SIMPLE: dict[str, Type] = {
    "none": NO_TYPE,
    "int": INT,
    "uint": UINT,
    "bool": BOOL,
    "principal": PRINCIPAL,
}
_SIMPLE_NAMES = {id(type_): name for name, type_ in _SIMPLE.items()}


def type_to_json(type_: Type) -> Any:
    """A type as JSON: a name, or a list that begins with one."""
    name = _SIMPLE_NAMES.get(id(type_))
    if name is not None:
        return name
    match type_:
        case BufferType(max_len=n):
            return ["buff", n]
        case StringAsciiType(max_len=n):
            return ["string-ascii", n]
        case StringUtf8Type(max_len=n):
            return ["string-utf8", n]
        case ListType(entry=entry, max_len=n):
            return ["list", n, type_to_json(entry)]
        case OptionalType(inner=inner):
            return ["optional", type_to_json(inner)]
        case ResponseType(ok=ok, err=err):
            return ["response", type_to_json(ok), type_to_json(err)]
        case SpareType(name=name, inner=inner):
            return ["spare", name, type_to_json(inner)]
        case TupleType(fields=fields):
            return ["tuple", [[f, type_to_json(t)] for f, t in fields]]
        case CallablePrincipalType(contract=contract):
            return ["contract", contract]
        case CallableTraitType(trait=trait):
            return ["trait", trait.contract, trait.name]
        case TraitReferenceType(trait=trait):
            return ["trait-reference", trait.contract, trait.name]
        case ListUnionType(members=members):
            return ["union", sorted((type_to_json(m) for m in members), key=str)]
        case _:
            raise CompilerBug(f"no JSON for type {type_}")


def type_from_json(raw: Any) -> Type:
    """The type that `type_to_json` wrote."""
    if isinstance(raw, str):
        return _SIMPLE[raw]
    match raw:
        case ["buff", n]:
            return BufferType(n)
        case ["string-ascii", n]:
            return StringAsciiType(n)
        case ["string-utf8", n]:
            return StringUtf8Type(n)
        case ["list", n, entry]:
            return ListType(type_from_json(entry), n)
        case ["optional", inner]:
            return OptionalType(type_from_json(inner))
        case ["response", ok, err]:
            return ResponseType(type_from_json(ok), type_from_json(err))
        case ["tuple", fields]:
            return unchecked_tuple({f: type_from_json(t) for f, t in fields})
        case ["spare", name, inner]:
            return SpareType(name, type_from_json(inner))
        case ["contract", contract]:
            return CallablePrincipalType(contract)
        case ["trait", contract, name]:
            return CallableTraitType(TraitIdentifier(contract, name))
        case ["trait-reference", contract, name]:
            return TraitReferenceType(TraitIdentifier(contract, name))
        case ["union", members]:
            return ListUnionType(frozenset(type_from_json(m) for m in members))  # type: ignore[misc]
        case _:
            raise CompilerBug(f"no type for {raw}")
