"""What the text of a literal, a name or a principal means; knows no positions and no errors.

Each function answers None for a text that stands for nothing; the caller says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from compiler.addresses import decode_address, encode_address
from compiler.type_relations import MAX_VALUE_SIZE
from compiler.values import (
    INT_MAX,
    INT_MIN,
    UINT_MAX,
    Buffer,
    Int,
    Literal,
    StringAscii,
    StringUtf8,
    UInt,
)

_MOST_DIGITS: Final = 39
_ESCAPED: Final = {"\\": "\\", '"': '"', "n": "\n", "t": "\t", "r": "\r", "0": "\0"}
_ESCAPE: Final = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|(.))", re.DOTALL)
_ASCII_TEXT: Final = re.compile(r"[\t\n\f\r -~]*")


def parse_int(text: str) -> Int | None:
    """The `int` written `text` (digits, perhaps after a minus)."""
    number = _parse_digits(text.removeprefix("-"))
    if number is None:
        return None
    if text[0] == "-":
        number = -number
    return Int(number) if INT_MIN <= number <= INT_MAX else None


def parse_uint(digits: str) -> UInt | None:
    """The `uint` written `u` and `digits`."""
    number = _parse_digits(digits)
    return UInt(number) if number is not None and number <= UINT_MAX else None


def _parse_digits(digits: str) -> int | None:
    # Python refuses to convert thousands of digits, and leading zeros are allowed.
    if len(digits) > _MOST_DIGITS:
        digits = digits.lstrip("0") or "0"
        if len(digits) > _MOST_DIGITS:
            return None
    return int(digits)


def parse_buffer(digits: str) -> Buffer | None:
    """The buffer written `0x` and `digits` (an even number of them)."""
    return Buffer(bytes.fromhex(digits)) if len(digits) <= 2 * MAX_VALUE_SIZE else None


def ascii_string(text: str) -> StringAscii | None:
    """The string of `text`, its escapes already replaced."""
    if len(text) > MAX_VALUE_SIZE or not _ASCII_TEXT.fullmatch(text):
        return None
    return StringAscii(text)


def unescape(text: str) -> str | None:
    """The inside of a string literal whose escapes are well formed, with them replaced."""
    if "\\" not in text:
        return text
    valid = True

    def replace(match: re.Match[str]) -> str:
        nonlocal valid
        if match[1] is None:
            return _ESCAPED[match[2]]
        char = code_point(match[1])
        if char is None:
            valid = False
            return ""
        return char

    replaced = _ESCAPE.sub(replace, text)
    return replaced if valid else None


def code_point(digits: str) -> str | None:
    """The character that `\\u{digits}` stands for: a Unicode scalar value."""
    if len(digits.lstrip("0")) > 6:
        return None
    code = int(digits, 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else None


def parse_literal(text: str) -> Literal | None:
    """The value of a well-formed literal other than a principal."""
    return _BY_FIRST_CHARACTER.get(text[0], parse_int)(text)


def _zero(text: str) -> Literal | None:
    return parse_buffer(text[2:]) if text[1:2] == "x" else parse_int(text)


def _quoted(text: str) -> Literal | None:
    content = unescape(text[1:-1])
    return None if content is None else ascii_string(content)


def _letter_u(text: str) -> Literal | None:
    if text[1] != '"':
        return parse_uint(text[1:])
    content = unescape(text[2:-1])
    return None if content is None else StringUtf8(content)


_BY_FIRST_CHARACTER: Final[dict[str, Callable[[str], Literal | None]]] = {
    "0": _zero,
    '"': _quoted,
    "u": _letter_u,
}


@lru_cache(maxsize=65_536)
def canonical_address(text: str) -> str | None:
    """The address `text` as the network writes it: the first character may be any in a source."""
    try:
        version, digest = decode_address(text)
        return encode_address(version, digest)
    except ValueError:
        return None
