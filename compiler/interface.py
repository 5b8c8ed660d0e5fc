"""What is known of a compiled contract from outside, and its bytes; knows nothing of bodies.

`canonical_bytes` holds only what the compilation of a dependent can observe (the types of public
and read-only functions, and the traits that can be imported): its digest enters a dependent's
key, so what it leaves out never rebuilds a dependent. `to_bytes` and `from_bytes` keep the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler.contracts import DEPLOYER, SELF
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
    StringAsciiType,
    StringUtf8Type,
    TraitIdentifier,
    TraitReferenceType,
    TupleType,
    Type,
)
from compiler.versions import ClarityVersion, Epoch

FORMAT = b"clarbuild interface 1\0"


class InterfaceFormatError(ValueError):
    """Bytes that are not those of an interface, or of another version of the format."""


@dataclass(frozen=True, slots=True)
class FunctionSignature:
    """A function's parameters, by name and type, and the type of its answer.

    Methods of traits have no names for their parameters: "" stands there.
    """

    args: tuple[tuple[str, Type], ...]
    returns: Type


@dataclass(frozen=True, slots=True)
class ContractInterface:
    """A contract as its analysis leaves it.

    Contract identifiers in it are as the contract itself writes them, with the marks of
    `compiler.contracts`, until `bound`.
    """

    version: ClarityVersion
    epoch: Epoch
    public_functions: dict[str, FunctionSignature] = field(default_factory=dict)
    read_only_functions: dict[str, FunctionSignature] = field(default_factory=dict)
    private_functions: dict[str, FunctionSignature] = field(default_factory=dict)
    constants: dict[str, Type] = field(default_factory=dict)
    data_vars: dict[str, Type] = field(default_factory=dict)
    maps: dict[str, tuple[Type, Type]] = field(default_factory=dict)
    fungible_tokens: frozenset[str] = frozenset()
    non_fungible_tokens: dict[str, Type] = field(default_factory=dict)
    traits: dict[str, dict[str, FunctionSignature]] = field(default_factory=dict)
    implemented_traits: frozenset[TraitIdentifier] = frozenset()


# Bytes


def canonical_bytes(interface: ContractInterface) -> bytes:
    """What a dependent's compilation can observe of `interface`: its digest enters their keys.

    Names of parameters are left out, and so is the order of functions and methods, on which no
    rule depends.
    """
    writer = _Writer()
    writer.out += FORMAT + b"C"
    writer.functions(interface.public_functions, names=False)
    writer.functions(interface.read_only_functions, names=False)
    writer.traits(interface.traits, in_order=False)
    return bytes(writer.out)


def to_bytes(interface: ContractInterface) -> bytes:
    """The whole of `interface`, as `from_bytes` reads it."""
    writer = _Writer()
    writer.out += FORMAT + b"W"
    writer.number(int(interface.version))
    writer.number(int(interface.epoch))
    writer.functions(interface.public_functions, names=True)
    writer.functions(interface.read_only_functions, names=True)
    writer.functions(interface.private_functions, names=True)
    writer.types(interface.constants)
    writer.types(interface.data_vars)
    writer.number(len(interface.maps))
    for name, (key, value) in sorted(interface.maps.items()):
        writer.text(name)
        writer.type(key)
        writer.type(value)
    writer.number(len(interface.fungible_tokens))
    for name in sorted(interface.fungible_tokens):
        writer.text(name)
    writer.types(interface.non_fungible_tokens)
    writer.traits(interface.traits, in_order=True)
    writer.number(len(interface.implemented_traits))
    for trait in sorted(interface.implemented_traits, key=str):
        writer.trait(trait)
    return bytes(writer.out)


def from_bytes(data: bytes) -> ContractInterface:
    """The interface that `to_bytes` wrote; `InterfaceFormatError` for any other bytes."""
    if not data.startswith(FORMAT + b"W"):
        raise InterfaceFormatError("not an interface of this format")
    reader = _Reader(data, len(FORMAT) + 1)
    try:
        interface = ContractInterface(
            version=ClarityVersion(reader.number()),
            epoch=Epoch(reader.number()),
            public_functions=reader.functions(),
            read_only_functions=reader.functions(),
            private_functions=reader.functions(),
            constants=reader.types(),
            data_vars=reader.types(),
            maps={reader.text(): (reader.type(), reader.type()) for _ in range(reader.number())},
            fungible_tokens=frozenset(reader.text() for _ in range(reader.number())),
            non_fungible_tokens=reader.types(),
            traits={reader.text(): reader.functions() for _ in range(reader.number())},
            implemented_traits=frozenset(reader.trait() for _ in range(reader.number())),
        )
    except (IndexError, KeyError, RecursionError, ValueError) as error:
        raise InterfaceFormatError(f"damaged interface: {error}") from error
    if reader.at != len(data):
        raise InterfaceFormatError("an interface with bytes left over")
    return interface


_SIMPLE: dict[Type, int] = {NO_TYPE: 0, INT: 1, UINT: 2, BOOL: 3, PRINCIPAL: 4}
_SIMPLE_BY_TAG: dict[int, Type] = {tag: type_ for type_, tag in _SIMPLE.items()}
_SEQUENCES_BY_TAG: dict[int, type[BufferType | StringAsciiType | StringUtf8Type]] = {
    5: BufferType,
    6: StringAsciiType,
    7: StringUtf8Type,
}
_SEQUENCES = {kind: tag for tag, kind in _SEQUENCES_BY_TAG.items()}
_LIST, _OPTIONAL, _RESPONSE, _TUPLE = 8, 9, 10, 11
_CALLABLE_PRINCIPAL, _CALLABLE_TRAIT, _TRAIT_REFERENCE, _LIST_UNION = 12, 13, 14, 15


class _Writer:
    """Appends numbers as LEB128, texts and collections with their lengths before them."""

    __slots__ = ("out",)

    def __init__(self) -> None:
        self.out = bytearray()

    def number(self, value: int) -> None:
        while value > 0x7F:
            self.out.append(value & 0x7F | 0x80)
            value >>= 7
        self.out.append(value)

    def text(self, text: str) -> None:
        data = text.encode()
        self.number(len(data))
        self.out += data

    def trait(self, trait: TraitIdentifier) -> None:
        self.text(trait.contract)
        self.text(trait.name)

    def type(self, type_: Type) -> None:
        out = self.out
        match type_:
            case BufferType() | StringAsciiType() | StringUtf8Type():
                out.append(_SEQUENCES[type(type_)])
                self.number(type_.max_len)
            case ListType():
                out.append(_LIST)
                self.number(type_.max_len)
                self.type(type_.entry)
            case OptionalType():
                out.append(_OPTIONAL)
                self.type(type_.inner)
            case ResponseType():
                out.append(_RESPONSE)
                self.type(type_.ok)
                self.type(type_.err)
            case TupleType():
                out.append(_TUPLE)
                self.number(len(type_.fields))
                for name, field_type in type_.fields:
                    self.text(name)
                    self.type(field_type)
            case CallablePrincipalType():
                out.append(_CALLABLE_PRINCIPAL)
                self.text(type_.contract)
            case CallableTraitType():
                out.append(_CALLABLE_TRAIT)
                self.trait(type_.trait)
            case TraitReferenceType():
                out.append(_TRAIT_REFERENCE)
                self.trait(type_.trait)
            case ListUnionType():
                out.append(_LIST_UNION)
                self.number(len(type_.members))
                for member in sorted(type_.members, key=repr):
                    self.type(member)
            case _:
                out.append(_SIMPLE[type_])

    def types(self, types: Mapping[str, Type]) -> None:
        self.number(len(types))
        for name, type_ in sorted(types.items()):
            self.text(name)
            self.type(type_)

    def signature(self, signature: FunctionSignature, *, names: bool) -> None:
        self.number(len(signature.args))
        for name, type_ in signature.args:
            self.text(name if names else "")
            self.type(type_)
        self.type(signature.returns)

    def functions(self, functions: Mapping[str, FunctionSignature], *, names: bool) -> None:
        self.number(len(functions))
        for name, signature in sorted(functions.items()):
            self.text(name)
            self.signature(signature, names=names)

    def traits(
        self, traits: Mapping[str, Mapping[str, FunctionSignature]], *, in_order: bool
    ) -> None:
        self.number(len(traits))
        for name, methods in sorted(traits.items()):
            self.text(name)
            if not in_order:
                self.functions(methods, names=False)
                continue
            self.number(len(methods))
            for method, signature in methods.items():
                self.text(method)
                self.signature(signature, names=True)


class _Reader:
    """Reads what `_Writer` wrote."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def text(self) -> str:
        length = self.number()
        start, self.at = self.at, self.at + length
        if self.at > len(self.data):
            raise IndexError("text runs past the end")
        return self.data[start : self.at].decode()

    def trait(self) -> TraitIdentifier:
        return TraitIdentifier(self.text(), self.text())

    def type(self) -> Type:
        tag = self.data[self.at]
        self.at += 1
        simple = _SIMPLE_BY_TAG.get(tag)
        if simple is not None:
            return simple
        if tag in _SEQUENCES_BY_TAG:
            return _SEQUENCES_BY_TAG[tag](self.number())
        if tag == _LIST:
            max_len = self.number()
            return ListType(self.type(), max_len)
        if tag == _OPTIONAL:
            return OptionalType(self.type())
        if tag == _RESPONSE:
            return ResponseType(self.type(), self.type())
        if tag == _TUPLE:
            return TupleType(tuple((self.text(), self.type()) for _ in range(self.number())))
        if tag == _CALLABLE_PRINCIPAL:
            return CallablePrincipalType(self.text())
        if tag == _CALLABLE_TRAIT:
            return CallableTraitType(self.trait())
        if tag == _TRAIT_REFERENCE:
            return TraitReferenceType(self.trait())
        if tag == _LIST_UNION:
            return ListUnionType(frozenset(self._callable() for _ in range(self.number())))
        raise InterfaceFormatError(f"unknown type tag {tag}")

    def _callable(self) -> CallablePrincipalType | CallableTraitType:
        member = self.type()
        if not isinstance(member, CallablePrincipalType | CallableTraitType):
            raise InterfaceFormatError("a union of what is not callable")
        return member

    def types(self) -> dict[str, Type]:
        return {self.text(): self.type() for _ in range(self.number())}

    def functions(self) -> dict[str, FunctionSignature]:
        return {self.text(): self._signature() for _ in range(self.number())}

    def _signature(self) -> FunctionSignature:
        args = tuple((self.text(), self.type()) for _ in range(self.number()))
        return FunctionSignature(args, self.type())


