"""Literal values: integers as constants, bytes and strings as data segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from compiler.contracts import SELF
from compiler.types import (
    INT,
    PRINCIPAL,
    UINT,
    BufferType,
    CallablePrincipalType,
    StringAsciiType,
    StringUtf8Type,
    Type,
)
from compiler.values import Buffer, Int, Literal, Principal, StringAscii, StringUtf8, UInt

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering

_MASK = (1 << 64) - 1


def push_int128(fn: FunctionLowering, value: int) -> None:
    """Push a 128-bit integer: low half, high half."""
    fn.code.i64_const(value & _MASK).i64_const((value >> 64) & _MASK)


def push_literal(fn: FunctionLowering, value: Literal) -> Type:
    """Push a literal; its own type."""
    code = fn.code
    match value:
        case Int():
            push_int128(fn, value.value)
            return INT
        case UInt():
            push_int128(fn, value.value)
            return UINT
        case Buffer():
            data = bytes(value.value)
            code.i32_const(fn.module.data(data)).i32_const(len(data))
            return BufferType(len(data))
        case StringAscii():
            data = value.value.encode("ascii")
            code.i32_const(fn.module.data(data)).i32_const(len(data))
            return StringAsciiType(len(data))
        case StringUtf8():
            data = value.value.encode("utf-32-le")
            code.i32_const(fn.module.data(data)).i32_const(len(data) // 4)
            return StringUtf8Type(len(data) // 4)
        case Principal():
            return _push_principal(fn, value.value)
        case _:
            assert_never(value)


def _push_principal(fn: FunctionLowering, identifier: str) -> Type:
    code = fn.code
    if identifier == SELF:
        from compiler import abi

        code.i32_const(0).i32_load(abi.CURRENT_CONTRACT)
        code.i32_const(0).i32_load(abi.CURRENT_CONTRACT + 4)
        return CallablePrincipalType(identifier)
    address, length = fn.module.principal(identifier)
    code.i32_const(address).i32_const(length)
    return CallablePrincipalType(identifier) if "." in identifier else PRINCIPAL
