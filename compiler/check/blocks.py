"""Types of the words that tell of blocks and tenures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from compiler.check import faults
from compiler.check.faults import TypeFault
from compiler.check.forms import Args, at_least, exactly, name_of
from compiler.type_relations import list_of, tuple_of
from compiler.types import PRINCIPAL, UINT, BufferType, OptionalType, Type
from compiler.versions import ClarityVersion

if TYPE_CHECKING:
    from compiler.check.checker import Checker
    from compiler.check.rules import Rule
    from compiler.check.scope import Scope
    from compiler.syntax.ast import ListNode

_HASH = BufferType(32)
_POX_ADDRESSES = tuple_of(
    [
        ("addrs", list_of(tuple_of([("version", BufferType(1)), ("hashbytes", _HASH)]), 2)),
        ("payout", UINT),
    ]
)
_SPENDS: dict[str, Type] = {
    "miner-spend-winner": UINT,
    "miner-spend-total": UINT,
    "block-reward": UINT,
}
_BLOCK_1: dict[str, Type] = {
    "time": UINT,
    "vrf-seed": _HASH,
    "header-hash": _HASH,
    "id-header-hash": _HASH,
    "burnchain-header-hash": _HASH,
    "miner-address": PRINCIPAL,
}
_BLOCK_2 = {**_BLOCK_1, **_SPENDS}
_BURN_BLOCK: dict[str, Type] = {"header-hash": _HASH, "pox-addrs": _POX_ADDRESSES}
_STACKS_BLOCK: dict[str, Type] = {"id-header-hash": _HASH, "header-hash": _HASH, "time": UINT}
_TENURE: dict[str, Type] = {
    "time": UINT,
    "vrf-seed": _HASH,
    "burnchain-header-hash": _HASH,
    "miner-address": PRINCIPAL,
    **_SPENDS,
}


def _info(
    arguments: Callable[[ListNode, int], Args],
    of: str,
    properties: Callable[[ClarityVersion], Mapping[str, Type]],
    unknown: Callable[[str], TypeFault],
) -> Rule:
    def rule(checker: Checker, call: ListNode, scope: Scope) -> Type:
        args = arguments(call, 2)
        name = name_of(args[0], lambda: faults.missing_property(of))
        found = properties(checker.version).get(name)
        if found is None:
            raise unknown(name)
        checker.expect(args[1], scope, UINT)
        return OptionalType(found)

    return rule


RULES: dict[str, Rule] = {
    "get-block-info?": _info(
        at_least,
        "block",
        lambda version: _BLOCK_2 if version.has_miner_spends else _BLOCK_1,
        faults.no_such_block_property,
    ),
    "get-burn-block-info?": _info(
        exactly, "burn block", lambda _: _BURN_BLOCK, faults.no_such_block_property
    ),
    "get-stacks-block-info?": _info(
        exactly, "stacks block", lambda _: _STACKS_BLOCK, faults.no_such_stacks_block_property
    ),
    "get-tenure-info?": _info(exactly, "tenure", lambda _: _TENURE, faults.no_such_tenure_property),
}
