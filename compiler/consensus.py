"""Consensus serialisation (SIP-005): values to bytes and back, with the interpreter's limits.

Reading without a type checks what the interpreter's constructors check (lists of one type, sizes,
depth). Reading with a type runs a codec that is compiled once for the type. Bytes may be hostile:
nothing recurses deeper than the limit of 16 (32 where values are sanitised), and nothing is
allocated for a length that the bytes don't back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NoReturn, TypeAlias, assert_never

from compiler import types
from compiler.addresses import is_clarity_name
from compiler.consensus_untyped import (
    PREFIX_ASCII,
    PREFIX_BUFFER,
    PREFIX_CONTRACT,
    PREFIX_ERR,
    PREFIX_FALSE,
    PREFIX_INT,
    PREFIX_LIST,
    PREFIX_NONE,
    PREFIX_OK,
    PREFIX_SOME,
    PREFIX_STANDARD,
    PREFIX_TRUE,
    PREFIX_TUPLE,
    PREFIX_UINT,
    PREFIX_UTF8,
    SerializationError,
    ascii_string,
    bad_type,
    bytes_at,
    count_at,
    depth_limit,
    end_of_data,
    expected,
    length_at,
    mismatch,
    name_at,
    principal_at,
    read_untyped,
    serialize,
    serialized_size,
    type_of,
    utf8_string,
    write_untyped,
)
from compiler.type_relations import MAX_VALUE_SIZE
from compiler.type_relations import display as display_type
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
    source,
)

__all__ = [
    "INCOMPLETE",
    "Codec",
    "SerializationError",
    "codec",
    "deserialize",
    "serialize",
    "serialized_size",
    "type_of",
]

MAX_BYTES: Final = 2 * MAX_VALUE_SIZE
MAX_SANITIZED_BYTES: Final = 15_000_000
INCOMPLETE: Final = "IncompleteTuple"
"""The kind of an error that the interpreter doesn't know."""

Reader: TypeAlias = Callable[[bytes, int], tuple[Value, int]]
Writer: TypeAlias = Callable[[Value, bytearray], None]


def deserialize(
    data: bytes,
    expected_type: Type | None = None,
    sanitize: bool = False,
    *,
    exact: bool = True,
    lacking: bool = False,
) -> Value:
    """The value that `data` holds; `SerializationError` if it holds none, or not of the type.

    `sanitize` lets tuples have fields that the type lacks, and drops them (SIP-024); bytes after
    the value are an error where `exact` is asked for. A tuple that names one field twice counts it
    twice, so it can have as many as its type and lack one: an error of the kind `INCOMPLETE`, or
    with `lacking` a value that is not of the type, as the interpreter makes it.
    """
    bound = MAX_SANITIZED_BYTES if sanitize and expected_type is not None else MAX_BYTES
    bounded = data[:bound] if len(data) > bound else data
    try:
        if expected_type is None:
            value, _, end = read_untyped(bounded, 0, 0, depth_limit(sanitize))
        else:
            value, end = _reader(expected_type, 0, sanitize, lacking)(bounded, 0)
    except IndexError:
        raise end_of_data() from None
    if exact and end != len(data):
        raise SerializationError(
            "LeftoverBytesInDeserialization", "Deserialization error: bytes left over in buffer"
        )
    return value


class Codec:
    """Reads and writes the values of one type; `codec` makes them and keeps them."""

    __slots__ = ("_read", "_write", "type")

    def __init__(self, of: Type) -> None:
        self.type = of
        self._read = _reader(of, 0, True)
        self._write = _writer(of)

    def read(self, data: bytes) -> Value:
        """The value of the type that `data` holds, whole."""
        try:
            value, end = self._read(data, 0)
        except IndexError:
            raise end_of_data() from None
        if end != len(data):
            raise SerializationError(
                "LeftoverBytesInDeserialization", "Deserialization error: bytes left over in buffer"
            )
        return value

    def write(self, value: Value) -> bytes:
        """The bytes of `value`; `TypeError` if it isn't of the type."""
        out = bytearray()
        self._write(value, out)
        return bytes(out)


@lru_cache(maxsize=4096)
def codec(of: Type) -> Codec:
    """The codec of a type; it sanitises what it reads."""
    return Codec(of)


# --- reading with a type -----------------------------------------------------------------------


@lru_cache(maxsize=8192)
def _reader(of: Type, depth: int, sanitize: bool, lacking: bool = False) -> Reader:
    """Reads a value of the type that stands `depth` levels deep."""
    if depth >= depth_limit(sanitize):
        return _too_deep
    match of:
        case types.BoolType():
            return _read_bool
        case types.IntType():
            return _read_int
        case types.UIntType():
            return _read_uint
        case types.PrincipalType():
            return _principal_reader(of, (PREFIX_STANDARD, PREFIX_CONTRACT))
        case types.CallablePrincipalType() | types.CallableTraitType() | types.TraitReferenceType():
            return _principal_reader(of, (PREFIX_CONTRACT,))
        case types.BufferType() | types.StringAsciiType() | types.StringUtf8Type():
            return _text_reader(of)
        case types.OptionalType():
            return _optional_reader(of, depth, sanitize, lacking)
        case types.ResponseType():
            return _response_reader(of, depth, sanitize, lacking)
        case types.ListType():
            return _list_reader(of, depth, sanitize, lacking)
        case types.TupleType():
            return _tuple_reader(of, depth, sanitize, lacking)
        case types.NoType() | types.ListUnionType() | types.SpareType():
            return lambda data, pos: mismatch(data, pos, of)
        case _:
            assert_never(of)


