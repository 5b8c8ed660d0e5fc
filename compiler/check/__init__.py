"""What a contract must keep to before it compiles: types, read-only functions, traits."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.check.checker import Checker
from compiler.check.definitions import check_top_level
from compiler.check.faults import TypeFault, error_of
from compiler.check.rules import RULES, Rule
from compiler.check.typed import ContractCall, FunctionKind, TypedContract, TypedFunction
from compiler.check.v2_05 import CheckerV205
from compiler.interface import ContractInterface
from compiler.syntax.ast import ContractAst
from compiler.versions import ClarityVersion, Epoch

__all__ = [
    "RULES",
    "ContractCall",
    "FunctionKind",
    "Rule",
    "TypedContract",
    "TypedFunction",
    "check_types",
]


def check_types(
    ast: ContractAst,
    version: ClarityVersion,
    epoch: Epoch,
    interfaces: Mapping[str, ContractInterface],
) -> TypedContract:
    """The typed contract, by the rules of the epoch; `ClarityError` with the first fault.

    `interfaces` holds the contracts that the source names, by their identifiers as it sees them
    (`interface.bound`). A deep tree needs more frames than Python's own limit: who calls sees
    to it.
    """
    checker = (Checker if epoch.has_callable_types else CheckerV205)(
        ast, version, epoch, interfaces
    )
    try:
        for node in ast.top_level:
            check_top_level(checker, node)
    except TypeFault as fault:
        raise error_of(fault) from fault
    return checker.contract
