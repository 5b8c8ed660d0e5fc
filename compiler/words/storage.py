"""What the words that reach the chain's state have in common: keys, results, names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.diagnostics import CompilerBug
from compiler.layout import layout_of
from compiler.lower.function import HeldNode
from compiler.syntax.ast import AtomNode
from compiler.types import BOOL, UINT, ResponseType, Type
from compiler.wasm.functions import Local
from compiler.wasm.valtypes import I32

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering
    from compiler.syntax.ast import Node

TOKEN_RESPONSE = ResponseType(BOOL, UINT)


def name_of(node: Node | HeldNode) -> str:
    """The name that stands where the language wants one."""
    if isinstance(node, AtomNode):
        return node.name
    raise CompilerBug("a name is missing")


class Bytes:
    """Serialised bytes: two locals with their address and length."""

    __slots__ = ("length", "pointer")

    def __init__(self, pointer: Local, length: Local) -> None:
        self.pointer = pointer
        self.length = length

    def push(self, fn: FunctionLowering) -> None:
        """Push address and length."""
        fn.code.local_get(self.pointer).local_get(self.length)

    def release(self, fn: FunctionLowering) -> None:
        """Give the locals back."""
        fn.code.release(self.pointer, self.length)


def serialized(fn: FunctionLowering, type_: Type) -> Bytes:
    """Pop a value; its bytes."""
    fn.module.generated.serialize_stack(fn, type_)
    return pop_bytes(fn)


def pop_bytes(fn: FunctionLowering) -> Bytes:
    """Pop address and length."""
    pointer, length = fn.code.locals((I32, I32))
    fn.code.local_set(length).local_set(pointer)
    return Bytes(pointer, length)


def serialized_argument(
    fn: FunctionLowering, node: Node | HeldNode, type_: Type, *, borrow: bool
) -> Bytes:
    """The bytes of an argument as a value of `type_`."""
    fn.lower_as(node, type_, borrow=borrow)
    return serialized(fn, type_)


def read_value(fn: FunctionLowering, pointer: Local, type_: Type) -> None:
    """Push the value whose bytes the host left at `pointer`."""
    fn.code.local_get(pointer).call(fn.module.generated.deserializer(type_)).drop()


def token_response(fn: FunctionLowering) -> Type:
    """Pop the host's answer: 0 becomes (ok true), another number that error."""
    code = fn.code
    answer = code.local(I32)
    code.local_set(answer)
    # tag, ok, err low, err high
    code.local_get(answer).i32_eqz().i32_const(1)
    code.local_get(answer).i64_extend_i32_u().i64_const(0)
    code.release(answer)
    if layout_of(TOKEN_RESPONSE).boxed:
        raise CompilerBug("the response of tokens is boxed")
    return TOKEN_RESPONSE
