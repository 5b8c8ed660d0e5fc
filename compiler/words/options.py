"""Optionals and responses: making them, asking them, taking them apart, leaving early."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from compiler import abi
from compiler.diagnostics import CompilerBug
from compiler.layout import layout_of
from compiler.lower import held as h
from compiler.lower.held import Held
from compiler.types import NO_TYPE, OptionalType, ResponseType, Type
from compiler.words.control import wasm_types
from compiler.words.word import Call, Form, Plain, Word

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering


def build(fn: FunctionLowering, type_: Type, tag: int, part: Type, *, err: bool = False) -> None:
    """Pop the part, push an optional or response with it inside."""
    code = fn.code
    layout = layout_of(type_)
    if not layout.boxed:
        value = fn.hold(part)
        code.i32_const(tag)
        if isinstance(type_, ResponseType):
            if err:
                fn.push_zero(type_.ok)
                fn.push(value)
            else:
                fn.push(value)
                fn.push_zero(type_.err)
        else:
            fn.push(value)
        fn.release(value)
        return
    offset = 4
    if err and isinstance(type_, ResponseType):
        offset += layout_of(type_.ok).slot_size
    value = fn.hold(part)
    block = fn.alloc(layout.slot_size)
    code.local_get(block).i32_const(0).i32_const(layout.slot_size).memory_fill()
    code.local_get(block).i32_const(tag).i32_store(0)
    fn.push(value)
    h.store_slots(code, block, offset, part)
    code.local_get(block)
    code.release(block)
    fn.release(value)


def _some(fn: FunctionLowering, arguments: Sequence[Type], result: Type) -> None:
    assert isinstance(result, OptionalType)
    fn.convert(arguments[0], result.inner)
    build(fn, result, 1, result.inner)


def _ok(fn: FunctionLowering, arguments: Sequence[Type], result: Type) -> None:
    assert isinstance(result, ResponseType)
    fn.convert(arguments[0], result.ok)
    build(fn, result, 1, result.ok)


def _err(fn: FunctionLowering, arguments: Sequence[Type], result: Type) -> None:
    assert isinstance(result, ResponseType)
    fn.convert(arguments[0], result.err)
    build(fn, result, 0, result.err, err=True)


def _is(tag: int) -> Callable[[FunctionLowering, Sequence[Type], Type], None]:
    def emit(fn: FunctionLowering, arguments: Sequence[Type], result: Type) -> None:  # noqa: ARG001
        value = fn.hold(arguments[0])
        h.push_slot(fn.code, value, 0)
        if not tag:
            fn.code.i32_eqz()
        fn.release(value)

    return emit


def _default_to(fn: FunctionLowering, arguments: Sequence[Type], result: Type) -> None:
    default, optional = arguments
    assert isinstance(optional, OptionalType)
    code = fn.code
    value = fn.hold(optional)
    fallback = fn.hold(default)
    fn.meter.flush()
    h.push_slot(code, value, 0)
    with code.if_(wasm_types(result)):
        fn.push_part(value, 1, optional.inner)
        fn.convert(optional.inner, result)
        code.else_()
        fn.push(fallback)
        fn.convert(default, result)
    fn.release(value, fallback)


def inside(type_: Type, *, err: bool = False) -> tuple[int, Type]:
    """Where the inside of an optional or a response begins, and its type."""
    match type_:
        case OptionalType(inner=inner):
            return 1, inner
        case ResponseType(ok=ok, err=other):
            return (1 + len(layout_of(ok).natural), other) if err else (1, ok)
        case _:
            raise CompilerBug(f"{type_} is neither optional nor response")


def _push_inside(fn: FunctionLowering, value: Held, *, err: bool = False) -> Type:
    start, type_ = inside(value.type, err=err)
    fn.push_part(value, start, type_)
    return type_


def _unwrap_panic(*, err: bool) -> Callable[[FunctionLowering, Call], Type]:
    def emit(fn: FunctionLowering, call: Call) -> Type:
        type_ = fn.lower(call.arguments[0])
        value = fn.hold(type_)
        fn.charge("cost_unwrap_err" if err else "cost_unwrap", 1)
        h.push_slot(fn.code, value, 0)
        if not err:
            fn.code.i32_eqz()
        fn.abort_if(abi.Abort.UNWRAP_FAILURE)
        inner = _push_inside(fn, value, err=err)
        fn.release(value)
        return inner

    return emit


def _unwrap(*, err: bool) -> Callable[[FunctionLowering, Call], Type]:
    def emit(fn: FunctionLowering, call: Call) -> Type:
        value = fn.hold(fn.lower(call.arguments[0]))
        thrown = fn.hold(fn.lower(call.arguments[1]))
        fn.charge("cost_unwrap_err_or_ret" if err else "cost_unwrap_ret", 2)
        code = fn.code
        h.push_slot(code, value, 0)
        if not err:
            code.i32_eqz()
        with code.if_():
            fn.push(thrown)
            fn.early_return(thrown.type, abi.Abort.UNWRAP_FAILED_EARLY)
        inner = _push_inside(fn, value, err=err)
        fn.release(value, thrown)
        return inner

    return emit


def _try(fn: FunctionLowering, call: Call) -> Type:
    value = fn.hold(fn.lower(call.arguments[0]))
    fn.charge("cost_try_ret", 1)
    code = fn.code
    h.push_slot(code, value, 0)
    code.i32_eqz()
    with code.if_():
        if isinstance(value.type, ResponseType):
            # (err x) without the type of ok, which is the function's to say
            thrown: Type = ResponseType(NO_TYPE, value.type.err)
            start, err_type = inside(value.type, err=True)
            fn.push_part(value, start, err_type)
            build(fn, thrown, 0, err_type, err=True)
        else:
            thrown = OptionalType(NO_TYPE)
            code.i32_const(0)
        fn.early_return(thrown, abi.Abort.UNWRAP_FAILED_EARLY)
    inner = _push_inside(fn, value)
    fn.release(value)
    return inner


WORDS: tuple[Word, ...] = (
    Plain("some", cost="cost_some_cons", emit=_some),
    Plain("ok", cost="cost_ok_cons", emit=_ok),
    Plain("err", cost="cost_err_cons", emit=_err),
    Plain("is-some", cost="cost_is_some", emit=_is(1)),
    Plain("is-none", cost="cost_is_none", emit=_is(0)),
    Plain("is-ok", cost="cost_is_okay", emit=_is(1)),
    Plain("is-err", cost="cost_is_err", emit=_is(0)),
    Plain("default-to", cost="cost_default_to", emit=_default_to),
    Form("unwrap-panic", emit=_unwrap_panic(err=False)),
    Form("unwrap-err-panic", emit=_unwrap_panic(err=True)),
    Form("unwrap!", emit=_unwrap(err=False)),
    Form("unwrap-err!", emit=_unwrap(err=True)),
    Form("try!", emit=_try),
)
