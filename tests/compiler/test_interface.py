"""Interfaces: what enters the canonical bytes, the round trip, binding, and the node's JSON."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from compiler.interface import ContractInterface, FunctionSignature
from compiler.interface_bytes import InterfaceFormatError, canonical_bytes, from_bytes, to_bytes
from compiler.interface_json import to_json
from compiler.interface_names import bound
from compiler.types import (
    BOOL,
    INT,
    NO_TYPE,
    PRINCIPAL,
    UINT,
    BufferType,
    CallablePrincipalType,
    CallableTraitType,
    ListType,
    ListUnionType,
    OptionalType,
    ResponseType,
    StringAsciiType,
    StringUtf8Type,
    TraitIdentifier,
    TraitReferenceType,
    TupleType,
)
from compiler.versions import ClarityVersion, Epoch

OWN = TraitIdentifier("‡", "own")
SIBLING = TraitIdentifier("†.traits", "sip-010")
FAR = TraitIdentifier("SP000000000000000000002Q6VF78.far", "t")

INTERFACE = ContractInterface(
    version=ClarityVersion.CLARITY_3,
    epoch=Epoch.EPOCH_3_1,
    public_functions={
        "pay": FunctionSignature(
            (("token", CallableTraitType(SIBLING)), ("amount", UINT)), ResponseType(BOOL, UINT)
        ),
        "act": FunctionSignature((), ResponseType(NO_TYPE, INT)),
    },
    read_only_functions={
        "get": FunctionSignature(
            (("key", TupleType((("a", BufferType(300)), ("b", StringAsciiType(5))))),),
            OptionalType(ListType(StringUtf8Type(7), 3)),
        )
    },
    private_functions={"help": FunctionSignature((("t", TraitReferenceType(OWN)),), PRINCIPAL)},
    constants={
        "LIST": ListType(
            ListUnionType(frozenset({CallablePrincipalType("†.a"), CallablePrincipalType("†.b")})),
            2,
        )
    },
    data_vars={"count": UINT},
    maps={"balances": (PRINCIPAL, TupleType((("n", INT),)))},
    fungible_tokens=frozenset({"gold", "silver"}),
    non_fungible_tokens={"deed": UINT},
    traits={
        "own": {
            "zed": FunctionSignature((("", UINT),), ResponseType(BOOL, UINT)),
            "abc": FunctionSignature((("", CallableTraitType(OWN)),), ResponseType(BOOL, UINT)),
        }
    },
    implemented_traits=frozenset({SIBLING, FAR}),
)


def test_bytes_keep_the_whole() -> None:
    again = from_bytes(to_bytes(INTERFACE))
    assert again == INTERFACE
    assert list(again.traits["own"]) == ["zed", "abc"]


@pytest.mark.parametrize(
    "changes",
    [
        {"private_functions": {}},
        {"constants": {}},
        {"data_vars": {}},
        {"maps": {}},
        {"fungible_tokens": frozenset()},
        {"non_fungible_tokens": {}},
        {"implemented_traits": frozenset()},
        {"version": ClarityVersion.CLARITY_2},
        {"public_functions": dict(reversed(INTERFACE.public_functions.items()))},
        {"traits": {"own": dict(reversed(INTERFACE.traits["own"].items()))}},
    ],
)
def test_what_a_dependent_cannot_observe_is_not_in_the_canonical_bytes(
    changes: dict[str, object],
) -> None:
    assert canonical_bytes(replace(INTERFACE, **changes)) == canonical_bytes(INTERFACE)


def test_names_of_parameters_are_not_in_the_canonical_bytes() -> None:
    renamed = {
        name: FunctionSignature(
            tuple((f"p{index}", kind) for index, (_, kind) in enumerate(signature.args)),
            signature.returns,
        )
        for name, signature in INTERFACE.public_functions.items()
    }
    other = replace(INTERFACE, public_functions=renamed)
    assert canonical_bytes(other) == canonical_bytes(INTERFACE)


@pytest.mark.parametrize(
    "changes",
    [
        {"public_functions": {}},
        {"read_only_functions": {}},
        {"traits": {}},
        {
            "public_functions": INTERFACE.read_only_functions,
            "read_only_functions": INTERFACE.public_functions,
        },
    ],
)
def test_what_a_dependent_observes_is_in_the_canonical_bytes(changes: dict[str, object]) -> None:
    assert canonical_bytes(replace(INTERFACE, **changes)) != canonical_bytes(INTERFACE)


def test_damaged_bytes_are_refused() -> None:
    data = to_bytes(INTERFACE)
    for broken in (b"", data[:-1], data + b"\0", b"x" + data, canonical_bytes(INTERFACE)):
        with pytest.raises(InterfaceFormatError):
            from_bytes(broken)


def contracts_of(interface: ContractInterface) -> list[str]:
    token = interface.public_functions["pay"].args[0][1]
    own = interface.traits["own"]["abc"].args[0][1]
    assert isinstance(token, CallableTraitType)
    assert isinstance(own, CallableTraitType)
    others = sorted(trait.contract for trait in interface.implemented_traits)
    return [token.trait.contract, own.trait.contract, *others]


@pytest.mark.parametrize(
    ("contract", "deployer", "expected"),
    [
        # A sibling's marks stay those of the same deployer; self becomes the sibling's name.
        ("†.me", None, ["†.traits", "†.me", FAR.contract, "†.traits"]),
        ("SP1.me", None, ["SP1.traits", "SP1.me", FAR.contract, "SP1.traits"]),
        ("SP1.me", "SP2", ["SP1.traits", "SP1.me", FAR.contract, "SP1.traits"]),
        # Contracts of the dependent's own deployer are siblings, however they were written.
        ("SP1.me", "SP1", ["†.traits", "†.me", FAR.contract, "†.traits"]),
        (
            "SP1.me",
            "SP000000000000000000002Q6VF78",
            ["SP1.traits", "SP1.me", "SP1.traits", "†.far"],
        ),
    ],
)
def test_bound(contract: str, deployer: str | None, expected: list[str]) -> None:
    assert contracts_of(bound(INTERFACE, contract, deployer)) == expected


def test_json_is_the_nodes() -> None:
    json = to_json(INTERFACE)
    assert json["epoch"] == "Epoch31"
    assert json["clarity_version"] == "Clarity3"
    assert json["functions"][0] == {
        "name": "help",
        "access": "private",
        "args": [{"name": "t", "type": "trait_reference"}],
        "outputs": {"type": "principal"},
    }
    assert json["functions"][-1] == {
        "name": "get",
        "access": "read_only",
        "args": [
            {
                "name": "key",
                "type": {
                    "tuple": [
                        {"name": "a", "type": {"buffer": {"length": 300}}},
                        {"name": "b", "type": {"string-ascii": {"length": 5}}},
                    ]
                },
            }
        ],
        "outputs": {
            "type": {"optional": {"list": {"type": {"string-utf8": {"length": 7}}, "length": 3}}}
        },
    }
    assert [function["access"] for function in json["functions"]] == [
        "private",
        "public",
        "public",
        "read_only",
    ]
    assert json["variables"] == [
        {
            "name": "LIST",
            "type": {"list": {"type": "principal", "length": 2}},
            "access": "constant",
        },
        {"name": "count", "type": "uint128", "access": "variable"},
    ]
    assert json["maps"] == [
        {
            "name": "balances",
            "key": "principal",
            "value": {"tuple": [{"name": "n", "type": "int128"}]},
        }
    ]
    assert json["fungible_tokens"] == [{"name": "gold"}, {"name": "silver"}]
    assert json["non_fungible_tokens"] == [{"name": "deed", "type": "uint128"}]


def test_json_names_epoch_2_05_as_the_node_does() -> None:
    assert to_json(replace(INTERFACE, epoch=Epoch.EPOCH_2_05))["epoch"] == "Epoch2_05"
