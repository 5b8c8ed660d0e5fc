"""Arguments that the type checker has vouched for, and the interpreter's checks of lengths."""

from __future__ import annotations

from compiler.diagnostics import CompilerBug
from compiler.values import Buffer, Principal, UInt, Value
from runtime import errors


def principal_of(value: Value) -> str:
    """The text of a principal."""
    if isinstance(value, Principal):
        return value.value
    raise CompilerBug(f"a host word got {value}, wants a principal")


def uint_of(value: Value) -> int:
    """An unsigned integer."""
    if isinstance(value, UInt):
        return value.value
    raise CompilerBug(f"a host word got {value}, wants a uint")


def bytes_of(value: Value, length: int | None = None) -> bytes:
    """A buffer's bytes; a buffer of another length than is asked for ends the transaction."""
    if not isinstance(value, Buffer):
        raise CompilerBug(f"a host word got {value}, wants a buffer")
    if length is not None and len(value.value) != length:
        raise errors.check("TypeValueError")
    return value.value
