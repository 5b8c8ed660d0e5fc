"""What casting arguments to traits changes of their cost.

The interpreter charges an argument by its size as passed. A contract's principal becomes a trait
only afterwards, and a trait is larger; generated code, which sees parameters, charges for traits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from compiler.costs import cost_table
from compiler.types import (
    CallableTraitType,
    ListType,
    OptionalType,
    ResponseType,
    TraitReferenceType,
    TupleType,
    Type,
)
from compiler.values import List, Ok, Some, Tuple, Value
from compiler.versions import Epoch

TRAIT_SIZE: Final = 276
PRINCIPAL_SIZE: Final = 148
"""Sizes of a trait and of a contract's principal to the cost functions."""

Count: TypeAlias = Callable[[Value], int]
"""How many contracts a value of some type holds that stand for traits."""


@lru_cache(maxsize=4_096)
def trait_count(of: Type) -> Count | None:
    """How to count, `None` for a type without traits."""
    match of:
        case CallableTraitType() | TraitReferenceType():
            return lambda _: 1
        case OptionalType(inner):
            within = trait_count(inner)
            if within is None:
                return None
            return lambda value: within(value.value) if isinstance(value, Some) else 0
        case ResponseType(ok, err):
            return _in_response(trait_count(ok), trait_count(err))
        case ListType(entry):
            each = trait_count(entry)
            if each is None:
                return None
            # A list is sized by its entries' common type: one entry stands for all.
            return lambda value: (
                len(value) * each(value[0]) if isinstance(value, List) and len(value) else 0
            )
        case TupleType(fields):
            return _in_tuple(fields)
        case _:
            return None


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


def _in_response(ok: Count | None, err: Count | None) -> Count | None:
    if ok is None and err is None:
        return None

    def count(value: Value) -> int:
        side = ok if isinstance(value, Ok) else err
        return 0 if side is None else side(value.value)  # type: ignore[union-attr, arg-type]

    return count


def _in_tuple(fields: tuple[tuple[str, Type], ...]) -> Count | None:
    counts = [(name, found) for name, of in fields if (found := trait_count(of)) is not None]
    if not counts:
        return None

    def count(value: Value) -> int:
        if not isinstance(value, Tuple):
            return 0
        return sum(found(value[name]) for name, found in counts)

    return count


@lru_cache(maxsize=64)
def overcharge(epoch: Epoch) -> int:
    """The runtime by which a principal that is passed for a trait is charged too much."""
    if not epoch.charges_argument_size:
        return 0
    cost = cost_table(epoch)["cost_inner_type_check_cost"].runtime
    return cost.evaluate(TRAIT_SIZE) - cost.evaluate(PRINCIPAL_SIZE)
