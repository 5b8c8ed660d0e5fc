"""What is wrong with the user's input, each fault with its place; knows nothing of terminals."""

from __future__ import annotations

from msgspec import Struct

from compiler.diagnostics import NO_SPAN, Diagnostic, Severity, Span


class Problem(Struct, frozen=True):
    """A diagnostic in a file: `path` as the user knows it, `excerpt` the line of its span."""

    path: str
    diagnostic: Diagnostic
    excerpt: str = ""


class InputError(Exception):
    """Input that can't be used at all: a manifest, a log, an argument."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].diagnostic.message)
        self.problems = problems


def fault(
    path: str,
    code: str,
    message: str,
    *,
    hint: str | None = None,
    span: Span = NO_SPAN,
    text: str = "",
) -> InputError:
    """The error of one fault; `text` is the whole file, of which the span's line is kept."""
    return InputError(
        problem(path, Diagnostic(Severity.ERROR, code, message, span, hint), text),
    )


def problem(path: str, diagnostic: Diagnostic, text: str) -> Problem:
    """`diagnostic` with the line of `text` that it stands on."""
    line = diagnostic.span.start_line
    if line < 1:
        return Problem(path, diagnostic)
    lines = text.split("\n", line)
    if line > len(lines):
        return Problem(path, diagnostic)
    return Problem(path, diagnostic, lines[line - 1].rstrip("\r"))
