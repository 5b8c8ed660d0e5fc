"""STX: balances, transfers and burns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.types import UINT, TupleType, Type
from compiler.words.host_word import emit_host_word
from compiler.words.storage import token_response
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering

ACCOUNT = TupleType((("locked", UINT), ("unlock-height", UINT), ("unlocked", UINT)))


def _balance(fn: FunctionLowering, call: Call) -> Type:
    fn.charge("cost_stx_balance")
    fn.lower(call.arguments[0], borrow=True)
    fn.host("stx_balance")
    return UINT


def _account(fn: FunctionLowering, call: Call) -> Type:
    fn.charge("cost_stx_account")
    owner = fn.lower(call.arguments[0], borrow=True)
    emit_host_word(fn, "stx-account", [owner], ACCOUNT)
    return ACCOUNT


def _transfer(word: str, cost: str) -> Form:
    """stx-transfer? and stx-transfer-memo?: the host takes a memo in any case."""

    def emit(fn: FunctionLowering, call: Call) -> Type:
        fn.charge(cost)
        for argument in call.arguments:
            fn.lower(argument, borrow=True)
        if len(call.arguments) == 3:
            fn.code.i32_const(0).i32_const(0)
        fn.host("stx_transfer")
        return token_response(fn)

    return Form(word, emit=emit)


def _burn(fn: FunctionLowering, call: Call) -> Type:
    # Charged as a transfer: so does the interpreter.
    fn.charge("cost_stx_transfer")
    for argument in call.arguments:
        fn.lower(argument, borrow=True)
    fn.host("stx_burn")
    return token_response(fn)


WORDS: tuple[Word, ...] = (
    Form("stx-get-balance", emit=_balance),
    Form("stx-account", emit=_account),
    _transfer("stx-transfer?", "cost_stx_transfer"),
    _transfer("stx-transfer-memo?", "cost_stx_transfer_memo"),
    Form("stx-burn?", emit=_burn),
)
