"""The bytes of interfaces.

`canonical_bytes` holds only what the compilation of a dependent can observe (the types of public
and read-only functions, and the traits that can be imported): its digest enters a dependent's
key, so what it leaves out never rebuilds a dependent. `to_bytes` and `from_bytes` keep the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from compiler.interface import ContractInterface, FunctionSignature
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
from compiler.versions import ClarityVersion, Epoch

FORMAT = b"clarbuild interface 1\0"


class InterfaceFormatError(ValueError):
    """Bytes that are not those of an interface, or of another version of the format."""


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


class StoredInterface:
    """An interface and the bytes of the whole of it, each made of the other when it is asked for.

    A chain has many contracts of which nobody calls or names one: theirs are never read.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data

    @classmethod
    def of(cls, interface: ContractInterface) -> StoredInterface:
        """What is stored of an interface."""
        made = cls.__new__(cls)
        made.whole = interface
        return made

    @cached_property
    def data(self) -> bytes:
        """The bytes, as `to_bytes` writes them."""
        return to_bytes(self.whole)

    @cached_property
    def whole(self) -> ContractInterface:
        """The interface; `InterfaceFormatError` where the bytes are not those of one."""
        return from_bytes(self.data)


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
_SPARE = 16


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
            case SpareType():
                out.append(_SPARE)
                self.text(type_.name)
                self.type(type_.inner)
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
            return unchecked_tuple({self.text(): self.type() for _ in range(self.number())})
        if tag == _SPARE:
            return SpareType(self.text(), self.type())
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
