"""Keywords: names that the language itself gives a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from compiler import abi
from compiler.types import BOOL, NO_TYPE, PRINCIPAL, UINT, OptionalType, Type

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering

Keyword = Callable[["FunctionLowering"], Type]

_NONE: Final = OptionalType(NO_TYPE)
_SPONSOR: Final = OptionalType(PRINCIPAL)


def _bool(value: int) -> Keyword:
    def emit(fn: FunctionLowering) -> Type:
        fn.code.i32_const(value)
        return BOOL

    return emit


def _none(fn: FunctionLowering) -> Type:
    fn.code.i32_const(0)
    return _NONE


def _principal(address: int) -> Keyword:
    def emit(fn: FunctionLowering) -> Type:
        push_principal(fn, address)
        return PRINCIPAL

    return emit


def push_principal(fn: FunctionLowering, address: int) -> None:
    """Push one of the principals of the context block."""
    fn.code.i32_const(0).i32_load(address)
    fn.code.i32_const(0).i32_load(address + 4)


def _sponsor(fn: FunctionLowering) -> Type:
    code = fn.code
    code.i32_const(0).i32_load(abi.TX_SPONSOR).i32_const(0).i32_ne()
    push_principal(fn, abi.TX_SPONSOR)
    return _SPONSOR


def _flag(address: int) -> Keyword:
    def emit(fn: FunctionLowering) -> Type:
        fn.code.i32_const(0).i32_load(address)
        return BOOL

    return emit


def _chain_id(fn: FunctionLowering) -> Type:
    fn.code.i32_const(0).i64_load(abi.CHAIN_ID).i64_const(0)
    return UINT


def _uint(address: int) -> Keyword:
    """A property of the chain, which is charged as a read."""

    def emit(fn: FunctionLowering) -> Type:
        fn.charge("cost_fetch_var", 1)
        fn.code.i32_const(0).i64_load(address).i64_const(0)
        return UINT

    return emit


def _height(address: int) -> Keyword:
    """A height that at-block may come to where there is none: the tenure's of the first block,
    before epoch 3.0 the burn block's of a block that nobody knows."""
    height = _uint(address)

    def emit(fn: FunctionLowering) -> Type:
        of = height(fn)
        fn.code.i32_const(0).i64_load(address).i64_const(-1).i64_eq()
        fn.abort_if(abi.Abort.UNKNOWN_HEIGHT)
        return of

    return emit


def _liquid_supply(fn: FunctionLowering) -> Type:
    fn.charge("cost_fetch_var", 1)
    fn.code.i32_const(0).i64_load(abi.STX_LIQUID_SUPPLY)
    fn.code.i32_const(0).i64_load(abi.STX_LIQUID_SUPPLY + 8)
    return UINT


KEYWORDS: Final[dict[str, Keyword]] = {
    "true": _bool(1),
    "false": _bool(0),
    "none": _none,
    "tx-sender": _principal(abi.TX_SENDER),
    "contract-caller": _principal(abi.CONTRACT_CALLER),
    "current-contract": _principal(abi.CURRENT_CONTRACT),
    "tx-sponsor?": _sponsor,
    "is-in-mainnet": _flag(abi.IS_IN_MAINNET),
    "is-in-regtest": _flag(abi.IS_IN_REGTEST),
    "chain-id": _chain_id,
    "block-height": _height(abi.BLOCK_HEIGHT),
    "burn-block-height": _height(abi.BURN_BLOCK_HEIGHT),
    "stacks-block-height": _uint(abi.STACKS_BLOCK_HEIGHT),
    "tenure-height": _height(abi.TENURE_HEIGHT),
    "stacks-block-time": _uint(abi.STACKS_BLOCK_TIME),
    "stx-liquid-supply": _liquid_supply,
}
