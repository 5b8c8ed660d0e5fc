"""Serialisation without types, and what typed serialisation shares with it (see `consensus`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NoReturn, assert_never

from compiler import type_relations, types
from compiler.addresses import (
    MAX_NAME_LENGTH,
    encode_address,
    is_clarity_name,
    is_contract_name,
    split_principal,
)
from compiler.type_relations import MAX_TYPE_DEPTH, MAX_UTF8_LENGTH, MAX_VALUE_SIZE, TypeFault
from compiler.types import Type
from compiler.values import (
    NONE,
    Buffer,
    Err,
    Int,
    List,
    NoneValue,
    Ok,
    Principal,
    Some,
    StringAscii,
    StringUtf8,
    Tuple,
    UInt,
    Value,
)

MAX_UNSANITIZED_DEPTH: Final = 16

(
    PREFIX_INT,
    PREFIX_UINT,
    PREFIX_BUFFER,
    PREFIX_TRUE,
    PREFIX_FALSE,
    PREFIX_STANDARD,
    PREFIX_CONTRACT,
    PREFIX_OK,
    PREFIX_ERR,
    PREFIX_NONE,
    PREFIX_SOME,
    PREFIX_LIST,
    PREFIX_TUPLE,
    PREFIX_ASCII,
    PREFIX_UTF8,
) = range(15)


class SerializationError(ValueError):
    """Bytes that are no value, or a value that has no bytes.

    `kind` is the interpreter's `SerializationError` variant, the text the interpreter's own.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def serialize(value: Value) -> bytes:
    """The bytes of `value`."""
    out = bytearray()
    try:
        write_untyped(value, out)
    except RecursionError:
        raise SerializationError(
            "SerializationFailure", "Serialization failure: TypeSignatureTooDeep"
        ) from None
    return bytes(out)


def serialized_size(value: Value) -> int:
    """The length of `serialize(value)`."""
    return len(serialize(value))


def type_of(value: Value) -> Type:
    """The narrowest type of a value, built from its parts; `TypeFault` if it breaks a limit."""
    match value:
        case bool():
            return types.BOOL
        case Int():
            return types.INT
        case UInt():
            return types.UINT
        case Principal():
            return types.PRINCIPAL
        case Buffer(data):
            return type_relations.buffer_of(len(data))
        case StringAscii(text):
            return type_relations.string_ascii_of(len(text))
        case StringUtf8(text):
            return type_relations.string_utf8_of(len(text))
        case NoneValue():
            return _NONE_TYPE
        case Some(inner):
            return type_relations.optional_of(type_of(inner))
        case Ok(inner):
            return type_relations.response_of(type_of(inner), types.NO_TYPE)
        case Err(inner):
            return type_relations.response_of(types.NO_TYPE, type_of(inner))
        case List(items):
            return type_relations.parent_list_type([type_of(item) for item in items])
        case Tuple(fields):
            return type_relations.tuple_of((name, type_of(item)) for name, item in fields.items())
        case _:
            assert_never(value)


_NONE_TYPE: Final = types.OptionalType(types.NO_TYPE)


# --- errors ------------------------------------------------------------------------------------


def end_of_data() -> SerializationError:
    """The bytes end before the value does."""
    return SerializationError(
        "IOError", "Serialization error caused by IO: failed to fill whole buffer"
    )


def failure(text: str) -> SerializationError:
    """Bytes that are no value."""
    return SerializationError("DeserializationFailure", f"Deserialization failure: {text}")


def bad_type(text: str) -> SerializationError:
    """A value that breaks a limit of types."""
    return SerializationError("BadTypeError", f"Deserialization error, bad type, caused by: {text}")


def unexpected() -> SerializationError:
    """A principal whose version is none (`from-consensus-buff?` tells it from other errors)."""
    return SerializationError(
        "UnexpectedSerialization", "The serializer handled an input in an unexpected way"
    )


def expected(wanted: Type) -> SerializationError:
    """A value of another type."""
    return SerializationError(
        "DeserializeExpected",
        f"Deserialization expected the type of the input to be: {type_relations.display(wanted)}",
    )


def mismatch(data: bytes, pos: int, wanted: Type) -> NoReturn:
    """Fails as the interpreter does, which reads some prefixes further before it looks at types."""
    prefix = data[pos]
    if prefix > PREFIX_UTF8:
        raise failure("Bad type prefix")
    if prefix in (PREFIX_BUFFER, PREFIX_ASCII):
        length_at(data, pos)
    elif prefix == PREFIX_UTF8:
        bytes_at(data, pos)
    elif prefix in (PREFIX_LIST, PREFIX_TUPLE):
        count_at(data, pos, "list" if prefix == PREFIX_LIST else "tuple")
    raise expected(wanted)


