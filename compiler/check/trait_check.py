"""The last pass: a contract has the functions that the traits it implements ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from compiler.check import faults
from compiler.check.faults import TypeFault
from compiler.diagnostics import NO_SPAN, Span
from compiler.interface import ContractInterface, FunctionSignature
from compiler.syntax.ast import AtomNode, FieldNode, ListNode, Node
from compiler.type_relations import admits, canonicalize
from compiler.types import TraitIdentifier
from compiler.versions import Epoch


def check_traits(
    nodes: Sequence[Node],
    interface: ContractInterface,
    interfaces: Mapping[str, ContractInterface],
    epoch: Epoch,
) -> None:
    """Check `interface`, of the contract of `nodes`, against its `impl-trait`s.

    `TypeFault` where it lacks something. A trait of the contract itself is unknown here, as
    the contract isn't deployed yet.
    """
    failed: dict[tuple[str, str], TypeFault] = {}
    for trait in interface.implemented_traits:
        definer = interfaces.get(trait.contract)
        methods = None if definer is None else definer.traits.get(trait.name)
        try:
            if methods is None:
                raise faults.unknown_trait_reference(trait.name)
            check_compliance(interface, trait, methods, epoch)
        except TypeFault as fault:
            fault.span = _span_of(trait, nodes)
            failed[trait.name, trait.contract] = fault
    if failed:
        raise faults.first_fault(failed)


def check_compliance(
    contract: ContractInterface,
    trait: TraitIdentifier,
    methods: Mapping[str, FunctionSignature],
    epoch: Epoch,
) -> None:
    """`TypeFault` unless `contract` has every one of `methods`.

    A function may accept more than its method asks for, and answer with less. Types written in
    an earlier epoch are read as `epoch` knows them.
    """
    for name in sorted(methods):
        method = methods[name]
        function = contract.public_functions.get(name) or contract.read_only_functions.get(name)
        if function is None or not _complies(function, method, epoch):
            raise faults.bad_trait_implementation(trait.name, name)


def _complies(function: FunctionSignature, method: FunctionSignature, epoch: Epoch) -> bool:
    if len(function.args) != len(method.args):
        return False
    for (_, accepted), (_, asked) in zip(function.args, method.args, strict=True):
        if not admits(canonicalize(accepted, epoch), canonicalize(asked, epoch), epoch):
            return False
    returned = canonicalize(function.returns, epoch)
    return admits(canonicalize(method.returns, epoch), returned, epoch)


def _span_of(trait: TraitIdentifier, nodes: Sequence[Node]) -> Span:
    for node in nodes:
        match node:
            case ListNode(children=(AtomNode(name="impl-trait"), FieldNode(field=field))):
                if field == trait:
                    return node.span
    return NO_SPAN
