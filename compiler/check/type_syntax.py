"""Reads types from source: `(list 4 uint)`, `{a: int}`, `<trait>`, and traits' methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from compiler.check import faults
from compiler.check.faults import BindingKind
from compiler.interface import FunctionSignature
from compiler.syntax.ast import AtomNode, ListNode, LiteralNode, Node, TraitNode
from compiler.type_relations import (
    TypeFault,
    buffer_of,
    list_of,
    optional_of,
    response_of,
    string_ascii_of,
    string_utf8_of,
    tuple_of,
    value_too_large,
)
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
from compiler.values import Int
from compiler.versions import ClarityVersion, Epoch

# The limits since epoch 3.3 (`limits_parameters_and_methods`).
MAX_PARAMETERS = 256
MAX_METHODS = 256

_MAX_U32 = 0xFFFF_FFFF
_ATOMS: dict[str, Type] = {"int": INT, "uint": UINT, "bool": BOOL, "principal": PRINCIPAL}


def parse_type(node: Node, epoch: Epoch) -> Type:
    """The type that `node` describes, by the epoch's rules; `TypeFault` where it is none."""
    if isinstance(node, AtomNode):
        known = _ATOMS.get(node.name)
        if known is None:
            raise faults.unknown_type_name(node.name)
        return known
    if isinstance(node, ListNode):
        head = node.children[0] if node.children else None
        if isinstance(head, AtomNode) and (rule := _COMPOUND.get(head.name)):
            return rule(node.children[1:], epoch)
    if isinstance(node, TraitNode):
        if epoch.has_callable_types:
            return CallableTraitType(node.trait)
        return TraitReferenceType(node.trait)
    raise faults.invalid_type_description()


def _length(node: Node) -> int:
    if isinstance(node, LiteralNode) and isinstance(node.value, Int):
        return node.value.value
    raise faults.invalid_type_description()


def _sequence(make: Callable[[int], Type]) -> Callable[[Sequence[Node], Epoch], Type]:
    def rule(args: Sequence[Node], _epoch: Epoch) -> Type:
        if len(args) != 1:
            raise faults.invalid_type_description()
        return make(_length(args[0]))

    return rule


def _list(args: Sequence[Node], epoch: Epoch) -> Type:
    if len(args) != 2:
        raise faults.invalid_type_description()
    length = _length(args[0])
    entry = parse_type(args[1], epoch)
    if not 0 <= length <= _MAX_U32:
        raise value_too_large()
    return list_of(entry, length)


def _optional(args: Sequence[Node], epoch: Epoch) -> Type:
    if len(args) != 1:
        raise faults.invalid_type_description()
    return optional_of(parse_type(args[0], epoch))


def _response(args: Sequence[Node], epoch: Epoch) -> Type:
    if len(args) != 2:
        raise faults.invalid_type_description()
    ok = parse_type(args[0], epoch)
    return response_of(ok, parse_type(args[1], epoch))


def _tuple(args: Sequence[Node], epoch: Epoch) -> Type:
    try:
        return tuple_of(parse_name_types(args, "Tuple constructor", epoch))
    except TypeFault as fault:
        # The interpreter points at the whole of what the type belongs to.
        fault.span = None
        raise


_COMPOUND: dict[str, Callable[[Sequence[Node], Epoch], Type]] = {
    "list": _list,
    "buff": _sequence(buffer_of),
    "string-utf8": _sequence(string_utf8_of),
    "string-ascii": _sequence(string_ascii_of),
    "tuple": _tuple,
    "optional": _optional,
    "response": _response,
}


def parse_name_types(
    pairs: Iterable[Node], kind: BindingKind, epoch: Epoch
) -> list[tuple[str, Type]]:
    """The names and types of `((name type) …)`; every pair's form is looked at before any type."""
    seen: list[tuple[Node, Node]] = []
    for index, pair in enumerate(pairs):
        if not isinstance(pair, ListNode):
            raise faults.binding_not_list(kind, index, pair.span)
        if len(pair.children) != 2:
            raise faults.binding_not_pair(kind, index, pair.span)
        seen.append((pair.children[0], pair.children[1]))
    named: list[tuple[str, Type]] = []
    for index, (name, described) in enumerate(seen):
        if not isinstance(name, AtomNode):
            raise faults.binding_name_not_atom(kind, index, name.span)
        try:
            named.append((name.name, parse_type(described, epoch)))
        except TypeFault as fault:
            fault.span = described.span
            raise
    return named


def parse_trait(
    args: Sequence[Node], version: ClarityVersion, epoch: Epoch
) -> dict[str, FunctionSignature]:
    """The methods of `(define-trait name ((method (type …) (response …)) …))`."""
    if not args:
        raise faults.invalid_type_description()
    methods = args[0]
    if not isinstance(methods, ListNode):
        raise faults.bad_trait_definition()
    if epoch.limits_parameters_and_methods and len(methods.children) > MAX_METHODS:
        raise faults.too_many_methods(len(methods.children), MAX_METHODS)
    trait: dict[str, FunctionSignature] = {}
    for method in methods.children:
        if not isinstance(method, ListNode):
            raise faults.bad_trait_definition()
        if len(method.children) != 3:
            raise faults.invalid_type_description()
        name, parameters, returned = method.children
        if not isinstance(name, AtomNode) or not isinstance(parameters, ListNode):
            raise faults.bad_trait_definition()
        if epoch.limits_parameters_and_methods and len(parameters.children) > MAX_PARAMETERS:
            raise faults.too_many_parameters(len(parameters.children), MAX_PARAMETERS)
        args_types = tuple(("", parse_type(each, epoch)) for each in parameters.children)
        try:
            returns = parse_type(returned, epoch)
        except TypeFault:
            raise faults.bad_trait_definition() from None
        if not isinstance(returns, ResponseType):
            raise faults.bad_trait_definition()
        if name.name in trait and version.refuses_duplicate_methods:
            raise faults.duplicate_method(name.name)
        trait[name.name] = FunctionSignature(args_types, returns)
    return trait
