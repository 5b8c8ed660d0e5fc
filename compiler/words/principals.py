"""Words of principals, which lie in memory as their consensus bytes.

Those are a prefix, 5 for a standard principal and 6 for a contract's, the version, 20 bytes of a
hash, and a contract's name after its length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import abi
from compiler.lower.held import Held
from compiler.type_relations import MAX_CONTRACT_NAME_LENGTH
from compiler.types import BOOL, PRINCIPAL, UINT, BufferType, ResponseType, StringAsciiType, Type
from compiler.wasm.valtypes import I32
from compiler.words.control import wasm_types
from compiler.words.crypto import hold_buffer
from compiler.words.host_word import emit_host_word
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering
    from compiler.wasm.code import Code
    from compiler.wasm.functions import Local

_STANDARD = 5
_CONTRACT = 6
_VERSION_AT = 1
_HASH_AT = 2
_NAME_AT = 23
_HASH_LENGTH = 20
_KEY_LENGTH = 33

# Versions of addresses with one signature, and with several.
_MAINNET = (22, 20)
_TESTNET = (26, 21)
_VERSIONS = 32

_PRINCIPAL_RESPONSE = ResponseType(PRINCIPAL, UINT)
_HASH_RESPONSE = ResponseType(BufferType(32), UINT)
_VERSION = BufferType(1)
_HASH = BufferType(_HASH_LENGTH)
_NAME = StringAsciiType(MAX_CONTRACT_NAME_LENGTH)


def _push_is_of_network(code: Code, principal: Local) -> None:
    """Push whether the principal's version is one of the network that this one is."""
    version = code.local(I32)
    code.local_get(principal).i32_load8_u(_VERSION_AT).local_set(version)
    code.i32_const(0).i32_load(abi.IS_IN_MAINNET)
    with code.if_((I32,)):
        _push_is_one_of(code, version, _MAINNET)
        code.else_()
        _push_is_one_of(code, version, _TESTNET)
    code.release(version)


def _push_is_one_of(code: Code, version: Local, versions: tuple[int, int]) -> None:
    one, other = versions
    code.local_get(version).i32_const(one).i32_eq()
    code.local_get(version).i32_const(other).i32_eq().i32_or()


def _principal_of(fn: FunctionLowering, call: Call) -> Type:
    fn.charge("cost_principal_of")
    key = hold_buffer(fn, call.arguments[0], _KEY_LENGTH)
    fn.push(key)
    extra = "testnet" if fn.module.version.has_testnet_principals else ""
    emit_host_word(fn, call.word, (key.type,), _PRINCIPAL_RESPONSE, extra)
    fn.release(key)
    return _PRINCIPAL_RESPONSE


def _is_standard(fn: FunctionLowering, call: Call) -> Type:
    fn.charge("cost_is_standard")
    fn.lower_as(call.arguments[0], PRINCIPAL, borrow=True)
    principal = fn.hold(PRINCIPAL)
    _push_is_of_network(fn.code, principal.locals[0])
    fn.release(principal)
    return BOOL


def _destruct(fn: FunctionLowering, call: Call) -> Type:
    assert call.result is not None
    code = fn.code
    fn.charge("cost_principal_destruct")
    fn.lower_as(call.arguments[0], PRINCIPAL)
    principal = fn.hold(PRINCIPAL)
    pointer = principal.locals[0]
    named, length = fn.local_i32(), fn.local_i32()
    code.local_get(pointer).i32_load8_u().i32_const(_CONTRACT).i32_eq().local_tee(named)
    with code.if_((I32,)):
        code.local_get(pointer).i32_load8_u(_NAME_AT - 1)
        code.else_()
        code.i32_const(0)
    code.local_set(length)
    _push_is_of_network(code, pointer)
    # The same for ok and err: hash-bytes, name, version, and the type that the contents have.
    for _ in range(2):
        code.local_get(pointer).i32_const(_HASH_AT).i32_add().i32_const(_HASH_LENGTH)
        code.local_get(named)
        code.local_get(pointer).i32_const(_NAME_AT).i32_add().local_get(length)
        code.local_get(pointer).i32_const(_VERSION_AT).i32_add().i32_const(1)
        code.i32_const(0)
    code.release(named, length)
    fn.release(principal)
    return call.result


def _construct(fn: FunctionLowering, call: Call) -> Type:
    assert call.result is not None
    fn.charge("cost_principal_construct")
    types: list[Type] = [_VERSION, _HASH, _NAME]
    values: list[Held] = []
    for argument, type_ in zip(call.arguments, types, strict=False):
        fn.lower_as(argument, type_, borrow=True)
        values.append(fn.hold(type_))
    if len(values) == len(types):
        _charge_name(fn, call, values)
    for value in values:
        fn.push(value)
    emit_host_word(fn, call.word, types[: len(values)], call.result)
    fn.release(*values)
    return call.result


def _charge_name(fn: FunctionLowering, call: Call, values: list[Held]) -> None:
    """A name that is a variable is cloned where version and hash are good."""
    from compiler.lower.walker import charge_held_clone, is_borrowed

    if not fn.module.metering or not is_borrowed(fn, call.arguments[2]):
        return
    code = fn.code
    version, hash_, name = values
    fn.meter.flush()
    fn.meter.ranges.fork()
    code.local_get(version.locals[1])
    with code.if_():
        code.local_get(version.locals[0]).i32_load8_u().i32_const(_VERSIONS).i32_lt_u()
        code.local_get(hash_.locals[1]).i32_const(_HASH_LENGTH).i32_eq().i32_and()
        with code.if_():
            charge_held_clone(fn, call.arguments[2], name)
            fn.meter.flush()
    fn.meter.ranges.other()
    fn.meter.ranges.join()


def _contract_hash(fn: FunctionLowering, call: Call) -> Type:
    code = fn.code
    result = _HASH_RESPONSE
    fn.lower_as(call.arguments[0], PRINCIPAL, borrow=True)
    principal = fn.hold(PRINCIPAL)
    fn.meter.flush()
    code.local_get(principal.locals[0]).i32_load8_u().i32_const(_STANDARD).i32_eq()
    fn.meter.ranges.fork()
    with code.if_(wasm_types(result)):
        # (err u1), without a charge
        code.i32_const(0).i32_const(0).i32_const(0).i64_const(1).i64_const(0)
        code.else_()
        fn.meter.ranges.other()
        fn.charge("cost_contract_hash")
        fn.push(principal)
        emit_host_word(fn, call.word, (PRINCIPAL,), result)
    fn.meter.ranges.join()
    fn.release(principal)
    return result


WORDS: tuple[Word, ...] = (
    Form("principal-of?", emit=_principal_of),
    Form("is-standard", emit=_is_standard),
    Form("principal-destruct?", emit=_destruct),
    Form("principal-construct?", emit=_construct),
    Form("contract-hash?", emit=_contract_hash),
)
