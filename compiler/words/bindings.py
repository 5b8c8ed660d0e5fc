"""Binding words: let and match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import abi
from compiler.diagnostics import CompilerBug
from compiler.layout import layout_of
from compiler.lower import held as h
from compiler.lower.function import HeldNode
from compiler.lower.held import Held
from compiler.syntax.ast import AtomNode, ListNode
from compiler.types import BOOL, OptionalType, ResponseType, Type
from compiler.words.control import branch, wasm_types
from compiler.words.names import is_reserved
from compiler.words.word import Call, Form, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering
    from compiler.syntax.ast import Node


def _let(fn: FunctionLowering, call: Call) -> Type:
    bindings = call.arguments[0]
    if not isinstance(bindings, ListNode):
        raise CompilerBug("let without a list of bindings")
    fn.charge("cost_let", len(bindings.children))
    outer = fn.scope
    fn.scope = dict(outer)
    fn.depth += 1
    bound: list[Held] = []
    with fn.memory.scope():
        for binding in bindings.children:
            name, value = _binding(binding)
            _check_name(fn, name)
            held = _hold(fn, value)
            fn.scope[name] = held
            bound.append(held)
        type_: Type = BOOL
        last = len(call.arguments) - 1
        for index, expression in enumerate(call.arguments[1:], 1):
            # Only the last value is kept, so only it is cloned.
            type_ = fn.lower(expression, borrow=index != last)
            if index != last:
                fn.drop(type_)
    fn.depth -= 1
    fn.scope = outer
    fn.release(*bound)
    return type_


def _hold(fn: FunctionLowering, node: Node) -> Held:
    """The value of a binding; it is held in memory before it is cloned."""
    from compiler.lower.walker import charge_clone, is_borrowed

    # An error of the one is told from one of the other by the costs, if an allowance forgives it.
    later = fn.module.counts_memory and is_borrowed(fn, node)
    value = fn.hold(fn.lower(node, borrow=later))
    fn.memory.hold(value)
    if later:
        fn.push(value)
        charge_clone(fn, value.type, borrow=False)
        fn.drop(value.type)
    return value


def _check_name(fn: FunctionLowering, name: str) -> None:
    """A name that is a function's or a word can't be bound.

    The checker sees to it, but for words, and for read-only functions, whose names it forgets.
    """
    module = fn.module
    functions = module.typed.functions if fn.result is not None else module.functions
    if name in functions or is_reserved(name, module.version):
        fn.abort(abi.Abort.NAME_ALREADY_USED)


def _binding(node: Node) -> tuple[str, Node]:
    if isinstance(node, ListNode) and isinstance(node.children[0], AtomNode):
        return node.children[0].name, node.children[1]
    raise CompilerBug(f"node {node.id} binds nothing")


def _match(fn: FunctionLowering, call: Call) -> Type:
    result = call.result
    if result is None:
        raise CompilerBug("match: the type of the result is not known")
    subject = fn.lower_held(call.arguments[0])
    fn.charge("cost_match")
    fn.meter.flush()
    code = fn.code
    fn.meter.ranges.fork()
    h.push_slot(code, subject, 0)
    match subject.type:
        case OptionalType(inner=inner):
            name, some, none = call.arguments[1:]
            with code.if_(wasm_types(result)):
                _branch(fn, name, subject, 1, inner, some, result)
                code.else_()
                fn.meter.ranges.other()
                branch(fn, none, result)
        case ResponseType(ok=ok, err=err):
            ok_name, ok_branch, err_name, err_branch = call.arguments[1:]
            with code.if_(wasm_types(result)):
                _branch(fn, ok_name, subject, 1, ok, ok_branch, result)
                code.else_()
                fn.meter.ranges.other()
                start = 1 + len(layout_of(ok).natural)
                _branch(fn, err_name, subject, start, err, err_branch, result)
        case _:
            raise CompilerBug("match of what is neither optional nor response")
    fn.meter.ranges.join()
    if not isinstance(call.arguments[0], HeldNode):
        fn.release(subject)
    return result


def _branch(
    fn: FunctionLowering,
    name: Node | HeldNode,
    subject: Held,
    start: int,
    type_: Type,
    body: Node | HeldNode,
    result: Type,
) -> None:
    """A branch with the part of the subject that begins at `start` bound to a name."""
    if not isinstance(name, AtomNode):
        raise CompilerBug("match binds what is not a name")
    _check_name(fn, name.name)
    fn.push_part(subject, start, type_)
    held = fn.hold(type_)
    outer = fn.scope
    fn.scope = {**outer, name.name: held}
    fn.depth += 1
    with fn.memory.scope():
        fn.memory.hold(held)
        branch(fn, body, result)
    fn.depth -= 1
    fn.scope = outer
    fn.release(held)


WORDS: tuple[Word, ...] = (
    Form("let", emit=_let),
    Form("match", emit=_match),
)