def _too_deep(_data: bytes, _pos: int) -> NoReturn:
    raise bad_type("TypeSignatureTooDeep")


def _read_bool(data: bytes, pos: int) -> tuple[Value, int]:
    prefix = data[pos]
    if prefix == PREFIX_TRUE:
        return True, pos + 1
    if prefix == PREFIX_FALSE:
        return False, pos + 1
    return mismatch(data, pos, types.BOOL)


def _read_int(data: bytes, pos: int) -> tuple[Value, int]:
    if data[pos] != PREFIX_INT:
        mismatch(data, pos, types.INT)
    end = pos + 17
    if end > len(data):
        raise end_of_data()
    return Int(int.from_bytes(data[pos + 1 : end], "big", signed=True)), end


def _read_uint(data: bytes, pos: int) -> tuple[Value, int]:
    if data[pos] != PREFIX_UINT:
        mismatch(data, pos, types.UINT)
    end = pos + 17
    if end > len(data):
        raise end_of_data()
    return UInt(int.from_bytes(data[pos + 1 : end], "big")), end


def _principal_reader(of: Type, prefixes: tuple[int, ...]) -> Reader:
    def read(data: bytes, pos: int) -> tuple[Value, int]:
        if data[pos] not in prefixes:
            mismatch(data, pos, of)
        return principal_at(data, pos)

    return read


def _text_reader(of: types.BufferType | types.StringAsciiType | types.StringUtf8Type) -> Reader:
    limit = of.max_len

    def read_buffer(data: bytes, pos: int) -> tuple[Value, int]:
        if data[pos] != PREFIX_BUFFER or length_at(data, pos) > limit:
            mismatch(data, pos, of)
        contents = bytes_at(data, pos)
        return Buffer(contents), pos + 5 + len(contents)

    def read_ascii(data: bytes, pos: int) -> tuple[Value, int]:
        if data[pos] != PREFIX_ASCII or length_at(data, pos) > limit:
            mismatch(data, pos, of)
        contents = bytes_at(data, pos)
        return ascii_string(contents), pos + 5 + len(contents)

    def read_utf8(data: bytes, pos: int) -> tuple[Value, int]:
        if data[pos] != PREFIX_UTF8:
            mismatch(data, pos, of)
        contents = bytes_at(data, pos)
        text = utf8_string(contents)
        if text is None or len(text.value) > limit:
            raise expected(of)
        return text, pos + 5 + len(contents)

    if isinstance(of, types.BufferType):
        return read_buffer
    return read_ascii if isinstance(of, types.StringAsciiType) else read_utf8


def _optional_reader(of: types.OptionalType, depth: int, sanitize: bool, lacking: bool) -> Reader:
    read_inner = _reader(of.inner, depth + 1, sanitize, lacking)

    def read(data: bytes, pos: int) -> tuple[Value, int]:
        prefix = data[pos]
        if prefix == PREFIX_NONE:
            return NONE, pos + 1
        if prefix != PREFIX_SOME:
            mismatch(data, pos, of)
        value, end = read_inner(data, pos + 1)
        return Some(value), end

    return read


def _response_reader(of: types.ResponseType, depth: int, sanitize: bool, lacking: bool) -> Reader:
    read_ok = _reader(of.ok, depth + 1, sanitize, lacking)
    read_err = _reader(of.err, depth + 1, sanitize, lacking)

    def read(data: bytes, pos: int) -> tuple[Value, int]:
        prefix = data[pos]
        if prefix == PREFIX_OK:
            value, end = read_ok(data, pos + 1)
            return Ok(value), end
        if prefix != PREFIX_ERR:
            mismatch(data, pos, of)
        value, end = read_err(data, pos + 1)
        return Err(value), end

    return read


def _list_reader(of: types.ListType, depth: int, sanitize: bool, lacking: bool) -> Reader:
    read_entry = _reader(of.entry, depth + 1, sanitize, lacking)
    limit = of.max_len

    def read(data: bytes, pos: int) -> tuple[Value, int]:
        if data[pos] != PREFIX_LIST:
            mismatch(data, pos, of)
        count = count_at(data, pos, "list")
        if count > limit:
            raise expected(of)
        pos += 5
        items: list[Value] = []
        for _ in range(count):
            item, pos = read_entry(data, pos)
            items.append(item)
        return List(items), pos

    return read


