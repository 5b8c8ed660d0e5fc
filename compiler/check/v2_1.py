"""The type-checking pass of epochs 2.1 on: a contract's tree to a typed contract."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from compiler.check.checker import Checker
from compiler.check.definitions import check_top_level
from compiler.check.typed import TypedContract
from compiler.diagnostics import NO_SPAN, ClarityError, Diagnostic, Severity
from compiler.interface import ContractInterface
from compiler.syntax.ast import ContractAst
from compiler.type_relations import TypeFault
from compiler.versions import ClarityVersion, Epoch

# A tree nests as deep as the parser lets it, some 70 levels, a type 32, at three or four frames
# a level; Python's own limit of 1,000 would be near.
_FRAMES = 5_000


def check_types_v2_1(
    ast: ContractAst,
    version: ClarityVersion,
    epoch: Epoch,
    interfaces: Mapping[str, ContractInterface],
) -> TypedContract:
    """The typed contract; `ClarityError` with the first fault.

    `interfaces` holds the contracts that the source names, by their identifiers as it sees them
    (`interface.bound`).
    """
    if sys.getrecursionlimit() < _FRAMES:
        sys.setrecursionlimit(_FRAMES)
    checker = Checker(ast, version, epoch, interfaces)
    try:
        for node in ast.top_level:
            check_top_level(checker, node)
    except TypeFault as fault:
        span = fault.span or NO_SPAN
        diagnostic = Diagnostic(Severity.ERROR, fault.code, fault.message, span, fault.hint)
        raise ClarityError(diagnostic) from fault
    return checker.contract