# --- parts that both ways of reading share -----------------------------------------------------


def depth_limit(sanitize: bool) -> int:
    """How many levels deep a value may be."""
    return MAX_TYPE_DEPTH if sanitize else MAX_UNSANITIZED_DEPTH


def _u32(data: bytes, pos: int) -> int:
    if pos + 5 > len(data):
        raise end_of_data()
    return int.from_bytes(data[pos + 1 : pos + 5], "big")


def length_at(data: bytes, pos: int) -> int:
    """The length in bytes of the buffer or string whose prefix is at `pos`."""
    length = _u32(data, pos)
    if length > MAX_VALUE_SIZE:
        raise bad_type("ValueTooLarge")
    return length


def bytes_at(data: bytes, pos: int) -> bytes:
    """The contents of the buffer or string whose prefix is at `pos`."""
    start = pos + 5
    end = start + length_at(data, pos)
    if end > len(data):
        raise end_of_data()
    return data[start:end]


def count_at(data: bytes, pos: int, what: str) -> int:
    """The number of entries of the list or tuple whose prefix is at `pos`."""
    count = _u32(data, pos)
    if count > MAX_VALUE_SIZE:
        raise failure(f"Illegal {what} type")
    return count


def ascii_string(data: bytes) -> StringAscii:
    """The string that the contents hold."""
    try:
        return StringAscii(data.decode("ascii"))
    except ValueError:
        raise failure("Bad string") from None


