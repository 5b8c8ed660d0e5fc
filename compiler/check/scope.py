"""The names bound inside a function: parameters, and what `let` and `match` bind."""

from __future__ import annotations

from compiler.check import faults
from compiler.types import CallableTraitType, TraitIdentifier, TraitReferenceType, Type

# The interpreter's own limit on nested bindings.
_MAX_DEPTH = 256


class Scope:
    """Variables and traits in scope; an inner scope holds its outer one's as well."""

    __slots__ = ("depth", "traits", "variables")

    def __init__(
        self,
        variables: dict[str, Type] | None = None,
        traits: dict[str, TraitIdentifier] | None = None,
        depth: int = 0,
    ) -> None:
        self.variables = {} if variables is None else variables
        self.traits = {} if traits is None else traits
        self.depth = depth

    def inner(self) -> Scope:
        """A scope inside this one."""
        if self.depth >= _MAX_DEPTH:
            raise faults.scope_too_deep()
        return Scope(self.variables.copy(), self.traits.copy(), self.depth + 1)

    def bind(self, name: str, bound: Type, *, binds_traits: bool) -> None:
        """Bind `name`; since Clarity 2 a trait can be called through the name."""
        if binds_traits and isinstance(bound, CallableTraitType | TraitReferenceType):
            self.traits[name] = bound.trait
        else:
            self.variables[name] = bound
