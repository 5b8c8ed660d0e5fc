"""What a contract must keep to before it compiles: types, read-only functions, traits."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.check.rules import RULES, Rule
from compiler.check.typed import ContractCall, FunctionKind, TypedContract, TypedFunction
from compiler.check.v2_1 import check_types_v2_1
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
    """The typed contract, by the rules of the epoch; `ClarityError` with the first fault."""
    return check_types_v2_1(ast, version, epoch, interfaces)
