"""Clarity values from the Python values that stand for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, TypeVar

from compiler import type_relations, types
from compiler.values import (
    NONE,
    Buffer,
    Err,
    Int,
    List,
    Ok,
    Principal,
    Some,
    StringAscii,
    StringUtf8,
    Tuple,
    UInt,
    Value,
    source,
)

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")

_SELF: Final[dict[type, type]] = {
    types.IntType: Int,
    types.UIntType: UInt,
    types.BoolType: bool,
}
"""Classes whose every value is of the type."""


def to_value(given: object, expected: types.Type) -> Value:
    """The Clarity value of type `expected` that `given` stands for; `TypeError` says why not.

    Python's int, bool, bytes, str, None, list, tuple and dict stand for the values they resemble
    (an optional takes None or what its inside takes), and Clarity values for themselves.
    """
    if given.__class__ is _SELF.get(expected.__class__):
        return given  # type: ignore[return-value]
    return _convert(given, expected, "")


def _convert(given: object, expected: types.Type, path: str) -> Value:
    match expected:
        case types.BoolType():
            if isinstance(given, bool):
                return given
        case types.IntType():
            if isinstance(given, Int):
                return given
            if type(given) is int:
                return _made(Int, given, path)
        case types.UIntType():
            if isinstance(given, UInt):
                return given
            if type(given) is int:
                return _made(UInt, given, path)
        case types.BufferType(limit):
            if isinstance(given, Buffer):
                _check_length(len(given.value), limit, "bytes", path)
                return given
            if isinstance(given, bytes | bytearray):
                _check_length(len(given), limit, "bytes", path)
                return Buffer(bytes(given))
        case types.StringAsciiType(limit):
            if isinstance(given, StringAscii):
                given = given.value
            if isinstance(given, str):
                _check_length(len(given), limit, "characters", path)
                return _made(StringAscii, given, path)
        case types.StringUtf8Type(limit):
            if isinstance(given, StringUtf8):
                given = given.value
            if isinstance(given, str):
                _check_length(len(given), limit, "characters", path)
                return _made(StringUtf8, given, path)
        case (
            types.PrincipalType()
            | types.CallablePrincipalType()
            | types.CallableTraitType()
            | types.TraitReferenceType()
        ):
            if isinstance(given, Principal):
                given = given.value
            if isinstance(given, str):
                principal = _made(_parsed_principal, given, path)
                if not isinstance(expected, types.PrincipalType) and "." not in principal.value:
                    raise TypeError(f"{path}wants a contract, got the address {given}")
                return principal
        case types.OptionalType(inner):
            if given is None or given == NONE:
                return NONE
            return Some(_convert(given.value if isinstance(given, Some) else given, inner, path))
        case types.ResponseType(ok, err):
            if isinstance(given, Ok):
                return Ok(_convert(given.value, ok, path))
            if isinstance(given, Err):
                return Err(_convert(given.value, err, path))
        case types.ListType(entry, limit):
            if isinstance(given, List | list | tuple):
                items = list(given)
                _check_length(len(items), limit, "entries", path)
                return List(
                    _convert(item, entry, f"{path}entry {index}: ")
                    for index, item in enumerate(items)
                )
        case types.TupleType(fields):
            if isinstance(given, Tuple):
                given = given.fields
            if isinstance(given, Mapping):
                return _convert_tuple(given, dict(fields), path)
        case _:
            pass
    raise TypeError(f"{path}wants {type_relations.display(expected)}, got {_described(given)}")


def _convert_tuple(
    given: Mapping[str, object], fields: Mapping[str, types.Type], path: str
) -> Tuple:
    missing = [name for name in fields if name not in given]
    unknown = [name for name in given if name not in fields]
    if missing or unknown:
        parts = [
            f"{label} {', '.join(map(repr, names))}"
            for label, names in (("lacks", missing), ("has unknown", unknown))
            if names
        ]
        raise TypeError(f"{path}the tuple {' and '.join(parts)}")
    return Tuple({n: _convert(given[n], t, f"{path}field {n!r}: ") for n, t in fields.items()})


@lru_cache(maxsize=4_096)
def _parsed_principal(text: str) -> Principal:
    return Principal.parse(text)


def _made(make: Callable[[_Given], _Made], given: _Given, path: str) -> _Made:
    try:
        return make(given)
    except ValueError as error:
        raise TypeError(f"{path}{error}") from None


def _check_length(length: int, limit: int, what: str, path: str) -> None:
    if length > limit:
        raise TypeError(f"{path}{length} {what} where the type allows {limit}")


def _described(given: object) -> str:
    text = source(given) if isinstance(given, Value) else repr(given)
    return f"{type(given).__name__} {text if len(text) <= 80 else text[:77] + '...'}"
