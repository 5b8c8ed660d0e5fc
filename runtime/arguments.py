"""Arguments of a transaction: bytes to values of the parameters' types, checked as they arrive.

A contract passed for a trait is taken as it is; whether it implements the trait is seen when it is
called. Before Clarity 2 that holds for a parameter alone, not for traits inside of other values.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from compiler.consensus import SerializationError, deserialize
from compiler.consensus_untyped import type_of
from compiler.type_relations import TypeFault, admits
from compiler.types import (
    BoolType,
    BufferType,
    CallableTraitType,
    IntType,
    ListType,
    OptionalType,
    PrincipalType,
    ResponseType,
    TraitReferenceType,
    TupleType,
    Type,
    UIntType,
)
from compiler.values import NONE, Buffer, Err, Int, List, Ok, Principal, Some, Tuple, UInt, Value
from compiler.versions import ClarityVersion, Epoch
from runtime.errors import Rejected, check

Argument: TypeAlias = Value | bytes | str
"""A value, or its consensus bytes, as such or in hex."""


def argument_values(
    arguments: Sequence[Argument],
    types: Sequence[Type] | None,
    version: ClarityVersion,
    epoch: Epoch,
) -> list[Value]:
    """The values of arguments; without `types` (a wrong number of them) they are not looked at."""
    if types is None:
        return [_value(argument) for argument in arguments]
    plain = _PLAIN.get
    return [
        argument  # type: ignore[misc]
        if argument.__class__ is plain(of.__class__)
        else _typed(argument, of, version, epoch)
        for argument, of in zip(arguments, types, strict=True)
    ]


_PLAIN: Final[dict[type[Type], type]] = {
    IntType: Int,
    UIntType: UInt,
    BoolType: bool,
    PrincipalType: Principal,
}
"""Types that take every value of one class, which need no second look."""


def _typed(argument: Argument, of: Type, version: ClarityVersion, epoch: Epoch) -> Value:
    casts = version.casts_traits
    if not isinstance(argument, Value) and (casts or not _holds_trait(of)):
        try:
            return deserialize(_bytes(argument), of)
        except SerializationError:
            # Of another type, or no value at all: the untyped way tells which.
            pass
    value = _value(argument)
    if not (_fits(value, of, epoch) if casts or _is_trait(of) else _is_of(value, of, epoch)):
        raise check("TypeValueError")
    return value


def _bytes(argument: bytes | str) -> bytes:
    if isinstance(argument, bytes):
        return argument
    try:
        return bytes.fromhex(argument.removeprefix("0x"))
    except ValueError:
        raise Rejected(f"{argument[:80]!r} is not hexadecimal") from None


def _value(argument: Argument) -> Value:
    if isinstance(argument, Value):
        return argument
    try:
        return deserialize(_bytes(argument))
    except SerializationError as error:
        raise Rejected(str(error)) from None


def _is_of(value: Value, of: Type, epoch: Epoch) -> bool:
    try:
        return admits(of, type_of(value), epoch)
    except TypeFault:
        return False


def _fits(value: Value, of: Type, epoch: Epoch) -> bool:
    """Whether a parameter of the type takes the value, contracts standing for traits."""
    if value.__class__ is _PLAIN.get(of.__class__):
        return True
    match of:
        case BufferType(most):
            return isinstance(value, Buffer) and len(value.value) <= most
        case CallableTraitType() | TraitReferenceType():
            return isinstance(value, Principal) and value.contract_name is not None
        case OptionalType(inner):
            return value == NONE or (isinstance(value, Some) and _fits(value.value, inner, epoch))
        case ResponseType(ok, err):
            if isinstance(value, Ok):
                return _fits(value.value, ok, epoch)
            return isinstance(value, Err) and _fits(value.value, err, epoch)
        case ListType(entry, most):
            return isinstance(value, List) and len(value) <= most and _all_fit(value, entry, epoch)
        case TupleType(fields):
            return (
                isinstance(value, Tuple)
                and len(value) == len(fields)
                and all(n in value.fields and _fits(value[n], t, epoch) for n, t in fields)
            )
        case _:
            return _is_of(value, of, epoch)


def _all_fit(items: List, of: Type, epoch: Epoch) -> bool:
    """Whether each of `items` fits; elements of one class are looked at together."""
    plain = _PLAIN.get(of.__class__)
    if plain is not None:
        return {*map(type, items)} <= {plain}
    if isinstance(of, BufferType):
        most = of.max_len
        return all(item.__class__ is Buffer and len(item.value) <= most for item in items)
    return all(_fits(item, of, epoch) for item in items)


def _is_trait(of: Type) -> bool:
    return isinstance(of, CallableTraitType | TraitReferenceType)


@lru_cache(maxsize=4_096)
def _holds_trait(of: Type) -> bool:
    match of:
        case OptionalType(inner):
            return _holds_trait(inner)
        case ResponseType(ok, err):
            return _holds_trait(ok) or _holds_trait(err)
        case ListType(entry):
            return _holds_trait(entry)
        case TupleType(fields):
            return any(_holds_trait(field) for _, field in fields)
        case _:
            return _is_trait(of)
