"""Other contracts: contract-call?, contract-of, as-contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import abi
from compiler.costs.limits import AS_CONTRACT_MEMORY
from compiler.description import Site
from compiler.diagnostics import CompilerBug
from compiler.layout import layout_of
from compiler.lower import held as h
from compiler.lower.depth import enter_calls, leave_calls
from compiler.lower.held import Held
from compiler.lower.literals import push_literal
from compiler.type_relations import without_spare
from compiler.types import PRINCIPAL, Type
from compiler.values import Principal
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32
from compiler.words.keywords import push_principal
from compiler.words.storage import name_of
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.check.typed import ContractCall
    from compiler.lower.function import FunctionLowering


def _contract_call(fn: FunctionLowering, call: Call) -> Type:
    target = fn.module.typed.contract_calls.get(call.node)
    if target is None:
        raise CompilerBug("contract-call?: the checker knows nothing of it")
    code = fn.code
    fn.charge("cost_contract_call")
    values: list[Held] = [fn.lower_held(argument) for argument in call.arguments[2:]]
    result = target.signature.returns
    # No parameter admits fields beyond a type.
    types = tuple(without_spare(value.type) for value in values)
    block = fn.alloc(max(1, sum(layout_of(type_).slot_size for type_ in types)))
    offset = 0
    for value, type_ in zip(values, types, strict=True):
        fn.push(value)
        fn.convert(value.type, type_, admitted=True)
        h.store_slots(code, block, offset, type_)
        offset += layout_of(type_).slot_size
    site = fn.module.site(
        Site(
            kind="call",
            name=target.function,
            arguments=types,
            result=result,
            contract=target.contract,
            trait=target.trait,
            # The context depth: what simnet charges for looking at the contract's name.
            extra=f"{target.kind} {fn.depth}",
        )
    )
    code.i32_const(site)
    _push_target(fn, target)
    code.local_get(block)
    enter_calls(fn)
    fn.host("contract_call")
    fn.meter.ranges.call(site)
    leave_calls(fn)
    answer = code.local(I32)
    code.local_set(answer)
    h.load_slots(code, answer, 0, result)
    code.release(answer, block)
    fn.release(*values)
    return result


def _push_target(fn: FunctionLowering, target: ContractCall) -> None:
    """Push the bytes of the contract's principal."""
    if target.kind == "dynamic":
        held = fn.scope.get(target.name or "")
        if held is None:
            raise CompilerBug(f"contract-call?: no {target.name} in scope")
        fn.push(held)
        return
    if target.contract is None:
        raise CompilerBug("contract-call?: of no contract")
    push_literal(fn, Principal(target.contract))


def _contract_of(fn: FunctionLowering, call: Call) -> Type:
    fn.charge("cost_contract_of")
    held = fn.scope.get(name_of(call.arguments[0]))
    if held is None:
        raise CompilerBug("contract-of: of what is not in scope")
    fn.push(held)
    fn.host("require_contract")
    fn.push(held)
    return PRINCIPAL


def _as_contract(fn: FunctionLowering, call: Call) -> Type:
    code = fn.code
    if fn.module.epoch.charges_as_contract:
        fn.charge("cost_as_contract")
    saved = become_contract(fn)

    def restore() -> None:
        restore_sender(fn, saved)

    fn.cleanups.append(restore)
    with fn.memory.scope():
        fn.memory.hold_amount(AS_CONTRACT_MEMORY)
        type_ = fn.lower(call.arguments[0])
    fn.cleanups.pop()
    restore()
    code.release(*saved)
    return type_


SENDER_AND_CALLER = (
    abi.TX_SENDER,
    abi.TX_SENDER + 4,
    abi.CONTRACT_CALLER,
    abi.CONTRACT_CALLER + 4,
)


def become_contract(fn: FunctionLowering) -> tuple[Local, ...]:
    """Make the contract sender and caller; locals that hold who they were."""
    code = fn.code
    saved = save_sender(fn)
    for address in (abi.TX_SENDER, abi.CONTRACT_CALLER):
        push_principal(fn, abi.CURRENT_CONTRACT)
        length = code.local(I32)
        pointer = code.local(I32)
        code.local_set(length).local_set(pointer)
        code.i32_const(0).local_get(pointer).i32_store(address)
        code.i32_const(0).local_get(length).i32_store(address + 4)
        code.release(length, pointer)
    return saved


def save_sender(fn: FunctionLowering) -> tuple[Local, ...]:
    """Locals that hold who are sender and caller."""
    saved = fn.code.locals((I32,) * 4)
    for local, address in zip(saved, SENDER_AND_CALLER, strict=True):
        fn.code.i32_const(0).i32_load(address).local_set(local)
    return saved


def restore_sender(fn: FunctionLowering, saved: tuple[Local, ...]) -> None:
    """Make sender and caller who they were when saved."""
    for local, address in zip(saved, SENDER_AND_CALLER, strict=True):
        fn.code.i32_const(0).local_get(local).i32_store(address)


WORDS: tuple[Word, ...] = (
    Form("contract-call?", emit=_contract_call),
    Form("contract-of", emit=_contract_of),
    Form("as-contract", emit=_as_contract),
)