def _tuple_reader(of: types.TupleType, depth: int, sanitize: bool, lacking: bool) -> Reader:
    in_order = [
        (name, bytes((len(name),)) + name.encode(), _reader(field, depth + 1, sanitize, lacking))
        for name, field in of.fields
    ]
    readers = {name: reader for name, _, reader in in_order}
    wanted = len(in_order)
    limit = depth_limit(sanitize)

    def read(data: bytes, pos: int) -> tuple[Value, int]:
        if data[pos] != PREFIX_TUPLE:
            mismatch(data, pos, of)
        count = count_at(data, pos, "tuple")
        if count < wanted or (count > wanted and not sanitize):
            raise expected(of)
        if count > wanted:
            return read_any_order(data, pos + 5, count)
        start = pos + 5
        pos = start
        fields: dict[str, Value] = {}
        for name, encoded, read_field in in_order:
            if not data.startswith(encoded, pos):
                return read_any_order(data, start, count)
            fields[name], pos = read_field(data, pos + len(encoded))
        return Tuple.in_order(fields), pos

    def read_any_order(data: bytes, pos: int, count: int) -> tuple[Value, int]:
        fields: dict[str, Value] = {}
        kept = 0
        for _ in range(count):
            name, pos = name_at(data, pos, is_clarity_name)
            read_field = readers.get(name)
            if read_field is not None:
                # A name that comes twice counts twice, and its last value stays.
                fields[name], pos = read_field(data, pos)
                kept += 1
            elif sanitize:
                _, _, pos = read_untyped(data, pos, depth + 1, limit)
            else:
                raise expected(of)
        if kept != wanted:
            raise expected(of)
        if len(fields) != wanted and not lacking:
            raise SerializationError(INCOMPLETE, "Illegal tuple type")
        return Tuple(fields), pos

    return read


# --- writing with a type -----------------------------------------------------------------------


@lru_cache(maxsize=8192)
def _writer(of: Type) -> Writer:
    """Writes a value after checking that it is of the type."""
    match of:
        case types.OptionalType(inner):
            return _optional_writer(of, _writer(inner))
        case types.ResponseType(ok, err):
            return _response_writer(of, _writer(ok), _writer(err))
        case types.ListType(entry, limit):
            return _list_writer(of, _writer(entry), limit)
        case types.TupleType():
            return _tuple_writer(of)
        case types.BufferType(limit):
            return _flat_writer(of, Buffer, limit)
        case types.StringAsciiType(limit):
            return _flat_writer(of, StringAscii, limit)
        case types.StringUtf8Type(limit):
            return _flat_writer(of, StringUtf8, limit)
        case types.BoolType():
            return _flat_writer(of, bool)
        case types.IntType():
            return _flat_writer(of, Int)
        case types.UIntType():
            return _flat_writer(of, UInt)
        case types.NoType() | types.ListUnionType():
            return lambda value, _out: _refuse(value, of)
        case _:
            return _flat_writer(of, Principal)


def _refuse(value: Value, of: Type) -> NoReturn:
    raise TypeError(f"wants {display_type(of)}, got {source(value)[:80]}")


def _flat_writer(of: Type, kind: type, limit: int | None = None) -> Writer:
    def write(value: Value, out: bytearray) -> None:
        if value.__class__ is not kind or (
            limit is not None and len(value.value) > limit  # type: ignore[union-attr, arg-type]
        ):
            _refuse(value, of)
        write_untyped(value, out)

    return write


def _optional_writer(of: Type, write_inner: Writer) -> Writer:
    def write(value: Value, out: bytearray) -> None:
        if value.__class__ is NoneValue:
            out.append(PREFIX_NONE)
        elif isinstance(value, Some):
            out.append(PREFIX_SOME)
            write_inner(value.value, out)
        else:
            _refuse(value, of)

    return write


def _response_writer(of: Type, write_ok: Writer, write_err: Writer) -> Writer:
    def write(value: Value, out: bytearray) -> None:
        if isinstance(value, Ok):
            out.append(PREFIX_OK)
            write_ok(value.value, out)
        elif isinstance(value, Err):
            out.append(PREFIX_ERR)
            write_err(value.value, out)
        else:
            _refuse(value, of)

    return write


def _list_writer(of: Type, write_entry: Writer, limit: int) -> Writer:
    def write(value: Value, out: bytearray) -> None:
        if not isinstance(value, List) or len(value.items) > limit:
            _refuse(value, of)
        out.append(PREFIX_LIST)
        out += len(value.items).to_bytes(4, "big")
        for item in value.items:
            write_entry(item, out)

    return write


def _tuple_writer(of: types.TupleType) -> Writer:
    header = bytes((PREFIX_TUPLE,)) + len(of.fields).to_bytes(4, "big")
    fields = [
        (name, bytes((len(name),)) + name.encode(), _writer(field)) for name, field in of.fields
    ]

    def write(value: Value, out: bytearray) -> None:
        if not isinstance(value, Tuple) or len(value.fields) != len(fields):
            _refuse(value, of)
        out += header
        for name, encoded, write_field in fields:
            item = value.fields.get(name)
            if item is None:
                _refuse(value, of)
            out += encoded
            write_field(item, out)

    return write
