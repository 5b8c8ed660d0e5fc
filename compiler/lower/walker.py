"""Expressions to code: literals, variables, and applications of words and user functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from compiler.check.rules import rules_of
from compiler.check.simple import Simple
from compiler.costs.memory import NATIVE_FORMS
from compiler.diagnostics import CompilerBug
from compiler.layout import DATA, MAX_LEN, VECTOR, layout_of
from compiler.lower import held as h
from compiler.lower.calls import call_user_function
from compiler.lower.depth import check_application
from compiler.lower.function import HeldNode
from compiler.lower.held import Held
from compiler.lower.literals import push_literal
from compiler.lower.typed.bounds import serialized_bounds, size_bounds, sum_of
from compiler.syntax.ast import AtomNode, ListNode, LiteralNode, Node
from compiler.types import CallableTraitType, TraitReferenceType, Type
from compiler.versions import ClarityVersion
from compiler.words.keywords import KEYWORDS
from compiler.words.names import word_kind
from compiler.words.registry import WORDS
from compiler.words.word import Call, Plain

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def lower(fn: FunctionLowering, node: Node | HeldNode, borrow: bool) -> Type:
    """Push the value of `node`; the type of what was pushed."""
    places = fn.meter.places
    if places is None or isinstance(node, HeldNode):
        return _lower(fn, node, borrow)
    with places.at(node.id):
        return _lower(fn, node, borrow)


def _trace(fn: FunctionLowering, node: ListNode, number: int) -> None:
    """Tell the host that an application begins or ends; the counters are what they are by then."""
    fn.meter.flush()
    fn.code.i32_const(number).i32_const(node.span.start_line)
    fn.code.call(fn.module.host("trace"))


def _lower(fn: FunctionLowering, node: Node | HeldNode, borrow: bool) -> Type:
    match node:
        case ListNode() if fn.module.traced:
            _trace(fn, node, node.id)
            type_ = _lower_application(fn, node)
            _trace(fn, node, ~node.id)
            return type_
        case ListNode():
            return _lower_application(fn, node)
        case AtomNode():
            return _lower_variable(fn, node, borrow)
        case LiteralNode():
            return push_literal(fn, node.value)
        case HeldNode():
            fn.push(node.held)
            return node.held.type
        case _:
            raise CompilerBug(f"node {node.id} is not an expression")


def _lower_application(fn: FunctionLowering, node: ListNode) -> Type:
    head = node.children[0]
    if not isinstance(head, AtomNode):
        raise CompilerBug(f"node {node.id} applies something without a name")
    module = fn.module
    fn.code.mark(node.id)
    fn.charge("cost_lookup_function")
    result = module.typed.own_types.get(node.id) or module.types.get(node.id)
    check_application(fn)
    fn.level += 1
    type_ = apply(fn, Call(head.name, node.children[1:], result, node.id))
    fn.level -= 1
    return type_


def apply(fn: FunctionLowering, call: Call) -> Type:
    """Apply a word or a user function; the charge for looking it up is the caller's."""
    if word_kind(call.word, fn.module.version) is None:
        function = fn.module.functions.get(call.word)
        if function is None:
            raise CompilerBug(f"no function {call.word}")
        return call_user_function(fn, function, call.arguments)
    fn.code.word = call.word
    word = WORDS[call.word]
    if isinstance(word, Plain):
        with fn.memory.arguments(call.arguments) as given:
            return _apply_plain(fn, word, replace(call, arguments=given))
    if call.word in NATIVE_FORMS:
        with fn.memory.arguments(call.arguments) as given:
            return word.emit(fn, replace(call, arguments=given))
    return word.emit(fn, call)


def _apply_plain(fn: FunctionLowering, word: Plain, call: Call) -> Type:
    arguments = call.arguments
    own = [fn.type_of(a) if isinstance(a, HeldNode) else _own(fn, a) for a in arguments]
    types: Sequence[Type] = word.arguments(own) if word.arguments else own
    by_size = word.serialized_input and fn.module.epoch.charges_serialized_arguments
    if by_size and fn.module.metering and not fn.meter.is_constant(word.cost):
        helds = []
        for argument, type_ in zip(arguments, types, strict=True):
            fn.convert(fn.lower(argument), type_)
            helds.append(fn.hold(type_))
        # The sum of the serialised sizes, as i64.
        fn.code.i32_const(0)
        for held in helds:
            fn.push(held)
            fn.module.generated.push_serialized_size(fn, held.type)
            fn.code.i32_add()
        fn.code.i64_extend_i32_u()
        fn.charge_stack(word.cost, sum_of([serialized_bounds(type_) for type_ in types]))
        for held in helds:
            fn.push(held)
        fn.release(*helds)
    else:
        for argument, type_ in zip(arguments, types, strict=True):
            fn.convert(fn.lower(argument), type_)
        fn.charge(word.cost, len(arguments))
    result = call.result or _applied_type(fn, word, types)
    word.emit(fn, types, result)
    return result


