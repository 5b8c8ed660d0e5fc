"""The read-only pass: what is declared read-only writes nothing; knows no types.

It also is the first to look at the form of an application, so some errors of syntax are its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn, TypeAlias

from compiler.check import faults
from compiler.check.faults import TypeFault
from compiler.interface import ContractInterface
from compiler.syntax.ast import AtomNode, FieldNode, ListNode, LiteralNode, Node
from compiler.values import Principal
from compiler.versions import ClarityVersion
from compiler.words.names import WORD_NAMES, word_kind

# The interpreter's own limit on nested applications of native functions.
_MAX_DEPTH = 160

_WRITERS = (
    *("stx-transfer?", "stx-transfer-memo?", "stx-burn?", "map-set", "map-delete", "map-insert"),
    *("var-set", "nft-mint?", "ft-mint?", "nft-transfer?", "ft-transfer?", "nft-burn?"),
    "ft-burn?",
)

Nodes: TypeAlias = tuple[Node, ...]


def check_read_only(
    nodes: Sequence[Node],
    version: ClarityVersion,
    interfaces: Mapping[str, ContractInterface],
) -> None:
    """Check the top-level `nodes`, in order; `TypeFault` where one breaks a rule.

    `interfaces` holds the contracts that `contract-call?` names, by their identifiers.
    """
    checker = _Checker(_NATIVES[version], interfaces)
    for node in nodes:
        checker.top_level(node)


class _Checker:
    """Remembers which of the contract's functions write; every method answers "does not write"."""

    __slots__ = ("functions", "interfaces", "natives")

    def __init__(
        self, natives: Mapping[str, _Rule], interfaces: Mapping[str, ContractInterface]
    ) -> None:
        self.natives = natives
        self.interfaces = interfaces
        self.functions: dict[str, bool] = {}

    def top_level(self, node: Node) -> None:
        if isinstance(node, ListNode) and node.children:
            head = node.children[0]
            if isinstance(head, AtomNode) and (define := _DEFINITIONS.get(head.name)):
                define(self, node, node.children[1:])
                return
        self.expression(node, 0)

    def expression(self, node: Node, depth: int) -> bool:
        if node.__class__ is not ListNode:
            return True
        return self.application(node.children, node, depth)

    def all(self, nodes: Nodes, depth: int) -> bool:
        """Every node is checked, also after one that writes: a later error must be found."""
        result = True
        for node in nodes:
            if node.__class__ is ListNode and not self.application(node.children, node, depth):
                result = False
        return result

    def application(self, children: Nodes, node: Node, depth: int) -> bool:
        """The application of the first of `children` to the rest, within `node`."""
        if not children or children[0].__class__ is not AtomNode:
            _fail(faults.non_function_application(), node)
        name = children[0].name
        rule = self.natives.get(name)
        if rule is None:
            read_only = self.functions.get(name)
            if read_only is None:
                _fail(faults.unknown_function(name), children[0])
            return self.all(children[1:], depth) and read_only
        if depth > _MAX_DEPTH:
            _fail(
                TypeFault(
                    "expression-too-deep",
                    "read-only checker exceeded maximum allowed recursion depth",
                ),
                node,
            )
        if rule is _all_arguments:
            return self.all(children[1:], depth + 1)
        return rule(self, node, children[1:], depth + 1)

    def bindings(self, pairs: Nodes, kind: faults.BindingKind, depth: int) -> bool:
        """The values of `((name value) …)`; stops at the first that writes, unlike `all`."""
        for index, pair in enumerate(pairs):
            if not isinstance(pair, ListNode):
                raise faults.binding_not_list(kind, index, pair.span)
            if len(pair.children) != 2:
                raise faults.binding_not_pair(kind, index, pair.span)
            if not self.expression(pair.children[1], depth):
                return False
        return True

    def function(self, signature: Node, body: Node) -> tuple[str, bool]:
        if not isinstance(signature, ListNode) or not signature.children:
            _fail(faults.bad_function_signature(), signature)
        name = signature.children[0]
        if not isinstance(name, AtomNode):
            _fail(faults.bad_function_name(), name)
        return name.name, self.expression(body, 0)


