"""A contract's interface as a node's RPC has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from compiler.interface import ContractInterface, FunctionSignature
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

_NAMES: Final[dict[type[Type], str]] = {
    NoType: "none",
    IntType: "int128",
    UIntType: "uint128",
    BoolType: "bool",
    PrincipalType: "principal",
    CallablePrincipalType: "principal",
    ListUnionType: "principal",
    CallableTraitType: "trait_reference",
    TraitReferenceType: "trait_reference",
}


def interface_row(interface: ContractInterface) -> dict[str, Any]:
    """What `/v2/contracts/interface` answers."""
    functions = [
        row
        for access, of in (
            ("private", interface.private_functions),
            ("public", interface.public_functions),
            ("read_only", interface.read_only_functions),
        )
        for row in _functions(access, of)
    ]
    variables = [
        {"name": name, "type": type_row(of), "access": access}
        for access, types in (("constant", interface.constants), ("variable", interface.data_vars))
        for name, of in types.items()
    ]
    return {
        "functions": functions,
        "variables": variables,
        "maps": [
            {"name": name, "key": type_row(key), "value": type_row(value)}
            for name, (key, value) in interface.maps.items()
        ],
        "fungible_tokens": [{"name": name} for name in sorted(interface.fungible_tokens)],
        "non_fungible_tokens": [
            {"name": name, "type": type_row(of)}
            for name, of in interface.non_fungible_tokens.items()
        ],
        "epoch": f"Epoch{str(interface.epoch).replace('.', '')}",
        "clarity_version": f"Clarity{int(interface.version)}",
    }


def _functions(access: str, functions: Mapping[str, FunctionSignature]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "access": access,
            "args": [{"name": arg, "type": type_row(of)} for arg, of in signature.args],
            "outputs": {"type": type_row(signature.returns)},
        }
        for name, signature in functions.items()
    ]


def type_row(of: Type) -> Any:
    """A type."""
    match of:
        case BufferType(length):
            return {"buffer": {"length": length}}
        case StringAsciiType(length):
            return {"string-ascii": {"length": length}}
        case StringUtf8Type(length):
            return {"string-utf8": {"length": length}}
        case OptionalType(inner):
            return {"optional": type_row(inner)}
        case ResponseType(ok, err):
            return {"response": {"ok": type_row(ok), "error": type_row(err)}}
        case ListType(entry, length):
            return {"list": {"type": type_row(entry), "length": length}}
        case TupleType(declared=fields):
            return {"tuple": [{"name": name, "type": type_row(field)} for name, field in fields]}
    return _NAMES[type(of)]
