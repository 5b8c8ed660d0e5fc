"""LEB128, the variable-length integers of Wasm; knows nothing of modules."""

from __future__ import annotations


def _unsigned(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_SMALL = tuple(_unsigned(value) for value in range(1 << 12))


def unsigned(value: int) -> bytes:
    """The shortest encoding of `value`, which is not negative."""
    if value < 1 << 12:
        return _SMALL[value]
    return _unsigned(value)


def signed(value: int) -> bytes:
    """The shortest encoding of `value` as a signed integer."""
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def padded(value: int, length: int) -> bytes:
    """The encoding of `value` in exactly `length` bytes, so that it can be patched in place.

    Read as a signed integer it is the same value while `value < 1 << (7 * length - 1)`.
    """
    out = bytearray()
    for _ in range(length - 1):
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def read_unsigned(data: bytes, position: int) -> tuple[int, int]:
    """The unsigned integer at `position`, and the position after it."""
    byte = data[position]
    position += 1
    if byte < 0x80:
        return byte, position
    value = byte & 0x7F
    shift = 7
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def read_signed(data: bytes, position: int) -> tuple[int, int]:
    """The signed integer at `position`, and the position after it."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value - (1 << shift) if byte & 0x40 else value, position
