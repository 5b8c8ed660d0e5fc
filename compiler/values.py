"""Clarity values as Python objects that print as Clarity source; knows no sizes and no bytes.

`str(value)` is source that reads back as the value; `display(value)` is the interpreter's own
rendering, which error messages and logs use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias, TypeVar, assert_never

from compiler.addresses import join_principal, split_principal

INT_MIN = -(1 << 127)
INT_MAX = (1 << 127) - 1
UINT_MAX = (1 << 128) - 1

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")

_ASCII_TEXT = re.compile(r"[\t\n\f\r -~]*")
_SOURCE_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_DISPLAY_ESCAPES = {**_SOURCE_ESCAPES, "'": "\\'"}


class Int:
    """A signed integer of 128 bits."""

    __slots__ = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: int) -> None:
        if not INT_MIN <= value <= INT_MAX:
            raise ValueError(f"{value} is not in the range of int (128 bits, signed)")
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(other) is Int and self.value == other.value

    def __hash__(self) -> int:
        return hash((Int, self.value))

    def __repr__(self) -> str:
        return f"Int({self.value})"

    def __str__(self) -> str:
        return str(self.value)


class UInt:
    """An unsigned integer of 128 bits."""

    __slots__ = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: int) -> None:
        if not 0 <= value <= UINT_MAX:
            raise ValueError(f"{value} is not in the range of uint (128 bits, unsigned)")
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(other) is UInt and self.value == other.value

    def __hash__(self) -> int:
        return hash((UInt, self.value))

    def __repr__(self) -> str:
        return f"UInt({self.value})"

    def __str__(self) -> str:
        return f"u{self.value}"


class Buffer:
    """A sequence of bytes."""

    __slots__ = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: bytes) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(other) is Buffer and self.value == other.value

    def __hash__(self) -> int:
        return hash((Buffer, self.value))

    def __repr__(self) -> str:
        return f"Buffer({self.value!r})"

    def __str__(self) -> str:
        return f"0x{self.value.hex()}"


class StringAscii:
    """A string of printable ASCII characters and white space."""

    __slots__ = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: str) -> None:
        if not _ASCII_TEXT.fullmatch(value):
            raise ValueError(f"{value!r} has characters that string-ascii can't hold")
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(other) is StringAscii and self.value == other.value

    def __hash__(self) -> int:
        return hash((StringAscii, self.value))

    def __repr__(self) -> str:
        return f"StringAscii({self.value!r})"

    def __str__(self) -> str:
        return f'"{_escaped(self.value, _SOURCE_ESCAPES)}"'


class StringUtf8:
    """A string of Unicode scalar values."""

    __slots__ = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: str) -> None:
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            raise ValueError(f"{value!r} has surrogates, which are no Unicode scalar values")
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(other) is StringUtf8 and self.value == other.value

    def __hash__(self) -> int:
        return hash((StringUtf8, self.value))

    def __repr__(self) -> str:
        return f"StringUtf8({self.value!r})"

    def __str__(self) -> str:
        body = "".join(
            _escaped(char, _SOURCE_ESCAPES)
            if char in _SOURCE_ESCAPES or " " <= char <= "~"
            else f"\\u{{{ord(char):x}}}"
            for char in self.value
        )
        return f'u"{body}"'


class Principal:
    """A standard principal ("SP…") or a contract ("SP….name").

    The text is taken as it is (inside the compiler it may carry the marks of
    `compiler.contracts`); `Principal.parse` checks one that comes from outside.
    """

    __slots__ = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    @classmethod
    def parse(cls, text: str) -> Principal:
        """The principal that `text` names, a leading quote allowed; `ValueError` if it's none."""
        return cls(join_principal(*split_principal(text.removeprefix("'"))))

    @property
    def address(self) -> str:
        """The address part."""
        return self.value.partition(".")[0]

    @property
    def contract_name(self) -> str | None:
        """The contract's name; None for a standard principal."""
        return self.value.partition(".")[2] or None

    def __eq__(self, other: object) -> bool:
        return type(other) is Principal and self.value == other.value

    def __hash__(self) -> int:
        return hash((Principal, self.value))

    def __repr__(self) -> str:
        return f"Principal({self.value!r})"

    def __str__(self) -> str:
        return f"'{self.value}"


