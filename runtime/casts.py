"""What casting arguments to traits changes of their cost.

The interpreter charges an argument by its size as passed. A contract's principal becomes a trait
only afterwards, and a trait is larger; generated code, which sees parameters, charges for traits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from compiler.consensus_untyped import type_of
from compiler.costs import cost_table
from compiler.type_relations import TypeFault
from compiler.type_sizes import PRINCIPAL_SIZE, TRAIT_SIZE, size
from compiler.types import (
    CallableTraitType,
    ListType,
    OptionalType,
    PrincipalType,
    ResponseType,
    TraitReferenceType,
    TupleType,
    Type,
)
from compiler.values import Some, Value
from compiler.versions import Epoch

_TRAITS: Final = (CallableTraitType, TraitReferenceType)

TRAIT_GROWTH: Final = TRAIT_SIZE - PRINCIPAL_SIZE
"""By how many bytes of size a contract's principal grows."""

Growth: TypeAlias = Callable[[Value], int]
"""By how many bytes of size a value of some type grows where contracts in it become traits."""


@lru_cache(maxsize=4_096)
def growth(of: Type) -> Growth | None:
    """How values of a type grow, `None` for a type without traits."""
    if isinstance(of, _TRAITS):
        return lambda _: TRAIT_GROWTH
    if not most_traits(of):
        return None
    if isinstance(of, OptionalType) and (within := growth(of.inner)) is not None:
        # The usual case besides, which needs no look at types.
        return lambda value: within(value.value) if isinstance(value, Some) else 0

    def grows(value: Value) -> int:
        try:
            passed = type_of(value)
            return size(_with_traits(passed, of)) - size(passed)
        except TypeFault:
            return 0  # What has no type is refused before long.

    return grows


def _with_traits(passed: Type, of: Type) -> Type:
    """The type of a value with traits where `of` has them.

    A list is sized by its entries' common type: what one of them holds counts for all.
    """
    match passed, of:
        case PrincipalType(), CallableTraitType() | TraitReferenceType():
            return of
        case OptionalType(inner), OptionalType(other):
            return OptionalType(_with_traits(inner, other))
        case ResponseType(ok, err), ResponseType(other_ok, other_err):
            return ResponseType(_with_traits(ok, other_ok), _with_traits(err, other_err))
        case ListType(entry, count), ListType(other):
            return ListType(_with_traits(entry, other), count)
        case TupleType(fields), TupleType(others):
            types = dict(others)
            return TupleType(
                tuple((name, _with_traits(field, types.get(name, field))) for name, field in fields)
            )
        case _:
            return passed


def most_traits(of: Type) -> int:
    """How many contracts a value of a type can hold, at most, that stand for traits."""
    match of:
        case CallableTraitType() | TraitReferenceType():
            return 1
        case OptionalType(inner):
            return most_traits(inner)
        case ResponseType(ok, err):
            return max(most_traits(ok), most_traits(err))
        case ListType(entry, most):
            return most * most_traits(entry)
        case TupleType(fields):
            return sum(most_traits(field) for _, field in fields)
        case _:
            return 0


@lru_cache(maxsize=64)
def overcharge(epoch: Epoch) -> int:
    """The runtime that is charged too much for each byte by which an argument grows."""
    if not epoch.charges_argument_size:
        return 0
    cost = cost_table(epoch)["cost_inner_type_check_cost"].runtime
    return cost.evaluate(1) - cost.evaluate(0)
