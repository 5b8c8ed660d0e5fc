"""The contracts that an interface names: as others see them, and as its own contract writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from compiler.contracts import DEPLOYER, SELF
from compiler.interface import ContractInterface, FunctionSignature
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


_WITHOUT_CONTRACTS: Final = {
    *map(type, (NO_TYPE, INT, UINT, BOOL, PRINCIPAL)),
    *(BufferType, StringAsciiType, StringUtf8Type),
}


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
                fields = tuple((name, type_of(inner)) for name, inner in type_.fields)
                return TupleType(fields, type_.spare)
            case SpareType():
                return SpareType(type_.name, type_of(type_.inner))
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