def _applied_type(fn: FunctionLowering, word: Plain, types: Sequence[Type]) -> Type:
    """The type of the result where `fold`, `map` or `filter` applies a word."""
    rule = rules_of(fn.module.version).get(word.name)
    if not isinstance(rule, Simple):
        raise CompilerBug(f"{word.name}: the type of the result is not known")
    return rule.check(types, fn.module.version)


def _own(fn: FunctionLowering, node: Node) -> Type:
    return fn.module.typed.own_type(node)


def _lower_variable(fn: FunctionLowering, node: AtomNode, borrow: bool) -> Type:
    name = node.name
    module = fn.module
    if word_kind(name, module.version) == "keyword":
        return KEYWORDS[name](fn)
    fn.charge("cost_lookup_variable_depth", fn.depth)
    local = fn.scope.get(name)
    if local is not None:
        fn.push(local)
        charge_clone(fn, local.type, borrow)
        return local.type
    literal = module.literal_constants.get(name)
    if literal is not None:
        type_ = push_literal(fn, literal[1])
        charge_clone(fn, type_, borrow)
        return type_
    constant = module.constants.get(name)
    if constant is None:
        raise CompilerBug(f"no variable {name}")
    type_, address = constant
    _load_constant(fn, type_, address)
    charge_clone(fn, type_, borrow)
    if module.epoch.sanitizes_constants:
        _sanitize(fn, type_)
    return type_


def charge_clone(fn: FunctionLowering, type_: Type, borrow: bool) -> None:
    """The charge for a variable's size, the variable's value being on the stack.

    Before epoch 3.4 every look-up pays it, later only those that clone. A trait of Clarity 1 is no
    variable.
    """
    if borrow and fn.module.epoch.borrows_variables:
        return
    is_trait = isinstance(type_, CallableTraitType | TraitReferenceType)
    if is_trait and fn.module.version < ClarityVersion.CLARITY_2:
        return
    generated = fn.module.generated
    size = generated.static_size(type_)
    if size is not None:
        fn.charge("cost_lookup_variable_size", size)
        return
    if not fn.module.metering:
        return
    held = fn.hold(type_)
    _charge_own_size(fn, held)
    fn.push(held)
    fn.release(held)


def _charge_own_size(fn: FunctionLowering, value: Held) -> None:
    fn.push(value)
    fn.module.generated.push_size(fn, value.type)
    fn.code.i64_extend_i32_u()
    fn.charge_stack("cost_lookup_variable_size", size_bounds(value.type))


def is_borrowed(fn: FunctionLowering, node: Node | HeldNode) -> bool:
    """Whether `node`, lowered with `borrow`, still owes the charge for being cloned."""
    return (
        fn.module.epoch.borrows_variables
        and isinstance(node, AtomNode)
        and word_kind(node.name, fn.module.version) is None
    )


def charge_variable_clone(fn: FunctionLowering, node: Node | HeldNode) -> None:
    """The charge for cloning what `node`, lowered with `borrow` before, gave: a bool."""
    if is_borrowed(fn, node):
        fn.charge("cost_lookup_variable_size", 1)


def charge_held_clone(fn: FunctionLowering, node: Node | HeldNode, value: Held) -> None:
    """The charge for cloning what `node`, lowered with `borrow` before, gave: `value`."""
    if not is_borrowed(fn, node):
        return
    known = fn.module.generated.static_size(value.type)
    if known is not None:
        fn.charge("cost_lookup_variable_size", known)
    else:
        _charge_own_size(fn, value)


def _load_constant(fn: FunctionLowering, type_: Type, address: int) -> None:
    layout = layout_of(type_)
    if layout.boxed:
        fn.code.i32_const(address)
        return
    for slot in layout.natural:
        fn.code.i32_const(0)
        h.load(fn.code, slot.wasm, address + slot.offset)


def _sanitize(fn: FunctionLowering, type_: Type) -> None:
    """Give the value on the stack the dynamic types that its contents say."""
    layout = layout_of(type_)
    if all(slot.kind == DATA for slot in layout.natural):
        return
    code = fn.code
    held = fn.hold(type_)
    if not layout.boxed:
        for index, slot in enumerate(layout.natural):
            if slot.kind == VECTOR:
                code.i32_const(0)
            else:
                # A maximal length stands behind the length.
                code.local_get(held.locals[index - (slot.kind == MAX_LEN)])
        fn.release(held)
        return
    block = fn.alloc(layout.slot_size)
    code.local_get(block).local_get(held.locals[0]).i32_const(layout.slot_size).memory_copy()
    for index, slot in enumerate(layout.natural):
        if slot.kind == DATA:
            continue
        code.local_get(block)
        if slot.kind == VECTOR:
            code.i32_const(0)
        else:
            code.local_get(block).i32_load(layout.natural[index - 1].offset)
        code.i32_store(slot.offset)
    code.local_get(block)
    code.release(block)
    fn.release(held)
