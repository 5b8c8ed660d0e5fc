"""Values from bytes, and text from values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from compiler.consensus import SerializationError, deserialize
from compiler.description import Site
from compiler.diagnostics import CompilerBug
from compiler.types import OptionalType
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
        if error.kind == "UnexpectedSerialization" and not epoch.unexpected_serialization_is_none:
            raise errors.check("Unreachable") from None
        return NONE
    return Some(value)


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
