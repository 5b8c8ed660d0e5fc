"""What is known of a compiled contract from outside; knows nothing of bodies."""

from __future__ import annotations

from msgspec import Struct, field

from compiler.types import (
    TraitIdentifier,
    Type,
)
from compiler.versions import ClarityVersion, Epoch


class FunctionSignature(Struct, frozen=True):
    """A function's parameters, by name and type, and the type of its answer.

    Methods of traits have no names for their parameters: "" stands there.
    """

    args: tuple[tuple[str, Type], ...]
    returns: Type


class ContractInterface(Struct, frozen=True):
    """A contract as its analysis leaves it.

    Contract identifiers in it are as the contract itself writes them, with the marks of
    `compiler.contracts`, until `bound`.
    """

    version: ClarityVersion
    epoch: Epoch
    public_functions: dict[str, FunctionSignature] = field(default_factory=dict)
    read_only_functions: dict[str, FunctionSignature] = field(default_factory=dict)
    private_functions: dict[str, FunctionSignature] = field(default_factory=dict)
    constants: dict[str, Type] = field(default_factory=dict)
    data_vars: dict[str, Type] = field(default_factory=dict)
    maps: dict[str, tuple[Type, Type]] = field(default_factory=dict)
    fungible_tokens: frozenset[str] = frozenset()
    non_fungible_tokens: dict[str, Type] = field(default_factory=dict)
    traits: dict[str, dict[str, FunctionSignature]] = field(default_factory=dict)
    implemented_traits: frozenset[TraitIdentifier] = frozenset()
