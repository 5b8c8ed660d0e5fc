"""The passes from source text to a contract's tree, in the interpreter's order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from compiler.diagnostics import ClarityError, Diagnostic, Severity
from compiler.syntax.ast import ContractAst, ListNode, Node
from compiler.syntax.definitions import sort_definitions
from compiler.syntax.parsed import Finding, Parsed
from compiler.syntax.parser import parse
from compiler.syntax.recovery import parse_with_errors, too_deep_message
from compiler.syntax.traits import Traits
from compiler.versions import ClarityVersion, Epoch

AST_DEPTH_BUFFER: Final = 5
"""How much deeper than the call stack expressions may nest (`AST_CALL_STACK_DEPTH_BUFFER`)."""

MAX_DIAGNOSTICS: Final = 1_000
"""How many errors of one source are told, so that rubbish of any size is refused quickly."""


def build_ast(source: str, version: ClarityVersion, epoch: Epoch) -> ContractAst:
    """The tree of a contract; `ClarityError` with the first of its errors.

    This is what a node does, which stops at the first error. What the reference VM answers
    takes `build_ast_with_diagnostics`.
    """
    ast, diagnostics = build_ast_with_diagnostics(source, version, epoch)
    if diagnostics:
        raise ClarityError(diagnostics[0])
    return ast


def build_ast_with_diagnostics(
    source: str,
    version: ClarityVersion,  # noqa: ARG001 - no word that matters here differs by version yet
    epoch: Epoch,
    deployer: str | None = None,
) -> tuple[ContractAst, tuple[Diagnostic, ...]]:
    """The tree of a contract as far as it can be made out, and all that is wrong with it.

    The reference VM analyses the tree of a broken source too. Its message is that of the
    analysis if that fails, and else the last of these diagnostics.

    Contracts written with the address `deployer` become siblings.
    """
    max_depth = epoch.max_call_stack_depth
    max_nesting = max_depth + AST_DEPTH_BUFFER
    parsed = parse(source, max_nesting, deployer)
    if parsed is None:
        parsed = parse_with_errors(source, max_nesting, max_depth, deployer)
        _check_depth(parsed, max_nesting, max_depth)
    top_level, edges = sort_definitions(parsed)
    traits = Traits(parsed)
    traits.resolve()
    if not traits.settle(top_level):
        # The interpreter's tree stays empty when it fails to expand sugar.
        top_level = []
    _number(top_level)
    lines = parsed.lines
    ast = ContractAst(
        tuple(top_level),
        traits.referenced,
        tuple(traits.implemented),
        {name: lines.span(*place) for name, place in parsed.contracts.items()},
        edges,
    )
    return ast, _diagnostics(parsed)


def _diagnostics(parsed: Parsed) -> tuple[Diagnostic, ...]:
    findings = parsed.findings
    if len(findings) > MAX_DIAGNOSTICS:
        # The last one counts: see `build_ast_with_diagnostics`.
        findings = [*findings[: MAX_DIAGNOSTICS - 1], findings[-1]]
    span = parsed.lines.span
    return tuple(
        Diagnostic(
            Severity.NOTE if found.note else Severity.ERROR,
            found.code,
            found.message,
            span(found.start, found.end),
            found.hint,
        )
        for found in findings
    )


def _check_depth(parsed: Parsed, max_nesting: int, max_depth: int) -> None:
    """Refuses forms nested too deep, a tuple counted once (the parser counts it twice)."""
    pending: list[tuple[Node, int]] = [(node, 1) for node in reversed(parsed.top_level)]
    while pending:
        node, depth = pending.pop()
        if type(node) is not ListNode:
            continue
        if depth >= max_nesting:
            parsed.findings.append(
                Finding("nesting-too-deep", too_deep_message(max_depth), node.start, node.end)
            )
            return
        if node.braces:
            inside = [part for pair in node.children[1:] for part in _pair(pair)]
            pending.extend((part, depth + 1) for part in reversed(inside))
        else:
            pending.extend((child, depth + 1) for child in reversed(node.children))


def _pair(node: Node) -> Sequence[Node]:
    return node.children if type(node) is ListNode else ()


def _number(top_level: Sequence[Node]) -> None:
    """Numbers the nodes from 1 in pre-order."""
    number = 0
    pending: list[Node] = list(reversed(top_level))
    pop = pending.pop
    extend = pending.extend
    while pending:
        node = pop()
        number += 1
        node.id = number
        if type(node) is ListNode:
            extend(node.children[::-1])
