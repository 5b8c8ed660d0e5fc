"""Blocks: their properties, and at-block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import abi
from compiler.costs.limits import AT_BLOCK_MEMORY
from compiler.diagnostics import CompilerBug
from compiler.types import Type
from compiler.words.host_word import emit_host_word
from compiler.words.storage import name_of
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def _property(word: str, cost: str) -> Form:
    """A property, by its name, of the block at a height; the host looks it up."""

    def emit(fn: FunctionLowering, call: Call) -> Type:
        if call.result is None:
            raise CompilerBug(f"{word}: the type of the result is not known")
        fn.charge(cost)
        height = fn.lower(call.arguments[1], borrow=True)
        name = name_of(call.arguments[0])
        emit_host_word(fn, word, [height], call.result, extra=name)
        return call.result

    return Form(word, emit=emit)


def _at_block(fn: FunctionLowering, call: Call) -> Type:
    if not fn.module.epoch.has_at_block:
        # A contract of an earlier epoch.
        fn.abort(abi.Abort.AT_BLOCK_UNAVAILABLE)
        if call.result is None:
            raise CompilerBug("at-block: the type of the result is not known")
        return call.result
    fn.charge("cost_at_block")
    fn.lower(call.arguments[0], borrow=True)

    def leave() -> None:
        fn.code.call(fn.module.host("at_block_end"))

    with fn.memory.scope():
        # The hash's length is checked before: by the host, which an error leaves as it was.
        fn.host("at_block")
        fn.cleanups.append(leave)
        fn.memory.hold_amount(AT_BLOCK_MEMORY)
        type_ = fn.lower(call.arguments[1])
        fn.cleanups.pop()
    value = fn.hold(type_)
    fn.host("at_block_end")
    fn.push(value)
    fn.release(value)
    return type_


WORDS: tuple[Word, ...] = (
    _property("get-block-info?", "cost_block_info"),
    _property("get-stacks-block-info?", "cost_block_info"),
    _property("get-tenure-info?", "cost_block_info"),
    _property("get-burn-block-info?", "cost_burn_block_info"),
    Form("at-block", emit=_at_block),
)
