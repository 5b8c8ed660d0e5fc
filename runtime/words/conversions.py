"""Values from bytes, and text from values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from compiler.consensus import INCOMPLETE, SerializationError, deserialize
from compiler.description import Site
from compiler.diagnostics import CompilerBug
from compiler.types import OptionalType, Type
from compiler.values import (
    NONE,
    Buffer,
    Err,
    Int,
    Ok,
    Principal,
    Some,
    StringAscii,
    StringUtf8,
    UInt,
    Value,
    source,
)
from compiler.versions import Epoch
from runtime import errors
from runtime.words.arguments import bytes_of
from runtime.words.context import WordContext

_NOT_ASCII: Final = Err(UInt(1))


def _from_consensus_buff(context: WordContext, site: Site, arguments: Sequence[Value]) -> Value:
    if not isinstance(site.result, OptionalType):
        raise CompilerBug("from-consensus-buff? gives an optional")
    epoch = context.epoch
    data = bytes_of(arguments[0])
    try:
        value = deserialize(data, site.result.inner, sanitize=epoch.sanitizes_values)
    except SerializationError as error:
        kind = error.kind
    else:
        return Some(value)
    if kind == INCOMPLETE:
        kind = _kind_besides(data, site.result.inner, epoch)
    if kind == "UnexpectedSerialization" and not epoch.unexpected_serialization_is_none:
        raise errors.check("Unreachable")
    return NONE


def _kind_besides(data: bytes, of: Type, epoch: Epoch) -> str:
    """What is wrong with bytes besides a tuple that names a field twice and lacks another.

    If it is nothing, the interpreter goes on with a tuple that lacks the field, which no typed code
    can hold; it ends where the field is asked for, and we end at once.
    """
    try:
        deserialize(data, of, sanitize=epoch.sanitizes_values, lacking=True)
    except SerializationError as error:
        return error.kind
    raise errors.check("Unreachable", "a tuple lacks a field")


def _to_ascii(_context: WordContext, _site: Site, arguments: Sequence[Value]) -> Value:
    value = arguments[0]
    match value:
        case bool() | Int() | UInt() | Buffer():
            return Ok(StringAscii(source(value)))
        case Principal(text):
            return Ok(StringAscii(text))
        case StringUtf8(text):
            try:
                return Ok(StringAscii(text))
            except ValueError:
                return _NOT_ASCII
        case _:
            raise errors.check("UnionTypeValueError")


WORDS: Final = {
    "from-consensus-buff?": _from_consensus_buff,
    "to-ascii?": _to_ascii,
}
