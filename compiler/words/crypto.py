"""Words of hashing, signatures and Bitcoin proofs.

What is known not to change with the interpreter's version is checked here: the lengths that it
insists on, and the order of evaluation. The host computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler import abi
from compiler.lower.held import Held
from compiler.lower.typed.bounds import most_elements
from compiler.type_relations import MAX_VALUE_SIZE, list_of
from compiler.types import BOOL, UINT, BufferType, IntType, ResponseType, Type, UIntType
from compiler.wasm.valtypes import I32
from compiler.words.host_word import emit_host_word
from compiler.words.word import Call, Form, Plain, PlainEmit, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering
    from compiler.words.word import Argument

_BUFFER = BufferType(MAX_VALUE_SIZE)
_BUFFER_32 = BufferType(32)
_BUFFER_33 = BufferType(33)
_SIBLINGS = list_of(_BUFFER_32, 24)
_RECOVERED = ResponseType(_BUFFER_33, UINT)

_INTEGER_BYTES = 16
_HASH_BYTES = {"hash160": 20, "sha256": 32, "sha512": 64, "sha512/256": 32, "keccak256": 32}
_LONG = 512
"""Bytes beyond which the host, whose hashes are faster, is worth the way to it."""
_MESSAGE = 32
_COMPRESSED_KEY = 33
_COMPACT = 64
_RECOVERABLE = 65
"""Lengths of a message's hash, of keys and signatures, the latter with and without the id that
tells which of the keys that fit a signature is meant."""
_LARGEST_ID = 3
_BAD_SIGNATURE = 2


def _hash(name: str) -> PlainEmit:
    kind = abi.HASHES.index(name)
    size = _HASH_BYTES[name]

    def emit(fn: FunctionLowering, types: Sequence[Type], _result: Type) -> None:
        code = fn.code
        if isinstance(types[0], IntType | UIntType):
            number = fn.hold(types[0])
            data = fn.alloc(_INTEGER_BYTES)
            code.local_get(data).local_get(number.locals[0]).i64_store(0)
            code.local_get(data).local_get(number.locals[1]).i64_store(8)
            code.local_get(data).i32_const(_INTEGER_BYTES)
            code.release(data)
            fn.release(number)
        buffer = fn.hold(_BUFFER)
        out = fn.alloc(size)
        fn.meter.flush()
        code.local_get(buffer.locals[1]).i32_const(_LONG).i32_gt_u()
        with code.if_():
            code.i32_const(kind)
            fn.push(buffer)
            code.local_get(out)
            fn.host("hash")
            code.else_()
            fn.push(buffer)
            code.local_get(out)
            fn.helper(name)
        code.local_get(out).i32_const(size)
        code.release(out)
        fn.release(buffer)

    return emit


def hold_buffer(fn: FunctionLowering, argument: Argument, length: int | None = None) -> Held:
    """A buffer that is only looked at; where it has not `length` bytes, that is an error."""
    fn.lower_as(argument, _BUFFER, borrow=True)
    buffer = fn.hold(_BUFFER)
    if length is not None:
        check_length(fn, buffer, length)
    return buffer


def check_length(fn: FunctionLowering, buffer: Held, length: int) -> None:
    """End the transaction if the buffer has not `length` bytes."""
    fn.code.local_get(buffer.locals[1]).i32_const(length).i32_ne()
    fn.abort_if(abi.Abort.TYPE_VALUE_ERROR)


def _push_bad_id(fn: FunctionLowering, signature: Held) -> None:
    """Push whether the signature has 65 bytes of which the last is not an id."""
    code = fn.code
    pointer, length = signature.locals
    code.local_get(length).i32_const(_RECOVERABLE).i32_eq()
    with code.if_((I32,)):
        code.local_get(pointer).i32_load8_u(_COMPACT).i32_const(_LARGEST_ID).i32_gt_u()
        code.else_()
        code.i32_const(0)


def _recover(fn: FunctionLowering, call: Call) -> Type:
    code = fn.code
    fn.charge("cost_secp256k1recover")
    message = hold_buffer(fn, call.arguments[0], _MESSAGE)
    signature = hold_buffer(fn, call.arguments[1])
    error = fn.local_i32()
    out = fn.alloc(_COMPRESSED_KEY)
    code.local_get(signature.locals[1]).i32_const(_RECOVERABLE).i32_ne()
    _push_bad_id(fn, signature)
    code.i32_or()
    fn.meter.flush()
    with code.if_((I32,)):
        code.i32_const(_BAD_SIGNATURE)
        code.else_()
        code.local_get(message.locals[0])
        fn.push(signature)
        code.local_get(out)
        fn.host("secp256k1_recover")
    code.local_tee(error).i32_eqz()
    code.local_get(out).i32_const(_COMPRESSED_KEY)
    code.local_get(error).i64_extend_i32_u().i64_const(0)
    code.release(error, out)
    fn.release(message, signature)
    return _RECOVERED


def _verify_k1(fn: FunctionLowering, call: Call) -> Type:
    code = fn.code
    fn.charge("cost_secp256k1verify")
    message = hold_buffer(fn, call.arguments[0], _MESSAGE)
    signature = hold_buffer(fn, call.arguments[1])
    fn.meter.flush()
    code.local_get(signature.locals[1]).i32_const(_COMPACT).i32_lt_u()
    _push_bad_id(fn, signature)
    code.i32_or()
    fn.meter.ranges.fork()
    with code.if_((I32,)):
        code.i32_const(0)
        code.else_()
        fn.meter.ranges.other()
        key = hold_buffer(fn, call.arguments[2], _COMPRESSED_KEY)
        code.local_get(message.locals[0])
        fn.push(signature)
        fn.push(key)
        fn.host("secp256k1_verify")
    fn.meter.ranges.join()
    fn.release(message, signature, key)
    return BOOL


def _verify_r1(fn: FunctionLowering, call: Call) -> Type:
    code = fn.code
    fn.charge("cost_secp256r1verify")
    message = hold_buffer(fn, call.arguments[0], _MESSAGE)
    signature = hold_buffer(fn, call.arguments[1])
    fn.meter.flush()
    code.local_get(signature.locals[1]).i32_const(_COMPACT).i32_ne()
    fn.meter.ranges.fork()
    with code.if_((I32,)):
        code.i32_const(0)
        code.else_()
        fn.meter.ranges.other()
        key = hold_buffer(fn, call.arguments[2], _COMPRESSED_KEY)
        for held in (message, signature, key):
            fn.push(held)
        extra = "hash" if fn.module.version.hashes_p256_messages else ""
        emit_host_word(fn, call.word, (_BUFFER, _BUFFER, _BUFFER), BOOL, extra)
    fn.meter.ranges.join()
    fn.release(message, signature, key)
    return BOOL


def _hold_all(fn: FunctionLowering, call: Call, types: Sequence[Type]) -> list[Held]:
    values = []
    for argument, type_ in zip(call.arguments, types, strict=True):
        fn.lower_as(argument, type_)
        values.append(fn.hold(type_))
    return values


def _charge_length(fn: FunctionLowering, cost: str, argument: Argument, value: Held) -> None:
    """Charge for the length of a sequence, the value of `argument`."""
    if fn.module.metering:
        fn.code.local_get(value.locals[1]).i64_extend_i32_u()
        fn.charge_stack(cost, (0, most_elements(fn.type_of(argument))))


def _finish(fn: FunctionLowering, call: Call, values: Sequence[Held], result: Type) -> Type:
    """Have the host evaluate the word on `values`."""
    for value in values:
        fn.push(value)
    emit_host_word(fn, call.word, [value.type for value in values], result)
    fn.release(*values)
    return result


def _verify_ed25519(fn: FunctionLowering, call: Call) -> Type:
    values = _hold_all(fn, call, (_BUFFER, _BUFFER, _BUFFER))
    _charge_length(fn, "cost_ed25519verify", call.arguments[0], values[0])
    check_length(fn, values[1], 64)
    check_length(fn, values[2], 32)
    return _finish(fn, call, values, BOOL)


def _verify_merkle_proof(fn: FunctionLowering, call: Call) -> Type:
    values = _hold_all(fn, call, (_BUFFER_32, _BUFFER_32, UINT, UINT, _SIBLINGS))
    _charge_length(fn, "cost_verify_merkle_proof", call.arguments[4], values[4])
    check_length(fn, values[0], 32)
    check_length(fn, values[1], 32)
    return _finish(fn, call, values, BOOL)


def _bitcoin_output(fn: FunctionLowering, call: Call) -> Type:
    assert call.result is not None
    values = _hold_all(fn, call, (_BUFFER, UINT))
    _charge_length(fn, "cost_get_bitcoin_tx_output", call.arguments[0], values[0])
    return _finish(fn, call, values, call.result)


def _decompress(fn: FunctionLowering, types: Sequence[Type], result: Type) -> None:
    key = fn.hold(types[0])
    check_length(fn, key, _COMPRESSED_KEY)
    fn.push(key)
    emit_host_word(fn, "secp256k1-decompress?", types, result)
    fn.release(key)


WORDS: tuple[Word, ...] = (
    Plain("hash160", "cost_hash160", _hash("hash160"), serialized_input=True),
    Plain("sha256", "cost_sha256", _hash("sha256"), serialized_input=True),
    Plain("sha512", "cost_sha512", _hash("sha512"), serialized_input=True),
    Plain("sha512/256", "cost_sha512t256", _hash("sha512/256"), serialized_input=True),
    Plain("keccak256", "cost_keccak256", _hash("keccak256"), serialized_input=True),
    Form("secp256k1-recover?", emit=_recover),
    Form("secp256k1-verify", emit=_verify_k1),
    Form("secp256r1-verify", emit=_verify_r1),
    Form("ed25519-verify", emit=_verify_ed25519),
    Form("verify-merkle-proof", emit=_verify_merkle_proof),
    Form("get-bitcoin-tx-output?", emit=_bitcoin_output),
    Plain("secp256k1-decompress?", "cost_secp256k1decompress", _decompress),
)