# Binding


def bound(
    interface: ContractInterface, contract: str, deployer: str | None = None
) -> ContractInterface:
    """`interface` as another contract sees it, which names its contract `contract`.

    The interface's own marks are replaced: self by `contract`, the deployer by the address that
    `contract` starts with, be it the deployer's mark for a sibling. Where the other contract's
    deployer is known, contracts at that address become siblings.
    """
    address = contract.partition(".")[0]
    here = None if deployer is None else f"{deployer}."

    def rename(identifier: str) -> str:
        if identifier == SELF:
            identifier = contract
        elif identifier.startswith(DEPLOYER):
            identifier = address + identifier[len(DEPLOYER) :]
        if here is not None and identifier.startswith(here):
            identifier = f"{DEPLOYER}.{identifier[len(here) :]}"
        return identifier

    return _renamed(interface, rename)


def unbound(interface: ContractInterface, contract: str, deployer: str) -> ContractInterface:
    """The interface that `bound(…, contract, deployer)` made `interface` of."""
    address = contract.partition(".")[0]
    at_home = f"{address}."

    def rename(identifier: str) -> str:
        if identifier == contract:
            return SELF
        if identifier.startswith(at_home):
            return DEPLOYER + identifier[len(address) :]
        if identifier.startswith(DEPLOYER):
            return deployer + identifier[len(DEPLOYER) :]
        return identifier

    return _renamed(interface, rename)


