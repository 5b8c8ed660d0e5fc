"""Top-level forms: definitions are typed here and entered in the contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from compiler.check import faults, traits
from compiler.check.forms import Args, at_least, exactly, name_of
from compiler.check.scope import Scope
from compiler.check.type_syntax import MAX_PARAMETERS, parse_name_types, parse_trait, parse_type
from compiler.check.typed import FunctionKind, TypedFunction
from compiler.interface import FunctionSignature
from compiler.syntax.ast import AtomNode, FieldNode, ListNode, Node
from compiler.type_relations import TypeFault, concretize, least_supertype_v2_1
from compiler.types import UINT, ResponseType, TraitIdentifier, Type

if TYPE_CHECKING:
    from compiler.check.checker import Checker


def check_top_level(checker: Checker, node: Node) -> None:
    """Check one top-level form, a definition or an expression."""
    if isinstance(node, ListNode) and node.children:
        head = node.children[0]
        if isinstance(head, AtomNode):
            define = _DEFINITIONS.get(head.name)
            if define is not None:
                try:
                    define(checker, node)
                except TypeFault as fault:
                    if fault.span is None:
                        fault.span = node.span
                    raise
                return
    checker.visit(node, Scope())


def _constant(checker: Checker, form: ListNode) -> None:
    name_node, value = exactly(form, 2)
    name = name_of(name_node, faults.expected_name)
    found = checker.visit(value, Scope())
    checker.check_name(name)
    checker.contract.constants[name] = found


def _data_var(checker: Checker, form: ListNode) -> None:
    name_node, described, initial = exactly(form, 3)
    name = name_of(name_node, faults.expected_name)
    wanted = _described(checker, described, faults.bad_variable_definition)
    checker.expect(initial, Scope(), wanted)
    checker.check_name(name)
    checker.contract.data_vars[name] = wanted


def _map(checker: Checker, form: ListNode) -> None:
    name_node, key, value = exactly(form, 3)
    name = name_of(name_node, faults.expected_name)
    key_type = _described(checker, key, faults.bad_map_definition)
    value_type = _described(checker, value, faults.bad_map_definition)
    checker.check_name(name)
    checker.contract.maps[name] = (key_type, value_type)


def _described(checker: Checker, node: Node, otherwise: Callable[[], TypeFault]) -> Type:
    try:
        return parse_type(node, checker.epoch)
    except TypeFault:
        raise otherwise() from None


def _fungible_token(checker: Checker, form: ListNode) -> None:
    args = at_least(form, 1)
    name = name_of(args[0], faults.expected_name)
    if len(args) > 2:
        raise faults.argument_count(1, len(args))
    if len(args) == 2:
        checker.expect(args[1], Scope(), UINT)
    checker.check_name(name)
    checker.contract.fungible_tokens.add(name)


def _non_fungible_token(checker: Checker, form: ListNode) -> None:
    name_node, described = exactly(form, 2)
    name = name_of(name_node, faults.expected_name)
    identifier = _described(checker, described, faults.bad_nft_definition)
    checker.check_name(name)
    checker.contract.non_fungible_tokens[name] = identifier


def _trait(checker: Checker, form: ListNode) -> None:
    args = exactly(form, 2)
    name = name_of(args[0], faults.expected_name)
    methods = parse_trait(args[1:], checker.version, checker.epoch)
    if checker.version.checks_trait_names:
        checker.check_name(name)
    checker.trait_names.add(name)
    checker.traits_by_name[name] = methods
    checker.contract.traits[name] = methods


def _trait_identifier(node: Node) -> TraitIdentifier:
    if not isinstance(node, FieldNode):
        raise faults.expected_trait_identifier()
    return node.field


def _use_trait(checker: Checker, form: ListNode) -> None:
    name_node, field = exactly(form, 2)
    alias = name_of(name_node, faults.expected_name)
    trait = _trait_identifier(field)
    methods = traits.imported_trait(checker, trait)
    if methods is None:
        raise faults.unknown_trait_reference(alias)
    if checker.version.checks_trait_names:
        checker.check_name(alias)
    checker.contract.used_traits[trait] = methods
    if checker.version.casts_traits:
        checker.trait_names.add(alias)
    else:
        # Clarity 1 takes an imported trait for one that the contract defines, also when another
        # contract imports it from here.
        checker.trait_names.add(trait.name)
        checker.traits_by_name[trait.name] = methods
        checker.contract.traits[trait.name] = dict(methods)


def _impl_trait(checker: Checker, form: ListNode) -> None:
    (field,) = exactly(form, 1)
    checker.contract.implemented_traits.add(_trait_identifier(field))


def _function(kind: FunctionKind) -> Callable[[Checker, ListNode], None]:
    def define(checker: Checker, form: ListNode) -> None:
        signature, body = exactly(form, 2)
        if not isinstance(signature, ListNode):
            raise faults.bad_function_signature()
        function = _typed_function(checker, kind, form, signature.children, body)
        if kind == "public" and not isinstance(function.signature.returns, ResponseType):
            raise faults.public_must_return_response(function.signature.returns)
        checker.check_name(function.name)
        checker.contract.functions[function.name] = function

    return define


def _typed_function(
    checker: Checker, kind: FunctionKind, form: ListNode, signature: Args, body: Node
) -> TypedFunction:
    if not signature:
        raise faults.too_few_arguments(1, 0)
    name_node, *pairs = signature
    if checker.epoch.limits_parameters_and_methods and len(pairs) > MAX_PARAMETERS:
        raise faults.too_many_parameters(len(pairs), MAX_PARAMETERS)
    name = name_of(name_node, faults.bad_function_name)
    params = tuple(parse_name_types(pairs, "Function argument definition", checker.epoch))
    scope = Scope(depth=1)
    for param, declared in params:
        checker.check_name(param)
        scope.bind(param, declared, binds_traits=True)
    checker.enter_function()
    found = checker.visit(body, scope)
    early = checker.leave_function()
    if early is not None:
        try:
            found = least_supertype_v2_1(early, found)
        except TypeFault:
            raise faults.return_types_must_match(early, found) from None
    returns = concretize(found)
    return TypedFunction(name, kind, FunctionSignature(params, returns), form, body, early)


_DEFINITIONS: dict[str, Callable[[Checker, ListNode], None]] = {
    "define-constant": _constant,
    "define-data-var": _data_var,
    "define-fungible-token": _fungible_token,
    "define-map": _map,
    "define-non-fungible-token": _non_fungible_token,
    "define-private": _function("private"),
    "define-public": _function("public"),
    "define-read-only": _function("read-only"),
    "define-trait": _trait,
    "impl-trait": _impl_trait,
    "use-trait": _use_trait,
}
