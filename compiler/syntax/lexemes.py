"""The forms of Clarity's lexemes, as pieces of regular expressions."""

from __future__ import annotations

from typing import Final

# Every piece is possessive: a lexeme is as long as it can be, and nothing is tried twice.
AT_SEPARATOR: Final = r"(?=[(){},:.; \t\n\f\r]|\Z)"
IDENTIFIER: Final = r"(?!u[0-9])[a-zA-Z][a-zA-Z0-9_!?+<>=/*-]*+" + AT_SEPARATOR
OPERATOR: Final = r"(?:[+*/-]|[<>]=?+)" + AT_SEPARATOR
INTEGER: Final = r"-?+[0-9]++" + AT_SEPARATOR
UNSIGNED: Final = r"u[0-9]++" + AT_SEPARATOR
BUFFER: Final = r"0x(?:[0-9a-fA-F]{2})*+" + AT_SEPARATOR
ASCII_STRING: Final = r'"(?:[\x00-\x09\x0b-!#-\[\]-\x7f]|\\[\\"ntr0])*+"'
UTF8_STRING: Final = r'u"(?:[\x00-\x09\x0b-!#-\[\]-\x7f]|\\[\\"ntr0]|\\u\{[0-9a-fA-F]++\})*+"'
ADDRESS: Final = r"'[0-9A-HJKMNP-TV-Z]*+" + AT_SEPARATOR
TRAIT: Final = r"<[a-zA-Z][a-zA-Z0-9_-]*+>"
COMMENT: Final = r";;[\x00-\x09\x0b\x0c\x0e-\x7f]*+(?=\n|\Z)"
