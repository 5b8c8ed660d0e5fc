"""Codecs of what is one number, or one run of bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from compiler.consensus_untyped import principal_at, serialize
from compiler.values import Buffer, Int, Principal, StringAscii, StringUtf8, UInt, Value
from runtime.codecs.parts import Copy, Memory, Mismatch, Part, Slots, store

_LOW: Final = (1 << 64) - 1
WHOLE: Final = (1 << 128) - 1
_SIGN: Final = 1 << 127
_MAX_CACHED: Final = 50_000


def _copy_plain(width: int) -> Copy:
    def copy(slots: Slots, at: int, out: list[int], _source: Memory, _target: Memory) -> None:
        out += slots[at : at + width]

    return copy


def nothing() -> Part:
    """What no value can be of."""

    def encode(value: Value, _out: list[int], _memory: Memory) -> None:
        raise Mismatch(f"no value can be of this type, not {value}")

    def decode(_slots: Slots, _at: int, _memory: Memory) -> Value:
        raise Mismatch("a value of no type")

    return encode, decode, _copy_plain(0)


def boolean() -> Part:
    """0 or 1."""

    def encode(value: Value, out: list[int], _memory: Memory) -> None:
        if value is True:
            out.append(1)
        elif value is False:
            out.append(0)
        else:
            raise Mismatch(f"wants bool, not {value}")

    def decode(slots: Slots, at: int, _memory: Memory) -> Value:
        return slots[at] != 0

    return encode, decode, _copy_plain(1)


def integer(kind: type[Int | UInt], *, signed: bool) -> Part:
    """The low half, the high half."""
    new = object.__new__

    def encode(value: Value, out: list[int], _memory: Memory) -> None:
        if value.__class__ is not kind:
            raise Mismatch(f"wants {kind.__name__}, not {value}")
        number: int = value.value
        out.append(number & _LOW)
        out.append((number & WHOLE) >> 64)

    def decode(slots: Slots, at: int, _memory: Memory) -> Value:
        number = slots[at] | slots[at + 1] << 64
        if signed and number & _SIGN:
            number -= WHOLE + 1
        # 128 bits fit: the class need not look.
        made = new(kind)
        made.value = number
        return made

    return encode, decode, _copy_plain(2)


_PRINCIPALS: dict[bytes, Principal] = {}
_PRINCIPAL_BYTES: dict[str, bytes] = {}


def principal_of(data: bytes) -> Principal:
    """The principal that consensus bytes hold."""
    known = _PRINCIPALS.get(data)
    if known is None:
        if len(_PRINCIPALS) > _MAX_CACHED:
            _PRINCIPALS.clear()
        known = _PRINCIPALS[data] = principal_at(data, 0)[0]
    return known


def principal_bytes(text: str) -> bytes:
    """The consensus bytes of a principal."""
    known = _PRINCIPAL_BYTES.get(text)
    if known is None:
        if len(_PRINCIPAL_BYTES) > _MAX_CACHED:
            _PRINCIPAL_BYTES.clear()
        known = _PRINCIPAL_BYTES[text] = serialize(Principal(text))
    return known


def _copy_bytes(unit: int) -> Copy:
    def copy(slots: Slots, at: int, out: list[int], source: Memory, target: Memory) -> None:
        length = slots[at + 1]
        out.append(store(source.read(slots[at], length * unit), target))
        out.append(length)

    return copy


def principal() -> Part:
    """Address and length of the consensus bytes."""

    def encode(value: Value, out: list[int], memory: Memory) -> None:
        if value.__class__ is not Principal:
            raise Mismatch(f"wants a principal, not {value}")
        data = principal_bytes(value.value)
        out.append(store(data, memory))
        out.append(len(data))

    def decode(slots: Slots, at: int, memory: Memory) -> Value:
        return principal_of(memory.read(slots[at], slots[at + 1]))

    return encode, decode, _copy_bytes(1)


def same(data: bytes) -> bytes:
    """Bytes as they are."""
    return data


def ascii_bytes(text: str) -> bytes:
    """A (string-ascii) as it lies in memory."""
    return text.encode("ascii")


def ascii_text(data: bytes) -> str:
    """The reverse."""
    return data.decode("ascii")


def utf32_bytes(text: str) -> bytes:
    """A (string-utf8) as it lies in memory: four bytes a character, for `len` and `element-at?`."""
    return text.encode("utf-32-le")


def utf32_text(data: bytes) -> str:
    """The reverse."""
    return data.decode("utf-32-le")


def byte_run(
    kind: type[Buffer | StringAscii | StringUtf8],
    unit: int,
    to_bytes: Callable[..., bytes],
    to_value: Callable[[bytes], bytes | str],
) -> Part:
    """Address and length of bytes, ASCII or UTF-32; the length is in units of `unit` bytes."""

    def encode(value: Value, out: list[int], memory: Memory) -> None:
        if value.__class__ is not kind:
            raise Mismatch(f"wants {kind.__name__}, not {value}")
        data = to_bytes(value.value)
        out.append(store(data, memory))
        out.append(len(data) // unit)

    def decode(slots: Slots, at: int, memory: Memory) -> Value:
        return kind(to_value(memory.read(slots[at], slots[at + 1] * unit)))  # type: ignore[arg-type]

    return encode, decode, _copy_bytes(unit)
