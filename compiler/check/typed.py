"""What checking leaves of a contract: its tree and the types of all that is in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from compiler.interface import ContractInterface, FunctionSignature
from compiler.types import TraitIdentifier, Type
from compiler.versions import ClarityVersion, Epoch

if TYPE_CHECKING:
    from compiler.syntax import ContractAst
    from compiler.syntax.ast import ListNode, Node

FunctionKind = Literal["public", "read-only", "private"]


class TypedFunction:
    """A defined function. `early` is the supertype of what it leaves with before its end."""

    __slots__ = ("body", "definition", "early", "kind", "name", "signature")

    def __init__(
        self,
        name: str,
        kind: FunctionKind,
        signature: FunctionSignature,
        definition: ListNode,
        body: Node,
        early: Type | None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.signature = signature
        self.definition = definition
        self.body = body
        self.early = early


class ContractCall(Struct, frozen=True):
    """What a `contract-call?` calls.

    `static`: the contract is a literal; `constant`: it is the value of a constant; both are in
    `contract`. `dynamic`: the contract is what the parameter or variable `name` holds, which
    implements `trait`.
    """

    kind: Literal["static", "constant", "dynamic"]
    function: str
    signature: FunctionSignature
    name: str | None = None
    contract: str | None = None
    trait: TraitIdentifier | None = None


class TypedContract:
    """A checked contract.

    `types` has the type of every expression that is evaluated, by node id, as the interpreter's
    type map has it: where an argument is checked against an expected type, that is the expected
    type. `own_types` has, for those nodes whose own type differs from it, their own: the type of
    the value before it becomes the expected one. `parsed_types` has the types that are written
    inside expressions (`from-consensus-buff?`), by the id of the node that describes them.
    """

    __slots__ = (
        "ast",
        "constants",
        "contract_calls",
        "data_vars",
        "epoch",
        "functions",
        "fungible_tokens",
        "implemented_traits",
        "maps",
        "non_fungible_tokens",
        "own_types",
        "parsed_types",
        "traits",
        "types",
        "used_traits",
        "version",
    )

    def __init__(self, ast: ContractAst, version: ClarityVersion, epoch: Epoch) -> None:
        self.ast = ast
        self.version = version
        self.epoch = epoch
        self.types: dict[int, Type] = {}
        self.own_types: dict[int, Type] = {}
        self.parsed_types: dict[int, Type] = {}
        self.functions: dict[str, TypedFunction] = {}
        self.contract_calls: dict[int, ContractCall] = {}
        self.constants: dict[str, Type] = {}
        self.data_vars: dict[str, Type] = {}
        self.maps: dict[str, tuple[Type, Type]] = {}
        self.fungible_tokens: set[str] = set()
        self.non_fungible_tokens: dict[str, Type] = {}
        self.traits: dict[str, Mapping[str, FunctionSignature]] = {}
        self.used_traits: dict[TraitIdentifier, Mapping[str, FunctionSignature]] = {}
        self.implemented_traits: set[TraitIdentifier] = set()

    def own_type(self, node: Node) -> Type:
        """The type of the value that `node` makes, before any expectation of it."""
        own = self.own_types.get(node.id)
        return self.types[node.id] if own is None else own

    def signatures(self, kind: FunctionKind) -> dict[str, FunctionSignature]:
        """The signatures of the functions of one kind, by name."""
        return {
            name: function.signature
            for name, function in self.functions.items()
            if function.kind == kind
        }

    def interface(self) -> ContractInterface:
        """What other contracts can see, and tools can show."""
        return ContractInterface(
            version=self.version,
            epoch=self.epoch,
            public_functions=self.signatures("public"),
            read_only_functions=self.signatures("read-only"),
            private_functions=self.signatures("private"),
            constants=dict(self.constants),
            data_vars=dict(self.data_vars),
            maps=dict(self.maps),
            fungible_tokens=frozenset(self.fungible_tokens),
            non_fungible_tokens=dict(self.non_fungible_tokens),
            traits={name: dict(methods) for name, methods in self.traits.items()},
            implemented_traits=frozenset(self.implemented_traits),
        )
