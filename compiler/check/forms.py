"""The shapes of applications: numbers of arguments, names, lists of bindings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from compiler.check import faults
from compiler.check.faults import BindingKind, TypeFault
from compiler.syntax.ast import AtomNode, ListNode, Node

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.rules import Rule
    from compiler.check.scope import Scope
    from compiler.types import Type

Args: TypeAlias = tuple[Node, ...]


def exactly(call: ListNode, count: int) -> Args:
    """The arguments, which must be `count`."""
    args = call.children[1:]
    if len(args) != count:
        raise faults.argument_count(count, len(args))
    return args


def at_least(call: ListNode, count: int) -> Args:
    """The arguments, which must be `count` or more."""
    args = call.children[1:]
    if len(args) < count:
        raise faults.too_few_arguments(count, len(args))
    return args


def name_of(node: Node, otherwise: Callable[[], TypeFault]) -> str:
    """The name that `node` is; `otherwise` makes the fault where it is none."""
    if isinstance(node, AtomNode):
        return node.name
    raise otherwise()


def bindings(pairs: Args, kind: BindingKind) -> Iterator[tuple[str, Node]]:
    """The names and expressions of `((name expression) …)`, each looked at when its turn comes."""
    for index, pair in enumerate(pairs):
        if not isinstance(pair, ListNode):
            raise faults.binding_not_list(kind, index, pair.span)
        if len(pair.children) != 2:
            raise faults.binding_not_pair(kind, index, pair.span)
        name, expression = pair.children
        if not isinstance(name, AtomNode):
            raise faults.binding_name_not_atom(kind, index, name.span)
        yield name.name, expression


def expecting(params: Sequence[Type], returns: Type) -> Rule:
    """The rule of a word whose arguments are checked one by one, as those of a function are."""

    def rule(checker: Checker, call: ListNode, scope: Scope) -> Type:
        for arg, expected in zip(exactly(call, len(params)), params, strict=True):
            checker.expect(arg, scope, expected)
        return returns

    return rule
