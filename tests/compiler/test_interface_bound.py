"""Interfaces bound to a deployer and back, the contracts that they mention, and damaged bytes."""

from __future__ import annotations

import pytest

from compiler.description import type_from_json, type_to_json
from compiler.interface import ContractInterface, FunctionSignature
from compiler.interface_bytes import InterfaceFormatError, from_bytes, to_bytes
from compiler.interface_names import bound, mentions
from compiler.types import (
    BOOL,
    INT,
    UINT,
    CallablePrincipalType,
    CallableTraitType,
    ListType,
    ListUnionType,
    OptionalType,
    ResponseType,
    TraitIdentifier,
    TraitReferenceType,
    TupleType,
    Type,
)
from compiler.versions import ClarityVersion, Epoch

HOME = "SP1"
UNION = ListUnionType(
    frozenset({CallablePrincipalType("‡"), CallableTraitType(TraitIdentifier("†.b", "t"))})
)


def interface(own: str, sibling: str, far: str) -> ContractInterface:
    """An interface that names itself, a contract of the same deployer and one of another."""

    def token(contract: str) -> Type:
        return CallableTraitType(TraitIdentifier(contract, "t"))

    return ContractInterface(
        version=ClarityVersion.CLARITY_3,
        epoch=Epoch.EPOCH_3_1,
        public_functions={
            "pay": FunctionSignature(
                (("a", OptionalType(token(sibling))), ("b", TupleType((("f", token(own)),)))),
                ResponseType(token(far), UINT),
            )
        },
        constants={
            "ALL": ListType(
                ListUnionType(frozenset({CallablePrincipalType(own), token(sibling)})), 2
            ),
        },
        traits={
            "own": {
                "g": FunctionSignature(
                    (("", TraitReferenceType(TraitIdentifier(sibling, "t"))),),
                    ResponseType(BOOL, INT),
                )
            }
        },
        implemented_traits=frozenset({TraitIdentifier(far, "t"), TraitIdentifier(sibling, "t")}),
    )


@pytest.mark.parametrize(
    ("contract", "deployer", "own", "sibling", "far"),
    [
        # Of its own deployer: a sibling with siblings.
        ("†.me", "SP1", "†.me", "†.lib", "SP9.far"),
        # Of another deployer, by its address.
        ("SP1.me", "SP2", "SP1.me", "SP1.lib", "SP9.far"),
        # What is far from the contract is the dependent's own.
        ("SP1.me", "SP9", "SP1.me", "SP1.lib", "†.far"),
    ],
)
def test_marks_are_bound_to_what_a_dependent_calls_them(
    contract: str, deployer: str, own: str, sibling: str, far: str
) -> None:
    written = interface("‡", "†.lib", "SP9.far")
    assert bound(written, contract, deployer) == interface(own, sibling, far)


def test_what_dependents_observe_mentions_contracts() -> None:
    # The union of a constant, and the traits that are implemented, are nobody's business.
    assert mentions(interface("‡", "†.lib", "SP9.far")) == {"†.lib", "SP9.far"}


@pytest.mark.parametrize("of", [UNION, TraitReferenceType(TraitIdentifier("†.b", "t"))])
def test_types_of_contracts_survive_a_description(of: Type) -> None:
    assert type_from_json(type_to_json(of)) == of


def test_types_that_no_interface_has_are_refused() -> None:
    small = ContractInterface(
        version=ClarityVersion.CLARITY_3,
        epoch=Epoch.EPOCH_3_1,
        data_vars={"v": ListUnionType(frozenset({CallablePrincipalType("†.bcd")}))},
    )
    data = to_bytes(small)
    member = data.index("†.bcd".encode()) - 2
    tag = data[member]
    # The union's tag and its count come before its member, whose name has its length before it.
    union = member - 2
    assert from_bytes(data) == small
    assert data[union + 1] == 1
    unknown = data[:union] + b"\xff" + data[union + 1 :]
    with pytest.raises(InterfaceFormatError, match="unknown type tag 255"):
        from_bytes(unknown)
    # A union of a union: one is nothing that can be called.
    nested = data[:member] + data[union:member] + bytes((tag,)) + data[member + 1 :]
    with pytest.raises(InterfaceFormatError, match="a union of what is not callable"):
        from_bytes(nested)