_Rule: TypeAlias = Callable[[_Checker, Node, Nodes, int], bool]
_Definition: TypeAlias = Callable[[_Checker, Node, Nodes], None]


def _fail(fault: TypeFault, node: Node) -> NoReturn:
    if fault.span is None:
        fault.span = node.span
    raise fault


def _count(args: Nodes, expected: int, node: Node) -> None:
    if len(args) != expected:
        _fail(faults.argument_count(expected, len(args)), node)


def _at_least(args: Nodes, expected: int, node: Node) -> None:
    if len(args) < expected:
        _fail(faults.too_few_arguments(expected, len(args)), node)


# Applications


def _all_arguments(checker: _Checker, node: Node, args: Nodes, depth: int) -> bool:
    del node
    return checker.all(args, depth)


def _writer(checker: _Checker, node: Node, args: Nodes, depth: int) -> bool:
    del node
    checker.all(args, depth)
    return False


def _map_get(checker: _Checker, node: Node, args: Nodes, depth: int) -> bool:
    _count(args, 2, node)
    return checker.all(args, depth)


def _from_consensus_buff(checker: _Checker, node: Node, args: Nodes, depth: int) -> bool:
    _count(args, 2, node)
    return checker.all(args[1:], depth)


def _at_block(checker: _Checker, node: Node, args: Nodes, depth: int) -> bool:
    _count(args, 2, node)
    block = checker.expression(args[0], depth)
    if not checker.expression(args[1], depth):
        _fail(
            TypeFault(
                "not-read-only",
                "(at-block ...) closures expect read-only statements, "
                "but detected a writing operation",
            ),
            node,
        )
    return block


def _let(checker: _Checker, node: Node, args: Nodes, depth: int) -> bool:
    _at_least(args, 2, node)
    bindings = args[0]
    if not isinstance(bindings, ListNode):
        _fail(faults.bad_let_syntax(), node)
    if not checker.bindings(bindings.children, "Let-binding", depth):
        return False
    return checker.all(args[1:], depth)


def _tuple(checker: _Checker, node: Node, args: Nodes, depth: int) -> bool:
    del node
    return checker.bindings(args, "Tuple constructor", depth)


def _applying(exact: int | None) -> _Rule:
    """`map`, `filter` and `fold`: as if the function were applied to the other arguments."""

    def rule(checker: _Checker, node: Node, args: Nodes, depth: int) -> bool:
        if exact is None:
            _at_least(args, 2, node)
        else:
            _count(args, exact, node)
        return checker.application(args, node, depth)

    return rule


def _contract_call(checker: _Checker, node: Node, args: Nodes, depth: int) -> bool:
    _at_least(args, 2, node)
    contract, function = args[0], args[1]
    if not isinstance(function, AtomNode):
        _fail(faults.missing_contract_name(), node)
    if isinstance(contract, AtomNode):
        # What a trait's implementation does is known at run time only.
        read_only = False
    elif (
        isinstance(contract, LiteralNode)
        and isinstance(contract.value, Principal)
        and contract.value.contract_name is not None
    ):
        interface = checker.interfaces.get(contract.value.value)
        if interface is None:
            _fail(faults.no_such_contract(contract.value.value), contract)
        read_only = function.name in interface.read_only_functions
    else:
        _fail(faults.missing_contract_name(), node)
    return checker.all(args[2:], depth) and read_only


def _allowances(node: Node, word: str, number: int) -> Nodes:
    if not isinstance(node, ListNode):
        _fail(faults.expected_allowances(word, number), node)
    return node.children


def _restrict_assets(checker: _Checker, node: Node, args: Nodes, depth: int) -> bool:
    _at_least(args, 3, node)
    owner = checker.expression(args[0], depth)
    allowances = checker.all(_allowances(args[1], "restrict-assets?", 2), depth)
    body = checker.all(args[2:], depth)
    return owner and allowances and body


