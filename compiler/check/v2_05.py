"""The type checker of epochs 2.0 and 2.05: what it does otherwise than that of 2.1.

Only Clarity 1 exists then, and callable types don't: a literal contract is a principal, and a
trait is a `TraitReferenceType`. As no type of 2.1 can arise, the relations of types since 2.1
give the same answers, and the words' rules are shared, but for those below.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from compiler.check import faults
from compiler.check.checker import LITERAL_TYPES, Checker
from compiler.check.forms import at_least, bindings
from compiler.check.rules import rules_of
from compiler.check.simple import Simple, fixed
from compiler.type_relations import TypeFault, parent_list_type, tuple_of
from compiler.types import (
    BOOL,
    INT,
    PRINCIPAL,
    UINT,
    CallableTraitType,
    ResponseType,
    TraitReferenceType,
    Type,
)
from compiler.values import Principal
from compiler.versions import ClarityVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from compiler.check.rules import Rule
    from compiler.check.scope import Scope
    from compiler.interface import ContractInterface
    from compiler.syntax.ast import ContractAst, ListNode
    from compiler.values import Literal
    from compiler.versions import Epoch


def _compare(found: Sequence[Type], _version: ClarityVersion) -> Type:
    if len(found) != 2:
        raise faults.argument_count(2, len(found))
    first, second = found
    if first is not INT and first is not UINT:
        raise faults.union_mismatch((INT, UINT), first)
    if first is not second:
        raise faults.type_mismatch(first, second)
    return BOOL


def _list(checker: Checker, call: ListNode, scope: Scope) -> Type:
    return parent_list_type([checker.visit(node, scope) for node in call.children[1:]])


def _tuple(checker: Checker, call: ListNode, scope: Scope) -> Type:
    pairs = bindings(at_least(call, 1), "Tuple constructor")
    fields = [(name, checker.visit(expression, scope)) for name, expression in pairs]
    try:
        return tuple_of(fields)
    except TypeFault as fault:
        raise faults.bad_tuple_construction(fault.message) from None


_COMPARISON = Simple(_compare)

_RULES: dict[str, Rule] = {
    **rules_of(ClarityVersion.CLARITY_1),
    "<": _COMPARISON,
    "<=": _COMPARISON,
    ">": _COMPARISON,
    ">=": _COMPARISON,
    "list": _list,
    "tuple": _tuple,
    # A simple word, which `map` and the like take; it became a special one in epoch 2.1.
    "stx-transfer?": fixed([UINT, PRINCIPAL, PRINCIPAL], ResponseType(BOOL, UINT)),
}


class CheckerV205(Checker):
    """A checker by the rules of epochs 2.0 and 2.05."""

    __slots__ = ()

    literal_types: ClassVar[Mapping[type[Literal], Callable[[Any], Type]]] = {
        **LITERAL_TYPES,
        Principal: lambda _: PRINCIPAL,
    }

    def __init__(
        self,
        ast: ContractAst,
        version: ClarityVersion,
        epoch: Epoch,
        interfaces: Mapping[str, ContractInterface],
    ) -> None:
        super().__init__(ast, version, epoch, interfaces)
        self._rules = _RULES

    def lookup(self, name: str, scope: Scope) -> Type:
        """The type of a name, a trait's as these epochs know it."""
        found = super().lookup(name, scope)
        return TraitReferenceType(found.trait) if isinstance(found, CallableTraitType) else found