class NoneValue:
    """`none`; its one instance is `NONE`."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(other) is NoneValue

    def __hash__(self) -> int:
        return hash(NoneValue)

    def __repr__(self) -> str:
        return "NONE"

    def __str__(self) -> str:
        return "none"


NONE = NoneValue()


class Some:
    """`(some value)`."""

    __slots__ = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(other) is Some and self.value == other.value

    def __hash__(self) -> int:
        return hash((Some, self.value))

    def __repr__(self) -> str:
        return f"Some({self.value!r})"

    def __str__(self) -> str:
        return f"(some {source(self.value)})"


class Ok:
    """`(ok value)`."""

    __slots__ = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(other) is Ok and self.value == other.value

    def __hash__(self) -> int:
        return hash((Ok, self.value))

    def __repr__(self) -> str:
        return f"Ok({self.value!r})"

    def __str__(self) -> str:
        return f"(ok {source(self.value)})"


class Err:
    """`(err value)`."""

    __slots__ = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return type(other) is Err and self.value == other.value

    def __hash__(self) -> int:
        return hash((Err, self.value))

    def __repr__(self) -> str:
        return f"Err({self.value!r})"

    def __str__(self) -> str:
        return f"(err {source(self.value)})"


class List:
    """A list; equality looks at the entries alone, as the interpreter's does."""

    __slots__ = ("items",)
    __match_args__ = ("items",)

    def __init__(self, items: Iterable[Value] = ()) -> None:
        self.items = tuple(items)

    def __eq__(self, other: object) -> bool:
        return type(other) is List and self.items == other.items

    def __hash__(self) -> int:
        return hash((List, self.items))

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Value]:
        return iter(self.items)

    def __getitem__(self, index: int) -> Value:
        return self.items[index]

    def __repr__(self) -> str:
        return f"List([{', '.join(map(repr, self.items))}])"

    def __str__(self) -> str:
        return f"(list{''.join(f' {source(item)}' for item in self.items)})"


class Tuple:
    """A tuple: `fields` maps names to values, in the order of the names."""

    __slots__ = ("fields",)
    __match_args__ = ("fields",)

    def __init__(self, fields: Mapping[str, Value]) -> None:
        self.fields: Mapping[str, Value] = {name: fields[name] for name in sorted(fields)}

    @classmethod
    def in_order(cls, fields: Mapping[str, Value]) -> Tuple:
        """A tuple of fields that are already in the order of their names; keeps the mapping."""
        made = cls.__new__(cls)
        made.fields = fields
        return made

    def __eq__(self, other: object) -> bool:
        return type(other) is Tuple and self.fields == other.fields

    def __hash__(self) -> int:
        return hash((Tuple, tuple(self.fields.items())))

    def __len__(self) -> int:
        return len(self.fields)

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __getitem__(self, name: str) -> Value:
        return self.fields[name]

    def __repr__(self) -> str:
        return f"Tuple({{{', '.join(f'{n!r}: {v!r}' for n, v in self.fields.items())}}})"

    def __str__(self) -> str:
        return f"{{{', '.join(f'{n}: {source(v)}' for n, v in self.fields.items())}}}"


Literal: TypeAlias = Int | UInt | Buffer | StringAscii | StringUtf8 | Principal
Value: TypeAlias = Literal | bool | NoneValue | Some | Ok | Err | List | Tuple


def source(value: Value) -> str:
    """The Clarity source of `value`; `str(value)`, but for booleans, which Python prints."""
    if value is True:
        return "true"
    return "false" if value is False else str(value)


def display(value: Value) -> str:
    """The text that the interpreter shows for `value` (not always source that reads back)."""
    match value:
        case bool() | Int() | UInt() | Buffer() | NoneValue():
            return source(value)
        case StringAscii(text):
            return f'"{_escaped(text, _DISPLAY_ESCAPES)}"'
        case StringUtf8(text):
            body = "".join(
                _escaped(char, _DISPLAY_ESCAPES)
                if char.isascii()
                else f"\\u{{{char.encode().hex()}}}"
                for char in text
            )
            return f'u"{body}"'
        case Principal(text):
            return text
        case Some(inner):
            return f"(some {display(inner)})"
        case Ok(inner):
            return f"(ok {display(inner)})"
        case Err(inner):
            return f"(err {display(inner)})"
        case List(items):
            return f"({' '.join(map(display, items))})"
        case Tuple(fields):
            return f"(tuple{''.join(f' ({n} {display(v)})' for n, v in fields.items())})"
        case _:
            assert_never(value)


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(
        escapes.get(char) or (char if " " <= char <= "~" else f"\\x{ord(char):02x}")
        for char in text
    )
