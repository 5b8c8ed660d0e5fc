"""Functions applied to elements: fold, map, filter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler import abi
from compiler.diagnostics import CompilerBug
from compiler.layout import layout_of
from compiler.lower import held as h
from compiler.lower.depth import check_applied, enter_calls, leave_calls
from compiler.lower.function import HeldNode
from compiler.lower.held import Held
from compiler.lower.reclaim import Reclaim
from compiler.lower.spare import has_spare
from compiler.lower.typed.bounds import Bounds, most_elements
from compiler.syntax.ast import AtomNode, ListNode, LiteralNode
from compiler.type_relations import least_supertype_v2_1
from compiler.types import BOOL, ListType, Type
from compiler.values import Buffer, StringAscii, StringUtf8
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32
from compiler.words.element_types import FilteredTypes, entry_type, push_unit
from compiler.words.elements import (
    element_size,
    element_type,
    push_own_type,
)
from compiler.words.names import word_kind
from compiler.words.own_types import OwnType, carries_type
from compiler.words.storage import name_of
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering
    from compiler.lower.module import UserFunction
    from compiler.syntax.ast import Node


class _Cursor:
    """A walk over a sequence: the address of the element that is next."""

    __slots__ = ("at", "entry", "sequence", "step")

    def __init__(self, fn: FunctionLowering, sequence: Held) -> None:
        self.sequence = sequence
        self.step = element_size(sequence.type)
        self.entry = entry_type(fn, sequence)
        self.at = fn.local_i32()
        fn.code.local_get(sequence.locals[0]).local_set(self.at)

    def take(self, fn: FunctionLowering) -> Held:
        """The next element, and on to the one after it."""
        push_unit(fn, self.sequence.type, self.at, self.entry)
        element = fn.hold(element_type(self.sequence.type))
        fn.code.local_get(self.at).i32_const(self.step).i32_add().local_set(self.at)
        return element

    def release(self, fn: FunctionLowering) -> None:
        """Give the locals back."""
        fn.code.release(self.at)
        if self.entry is not None:
            self.entry.release(fn)


def _apply(
    fn: FunctionLowering,
    name: str,
    arguments: Sequence[Held],
    result: Type,
) -> Type:
    """Apply a function to held values; nothing is charged for looking it up."""
    from compiler.lower.walker import apply

    nodes = [HeldNode(value) for value in arguments]
    check_applied(fn)
    return apply(fn, Call(name, nodes, result, 0))


def _lengths(node: Node | HeldNode, sequence: Held) -> Bounds:
    """How many elements a sequence has, at least and at most."""
    if isinstance(node, LiteralNode) and isinstance(node.value, Buffer | StringAscii | StringUtf8):
        count = len(node.value.value)
        return count, count
    if isinstance(node, ListNode):
        head = node.children[0]
        if isinstance(head, AtomNode) and head.name == "list":
            count = len(node.children) - 1
            return count, count
    return 0, most_elements(sequence.type)


def _fold(fn: FunctionLowering, call: Call) -> Type:
    name = name_of(call.arguments[0])
    code = fn.code
    fn.charge("cost_fold")
    fn.charge("cost_lookup_function")
    sequence = fn.lower_held(call.arguments[1])
    initial = fn.lower(call.arguments[2])
    function = fn.module.functions.get(name)
    result = call.result
    if result is None:
        raise CompilerBug("fold: the type of the result is not known")
    kept = result if function is None else _accumulator(initial, function)
    fn.convert(initial, kept)
    accumulator = fn.hold(kept)
    cursor = _Cursor(fn, sequence)
    left = fn.local_i32()
    code.local_get(sequence.locals[1]).local_set(left)
    reclaim = None if function is None else Reclaim(fn, kept)
    enter_calls(fn, more=1)
    fn.meter.flush()
    with code.block() as done, code.loop() as again:
        code.local_get(left).i32_eqz().br_if(done)
        element = cursor.take(fn)
        with fn.meter.loop(_lengths(call.arguments[1], sequence)):
            type_ = _apply(fn, name, (element, accumulator), kept)
            fn.convert(type_, kept)
            h.assign(code, accumulator)
            fn.release(element)
            code.local_get(left).i32_const(1).i32_sub().local_set(left)
            fn.meter.check(fn.module.host("abort"))
        if reclaim is not None:
            reclaim.free(accumulator)
        code.br(again)
    leave_calls(fn, more=1)
    fn.push(accumulator)
    if reclaim is not None:
        reclaim.release()
    code.release(left)
    cursor.release(fn)
    fn.release(accumulator)
    _release(fn, call.arguments[1], sequence)
    # The checker's type is what the function answers, which may not admit the initial value
    # (`(fold f "" (err u3))` where `f` never fails): what the function takes admits both.
    return kept


def _accumulator(initial: Type, function: UserFunction) -> Type:
    """What a folding function takes; with fields that it takes none of, if there may be such."""
    kept = function.parameters[1]
    for of in (function.result, initial):
        if has_spare(of):
            kept = least_supertype_v2_1(kept, of)
    return kept


def _release(fn: FunctionLowering, node: Node | HeldNode, value: Held) -> None:
    if not isinstance(node, HeldNode):
        fn.release(value)


def _filter(fn: FunctionLowering, call: Call) -> Type:
    name = name_of(call.arguments[0])
    code = fn.code
    fn.charge("cost_filter")
    sequence = fn.lower_held(call.arguments[1])
    fn.charge("cost_lookup_function")
    type_ = sequence.type
    length = sequence.locals[1]
    size = element_size(type_)
    kept_type: Local | None = None
    if isinstance(type_, ListType):
        # The list keeps its type, whatever is filtered out of it.
        kept_type = fn.local_i32()
        if layout_of(type_.entry).dimensions:
            fn.push(sequence)
            code.call(fn.module.generated.vector(type_)).local_set(kept_type)
        else:
            code.local_get(sequence.locals[2]).local_set(kept_type)
    code.local_get(length).i32_const(size).i32_mul()
    out = fn.alloc_dynamic()
    there, left, from_ = fn.local_i32(), fn.local_i32(), fn.local_i32()
    code.local_get(out).local_set(there)
    code.local_get(length).local_set(left)
    cursor = _Cursor(fn, sequence)
    types = None if cursor.entry is None else FilteredTypes(fn, sequence, cursor.entry)
    reclaim = Reclaim(fn, BOOL)
    enter_calls(fn, more=1)
    fn.meter.flush()
    with code.block() as done, code.loop() as again:
        code.local_get(left).i32_eqz().br_if(done)
        code.local_get(cursor.at).local_set(from_)
        element = cursor.take(fn)
        with fn.meter.loop(_lengths(call.arguments[1], sequence)):
            _apply(fn, name, (element,), BOOL)
            fn.release(element)
            fn.meter.flush()
        with code.if_():
            if types is not None:
                types.keep(from_)
            code.local_get(there).local_get(from_).i32_const(size).memory_copy()
            code.local_get(there).i32_const(size).i32_add().local_set(there)
        code.local_get(left).i32_const(1).i32_sub().local_set(left)
        fn.meter.check(fn.module.host("abort"))
        reclaim.free()
        code.br(again)
    leave_calls(fn, more=1)
    reclaim.release()
    code.local_get(out)
    code.local_get(there).local_get(out).i32_sub()
    if size > 1:
        code.i32_const(size).i32_div_u()
    if kept_type is not None:
        if types is not None:
            types.finish(kept_type)
        code.local_get(kept_type)
        code.release(kept_type)
    code.release(there, left, from_, out)
    cursor.release(fn)
    _release(fn, call.arguments[1], sequence)
    return type_


def _map(fn: FunctionLowering, call: Call) -> Type:
    name = name_of(call.arguments[0])
    code = fn.code
    result = call.result
    if not isinstance(result, ListType):
        raise CompilerBug("map: the type of the result is not known")
    fn.charge("cost_map", len(call.arguments))
    fn.charge("cost_lookup_function")
    sequences = [fn.lower_held(argument) for argument in call.arguments[1:]]
    count = fn.local_i32()
    code.local_get(sequences[0].locals[1]).local_set(count)
    for sequence in sequences[1:]:
        length = sequence.locals[1]
        code.local_get(length).local_get(count)
        code.local_get(length).local_get(count).i32_lt_u().select().local_set(count)
    fn.meter.flush()
    lengths = [
        _lengths(node, sequence)
        for node, sequence in zip(call.arguments[1:], sequences, strict=True)
    ]
    rows = (min(least for least, _ in lengths), min(most for _, most in lengths))
    if len(sequences) == 1:
        _map_rows(fn, name, sequences, count, result, rows)
    else:
        ranges = fn.meter.ranges
        ranges.fork()
        # Where a sequence is empty, the interpreter still applies the function to what the others
        # have (`special_map`, in every epoch up to 4.0).
        code.local_get(count)
        with code.if_((I32, I32, I32)):
            _map_rows(fn, name, sequences, count, result, rows)
            code.else_()
            ranges.other()
            _map_ragged(fn, name, sequences, result, lengths)
        ranges.join()
    code.release(count)
    for argument, sequence in zip(call.arguments[1:], sequences, strict=True):
        _release(fn, argument, sequence)
    return result


def _map_rows(
    fn: FunctionLowering,
    name: str,
    sequences: Sequence[Held],
    count: Local,
    result: ListType,
    bounds: Bounds,
) -> None:
    """Push the list of results of the first `count` rows."""
    code = fn.code
    size = layout_of(result.entry).element_size
    code.local_get(count).i32_const(size).i32_mul()
    out = fn.alloc_dynamic()
    there, left = fn.local_i32(), fn.local_i32()
    code.local_get(out).local_set(there)
    code.local_get(count).local_set(left)
    cursors = [_Cursor(fn, sequence) for sequence in sequences]
    own_type: OwnType | None = None
    if (fn.module.metering and carries_type(result.entry)) or has_spare(result.entry):
        own_type = OwnType(fn, result, lambda: code.local_get(count))
    # Elements that point nowhere are in the list itself.
    reclaim = Reclaim(fn, result.entry)
    enter_calls(fn, more=1)
    with code.block() as done, code.loop() as again:
        code.local_get(left).i32_eqz().br_if(done)
        elements = [cursor.take(fn) for cursor in cursors]
        with fn.meter.loop(bounds):
            type_ = _apply(fn, name, elements, result.entry)
            fn.convert(type_, result.entry)
            if own_type is not None:
                value = fn.hold(result.entry)
                own_type.add(value)
                fn.push(value)
                fn.release(value)
            h.store_element(code, there, 0, result.entry)
            fn.release(*elements)
            code.local_get(there).i32_const(size).i32_add().local_set(there)
            code.local_get(left).i32_const(1).i32_sub().local_set(left)
            fn.meter.check(fn.module.host("abort"))
        if reclaim.frees_all:
            reclaim.free()
        code.br(again)
    leave_calls(fn, more=1)
    reclaim.release()
    code.local_get(out).local_get(count)
    if own_type is not None:
        own_type.push_counted(count)
    else:
        push_own_type(fn, result, count)
    code.release(there, left, out)
    for cursor in cursors:
        cursor.release(fn)


# Words that take one argument as well as more.
_VARIADIC = {"+", "-", "*", "/", "and", "or", "is-eq", "bit-and", "bit-or", "bit-xor", "list"}
# Code is made for every choice of sequences that may be empty, of which there are two to this power.
_MOST_RAGGED = 6


def _map_ragged(
    fn: FunctionLowering,
    name: str,
    sequences: Sequence[Held],
    result: ListType,
    lengths: Sequence[Bounds],
) -> None:
    """Push what `map` gives where at least one of several sequences is empty.

    The function is applied to rows of what the sequences that aren't empty have: as often as the
    shortest of them is long, but once if one of them stands behind an empty one.
    """
    code = fn.code
    is_word = word_kind(name, fn.module.version) is not None
    if is_word and name in _VARIADIC and len(sequences) <= _MOST_RAGGED:
        _map_nonempty(fn, name, sequences, result, lengths, ())
        return
    ranges = fn.meter.ranges
    ranges.fork()
    any_left = fn.local_i32()
    code.i32_const(0)
    for sequence in sequences:
        code.local_get(sequence.locals[1]).i32_or()
    code.local_set(any_left)
    code.local_get(any_left)
    code.release(any_left)
    with code.if_((I32, I32, I32)):
        fn.abort(abi.Abort.INCORRECT_ARGUMENT_COUNT)
        code.else_()
        ranges.other()
        code.i32_const(0).i32_const(0).i32_const(0)
    ranges.join()


def _map_nonempty(
    fn: FunctionLowering,
    name: str,
    sequences: Sequence[Held],
    result: ListType,
    lengths: Sequence[Bounds],
    found: tuple[bool, ...],
) -> None:
    """Push the result once it is known which sequences aren't empty; `found` says it of the first."""
    code = fn.code
    place = len(found)
    if place < len(sequences):
        ranges = fn.meter.ranges
        ranges.fork()
        code.local_get(sequences[place].locals[1])
        with code.if_((I32, I32, I32)):
            _map_nonempty(fn, name, sequences, result, lengths, (*found, True))
            code.else_()
            ranges.other()
            _map_nonempty(fn, name, sequences, result, lengths, (*found, False))
        ranges.join()
        return
    chosen = [index for index, there in enumerate(found) if there]
    if not chosen or all(found):
        # All of them is the usual case, which has been dealt with.
        code.i32_const(0).i32_const(0).i32_const(0)
        return
    count = fn.local_i32()
    if chosen[-1] > found.index(False):
        code.i32_const(1).local_set(count)
        bounds = (1, 1)
    else:
        code.local_get(sequences[0].locals[1]).local_set(count)
        for index in chosen[1:]:
            length = sequences[index].locals[1]
            code.local_get(length).local_get(count)
            code.local_get(length).local_get(count).i32_lt_u().select().local_set(count)
        bounds = (
            min(lengths[index][0] for index in chosen),
            min(lengths[index][1] for index in chosen),
        )
    _map_rows(fn, name, [sequences[index] for index in chosen], count, result, bounds)
    code.release(count)


WORDS: tuple[Word, ...] = (
    Form("fold", emit=_fold),
    Form("map", emit=_map),
    Form("filter", emit=_filter),
)
