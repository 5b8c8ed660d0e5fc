"""Whether a type may become another where traits are involved: casts, and traits compared.

Since Clarity 2 a trait becomes any trait that asks for no more than it offers, also inside other
types, and a literal contract becomes any trait that it implements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from compiler.check import faults
from compiler.check.trait_check import check_compliance
from compiler.contracts import SELF
from compiler.interface import FunctionSignature
from compiler.type_relations import (
    MAX_TYPE_DEPTH,
    TypeFault,
    admits_v2_1,
    canonicalize_v2_1,
    contains_trait_reference,
    type_too_deep,
)
from compiler.types import (
    NO_TYPE,
    CallablePrincipalType,
    CallableTraitType,
    ListType,
    ListUnionType,
    OptionalType,
    ResponseType,
    TraitIdentifier,
    TupleType,
    Type,
)
from compiler.versions import Epoch

if TYPE_CHECKING:
    from compiler.check.checker import Checker

# Other contracts are read by the rules of this epoch, whatever the current one.
_READ_AS = Epoch.EPOCH_2_1


def check_cast(checker: Checker, found: Type, expected: Type, depth: int) -> None:
    """Raise a fault unless a value of type `found` may become one of type `expected`."""
    if depth > MAX_TYPE_DEPTH:
        raise type_too_deep()
    if found.__class__ is expected.__class__:
        rule = _SAME_CLASS.get(found.__class__)
        if rule is not None:
            rule(checker, found, expected, depth)
            return
    elif isinstance(expected, CallableTraitType):
        if isinstance(found, CallablePrincipalType):
            interface = checker.interface(found.contract)
            methods = trait_methods(checker, expected.trait)
            check_compliance(interface, expected.trait, methods, _READ_AS)
            return
        if isinstance(found, ListUnionType):
            _cast_union(checker, found, expected, depth)
            return
    if found is not NO_TYPE and not admits_v2_1(expected, found):
        raise faults.type_mismatch(expected, found)


def _cast_union(
    checker: Checker, found: ListUnionType, expected: CallableTraitType, depth: int
) -> None:
    failed: dict[tuple[str, str], TypeFault] = {}
    for member in found.members:
        try:
            check_cast(checker, member, expected, depth + 1)
        except TypeFault as fault:
            if isinstance(member, CallablePrincipalType):
                failed["", member.contract] = fault
            else:
                failed[member.trait.name, member.trait.contract] = fault
    if failed:
        raise faults.first_fault(failed)


def _cast_optional(checker: Checker, found: Type, expected: Type, depth: int) -> None:
    assert isinstance(found, OptionalType)
    assert isinstance(expected, OptionalType)
    check_cast(checker, found.inner, expected.inner, depth + 1)


def _cast_response(checker: Checker, found: Type, expected: Type, depth: int) -> None:
    assert isinstance(found, ResponseType)
    assert isinstance(expected, ResponseType)
    check_cast(checker, found.ok, expected.ok, depth + 1)
    check_cast(checker, found.err, expected.err, depth + 1)


def _cast_list(checker: Checker, found: Type, expected: Type, depth: int) -> None:
    assert isinstance(found, ListType)
    assert isinstance(expected, ListType)
    if found.max_len > expected.max_len:
        raise faults.type_mismatch(expected, found)
    check_cast(checker, found.entry, expected.entry, depth + 1)


def _cast_tuple(checker: Checker, found: Type, expected: Type, depth: int) -> None:
    assert isinstance(found, TupleType)
    assert isinstance(expected, TupleType)
    if len(found.declared) != len(expected.declared):
        raise faults.type_mismatch(expected, found)
    fields = dict(found.declared)
    for name, wanted in expected.declared:
        field = fields.get(name)
        if field is None:
            raise faults.type_mismatch(expected, found)
        check_cast(checker, field, wanted, depth + 1)


def _cast_trait(checker: Checker, found: Type, expected: Type, depth: int) -> None:
    assert isinstance(found, CallableTraitType)
    assert isinstance(expected, CallableTraitType)
    if found.trait == expected.trait:
        return
    offered = trait_methods(checker, found.trait)
    asked = trait_methods(checker, expected.trait)
    # The depth was checked when this cast began.
    for name in sorted(asked):
        method = offered.get(name)
        if method is None or not _method_compatible(checker, asked[name], method, depth):
            raise faults.incompatible_trait(expected.trait, found.trait)


_SAME_CLASS: dict[type, Callable[[Checker, Type, Type, int], None]] = {
    OptionalType: _cast_optional,
    ResponseType: _cast_response,
    ListType: _cast_list,
    TupleType: _cast_tuple,
    CallableTraitType: _cast_trait,
}


def _method_compatible(
    checker: Checker, asked: FunctionSignature, offered: FunctionSignature, depth: int
) -> bool:
    if len(asked.args) != len(offered.args):
        return False
    try:
        for (_, wanted), (_, taken) in zip(asked.args, offered.args, strict=True):
            check_cast(checker, taken, wanted, depth + 1)
        check_cast(checker, offered.returns, asked.returns, depth + 1)
    except TypeFault as fault:
        if fault.code in ("trait-chain-too-deep", "type-too-deep"):
            raise faults.trait_chain_too_deep() from None
        return False
    return True


def trait_methods(checker: Checker, trait: TraitIdentifier) -> Mapping[str, FunctionSignature]:
    """The methods of a trait, of this contract or of another."""
    known = checker.known_trait(trait)
    if known is not None:
        return known
    if trait.contract == SELF:
        raise faults.no_such_trait(trait.contract, trait.name)
    found = imported_trait(checker, trait)
    if found is None:
        raise faults.no_such_trait(trait.contract, trait.name)
    return found


def imported_trait(
    checker: Checker, trait: TraitIdentifier
) -> Mapping[str, FunctionSignature] | None:
    """The methods of another contract's trait; `None` where the contract has no such trait."""
    methods = checker.interface(trait.contract).traits.get(trait.name)
    if methods is None:
        return None
    return {name: canonical_signature(method, checker.epoch) for name, method in methods.items()}


def check_literal_contract(checker: Checker, contract: str, trait: TraitIdentifier) -> None:
    """Clarity 1: a literal contract for a trait, which another contract must define."""
    interface = checker.interface(contract)
    methods = imported_trait(checker, trait)
    if methods is None:
        raise faults.no_such_trait(trait.contract, trait.name)
    check_compliance(interface, trait, methods, _READ_AS)


def canonical_signature(signature: FunctionSignature, epoch: Epoch) -> FunctionSignature:
    """A signature of another contract, which may be of an earlier epoch."""
    if not epoch.has_callable_types:
        return signature
    if not any(contains_trait_reference(arg) for _, arg in signature.args) and (
        not contains_trait_reference(signature.returns)
    ):
        return signature
    return FunctionSignature(
        tuple((name, canonicalize_v2_1(arg)) for name, arg in signature.args),
        canonicalize_v2_1(signature.returns),
    )
