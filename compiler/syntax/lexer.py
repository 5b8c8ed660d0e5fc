"""Source text to tokens, carrying on behind errors as the interpreter's lexer does.

Only sources that are not well formed come here: the parser in `parser` reads the others without
making tokens. What is skipped after an error decides what later passes see, and with it the
message that the interpreter ends with; so every step of its recovery is followed.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from compiler.syntax import lexemes
from compiler.syntax.literals import code_point, unescape
from compiler.syntax.parsed import Finding

# Kinds of tokens whose text is not their kind; the names are those that messages show.
EOF: Final = "EOF"
WHITESPACE: Final = "whitespace"
COMMENT: Final = "comment"
PLACEHOLDER: Final = "placeholder"
IDENTIFIER: Final = "identifier"
OPERATOR: Final = "operator"
INT: Final = "int"
UINT: Final = "uint"
BYTES: Final = "bytes"
ASCII: Final = "string-ascii"
UTF8: Final = "string-utf8"
ADDRESS: Final = "principal"
TRAIT: Final = "trait-identifier"

# The interpreter marks the end of its input with this character, so one in a source ends it
# (unless it's skipped with something else).
_END: Final = "\ufffd"
_SEPARATORS: Final = frozenset("(){},:.; \t\n\f\r" + _END)
_IDENTIFIER_CHARACTERS: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-!?+<>=/*"
)
_TRAIT_CHARACTERS: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
)
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGITS: Final = frozenset("0123456789")
_HEX_DIGITS: Final = frozenset("0123456789abcdefABCDEF")
_ADDRESS_CHARACTERS: Final = frozenset("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_ESCAPES: Final = {"\\": "\\", '"': '"', "n": "\n", "t": "\t", "r": "\r", "0": "\0"}

_WELL_FORMED: Final = re.compile(
    "|".join(
        f"({form})"
        for form in (
            r"[(){}:.,]",
            r"[ \t\r\n]++",
            r";;[\x00-\x09\x0b-\x7f]*+(?=\n|\Z)",
            lexemes.IDENTIFIER,
            lexemes.OPERATOR,
            lexemes.INTEGER,
            lexemes.UNSIGNED,
            lexemes.BUFFER,
            lexemes.ASCII_STRING,
            lexemes.UTF8_STRING,
            lexemes.ADDRESS,
            lexemes.TRAIT,
        )
    )
)
# For each group of the expression: the kind, and the characters to drop at either end.
_GROUPS: Final = (
    ("", 0, 0),
    ("", 0, 0),
    (WHITESPACE, 0, 0),
    (COMMENT, 0, 0),
    (IDENTIFIER, 0, 0),
    (OPERATOR, 0, 0),
    (INT, 0, 0),
    (UINT, 1, 0),
    (BYTES, 2, 0),
    (ASCII, 1, 1),
    (UTF8, 2, 1),
    (ADDRESS, 1, 0),
    (TRAIT, 1, 1),
)


class Token(NamedTuple):
    """A token: its kind, its text without what only marks the kind, and its place."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.text if self.kind == OPERATOR else self.kind


