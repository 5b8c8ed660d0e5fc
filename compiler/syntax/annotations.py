"""Annotations in comments, `;; #[allow(unused_const)]`: which of them are wrong.

They change nothing that a contract does. But in a source that does not parse the interpreter that
simnet uses shows the last of what is wrong, and its complaints about annotations come last.
"""

from __future__ import annotations

from typing import Final

from compiler.addresses import is_clarity_name
from compiler.diagnostics import Diagnostic, Severity, Span

_WARNINGS: Final = frozenset([
    "unchecked_data", "unchecked_params", "at_block", "case_binding", "case_const",
    "case_data_var", "case_fn", "case_map", "case_token", "case_trait", "error_const",
    "flatten_variadic", "noop", "panic", "unnecessary_as_max_len", "unnecessary_public",
    "unnecessary_tuple", "unused_binding", "unused_const", "unused_data_var", "unused_map",
    "unused_private_fn", "unused_token", "unused_trait"
])  # fmt: skip
"""What `allow` can name (`WarningKind`)."""


def annotation_warnings(source: str) -> list[Diagnostic]:
    """What is wrong with the annotations of a source, in its order."""
    found: list[Diagnostic] = []
    for number, line in enumerate(source.split("\n"), 1):
        text = line.strip()
        if text.startswith(";;"):
            comment = text[2:].strip()
            message = _fault(comment) if comment.startswith("#[") else None
            column = line.find("#") + 1
        else:
            _, start, rest = line.partition(";;")
            comment = rest.strip()
            message = None
            if start and comment.startswith("#[") and "]" in comment:
                message = "annotation at end of line will be ignored"
            column = line.find(";;") + 1
        if message is not None:
            span = Span(number, column, number, len(line))
            found.append(Diagnostic(Severity.WARNING, "bad-annotation", message, span))
    return found


def _fault(text: str) -> str | None:
    """What is wrong with an annotation; the texts are the interpreter's."""
    if not text.endswith("]"):
        return "malformed annotation: expected #[...]"
    name, opened, rest = text[2:-1].strip().partition("(")
    name = name.strip()
    value: str | None = None
    if opened:
        if not rest.endswith(")"):
            return "malformed annotation: missing closing ')'"
        value = rest[:-1].strip()
    match name:
        case "allow":
            return _allow_fault(value or "")
        case "env" if value is None:
            return "missing value for 'env' annotation"
        case "env" if value == "onchain":
            return "'onchain' is not a valid environment for 'env' annotation"
        case "env":
            return None if value == "simnet" else f"bad environment {value} for 'env' annotation"
        case "filter":
            return _filter_fault(value)
        case _:
            return "unrecognized annotation"


def _allow_fault(value: str) -> str | None:
    kinds = [kind for kind in value.split(",") if kind]
    for kind in kinds:
        if kind.strip() not in _WARNINGS:
            return f"unknown warning kind '{kind}' in 'allow' annotation"
    return None if kinds else "missing value for 'allow' annotation"


def _filter_fault(value: str | None) -> str | None:
    if value is None:
        return "missing value for 'filter' annotation"
    if value == "*":
        return None
    names = [name.strip() for name in value.split(",") if name]
    for name in names:
        if not is_clarity_name(name):
            return f'invalid filter name: InvalidClarityName("{name}")'
    return None if names else "missing value for 'filter' annotation"
