"""Clarity values as Python objects that print as Clarity source; knows no sizes and no bytes.

`str(value)` is source that reads back as the value; `display(value)` is the interpreter's own
rendering, which error messages and logs use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, TypeAlias, TypeVar, assert_never

from compiler import type_relations, types
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


_SELF: Final[dict[type, type]] = {
    types.IntType: Int,
    types.UIntType: UInt,
    types.BoolType: bool,
}
"""Classes whose every value is of the type."""


def to_value(given: object, expected: types.Type) -> Value:
    """The Clarity value of type `expected` that `given` stands for; `TypeError` says why not.

    Python's int, bool, bytes, str, None, list, tuple and dict stand for the values they resemble
    (an optional takes None or what its inside takes), and Clarity values for themselves.
    """
    if given.__class__ is _SELF.get(expected.__class__):
        return given  # type: ignore[return-value]
    return _convert(given, expected, "")


def _convert(given: object, expected: types.Type, path: str) -> Value:
    match expected:
        case types.BoolType():
            if isinstance(given, bool):
                return given
        case types.IntType():
            if isinstance(given, Int):
                return given
            if type(given) is int:
                return _made(Int, given, path)
        case types.UIntType():
            if isinstance(given, UInt):
                return given
            if type(given) is int:
                return _made(UInt, given, path)
        case types.BufferType(limit):
            if isinstance(given, Buffer):
                _check_length(len(given.value), limit, "bytes", path)
                return given
            if isinstance(given, bytes | bytearray):
                _check_length(len(given), limit, "bytes", path)
                return Buffer(bytes(given))
        case types.StringAsciiType(limit):
            if isinstance(given, StringAscii):
                given = given.value
            if isinstance(given, str):
                _check_length(len(given), limit, "characters", path)
                return _made(StringAscii, given, path)
        case types.StringUtf8Type(limit):
            if isinstance(given, StringUtf8):
                given = given.value
            if isinstance(given, str):
                _check_length(len(given), limit, "characters", path)
                return _made(StringUtf8, given, path)
        case (
            types.PrincipalType()
            | types.CallablePrincipalType()
            | types.CallableTraitType()
            | types.TraitReferenceType()
        ):
            if isinstance(given, Principal):
                given = given.value
            if isinstance(given, str):
                principal = _made(_parsed_principal, given, path)
                if not isinstance(expected, types.PrincipalType) and "." not in principal.value:
                    raise TypeError(f"{path}wants a contract, got the address {given}")
                return principal
        case types.OptionalType(inner):
            if given is None or given == NONE:
                return NONE
            return Some(_convert(given.value if isinstance(given, Some) else given, inner, path))
        case types.ResponseType(ok, err):
            if isinstance(given, Ok):
                return Ok(_convert(given.value, ok, path))
            if isinstance(given, Err):
                return Err(_convert(given.value, err, path))
        case types.ListType(entry, limit):
            if isinstance(given, List | list | tuple):
                items = list(given)
                _check_length(len(items), limit, "entries", path)
                return List(
                    _convert(item, entry, f"{path}entry {index}: ")
                    for index, item in enumerate(items)
                )
        case types.TupleType(fields):
            if isinstance(given, Tuple):
                given = given.fields
            if isinstance(given, Mapping):
                return _convert_tuple(given, dict(fields), path)
        case _:
            pass
    raise TypeError(f"{path}wants {type_relations.display(expected)}, got {_described(given)}")


def _convert_tuple(
    given: Mapping[str, object], fields: Mapping[str, types.Type], path: str
) -> Tuple:
    missing = [name for name in fields if name not in given]
    unknown = [name for name in given if name not in fields]
    if missing or unknown:
        parts = [
            f"{label} {', '.join(map(repr, names))}"
            for label, names in (("lacks", missing), ("has unknown", unknown))
            if names
        ]
        raise TypeError(f"{path}the tuple {' and '.join(parts)}")
    return Tuple({n: _convert(given[n], t, f"{path}field {n!r}: ") for n, t in fields.items()})


@lru_cache(maxsize=4_096)
def _parsed_principal(text: str) -> Principal:
    return Principal.parse(text)


def _made(make: Callable[[_Given], _Made], given: _Given, path: str) -> _Made:
    try:
        return make(given)
    except ValueError as error:
        raise TypeError(f"{path}{error}") from None


def _check_length(length: int, limit: int, what: str, path: str) -> None:
    if length > limit:
        raise TypeError(f"{path}{length} {what} where the type allows {limit}")


def _described(given: object) -> str:
    text = source(given) if isinstance(given, Value) else repr(given)
    return f"{type(given).__name__} {text if len(text) <= 80 else text[:77] + '...'}"


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(
        escapes.get(char) or (char if " " <= char <= "~" else f"\\x{ord(char):02x}")
        for char in text
    )
