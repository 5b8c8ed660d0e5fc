"""What the compiler says of a contract, as values; knows nothing of terminals."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Span(Struct, frozen=True):
    """A stretch of source: lines and columns count from 1, the end is inclusive."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int


NO_SPAN = Span(0, 0, 0, 0)


class Severity(Enum):
    """How bad a diagnostic is."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Diagnostic(Struct, frozen=True):
    """One finding.

    `message` is the interpreter's own text where it has one; `code` is a stable kebab-case name;
    `hint` says how to mend it.
    """

    severity: Severity
    code: str
    message: str
    span: Span = NO_SPAN
    hint: str | None = None
    notes: tuple[str, ...] = ()


class ClarityError(Exception):
    """A contract that is not valid Clarity: the user's to mend."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class CompilerBug(Exception):
    """A fault of the compiler itself: ours to mend."""