class Lexer:
    """Reads all tokens of a source; what is wrong stands in `findings` afterwards."""

    def __init__(self, source: str) -> None:
        self.findings: list[Finding] = []
        self._source = source
        self._end = len(source)
        self._at = 0
        self._line_ending_reported = False
        self._check_character()

    def tokens(self) -> list[Token]:
        """The tokens, the last of which is of kind `EOF`."""
        tokens: list[Token] = []
        match = _WELL_FORMED.match
        while self._next != _END:
            start = self._at
            found = match(self._source, start)
            token = None
            if found is not None:
                token = self._well_formed(found, start)
            if token is None:
                kind, text = self._read(self._next)
                token = Token(kind, text, start, self._at)
            tokens.append(token)
        tokens.append(Token(EOF, "", self._at, self._at))
        # The interpreter goes one character on even here, where one was taken for the end.
        self._advance()
        return tokens

    def _well_formed(self, found: re.Match[str], start: int) -> Token | None:
        kind, head, tail = _GROUPS[found.lastindex or 0]
        text = found[0]
        if kind in (ASCII, UTF8):
            content = unescape(text[head : len(text) - tail])
            if content is None:
                return None
            text = content
        elif head:
            text = text[head : len(text) - tail]
        elif not self._line_ending_reported and kind in (WHITESPACE, COMMENT) and "\r" in text:
            self._report_line_ending(start + text.index("\r"))
        self._at = found.end()
        self._check_character()
        return Token(kind or text, text, start, self._at)

    # --- the cursor: `_next` is looked at, `_advance` goes on ---

    @property
    def _next(self) -> str:
        return self._source[self._at] if self._at < self._end else _END

    def _advance(self) -> str:
        if self._at < self._end:
            self._at += 1
            self._check_character()
        return self._next

    def _check_character(self) -> None:
        if self._at < len(self._source):
            char = self._source[self._at]
            if char > "\x7f":
                self._error(
                    "non-ascii-character",
                    f"illegal non-ASCII character, '{char}'",
                    hint='write it as an escape in a string-utf8, such as u"\\u{1F600}"',
                )

    def _error(
        self,
        code: str,
        message: str,
        start: int | None = None,
        end: int | None = None,
        *,
        hint: str | None = None,
        note: bool = False,
    ) -> None:
        """Notes an error at the next character, or between two offsets."""
        if start is None:
            start = self._at
        if end is None:
            end = start + 1
        self.findings.append(Finding(code, message, start, end, hint, note))

    def _expected_closing(self, closing: str, opening: str, opened_at: int) -> None:
        self._error("expected-closing", f"expected closing '{closing}'")
        self._error(
            "to-match-this",
            f"to match this '{opening}'",
            opened_at,
            note=True,
        )

    def _report_line_ending(self, at: int) -> None:
        if self._line_ending_reported:
            return
        self._line_ending_reported = True
        self._error(
            "unsupported-line-ending",
            "unsupported line-ending '\\r', only '\\n' is supported",
            at,
            hint="convert the file to LF line endings",
        )
        self._error(
            "crlf-editor",
            "you may need to change your editor from CRLF mode to LF mode",
            at,
            note=True,
        )

    # --- skipping what can't be read ---

    def _skip_word(self, code: str, message: str) -> tuple[str, str]:
        start = self._at
        while self._next not in _SEPARATORS:
            self._advance()
        self._error(code, message, start, self._at)
        return PLACEHOLDER, ""

    def _skip_string(self) -> tuple[str, str]:
        while self._next not in ('"', "\n", _END):
            self._advance()
        while self._next not in _SEPARATORS:
            self._advance()
        return PLACEHOLDER, ""

    # --- one token each; the first character is `_next` ---

    def _read(self, char: str) -> tuple[str, str]:
        token: tuple[str, str]
        if char == ";":
            return self._comment()
        if char in "+*/":
            self._advance()
            token = self._operator(char)
        elif char == "-":
            token = self._integer("-") if self._advance() in _DIGITS else self._operator("-")
        elif char in "<>":
            following = self._advance()
            if following == "=":
                self._advance()
                token = self._operator(char + "=")
            elif char == "<" and following in _LETTERS:
                token = self._trait()
            else:
                token = self._operator(char)
        elif char == "'":
            token = self._address()
        elif char == "u":
            following = self._advance()
            if following in _DIGITS:
                token = self._unsigned()
            elif following == '"':
                token = self._string(utf8=True, start=self._at - 1)
            else:
                token = self._identifier("u")
        elif char == '"':
            token = self._string(utf8=False, start=self._at)
        elif char == "0":
            token = self._buffer() if self._advance() == "x" else self._integer("0")
        elif char in _DIGITS:
            token = self._integer("")
        elif char in _LETTERS:
            token = self._identifier("")
        else:
            self._error("unknown-symbol", f"unknown symbol, '{char}'")
            self._advance()
            token = PLACEHOLDER, ""
        return token

    def _comment(self) -> tuple[str, str]:
        if self._advance() == ";":
            self._advance()
        else:
            self._error(
                "single-semicolon",
                "unexpected single ';' (comments begin with \";;\"",
                self._at - 1,
                hint='begin the comment with ";;"',
            )
        while self._next not in ("\n", _END):
            if self._next == "\r":
                self._report_line_ending(self._at)
            self._advance()
        return COMMENT, ""

    def _operator(self, text: str) -> tuple[str, str]:
        if self._next not in _SEPARATORS:
            self._error(
                "expected-separator",
                "expected separator",
                hint=f"put a space after '{text}'",
            )
        return OPERATOR, text

    def _digits(self, prefix: str) -> str:
        digits = [prefix]
        while (char := self._next) in _DIGITS:
            digits.append(char)
            self._advance()
        return "".join(digits)

    def _integer(self, prefix: str) -> tuple[str, str]:
        number = self._digits(prefix)
        if (char := self._next) not in _SEPARATORS:
            return self._skip_word("bad-int", f"invalid character, '{char}', in int literal")
        return INT, number

    def _unsigned(self) -> tuple[str, str]:
        number = self._digits("")
        if (char := self._next) not in _SEPARATORS:
            return self._skip_word("bad-uint", f"invalid character, '{char}', in uint literal")
        return UINT, number

    def _identifier(self, prefix: str) -> tuple[str, str]:
        name = [prefix]
        while (char := self._next) in _IDENTIFIER_CHARACTERS:
            name.append(char)
            self._advance()
        if char not in _SEPARATORS:
            return self._skip_word("bad-name", f"invalid character, '{char}', in identifier")
        return IDENTIFIER, "".join(name)

    def _trait(self) -> tuple[str, str]:
        opened_at = self._at - 1
        name = []
        while (char := self._next) in _TRAIT_CHARACTERS:
            name.append(char)
            self._advance()
        if char == ">":
            self._advance()
            return TRAIT, "".join(name)
        if char not in _SEPARATORS:
            skipped = self._skip_word(
                "bad-trait-name", f"invalid character, '{char}', in trait identifier"
            )
            self._advance()
            return skipped
        self._expected_closing(">", "<", opened_at)
        # The interpreter swallows the separator that it stopped at, here and above.
        self._advance()
        return PLACEHOLDER, ""

    def _address(self) -> tuple[str, str]:
        address = []
        while (char := self._advance()) in _ADDRESS_CHARACTERS:
            address.append(char)
        if char not in _SEPARATORS:
            return self._skip_word(
                "bad-principal", f"invalid character, '{char}', in principal literal"
            )
        return ADDRESS, "".join(address)

    def _buffer(self) -> tuple[str, str]:
        start = self._at - 1
        digits: list[str] = []
        while (char := self._advance()) in _HEX_DIGITS:
            digits.append(char)
        if char not in _SEPARATORS:
            return self._skip_word("bad-buffer", f"invalid character, '{char}', in buffer")
        if len(digits) % 2:
            self._error(
                "bad-buffer-length",
                f"invalid buffer length, {len(digits)}",
                start,
                self._at,
                hint="write two hexadecimal digits for each byte",
            )
            return PLACEHOLDER, ""
        return BYTES, "".join(digits)

    # --- strings ---

    def _string(self, *, utf8: bool, start: int) -> tuple[str, str]:
        content: list[str] = []
        char = self._advance()
        while True:
            if char == '"':
                self._advance()
                return UTF8 if utf8 else ASCII, "".join(content)
            if char in ("\n", _END):
                self._expected_closing('"', '"', start)
                return PLACEHOLDER, ""
            if char == "\\":
                char = self._advance()
                if utf8 and char == "u":
                    escaped = self._unicode_escape()
                    if escaped is None:
                        return self._skip_string()
                    content.append(escaped)
                    char = self._next
                    continue
                if char not in _ESCAPES:
                    self._error(
                        "unknown-escape",
                        f"unknown escape character, '{char}'",
                        self._at - 1,
                        self._at + 1,
                        hint='strings know \\\\, \\", \\n, \\t, \\r and \\0'
                        + (" and \\u{…}" if utf8 else ""),
                    )
                    return self._skip_string()
                content.append(_ESCAPES[char])
            elif not utf8 and char > "\x7f":
                self._error(
                    "illegal-string-character", f"invalid character, '{char}', in string literal"
                )
                return self._skip_string()
            else:
                content.append(char)
            char = self._advance()

    def _unicode_escape(self) -> str | None:
        """The character of `\\u{…}`, of which the `u` is next; None when it's malformed."""
        escape_at = self._at
        char = self._advance()
        opened_at = self._at
        if char != "{":
            self._error("bad-unicode-escape", "invalid UTF8 encoding", hint="write \\u{1F600}")
            return None
        digits: list[str] = []
        while (char := self._advance()) in _HEX_DIGITS:
            digits.append(char)
        if char == "}":
            self_end = self._at + 1
            if not digits:
                self._error("bad-unicode-escape", "empty UTF8 encoding", opened_at, self_end)
                self._advance()
                return None
            self._advance()
            decoded = code_point("".join(digits))
            if decoded is None:
                self._error("bad-unicode-escape", "invalid UTF8 encoding", escape_at, self_end)
            return decoded
        if char in ('"', _END):
            self._error("bad-unicode-escape", "unterminated UTF8 encoding, missing '}'")
            self._error("to-match-this", "to match this '}'", opened_at, note=True)
        else:
            self._error("bad-unicode-escape", f"invalid character, '{char}', in UTF8 encoding")
        return None
