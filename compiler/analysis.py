"""Analysis: the passes that decide, before anything is generated, whether a contract is valid.

The order is the interpreter's, as the first pass that objects gives the diagnostic.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from compiler.check import TypedContract, check_types
from compiler.check.faults import TypeFault, error_of
from compiler.check.read_only import check_read_only
from compiler.check.trait_check import check_traits
from compiler.diagnostics import ClarityError, Diagnostic
from compiler.interface import ContractInterface
from compiler.syntax import ContractAst, build_ast_with_diagnostics
from compiler.syntax.annotations import annotation_warnings
from compiler.versions import ClarityVersion, Epoch

# A tree nests as deep as the parser lets it, some 70 levels (in later epochs more), a type 32, at
# three or four frames a level; Python's own limit of 1,000 would be near.
_FRAMES = 5_000

Lap = Callable[[str], None]
"""Is told the name of a pass at its end; whoever has a clock can time them."""


def no_lap(_name: str) -> None:
    """Times nothing."""


class AnalyzedContract:
    """A contract that passed analysis."""

    __slots__ = ("ast", "interface", "typed")

    def __init__(
        self, ast: ContractAst, typed: TypedContract, interface: ContractInterface
    ) -> None:
        self.ast = ast
        self.typed = typed
        self.interface = interface


def analyze(
    source: str,
    version: ClarityVersion,
    epoch: Epoch,
    interfaces: Mapping[str, ContractInterface],
    deployer: str | None = None,
    lap: Lap = no_lap,
) -> AnalyzedContract:
    """Analyse `source`; `ClarityError` where it is not a valid contract.

    `interfaces` holds the contracts that the source names, by the names that it uses for them
    and each `bound` to that name; what it lacks does not exist.

    A source that holds its own deployer's address may name one contract both by that address and
    as a sibling. Given the `deployer`, both are the sibling; the result then holds for that
    deployer alone.
    """
    ast, diagnostics = build_ast_with_diagnostics(source, version, epoch, deployer)
    lap("parse")
    try:
        analyzed = analyze_ast(ast, version, epoch, interfaces)
    except ClarityError as error:
        raise ClarityError(_with_notes(error.diagnostic, diagnostics)) from error
    finally:
        lap("check")
    if diagnostics:
        # The reference VM analyses what it can make out of a broken source, and then shows the
        # last of what is wrong with it.
        diagnostics = (*diagnostics, *annotation_warnings(source))
        raise ClarityError(_with_notes(diagnostics[-1], diagnostics[:-1]))
    return analyzed


def analyze_ast(
    ast: ContractAst,
    version: ClarityVersion,
    epoch: Epoch,
    interfaces: Mapping[str, ContractInterface],
) -> AnalyzedContract:
    """The passes that follow `build_ast`."""
    if sys.getrecursionlimit() < _FRAMES:
        sys.setrecursionlimit(_FRAMES)
    try:
        check_read_only(ast.top_level, version, interfaces)
        typed = check_types(ast, version, epoch, interfaces)
        interface = interface_of(typed)
        check_traits(ast.top_level, interface, interfaces, epoch)
    except TypeFault as fault:
        raise error_of(fault) from fault
    return AnalyzedContract(ast, typed, interface)


def interface_of(typed: TypedContract) -> ContractInterface:
    """What other contracts can see of a typed contract, and tools can show."""
    return typed.interface()


def _with_notes(diagnostic: Diagnostic, others: tuple[Diagnostic, ...]) -> Diagnostic:
    """`diagnostic` with what else is wrong as its notes, for a tool to show."""
    if not others:
        return diagnostic
    notes = tuple(f"{other.span.start_line}: {other.message}" for other in others)
    return Diagnostic(
        diagnostic.severity,
        diagnostic.code,
        diagnostic.message,
        diagnostic.span,
        diagnostic.hint,
        diagnostic.notes + notes,
    )
