"""The types of Clarity (SIP-002; `TypeSignature` of stacks-core)."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from msgspec import Struct


class TraitIdentifier(Struct, frozen=True):
    """A trait by the contract that defines it, which is named as `compiler.contracts` says."""

    contract: str
    name: str

    def __str__(self) -> str:
        return f"{self.contract}.{self.name}"


class _Simple:
    """A type without parameters: one instance each, compared by identity, pickled by name."""

    __slots__ = ()
    name: ClassVar[str]

    def __reduce__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return self.name


class NoType(_Simple):
    """The type of what can't be there: the inside of `none`, the other side of `(ok 1)`."""

    __slots__ = ()
    name = "NO_TYPE"


class IntType(_Simple):
    """Signed 128-bit integers."""

    __slots__ = ()
    name = "INT"


class UIntType(_Simple):
    """Unsigned 128-bit integers."""

    __slots__ = ()
    name = "UINT"


class BoolType(_Simple):
    """`true` and `false`."""

    __slots__ = ()
    name = "BOOL"


class PrincipalType(_Simple):
    """Standard and contract principals."""

    __slots__ = ()
    name = "PRINCIPAL"


NO_TYPE = NoType()
INT = IntType()
UINT = UIntType()
BOOL = BoolType()
PRINCIPAL = PrincipalType()


class BufferType(Struct, frozen=True):
    """`(buff max_len)`, in bytes."""

    max_len: int


class StringAsciiType(Struct, frozen=True):
    """`(string-ascii max_len)`, in bytes."""

    max_len: int


class StringUtf8Type(Struct, frozen=True):
    """`(string-utf8 max_len)`, in Unicode scalar values."""

    max_len: int


class ListType(Struct, frozen=True):
    """`(list max_len entry)`."""

    entry: Type
    max_len: int


class OptionalType(Struct, frozen=True):
    """`(optional inner)`."""

    inner: Type


class ResponseType(Struct, frozen=True):
    """`(response ok err)`."""

    ok: Type
    err: Type


class TupleType(Struct, frozen=True):
    """`{name: type, …}`; `fields` is in the order of the names, as the network orders them.

    `spare` where some fields are of `SpareType`.
    """

    fields: tuple[tuple[str, Type], ...]
    spare: bool = False

    @property
    def declared(self) -> tuple[tuple[str, Type], ...]:
        """The fields that every value has; the others are nothing to the analysis."""
        if not self.spare:
            return self.fields
        return tuple(field for field in self.fields if not isinstance(field[1], SpareType))


class SpareType(Struct, frozen=True):
    """The type of a tuple's field that only some of its values have, and no word can ask for.

    Where tuples with unlike fields meet (the branches of `if`, the arguments of `default-to`), the
    analysis goes on with the fields that they share (`TupleTypeSignature::least_supertype`), the
    interpreter with the value as it is: its other fields are counted, printed and serialised.

    Where the field is of unlike types in them, the tuple's type has one of these for each, and a value
    at most one of them. Their keys among its fields are then as `spare_key` says.
    """

    name: str
    inner: Type


def spare_key(name: str, index: int) -> str:
    """The key of the spare field `name` of the type so many unlike ones stand before; sorts as it."""
    return name + "\0" * index


def field_name(key: str, field: Type) -> str:
    """The name of the field that stands under a key."""
    return field.name if isinstance(field, SpareType) else key


class CallablePrincipalType(Struct, frozen=True):
    """A literal contract principal (`.token`), which can become a trait (Clarity 2 on)."""

    contract: str


class CallableTraitType(Struct, frozen=True):
    """A reference to a contract that implements `trait` (epoch 2.1 on)."""

    trait: TraitIdentifier


class TraitReferenceType(Struct, frozen=True):
    """A trait reference as epochs 2.0 and 2.05 know it."""

    trait: TraitIdentifier


class ListUnionType(Struct, frozen=True):
    """The union of callables in a list of different contracts; exists in the checker only."""

    members: frozenset[CallablePrincipalType | CallableTraitType]


Type: TypeAlias = (
    NoType
    | IntType
    | UIntType
    | BoolType
    | PrincipalType
    | BufferType
    | StringAsciiType
    | StringUtf8Type
    | ListType
    | OptionalType
    | ResponseType
    | TupleType
    | SpareType
    | CallablePrincipalType
    | CallableTraitType
    | TraitReferenceType
    | ListUnionType
)
