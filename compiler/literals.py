"""Values written in Clarity on a command line ("u100", "{a: 1}", "(list 1 2)"), read and checked.

Only what a value can be written with: no arithmetic, no constants, no calls.
"""

from __future__ import annotations

import re
from typing import NoReturn

from compiler.addresses import is_clarity_name
from compiler.diagnostics import ClarityError, Diagnostic, Severity, Span
from compiler.python_values import to_value
from compiler.type_relations import display as display_type
from compiler.types import Type
from compiler.values import (
    NONE,
    Buffer,
    Err,
    Int,
    List,
    Ok,
    Principal,
    Some,
    StringAscii,
    StringUtf8,
    Tuple,
    UInt,
    Value,
)

MAX_NESTING = 64

_TOKEN = re.compile(
    r"""[\s]*(?:
    (?P<ascii>"(?:[^"\\]|\\.)*")
  | (?P<utf8>u"(?:[^"\\]|\\.)*")
  | (?P<buffer>0x[0-9a-zA-Z]*)
  | (?P<uint>u[0-9]+)(?![\w.])
  | (?P<int>-?[0-9]+)(?![\w.])
  | (?P<principal>'[^\s(){},:]*|\.[a-zA-Z][\w-]*|S[0-9A-Z]{27,}(?:\.[^\s(){},:]*)?)
  | (?P<punctuation>[(){},:])
  | (?P<name>[^\s(){},:"]+)
  | (?P<end>\Z)
)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]*)\}|(.))", re.DOTALL)
_ESCAPED = {"\\": "\\", '"': '"', "n": "\n", "t": "\t", "r": "\r", "0": "\0"}
_WRAPPERS: dict[str, type[Some] | type[Ok] | type[Err]] = {"some": Some, "ok": Ok, "err": Err}


def parse_literal(text: str, expected: Type | None = None, *, deployer: str | None = None) -> Value:
    """The value that `text` writes, checked against `expected`; `ClarityError` says what is wrong.

    `.name` stands for the contract of that name of `deployer`.
    """
    reader = _Reader(text, deployer)
    value = reader.value(0)
    reader.end()
    if expected is None:
        return value
    try:
        return to_value(value, expected)
    except TypeError as error:
        hint = f"write a value of type {display_type(expected)}"
        if "wants uint, got Int" in str(error):
            hint = "unsigned integers are written with a u: u1"
        _fail(text, 0, str(error), hint)


def _fail(text: str, offset: int, message: str, hint: str | None = None) -> NoReturn:
    line = text.count("\n", 0, offset) + 1
    column = offset - (text.rfind("\n", 0, offset) + 1) + 1
    span = Span(line, column, line, column)
    raise ClarityError(
        Diagnostic(
            Severity.ERROR, "bad-value", f"{message} (column {column})", span=span, hint=hint
        )
    )


class _Reader:
    """A cursor over the tokens of a text."""

    def __init__(self, text: str, deployer: str | None) -> None:
        self._text = text
        self._deployer = deployer
        self._kind = ""
        self._token = ""
        self._start = 0
        self._next = 0
        self._advance()

    def _advance(self) -> None:
        found = _TOKEN.match(self._text, self._next)
        if found is None:
            start = len(self._text) - len(self._text[self._next :].lstrip())
            _fail(self._text, start, "the string has no end", 'close it with "')
        self._kind = found.lastgroup or "end"
        self._token = found.group(self._kind)
        self._start = found.start(self._kind)
        self._next = found.end()

    def _fail(self, message: str, hint: str | None = None) -> NoReturn:
        _fail(self._text, self._start, message, hint)

    def _take(self) -> str:
        token = self._token
        self._advance()
        return token

    def _at(self, token: str) -> bool:
        return self._kind == "punctuation" and self._token == token

    def _want(self, token: str) -> None:
        if not self._at(token):
            self._fail(f"expected {token!r}, found {self._shown()}")
        self._advance()

    def _shown(self) -> str:
        return "the end" if self._kind == "end" else repr(self._token)

    def end(self) -> None:
        """Nothing may follow the value."""
        if self._kind != "end":
            self._fail(f"unexpected {self._shown()} after the value", "quote the whole argument")

    def value(self, depth: int) -> Value:
        """The value at the cursor."""
        if depth > MAX_NESTING:
            self._fail(f"nested deeper than {MAX_NESTING} levels")
        if self._kind == "punctuation":
            if self._token == "(":
                return self._form(depth)
            if self._token == "{":
                return self._braces(depth)
        elif self._kind != "end":
            return self._atom()
        return self._fail(f"expected a value, found {self._shown()}")

    def _atom(self) -> Value:
        token = self._token
        value: Value
        try:
            match self._kind:
                case "int":
                    value = Int(_number(token))
                case "uint":
                    value = UInt(_number(token[1:]))
                case "buffer":
                    value = self._buffer(token[2:])
                case "ascii":
                    value = StringAscii(self._unescape(token[1:-1], unicode=False))
                case "utf8":
                    value = StringUtf8(self._unescape(token[2:-1], unicode=True))
                case "principal":
                    value = self._principal(token)
                case _:
                    value = self._named(token)
        except ValueError as error:
            self._fail(str(error))
        self._advance()
        return value

    def _buffer(self, digits: str) -> Buffer:
        if len(digits) % 2 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
            self._fail(
                f"0x{digits} is no buffer", "write an even number of hexadecimal digits after 0x"
            )
        return Buffer(bytes.fromhex(digits))

    def _unescape(self, body: str, *, unicode: bool) -> str:
        def replace(found: re.Match[str]) -> str:
            digits, char = found.groups()
            if digits is not None and unicode:
                if 0 < len(digits) <= 6 and int(digits, 16) <= 0x10FFFF:
                    return chr(int(digits, 16))
                self._fail(f"\\u{{{digits}}} is no Unicode scalar value")
            if char not in _ESCAPED:
                self._fail(f"unknown escape {found.group()!r}", r"known: \\ \" \n \t \r \0")
            return _ESCAPED[char]

        return _ESCAPE.sub(replace, body)

    def _principal(self, token: str) -> Principal:
        if token.startswith("."):
            if self._deployer is None:
                self._fail(
                    f"{token} needs a deployer", "write the contract with its address: 'SP….name"
                )
            token = self._deployer + token
        try:
            return Principal.parse(token)
        except ValueError as error:
            self._fail(f"{token} is no principal: {error}")

    def _named(self, token: str) -> Value:
        match token:
            case "true":
                return True
            case "false":
                return False
            case "none":
                return NONE
        return self._fail(f"{token!r} is no value", _hint(token))

    def _form(self, depth: int) -> Value:
        self._advance()
        word, start = self._token, self._start
        if self._kind != "name":
            self._fail(f"expected list, some, ok, err or tuple, found {self._shown()}")
        self._advance()
        value: Value
        if word in _WRAPPERS:
            value = _WRAPPERS[word](self.value(depth + 1))
        elif word == "list":
            items: list[Value] = []
            while not self._at(")"):
                items.append(self.value(depth + 1))
            value = List(items)
        elif word == "tuple":
            fields: dict[str, Value] = {}
            while not self._at(")"):
                self._want("(")
                self._field(fields, depth)
                self._want(")")
            value = Tuple(fields)
        else:
            hint = "values are written with list, some, ok, err, tuple and {…}"
            _fail(self._text, start, f"{word!r} makes no value", hint)
        self._want(")")
        return value

    def _braces(self, depth: int) -> Value:
        self._advance()
        fields: dict[str, Value] = {}
        while True:
            self._field(fields, depth, colon=True)
            if not self._at(","):
                break
            self._advance()
            if self._at("}"):
                break
        self._want("}")
        return Tuple(fields)

    def _field(self, fields: dict[str, Value], depth: int, *, colon: bool = False) -> None:
        if self._kind == "end" or not is_clarity_name(self._token):
            self._fail(f"expected a field's name, found {self._shown()}")
        if self._token in fields:
            self._fail(f"field {self._token!r} is given twice")
        name = self._take()
        if colon:
            self._want(":")
        fields[name] = self.value(depth + 1)


def _number(digits: str) -> int:
    if len(digits) > 40:
        raise ValueError(f"{digits[:40]}… is out of the range of 128 bits")
    return int(digits)


def _hint(token: str) -> str | None:
    if token.startswith("u") and token[1:2].isdigit():
        return "unsigned integers are written u1, with digits alone"
    if token[:1].isalpha():
        return f'strings are written in quotes: "{token}"'
    return None
