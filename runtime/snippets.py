"""Simnet's snippets: a source of one expression is run in the session, not as a deployment."""

from __future__ import annotations

import re
from typing import Final

_TOKENS: Final = re.compile(r';[^\n]*|"(?:[^"\\]|\\.)*"|[(){}]|[^\s(){}";]+')
_CALL: Final = re.compile(r"\(\s*contract-call\?\s")
_COMMENTS: Final = re.compile(r"(?:\s|;[^\n]*(?:\n|\Z))*")


def is_snippet(source: str) -> bool:
    """Whether simnet takes `source` for an expression."""
    return "(define-" not in source and _expressions(source) == 1


def called(source: str) -> bool:
    """Whether `source` is a snippet that is one `contract-call?`, which runs as a transaction."""
    if "(define-" in source:
        return False
    start = _COMMENTS.match(source)
    at = start.end() if start else 0
    return _CALL.match(source, at) is not None and _expressions(source) == 1


def _expressions(source: str) -> int:
    """How many expressions there are at the top level, two at the most."""
    depth = found = 0
    for match in _TOKENS.finditer(source):
        token = match.group()
        if token[0] == ";":
            continue
        if token in "({":
            found += depth == 0
            depth += 1
        elif token in ")}":
            depth -= 1
        else:
            found += depth == 0
        if found > 1:
            break
    return found
