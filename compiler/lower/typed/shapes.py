"""Which types share generated functions: those that differ in lengths only have one shape."""

from __future__ import annotations

from compiler.diagnostics import CompilerBug
from compiler.layout import layout_of
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
    SpareType,
    StringAsciiType,
    StringUtf8Type,
    TraitReferenceType,
    TupleType,
    Type,
    UIntType,
)


def shape_of(type_: Type) -> str:
    """The shape of `type_` as text; also a readable name for its functions."""
    match type_:
        case NoType():
            return "?"
        case BoolType():
            return "bool"
        case IntType():
            return "int"
        case UIntType():
            return "uint"
        case PrincipalType() | CallablePrincipalType() | ListUnionType():
            return "principal"
        case CallableTraitType() | TraitReferenceType():
            return "trait"
        case BufferType():
            return "buff"
        case StringAsciiType():
            return "ascii"
        case StringUtf8Type():
            return "utf8"
        case ListType(entry=entry):
            return f"[{shape_of(entry)}]"
        case OptionalType(inner=inner):
            return f"{shape_of(inner)}?"
        case SpareType(inner=inner):
            return f"{shape_of(inner)}*"
        case ResponseType(ok=ok, err=err):
            return f"<{shape_of(ok)}|{shape_of(err)}>"
        case TupleType(fields=fields):
            return "{" + ",".join(f"{name}:{shape_of(t)}" for name, t in fields) + "}"
        case _:
            raise CompilerBug(f"no shape for {type_}")


def type_size(type_: Type) -> int | None:
    """The interpreter's `type_size`, `None` where it depends on the value's own type.

    It does where the inside of an optional or response, which may be unknown, is not of size 1.
    """
    match type_:
        case BufferType() | StringAsciiType() | StringUtf8Type():
            return 5
        case ListType(entry=entry):
            inner = type_size(entry)
            return 6 if inner == 1 else None
        case OptionalType(inner=inner_type):
            return 2 if type_size(inner_type) == 1 else None
        case SpareType():
            return None
        case ResponseType(ok=ok, err=err):
            return 3 if type_size(ok) == 1 and type_size(err) == 1 else None
        case TupleType(fields=fields):
            total = 0
            for name, field_type in fields:
                size = type_size(field_type)
                if size is None:
                    return None
                total += 2 + len(name) + size
            return total
        case _:
            return 1


def size(type_: Type, *, traits_are_principals: bool) -> int | None:
    """The interpreter's size of every value of `type_`, `None` where values differ.

    In Clarity 1 a trait parameter's value is a principal.
    """
    if layout_of(type_).dimensions:
        return None
    match type_:
        case IntType() | UIntType():
            return 16
        case BoolType() | NoType():
            return 1
        case PrincipalType() | CallablePrincipalType() | ListUnionType():
            return 148
        case CallableTraitType() | TraitReferenceType():
            return 148 if traits_are_principals else 276
        case TupleType(fields=fields):
            total = 0
            own = type_size(type_)
            for name, field_type in fields:
                inner = size(field_type, traits_are_principals=traits_are_principals)
                if inner is None:
                    raise CompilerBug("a tuple without dimensions has a field with some")
                total += 2 + len(name) + inner
            if own is None:
                raise CompilerBug("a tuple without dimensions has a varying type")
            return total + own
        case _:
            raise CompilerBug(f"{type_} has no dimensions")
