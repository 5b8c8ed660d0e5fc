"""Interfaces as JSON, in the node's form."""

from __future__ import annotations

from typing import Any

from compiler.interface import ContractInterface
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
    TraitReferenceType,
    TupleType,
    Type,
)


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
                    for name, inner in sorted(type_.declared)
                ]
            }
        case CallableTraitType() | TraitReferenceType():
            return "trait_reference"
        case CallablePrincipalType() | ListUnionType():
            return "principal"
        case _:
            return _JSON_SIMPLE[type_]
