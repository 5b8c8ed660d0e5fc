"""The type checker of epochs 2.1 on: walks expressions and asks each word's rule for its type.

Types are inferred in one direction, from the leaves up. Knows no word: `rules.py` has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from compiler.check import faults, traits
from compiler.check.rules import keywords_of, rules_of
from compiler.check.typed import TypedContract
from compiler.contracts import SELF
from compiler.syntax.ast import AtomNode, ListNode, LiteralNode, Node
from compiler.type_relations import (
    TypeFault,
    admits_v2_1,
    least_supertype_v2_1,
)
from compiler.types import (
    INT,
    PRINCIPAL,
    UINT,
    BoolType,
    BufferType,
    CallablePrincipalType,
    CallableTraitType,
    IntType,
    PrincipalType,
    ResponseType,
    StringAsciiType,
    StringUtf8Type,
    TraitIdentifier,
    TraitReferenceType,
    Type,
    UIntType,
)
from compiler.values import Buffer, Int, Literal, Principal, StringAscii, StringUtf8, UInt

if TYPE_CHECKING:
    from compiler.check.rules import Rule
    from compiler.check.scope import Scope
    from compiler.interface import ContractInterface, FunctionSignature
    from compiler.syntax import ContractAst
    from compiler.versions import ClarityVersion, Epoch

LITERAL_TYPES: dict[type[Literal], Callable[[Any], Type]] = {
    Int: lambda _: INT,
    UInt: lambda _: UINT,
    Buffer: lambda literal: BufferType(len(literal.value)),
    StringAscii: lambda literal: StringAsciiType(len(literal.value)),
    StringUtf8: lambda literal: StringUtf8Type(len(literal.value)),
    Principal: lambda literal: (
        CallablePrincipalType(literal.value) if "." in literal.value else PRINCIPAL
    ),
}

# Not all types admit themselves: a literal contract is a principal where its type is asked for
# (`TypeSignature::admits_type_v2_1`), as what holds one holds a principal.
_ADMIT_THEMSELVES: Final = frozenset(
    {
        BoolType,
        BufferType,
        CallableTraitType,
        IntType,
        PrincipalType,
        StringAsciiType,
        StringUtf8Type,
        TraitReferenceType,
        UIntType,
    }
)


class Checker:
    """The state of one contract's checking."""

    literal_types: ClassVar[Mapping[type[Literal], Callable[[Any], Type]]] = LITERAL_TYPES

    __slots__ = (
        "_keywords",
        "_leaving",
        "_rules",
        "contract",
        "epoch",
        "in_function",
        "interfaces",
        "trait_names",
        "traits_by_name",
        "types",
        "version",
    )

    def __init__(
        self,
        ast: ContractAst,
        version: ClarityVersion,
        epoch: Epoch,
        interfaces: Mapping[str, ContractInterface],
    ) -> None:
        self.contract = TypedContract(ast, version, epoch)
        self.types = self.contract.types
        self.version = version
        self.epoch = epoch
        self.interfaces = interfaces
        # Clarity 1 finds a trait by its name alone, whoever defines it.
        self.traits_by_name: dict[str, Mapping[str, FunctionSignature]] = {}
        self.trait_names: set[str] = set()
        self.in_function = False
        self._leaving: Type | None = None
        self._rules = rules_of(version)
        self._keywords = keywords_of(version)

    # Expressions

    def visit(self, node: Node, scope: Scope) -> Type:
        """The type of an expression, recorded; faults get the innermost expression's place."""
        try:
            if isinstance(node, ListNode):
                head = node.children[0] if node.children else None
                if not isinstance(head, AtomNode):
                    raise faults.non_function_application()
                rule = self._rules.get(head.name)
                if rule is not None:
                    found = rule(self, node, scope)
                else:
                    found = self._call(node, head.name, scope)
            elif isinstance(node, AtomNode):
                found = self.lookup(node.name, scope)
            elif isinstance(node, LiteralNode):
                found = self.literal_types[node.value.__class__](node.value)
            else:
                raise faults.unexpected_trait_or_field()
        except TypeFault as fault:
            if fault.span is None:
                fault.span = node.span
            raise
        self.types[node.id] = found
        return found

    def expect(self, node: Node, scope: Scope, expected: Type) -> Type:
        """`visit`, for an expression whose type must be `expected` or become it."""
        if not self.version.casts_traits:
            return self._expect_clarity1(node, scope, expected)
        found = self.visit(node, scope)
        if found is expected and found.__class__ in _ADMIT_THEMSELVES:
            return found
        try:
            traits.check_cast(self, found, expected, 1)
        except TypeFault as fault:
            if fault.span is None:
                fault.span = node.span
            raise
        if found != expected:
            self.types[node.id] = expected
            self.contract.own_types[node.id] = found
        return expected

    def _expect_clarity1(self, node: Node, scope: Scope, expected: Type) -> Type:
        if (
            isinstance(expected, CallableTraitType | TraitReferenceType)
            and isinstance(node, LiteralNode)
            and isinstance(node.value, Principal)
            and node.value.contract_name is not None
        ):
            traits.check_literal_contract(self, node.value.value, expected.trait)
            self.types[node.id] = expected
            return expected
        found = self.visit(node, scope)
        same = found is expected and found.__class__ in _ADMIT_THEMSELVES
        if not same and not admits_v2_1(expected, found):
            fault = faults.type_mismatch(expected, found)
            fault.span = node.span
            raise fault
        return found

    def rule(self, name: str) -> Rule | None:
        """The rule of the word `name`, if the contract's version has it."""
        return self._rules.get(name)

    def visit_body(self, nodes: tuple[Node, ...], scope: Scope) -> Type:
        """The type of the last of `nodes`; no other may be a response."""
        last = len(nodes) - 1
        unchecked = False
        found = self.visit(nodes[0], scope)
        for index in range(1, last + 1):
            unchecked = unchecked or found.__class__ is ResponseType
            found = self.visit(nodes[index], scope)
        if unchecked:
            raise faults.unchecked_response()
        return found

    def lookup(self, name: str, scope: Scope) -> Type:
        """The type of a name: a keyword, a constant, a trait or a variable, in this order."""
        found = self._keywords.get(name) or self.contract.constants.get(name)
        if found is not None:
            return found
        trait = scope.traits.get(name)
        if trait is not None:
            return CallableTraitType(trait)
        found = scope.variables.get(name)
        if found is None:
            raise faults.undefined_variable(name)
        return found

    def _call(self, call: ListNode, name: str, scope: Scope) -> Type:
        """A call of a defined function; the read-only pass and run time count the arguments."""
        function = self.contract.functions.get(name)
        if function is None:
            raise faults.unknown_function(name)
        signature = function.signature
        for arg, (_, expected) in zip(call.children[1:], signature.args, strict=False):
            self.expect(arg, scope, expected)
        return signature.returns

    # Leaving a function early

    def leave_with(self, left: Type) -> None:
        """Note that the function may leave early with a value of type `left`."""
        if not self.in_function:
            return
        if self._leaving is None:
            self._leaving = left
            return
        try:
            self._leaving = least_supertype_v2_1(self._leaving, left)
        except TypeFault:
            raise faults.return_types_must_match(self._leaving, left) from None

    def enter_function(self) -> None:
        """Begin to note early returns."""
        self.in_function = True
        self._leaving = None

    def leave_function(self) -> Type | None:
        """The supertype of the early returns since `enter_function`."""
        left, self._leaving, self.in_function = self._leaving, None, False
        return left

    # Names

    def check_name(self, name: str) -> None:
        """Raise a fault where `name` can't be defined or bound.

        The interpreter does not look at read-only functions here.
        """
        if name == "block-height" and self.version.reserves_block_height:
            raise faults.reserved_word(name)
        contract = self.contract
        function = contract.functions.get(name)
        if (
            (function is not None and function.kind != "read-only")
            or name in contract.constants
            or name in contract.data_vars
            or name in contract.fungible_tokens
            or name in contract.non_fungible_tokens
            or name in self.trait_names
            or name in contract.maps
        ):
            raise faults.name_already_used(name)

    # Other contracts

    def interface(self, contract: str) -> ContractInterface:
        """The interface of another contract."""
        found = self.interfaces.get(contract)
        if found is None:
            raise faults.no_such_contract(contract)
        return found

    def public_function(self, contract: str, name: str) -> FunctionSignature:
        """The signature of another contract's public or read-only function."""
        interface = self.interface(contract)
        found = interface.public_functions.get(name) or interface.read_only_functions.get(name)
        if found is None:
            raise faults.no_such_public_function(contract, name)
        return traits.canonical_signature(found, self.epoch)

    def known_trait(self, trait: TraitIdentifier) -> Mapping[str, FunctionSignature] | None:
        """The methods of a trait that this contract defines or imports."""
        if not self.version.casts_traits:
            return self.traits_by_name.get(trait.name)
        if trait.contract == SELF:
            return self.contract.traits.get(trait.name)
        return self.contract.used_traits.get(trait)
