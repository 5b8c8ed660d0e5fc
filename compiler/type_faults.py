"""Types as texts, and what can be wrong with them, in the interpreter's words."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.contracts import either
from compiler.diagnostics import Span
from compiler.types import (
    BoolType,
    BufferType,
    CallablePrincipalType,
    CallableTraitType,
    IntType,
    ListType,
    ListUnionType,
    NoType,
    OptionalType,
    PrincipalType,
    ResponseType,
    StringAsciiType,
    StringUtf8Type,
    TraitReferenceType,
    TupleType,
    Type,
    UIntType,
)

_NAMES: dict[type, str] = {
    NoType: "UnknownType",
    IntType: "int",
    UIntType: "uint",
    BoolType: "bool",
    PrincipalType: "principal",
    ListUnionType: "principal",
}


def display(of: Type) -> str:
    """The type as the interpreter's messages write it."""
    name = _NAMES.get(of.__class__)
    if name is not None:
        return name
    if isinstance(of, BufferType):
        return f"(buff {of.max_len})"
    if isinstance(of, StringAsciiType):
        return f"(string-ascii {of.max_len})"
    if isinstance(of, StringUtf8Type):
        return f"(string-utf8 {of.max_len})"
    if isinstance(of, ListType):
        return f"(list {of.max_len} {display(of.entry)})"
    if isinstance(of, OptionalType):
        return f"(optional {display(of.inner)})"
    if isinstance(of, ResponseType):
        return f"(response {display(of.ok)} {display(of.err)})"
    if isinstance(of, TupleType):
        return f"(tuple{''.join(f' ({name} {display(field)})' for name, field in of.declared)})"
    if isinstance(of, CallablePrincipalType):
        return f"(principal {of.contract})"
    if isinstance(of, CallableTraitType | TraitReferenceType):
        return f"<{of.trait}>"
    raise AssertionError(of)


class TypeFault(Exception):
    """A broken rule of types: a kebab-case code and the interpreter's text.

    Who knows the place in the source fills in `span`; the innermost one does.
    """

    def __init__(
        self, code: str, message: str, *, span: Span | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.span = span
        self.hint = hint


def first_fault(faults: Mapping[tuple[str, str], TypeFault]) -> TypeFault:
    """The one of some traits' faults that the interpreter meets first; the keys are name and contract.

    It takes traits by their names, and those of one name by their contracts; what is itself a
    contract has the name "" and comes before. Where the deployer's contracts stand among others is
    not known before they are bound, so the text holds what to tell for each.
    """
    name = min(name for name, _ in faults)
    contracts = sorted(contract for of, contract in faults if of == name)
    # The first of each address: siblings are in the order of their names whatever their address is.
    firsts = {each.partition(".")[0]: each for each in reversed(contracts)}.values()
    fault = faults[name, contracts[0]]
    fault.message = either({each: faults[name, each].message for each in firsts})
    return fault


def value_too_large() -> TypeFault:
    """A type whose values could be larger than the limit."""
    return TypeFault(
        "value-too-large", "created a type which was greater than maximum allowed value size"
    )


def value_out_of_bounds() -> TypeFault:
    """A negative length."""
    return TypeFault(
        "value-out-of-bounds", "created a type which value size was out of defined bounds"
    )


def type_too_deep() -> TypeFault:
    """A type nested deeper than the limit."""
    return TypeFault(
        "type-too-deep", "created a type which was deeper than maximum allowed type depth"
    )


def supertype_too_large() -> TypeFault:
    """Two types whose common supertype is over a limit."""
    return TypeFault("supertype-too-large", "supertype of two types is too large")


def could_not_determine_type() -> TypeFault:
    """An expression whose type nothing decides, such as the inside of a bare `none`."""
    return TypeFault("could-not-determine-type", "type of expression cannot be determined")


def could_not_determine_serialization_type() -> TypeFault:
    """A value whose serialised size nothing bounds."""
    return TypeFault(
        "could-not-determine-serialization-type",
        "could not determine the input type for the serialization function",
    )


def type_mismatch(expected: Type, found: Type) -> TypeFault:
    """One type wanted, another found."""
    return TypeFault(
        "type-mismatch",
        f"expecting expression of type '{display(expected)}', found '{display(found)}'",
    )


def unreachable(what: str) -> TypeFault:
    """What the interpreter thinks can't happen."""
    return TypeFault("unreachable", f"unexpected and unacceptable interpreter behavior: {what}")