def mentions(interface: ContractInterface) -> frozenset[str]:
    """The contracts whose traits stand in what dependents can observe, as this one names them."""
    found: set[str] = set()

    def note(identifier: str) -> str:
        found.add(identifier)
        return identifier

    _renamed(
        ContractInterface(
            interface.version,
            interface.epoch,
            public_functions=interface.public_functions,
            read_only_functions=interface.read_only_functions,
            traits=interface.traits,
        ),
        note,
    )
    return frozenset(found - {SELF})


_WITHOUT_CONTRACTS = {*map(type, _SIMPLE), *_SEQUENCES}


def _renamed(interface: ContractInterface, rename: Callable[[str], str]) -> ContractInterface:
    """`interface` with each contract identifier in it replaced by what `rename` makes of it."""

    def trait(identifier: TraitIdentifier) -> TraitIdentifier:
        return TraitIdentifier(rename(identifier.contract), identifier.name)

    def callable_(member: CallablePrincipalType | CallableTraitType) -> Any:
        if isinstance(member, CallablePrincipalType):
            return CallablePrincipalType(rename(member.contract))
        return CallableTraitType(trait(member.trait))

    def type_of(type_: Type) -> Type:
        if type_.__class__ in _WITHOUT_CONTRACTS:
            return type_
        match type_:
            case ListType():
                return ListType(type_of(type_.entry), type_.max_len)
            case OptionalType():
                return OptionalType(type_of(type_.inner))
            case ResponseType():
                return ResponseType(type_of(type_.ok), type_of(type_.err))
            case TupleType():
                return TupleType(tuple((name, type_of(inner)) for name, inner in type_.fields))
            case CallablePrincipalType() | CallableTraitType():
                renamed: Type = callable_(type_)
                return renamed
            case TraitReferenceType():
                return TraitReferenceType(trait(type_.trait))
            case ListUnionType():
                return ListUnionType(frozenset(callable_(member) for member in type_.members))
            case _:
                return type_

    def types(of: Mapping[str, Type]) -> dict[str, Type]:
        return {name: type_of(type_) for name, type_ in of.items()}

    def functions(of: Mapping[str, FunctionSignature]) -> dict[str, FunctionSignature]:
        return {
            name: FunctionSignature(
                tuple((arg, type_of(type_)) for arg, type_ in signature.args),
                type_of(signature.returns),
            )
            for name, signature in of.items()
        }

    return ContractInterface(
        version=interface.version,
        epoch=interface.epoch,
        public_functions=functions(interface.public_functions),
        read_only_functions=functions(interface.read_only_functions),
        private_functions=functions(interface.private_functions),
        constants=types(interface.constants),
        data_vars=types(interface.data_vars),
        maps={
            name: (type_of(key), type_of(value)) for name, (key, value) in interface.maps.items()
        },
        fungible_tokens=interface.fungible_tokens,
        non_fungible_tokens=types(interface.non_fungible_tokens),
        traits={name: functions(methods) for name, methods in interface.traits.items()},
        implemented_traits=frozenset(map(trait, interface.implemented_traits)),
    )


