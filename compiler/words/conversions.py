"""Conversions between integers, text, buffers and serialised values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler import abi
from compiler.costs import Kind
from compiler.diagnostics import CompilerBug
from compiler.layout import MAX_LEN, VECTOR, declared_dimensions, layout_of
from compiler.lower import held as h
from compiler.lower.function import HeldNode
from compiler.lower.type_steps import type_steps
from compiler.lower.typed.bounds import most_elements, size_bounds
from compiler.type_relations import MAX_VALUE_SIZE
from compiler.types import (
    NO_TYPE,
    BufferType,
    CallableTraitType,
    IntType,
    OptionalType,
    StringUtf8Type,
    Type,
)
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32
from compiler.words.host_word import call_host_word, emit_host_word
from compiler.words.word import Call, Form, Plain, PlainEmit, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering

# A buffer's size is 4 more than its length, and `some` is one more.
_LONGEST_SERIALIZED = MAX_VALUE_SIZE - 5
_BUFFER = BufferType(MAX_VALUE_SIZE)


def _from_bytes(helper: str) -> PlainEmit:
    def emit(fn: FunctionLowering, _types: Sequence[Type], _result: Type) -> None:
        fn.helper(helper)

    return emit


def _unit(type_: Type) -> int:
    """How many bytes a character has."""
    return 4 if isinstance(type_, StringUtf8Type) else 1


def _parse(*, signed: bool) -> PlainEmit:
    def emit(fn: FunctionLowering, types: Sequence[Type], _result: Type) -> None:
        fn.code.i32_const(_unit(types[0])).i32_const(int(signed))
        fn.helper("text_to_int")

    return emit


def _print(fn: FunctionLowering, types: Sequence[Type], result: Type) -> None:
    fn.code.i32_const(int(isinstance(types[0], IntType))).i32_const(_unit(result))
    fn.helper("int_to_text")


def _to_ascii(fn: FunctionLowering, call: Call) -> Type:
    result = call.result
    if result is None:
        raise CompilerBug("to-ascii? can't be applied by fold, map or filter")
    own = fn.lower(call.arguments[0], borrow=True)
    generated = fn.module.generated
    size = generated.static_size(own)
    if size is not None:
        fn.charge("cost_to_ascii", size)
    elif fn.module.metering:
        value = fn.hold(own)
        fn.push(value)
        generated.push_size(fn, own)
        fn.code.i64_extend_i32_u()
        fn.charge_stack("cost_to_ascii", size_bounds(own))
        fn.push(value)
        fn.release(value)
    if isinstance(own, CallableTraitType):
        # The interpreter takes principals, but not one that is known by a trait.
        fn.abort(abi.Abort.UNION_TYPE_VALUE_ERROR)
        return NO_TYPE
    emit_host_word(fn, call.word, (own,), result)
    return result


def _to_consensus_buff(fn: FunctionLowering, types: Sequence[Type], _result: Type) -> None:
    code = fn.code
    fn.module.generated.serialize_stack(fn, types[0])
    pointer, length = code.local(I32), code.local(I32)
    code.local_set(length).local_set(pointer)
    # none where the buffer in `some` would be too large a value
    code.local_get(length).i32_const(_LONGEST_SERIALIZED).i32_le_u()
    code.local_get(pointer).local_get(length)
    code.release(pointer, length)


def _from_consensus_buff(fn: FunctionLowering, call: Call) -> Type:
    described, argument = call.arguments
    if isinstance(described, HeldNode):
        raise CompilerBug("from-consensus-buff? without a type")
    result = OptionalType(fn.module.typed.parsed_types[described.id])
    code = fn.code
    for _ in range(type_steps(described)):
        fn.charge("cost_type_parse_step")
    fn.lower_as(argument, _BUFFER, borrow=True)
    _charge_parsing(fn, most_elements(fn.type_of(argument)))
    pointer = call_host_word(fn, call.word, (_BUFFER,), result)
    _declare(fn, pointer, result)
    h.load_slots(code, pointer, 0, result)
    code.release(pointer)
    return result


def _charge_parsing(fn: FunctionLowering, most: int) -> None:
    """Charge for the length of the buffer on the stack, at most `most`; it stays there."""
    code = fn.code
    cost = "cost_from_consensus_buff"
    function = fn.module.costs.get(cost)
    if not fn.module.metering:
        return
    buffer = fn.hold(_BUFFER)
    length = buffer.locals[1]
    code.local_get(length)
    if fn.module.version.charges_empty_buffers:
        # at least 1
        code.local_get(length).i32_eqz().i32_add()
    elif function is not None and function.runtime.kind is Kind.NLOGN:
        # The logarithm of 0 doesn't exist.
        code.local_get(length).i32_eqz()
        fn.abort_if(abi.Abort.COST_COMPUTATION_FAILED)
    code.i64_extend_i32_u()
    fn.charge_stack(cost, (int(fn.module.version.charges_empty_buffers), max(most, 1)))
    fn.push(buffer)
    fn.release(buffer)


def _declare(fn: FunctionLowering, pointer: Local, type_: Type) -> None:
    """Give the value in slot form at `pointer` the declared type, as the interpreter does."""
    layout = layout_of(type_)
    if not any(slot.kind in (VECTOR, MAX_LEN) for slot in layout.natural):
        return
    declared = declared_dimensions(type_)
    vector = fn.module.declared_vector(type_)
    for slot in layout.natural:
        if slot.kind == VECTOR:
            value = vector + 4 * slot.dimension
        elif slot.kind == MAX_LEN:
            value = declared[slot.dimension]
        else:
            continue
        fn.code.local_get(pointer).i32_const(value).i32_store(slot.offset)


WORDS: tuple[Word, ...] = (
    Plain("buff-to-int-le", "cost_buff_to_int_le", _from_bytes("bytes_to_int_le")),
    Plain("buff-to-uint-le", "cost_buff_to_uint_le", _from_bytes("bytes_to_int_le")),
    Plain("buff-to-int-be", "cost_buff_to_int_be", _from_bytes("bytes_to_int_be")),
    Plain("buff-to-uint-be", "cost_buff_to_uint_be", _from_bytes("bytes_to_int_be")),
    Plain("string-to-int?", "cost_string_to_int", _parse(signed=True)),
    Plain("string-to-uint?", "cost_string_to_uint", _parse(signed=False)),
    Plain("int-to-ascii", "cost_int_to_ascii", _print),
    Plain("int-to-utf8", "cost_int_to_utf8", _print),
    Plain(
        "to-consensus-buff?",
        "cost_to_consensus_buff",
        _to_consensus_buff,
        serialized_input=True,
    ),
    Form("from-consensus-buff?", emit=_from_consensus_buff),
    Form("to-ascii?", emit=_to_ascii),
)