def _as_contract_safe(checker: _Checker, node: Node, args: Nodes, depth: int) -> bool:
    _at_least(args, 2, node)
    allowances = checker.all(_allowances(args[0], "as-contract?", 1), depth)
    body = checker.all(args[1:], depth)
    return allowances and body


_RULES: dict[str, _Rule] = {
    **dict.fromkeys(_WRITERS, _writer),
    "map-get?": _map_get,
    "from-consensus-buff?": _from_consensus_buff,
    "at-block": _at_block,
    "let": _let,
    "tuple": _tuple,
    "map": _applying(None),
    "filter": _applying(2),
    "fold": _applying(3),
    "contract-call?": _contract_call,
    "restrict-assets?": _restrict_assets,
    "as-contract?": _as_contract_safe,
}


def _natives_of(version: ClarityVersion) -> dict[str, _Rule]:
    return {
        name: _RULES.get(name, _all_arguments)
        for name in WORD_NAMES
        if word_kind(name, version) == "function"
    }


_NATIVES = {version: _natives_of(version) for version in ClarityVersion}


# Definitions: their form is checked here first, so the errors of form are the interpreter's


def _named(node: Node, definition: Node) -> str:
    if not isinstance(node, AtomNode):
        _fail(faults.expected_name(), definition)
    return node.name


def _define_constant(checker: _Checker, node: Node, args: Nodes) -> None:
    _count(args, 2, node)
    _named(args[0], node)
    checker.expression(args[1], 0)


def _define_data_var(checker: _Checker, node: Node, args: Nodes) -> None:
    _count(args, 3, node)
    _named(args[0], node)
    checker.expression(args[2], 0)


def _define_fungible_token(checker: _Checker, node: Node, args: Nodes) -> None:
    _at_least(args, 1, node)
    _named(args[0], node)
    if len(args) > 2:
        # The interpreter says 1 here, though a supply may follow the name.
        _count(args, 1, node)
    if len(args) == 2:
        checker.expression(args[1], 0)


def _define_function(checker: _Checker, node: Node, args: Nodes) -> None:
    _count(args, 2, node)
    name, read_only = checker.function(args[0], args[1])
    checker.functions[name] = read_only


def _define_read_only(checker: _Checker, node: Node, args: Nodes) -> None:
    _count(args, 2, node)
    name, read_only = checker.function(args[0], args[1])
    if not read_only:
        _fail(
            TypeFault(
                "not-read-only", "expecting read-only statements, detected a writing operation"
            ),
            node,
        )
    checker.functions[name] = True


def _nothing_evaluated(count: int) -> _Definition:
    def define(checker: _Checker, node: Node, args: Nodes) -> None:
        del checker
        _count(args, count, node)
        _named(args[0], node)

    return define


def _expect_trait(node: Node, definition: Node) -> None:
    if not isinstance(node, FieldNode):
        _fail(faults.expected_trait_identifier(), definition)


def _use_trait(checker: _Checker, node: Node, args: Nodes) -> None:
    del checker
    _count(args, 2, node)
    _named(args[0], node)
    _expect_trait(args[1], node)


def _impl_trait(checker: _Checker, node: Node, args: Nodes) -> None:
    del checker
    _count(args, 1, node)
    _expect_trait(args[0], node)


_DEFINITIONS: dict[str, _Definition] = {
    "define-constant": _define_constant,
    "define-data-var": _define_data_var,
    "define-fungible-token": _define_fungible_token,
    "define-map": _nothing_evaluated(3),
    "define-non-fungible-token": _nothing_evaluated(2),
    "define-private": _define_function,
    "define-public": _define_function,
    "define-read-only": _define_read_only,
    "define-trait": _nothing_evaluated(2),
    "impl-trait": _impl_trait,
    "use-trait": _use_trait,
}
