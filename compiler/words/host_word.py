"""Words that the host evaluates on values: how generated code hands them over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler.description import Site
from compiler.layout import layout_of
from compiler.lower import held as h
from compiler.types import Type

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering
    from compiler.wasm.functions import Local


def call_host_word(
    fn: FunctionLowering, name: str, argument_types: Sequence[Type], result: Type, extra: str = ""
) -> Local:
    """Pop the arguments and have the host evaluate `name` on them.

    The local, to be released, points to the result in slot form, which is the caller's own.
    """
    code = fn.code
    site = fn.module.site(
        Site(kind="word", name=name, arguments=tuple(argument_types), result=result, extra=extra)
    )
    offset = sum(layout_of(type_).slot_size for type_ in argument_types)
    block = fn.alloc(offset)
    for type_ in reversed(argument_types):
        offset -= layout_of(type_).slot_size
        h.store_slots(code, block, offset, type_)
    code.i32_const(site).local_get(block)
    fn.host("word")
    code.local_set(block)
    return block


def emit_host_word(
    fn: FunctionLowering, name: str, argument_types: Sequence[Type], result: Type, extra: str = ""
) -> None:
    """Pop the arguments and push what the host makes of them, a value of `result`."""
    pointer = call_host_word(fn, name, argument_types, result, extra)
    h.load_slots(fn.code, pointer, 0, result)
    fn.code.release(pointer)
