"""Types of the words that reach other contracts: `contract-call?` and `contract-of`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.check import faults
from compiler.check.forms import at_least, exactly, name_of
from compiler.check.typed import ContractCall
from compiler.syntax.ast import AtomNode, LiteralNode
from compiler.types import PRINCIPAL, CallablePrincipalType, TraitIdentifier, Type
from compiler.values import Principal

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.rules import Rule
    from compiler.check.scope import Scope
    from compiler.interface import FunctionSignature
    from compiler.syntax.ast import ListNode, Node


def _contract_call(checker: Checker, call: ListNode, scope: Scope) -> Type:
    target, function, *args = at_least(call, 2)
    found = _target(checker, target, name_of(function, faults.missing_contract_name), scope)
    checker.contract.contract_calls[call.id] = found
    params = found.signature.args
    if len(args) != len(params):
        raise faults.argument_count(len(params), len(args))
    for arg, (_, expected) in zip(args, params, strict=True):
        checker.expect(arg, scope, expected)
    return found.signature.returns


def _target(checker: Checker, target: Node, function: str, scope: Scope) -> ContractCall:
    if isinstance(target, LiteralNode) and isinstance(target.value, Principal):
        contract = target.value.value
        if target.value.contract_name is not None:
            signature = checker.public_function(contract, function)
            return ContractCall("static", function, signature, contract=contract)
    if not isinstance(target, AtomNode):
        raise faults.missing_contract_name()
    name = target.name
    if checker.version.casts_traits and (constant := checker.contract.constants.get(name)):
        if not isinstance(constant, CallablePrincipalType):
            raise faults.expected_callable(constant)
        signature = checker.public_function(constant.contract, function)
        return ContractCall("constant", function, signature, name, constant.contract)
    trait = scope.traits.get(name)
    if trait is None:
        raise faults.unknown_trait_reference(name)
    signature = _method(checker, trait, function)
    return ContractCall("dynamic", function, signature, name, trait=trait)


def _method(checker: Checker, trait: TraitIdentifier, function: str) -> FunctionSignature:
    methods = checker.known_trait(trait)
    if methods is None:
        raise faults.unknown_trait_reference(trait.name)
    signature = methods.get(function)
    if signature is None:
        raise faults.unknown_trait_method(trait.name, function)
    return signature


def _contract_of(checker: Checker, call: ListNode, scope: Scope) -> Type:
    (instance,) = exactly(call, 1)
    name = name_of(instance, faults.contract_of_expects_trait)
    trait = scope.traits.get(name)
    if trait is None:
        raise faults.unknown_trait_reference(name)
    if checker.known_trait(trait) is None:
        raise faults.unknown_trait_reference(trait.name)
    return PRINCIPAL


RULES: dict[str, Rule] = {"contract-call?": _contract_call, "contract-of": _contract_of}