# JSON


def to_json(interface: ContractInterface) -> dict[str, Any]:
    """`interface` as the node's `/v2/contracts/interface` gives it, names in order."""
    major, _, minor = str(interface.epoch).partition(".")
    return {
        "functions": [
            {
                "name": name,
                "access": access,
                "args": [{"name": arg, "type": _json_type(type_)} for arg, type_ in signature.args],
                "outputs": {"type": _json_type(signature.returns)},
            }
            for access, functions in (
                ("private", interface.private_functions),
                ("public", interface.public_functions),
                ("read_only", interface.read_only_functions),
            )
            for name, signature in sorted(functions.items())
        ],
        "variables": [
            {"name": name, "type": _json_type(type_), "access": access}
            for access, variables in (
                ("constant", interface.constants),
                ("variable", interface.data_vars),
            )
            for name, type_ in sorted(variables.items())
        ],
        "maps": [
            {"name": name, "key": _json_type(key), "value": _json_type(value)}
            for name, (key, value) in sorted(interface.maps.items())
        ],
        "fungible_tokens": [{"name": name} for name in sorted(interface.fungible_tokens)],
        "non_fungible_tokens": [
            {"name": name, "type": _json_type(type_)}
            for name, type_ in sorted(interface.non_fungible_tokens.items())
        ],
        "epoch": f"Epoch{major}{'_' if len(minor) > 1 else ''}{minor}",
        "clarity_version": f"Clarity{interface.version.value}",
    }


_JSON_SIMPLE: dict[Type, str] = {
    NO_TYPE: "none",
    INT: "int128",
    UINT: "uint128",
    BOOL: "bool",
    PRINCIPAL: "principal",
}


def _json_type(type_: Type) -> Any:
    match type_:
        case BufferType():
            return {"buffer": {"length": type_.max_len}}
        case StringAsciiType():
            return {"string-ascii": {"length": type_.max_len}}
        case StringUtf8Type():
            return {"string-utf8": {"length": type_.max_len}}
        case ListType():
            return {"list": {"type": _json_type(type_.entry), "length": type_.max_len}}
        case OptionalType():
            return {"optional": _json_type(type_.inner)}
        case ResponseType():
            return {"response": {"ok": _json_type(type_.ok), "error": _json_type(type_.err)}}
        case TupleType():
            return {
                "tuple": [
                    {"name": name, "type": _json_type(inner)}
                    for name, inner in sorted(type_.fields)
                ]
            }
        case CallableTraitType() | TraitReferenceType():
            return "trait_reference"
        case CallablePrincipalType() | ListUnionType():
            return "principal"
        case _:
            return _JSON_SIMPLE[type_]