def utf8_string(data: bytes) -> StringUtf8 | None:
    """The string that the contents hold; None if they are not UTF-8 or too long."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return StringUtf8(text) if len(text) <= MAX_UTF8_LENGTH else None


def name_at(data: bytes, pos: int, is_valid: Callable[[str], bool]) -> tuple[str, int]:
    """The name whose length is at `pos`, and the position after it."""
    length = data[pos]
    if length > MAX_NAME_LENGTH:
        raise failure("String too long")
    end = pos + 1 + length
    if end > len(data):
        raise end_of_data()
    try:
        name = data[pos + 1 : end].decode("utf-8")
    except UnicodeDecodeError:
        raise failure("Non-UTF8 string data") from None
    if not is_valid(name):
        raise failure("Illegal Clarity string")
    return name, end


def principal_at(data: bytes, pos: int) -> tuple[Principal, int]:
    """The principal whose prefix is at `pos`, and the position after it."""
    end = pos + 22
    if end > len(data):
        raise end_of_data()
    version = data[pos + 1]
    if version > 31:
        raise unexpected()
    address = encode_address(version, data[pos + 2 : end])
    if data[pos] == PREFIX_STANDARD:
        return Principal(address), end
    name, end = name_at(data, end, is_contract_name)
    return Principal(f"{address}.{name}"), end


# --- reading without a type --------------------------------------------------------------------


def read_untyped(data: bytes, pos: int, depth: int, limit: int) -> tuple[Value, Type, int]:
    """A value, its narrowest type, and the position after it."""
    if depth >= limit:
        raise bad_type("TypeSignatureTooDeep")
    prefix = data[pos]
    if prefix in (PREFIX_INT, PREFIX_UINT):
        end = pos + 17
        if end > len(data):
            raise end_of_data()
        if prefix == PREFIX_INT:
            return Int(int.from_bytes(data[pos + 1 : end], "big", signed=True)), types.INT, end
        return UInt(int.from_bytes(data[pos + 1 : end], "big")), types.UINT, end
    if prefix in (PREFIX_TRUE, PREFIX_FALSE):
        return prefix == PREFIX_TRUE, types.BOOL, pos + 1
    if prefix in (PREFIX_STANDARD, PREFIX_CONTRACT):
        principal, end = principal_at(data, pos)
        return principal, types.PRINCIPAL, end
    if prefix == PREFIX_NONE:
        return NONE, _NONE_TYPE, pos + 1
    if prefix in (PREFIX_SOME, PREFIX_OK, PREFIX_ERR):
        return _read_wrapped(data, pos, depth, limit)
    if prefix == PREFIX_LIST:
        return _read_list(data, pos, depth, limit)
    if prefix == PREFIX_TUPLE:
        return _read_tuple(data, pos, depth, limit)
    if prefix in (PREFIX_BUFFER, PREFIX_ASCII, PREFIX_UTF8):
        return _read_text(data, pos)
    raise failure("Bad type prefix")


def _read_text(data: bytes, pos: int) -> tuple[Value, Type, int]:
    contents = bytes_at(data, pos)
    end = pos + 5 + len(contents)
    if data[pos] == PREFIX_BUFFER:
        return Buffer(contents), types.BufferType(len(contents)), end
    if data[pos] == PREFIX_ASCII:
        return ascii_string(contents), types.StringAsciiType(len(contents)), end
    text = utf8_string(contents)
    if text is None:
        raise failure("Illegal string_utf8 type")
    return text, types.StringUtf8Type(len(text.value)), end


def _read_wrapped(data: bytes, pos: int, depth: int, limit: int) -> tuple[Value, Type, int]:
    value, inner, end = read_untyped(data, pos + 1, depth + 1, limit)
    prefix = data[pos]
    try:
        if prefix == PREFIX_SOME:
            return Some(value), type_relations.optional_of(inner), end
        if prefix == PREFIX_OK:
            return Ok(value), type_relations.response_of(inner, types.NO_TYPE), end
        return Err(value), type_relations.response_of(types.NO_TYPE, inner), end
    except TypeFault:
        raise failure("Value too large") from None


def _read_list(data: bytes, pos: int, depth: int, limit: int) -> tuple[Value, Type, int]:
    count = count_at(data, pos, "list")
    pos += 5
    items: list[Value] = []
    entries: list[Type] = []
    for _ in range(count):
        item, entry, pos = read_untyped(data, pos, depth + 1, limit)
        items.append(item)
        entries.append(entry)
    try:
        return List(items), type_relations.parent_list_type(entries), pos
    except TypeFault:
        raise failure("Illegal list type") from None


def _read_tuple(data: bytes, pos: int, depth: int, limit: int) -> tuple[Value, Type, int]:
    count = count_at(data, pos, "tuple")
    pos += 5
    values: dict[str, Value] = {}
    fields: list[tuple[str, Type]] = []
    for _ in range(count):
        name, pos = name_at(data, pos, is_clarity_name)
        values[name], field, pos = read_untyped(data, pos, depth + 1, limit)
        fields.append((name, field))
    try:
        return Tuple(values), type_relations.tuple_of(fields), pos
    except TypeFault:
        raise failure("Illegal tuple type") from None


# --- writing -----------------------------------------------------------------------------------


@lru_cache(maxsize=65_536)
def _principal_bytes(text: str) -> bytes:
    version, digest, name = split_principal(text)
    if name is None:
        return bytes((PREFIX_STANDARD, version)) + digest
    return bytes((PREFIX_CONTRACT, version)) + digest + bytes((len(name),)) + name.encode()


def _write_sized(prefix: int, contents: bytes, out: bytearray) -> None:
    if len(contents) > MAX_VALUE_SIZE:
        raise SerializationError("SerializationFailure", "Serialization failure: ValueTooLarge")
    out.append(prefix)
    out += len(contents).to_bytes(4, "big")
    out += contents


def write_untyped(value: Value, out: bytearray) -> None:
    """Appends the bytes of `value`."""
    match value:
        case bool():
            out.append(PREFIX_TRUE if value else PREFIX_FALSE)
        case UInt(number):
            out.append(PREFIX_UINT)
            out += number.to_bytes(16, "big")
        case Int(number):
            out.append(PREFIX_INT)
            out += number.to_bytes(16, "big", signed=True)
        case Principal(text):
            out += _principal_bytes(text)
        case Buffer(data):
            _write_sized(PREFIX_BUFFER, data, out)
        case StringAscii(text):
            _write_sized(PREFIX_ASCII, text.encode(), out)
        case StringUtf8(text):
            _write_sized(PREFIX_UTF8, text.encode(), out)
        case NoneValue():
            out.append(PREFIX_NONE)
        case Some(inner):
            out.append(PREFIX_SOME)
            write_untyped(inner, out)
        case Ok(inner):
            out.append(PREFIX_OK)
            write_untyped(inner, out)
        case Err(inner):
            out.append(PREFIX_ERR)
            write_untyped(inner, out)
        case List(items):
            out.append(PREFIX_LIST)
            out += len(items).to_bytes(4, "big")
            for item in items:
                write_untyped(item, out)
        case Tuple(fields):
            out.append(PREFIX_TUPLE)
            out += len(fields).to_bytes(4, "big")
            for name, item in fields.items():
                out.append(len(name))
                out += name.encode()
                write_untyped(item, out)
        case _:
            assert_never(value)
