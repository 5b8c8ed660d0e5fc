"""Fungible and non-fungible tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.lower.held import Held
from compiler.lower.typed.bounds import serialized_bounds
from compiler.types import PRINCIPAL, UINT, OptionalType, Type
from compiler.wasm.valtypes import I32
from compiler.words.storage import (
    Bytes,
    name_of,
    pop_bytes,
    serialized,
    token_response,
)
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def _ft_id(fn: FunctionLowering, call: Call) -> int:
    return fn.module.ft_ids[name_of(call.arguments[0])]


def _call(fn: FunctionLowering, call: Call, name: str) -> None:
    """Call the helper that does as the host's function, but keeps balances in the module's memory
    (`compiler/stdlib/entries.wat`). Where memory is counted the host does that, and is called."""
    if fn.module.counts_memory:
        fn.host(name)
        return
    fn.memory.host(name)
    fn.code.i32_const(fn.module.token_number(_ft_id(fn, call)))
    fn.code.i32_const(fn.module.entry_table())
    fn.helper_aborting(name)


def _ft_supply(fn: FunctionLowering, call: Call) -> Type:
    fn.charge("cost_ft_get_supply")
    fn.code.i32_const(_ft_id(fn, call))
    fn.host("ft_supply")
    return UINT


def _ft_balance(fn: FunctionLowering, call: Call) -> Type:
    fn.charge("cost_ft_balance")
    owner = fn.lower_held(call.arguments[1], borrow=True)
    fn.code.i32_const(_ft_id(fn, call))
    fn.push(owner)
    _call(fn, call, "ft_balance")
    fn.release(owner)
    return UINT


def _ft_change(word: str, cost: str) -> Form:
    """ft-mint?, ft-burn?, ft-transfer?: an amount and one or two principals."""
    host = word.replace("-", "_").rstrip("?")

    def emit(fn: FunctionLowering, call: Call) -> Type:
        fn.charge(cost)
        values = [fn.lower_held(argument, borrow=True) for argument in call.arguments[1:]]
        fn.code.i32_const(_ft_id(fn, call))
        for value in values:
            fn.push(value)
        _call(fn, call, host)
        fn.release(*values)
        return token_response(fn)

    return Form(word, emit=emit)


class _Asset:
    """An NFT's identifier: the value, and its bytes."""

    __slots__ = ("bytes", "id", "type", "value")

    def __init__(self, fn: FunctionLowering, call: Call) -> None:
        name = name_of(call.arguments[0])
        self.id = fn.module.nft_ids[name]
        self.type = fn.module.typed.non_fungible_tokens[name]
        fn.lower_as(call.arguments[1], self.type, borrow=True)
        self.value: Held = fn.hold(self.type)
        fn.push(self.value)
        self.bytes: Bytes = serialized(fn, self.type)

    def charge(self, fn: FunctionLowering, cost: str) -> None:
        """Charge for its bytes; in epoch 2.0 for its type."""
        if fn.module.epoch.charges_stored_length:
            fn.code.local_get(self.bytes.length).i64_extend_i32_u()
            fn.charge_stack(cost, serialized_bounds(self.type))
        else:
            fn.charge(cost, fn.module.generated.declared_size(self.type))

    def charge_clone_if_done(self, fn: FunctionLowering, call: Call) -> None:
        """Pop the host's answer and push it: on success a borrowed variable is cloned."""
        from compiler.lower.walker import charge_held_clone, is_borrowed

        if not fn.module.metering or not is_borrowed(fn, call.arguments[1]):
            return
        code = fn.code
        answer = code.local(I32)
        code.local_set(answer)
        fn.meter.flush()
        fn.meter.ranges.fork()
        code.local_get(answer).i32_eqz()
        with code.if_():
            charge_held_clone(fn, call.arguments[1], self.value)
            fn.meter.flush()
        fn.meter.ranges.other()
        fn.meter.ranges.join()
        code.local_get(answer)
        code.release(answer)

    def release(self, fn: FunctionLowering) -> None:
        """Give the locals back."""
        self.bytes.release(fn)
        fn.release(self.value)


def _nft_owner(fn: FunctionLowering, call: Call) -> Type:
    asset = _Asset(fn, call)
    asset.charge(fn, "cost_nft_owner")
    code = fn.code
    code.i32_const(asset.id)
    asset.bytes.push(fn)
    fn.host("nft_owner")
    owner = pop_bytes(fn)
    code.local_get(owner.pointer).i32_const(0).i32_ne()
    owner.push(fn)
    owner.release(fn)
    asset.release(fn)
    return OptionalType(PRINCIPAL)


def _nft_change(word: str, cost: str, *, twice: bool = False) -> Form:
    """nft-mint?, nft-transfer?, nft-burn?: an asset and one or two principals."""
    host = word.replace("-", "_").rstrip("?")

    def emit(fn: FunctionLowering, call: Call) -> Type:
        if twice:
            fn.charge(cost)
        asset = _Asset(fn, call)
        others = [fn.lower_held(argument, borrow=True) for argument in call.arguments[2:]]
        asset.charge(fn, cost)
        fn.code.i32_const(asset.id)
        asset.bytes.push(fn)
        for other in others:
            fn.push(other)
        fn.host(host)
        fn.release(*others)
        asset.charge_clone_if_done(fn, call)
        asset.release(fn)
        return token_response(fn)

    return Form(word, emit=emit)


WORDS: tuple[Word, ...] = (
    Form("ft-get-supply", emit=_ft_supply),
    Form("ft-get-balance", emit=_ft_balance),
    _ft_change("ft-mint?", "cost_ft_mint"),
    _ft_change("ft-burn?", "cost_ft_burn"),
    _ft_change("ft-transfer?", "cost_ft_transfer"),
    Form("nft-get-owner?", emit=_nft_owner),
    _nft_change("nft-mint?", "cost_nft_mint"),
    _nft_change("nft-transfer?", "cost_nft_transfer"),
    # The interpreter charges a burn twice, with and without the asset's bytes.
    _nft_change("nft-burn?", "cost_nft_burn", twice=True),
)
