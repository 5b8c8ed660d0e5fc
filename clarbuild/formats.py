"""A build told to machines: SARIF 2.1.0 for code scanning, workflow commands for GitHub's logs.

Both take the events of `clarbuild.report.Report`; the terminal's and the JSON lines' are there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from clarbuild.outcome import BuildResult, Event, Noted
from clarbuild.problems import Problem
from clarbuild.report import Report, dry_lines, result_problems, summary
from clarbuild.version import VERSION
from compiler.diagnostics import Severity, Span

SARIF, GITHUB = "sarif", "github"

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def report_in(message_format: str, profile: str, out: TextIO | None = None) -> Report:
    """The report that writes SARIF or, for `GITHUB`, workflow commands."""
    stream = sys.stdout if out is None else out
    return SarifReport(stream) if message_format == SARIF else GithubReport(stream, profile)


class SarifReport:
    """One SARIF document, written when nothing more comes."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._problems: list[Problem] = []
        self._notes: list[str] = []
        self._ok = True
        self._written = False

    def event(self, event: Event) -> None:
        """See `Report`."""
        if isinstance(event, Noted):
            self.note(event.message)

    def result(self, result: BuildResult, *, dry: bool = False) -> None:
        """See `Report`."""
        del dry
        self._problems += result_problems(result)

    def problems(self, problems: Sequence[Problem]) -> None:
        """See `Report`."""
        self._problems += problems
        self._ok = False

    def note(self, message: str) -> None:
        """See `Report`."""
        self._notes.append(message)

    def close(self) -> None:
        """See `Report`."""
        if not self._written:
            self._written = True
            json.dump(self._document(), self._out, ensure_ascii=False, indent=1)
            self._out.write("\n")
            self._out.flush()

    def _document(self) -> dict[str, Any]:
        codes = list(dict.fromkeys(found.diagnostic.code for found in self._problems))
        driver = {
            "name": "clarbuild",
            "version": VERSION,
            "rules": [{"id": code, "name": _pascal(code)} for code in codes],
        }
        invocation: dict[str, Any] = {"executionSuccessful": self._ok}
        if self._notes:
            invocation["toolExecutionNotifications"] = [
                {"level": "warning", "message": {"text": note}} for note in self._notes
            ]
        run = {
            "tool": {"driver": driver},
            "columnKind": "unicodeCodePoints",
            "invocations": [invocation],
            "results": [
                sarif_result(found, codes.index(found.diagnostic.code)) for found in self._problems
            ],
        }
        return {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def sarif_result(found: Problem, rule: int) -> dict[str, Any]:
    """A problem as SARIF has it."""
    diagnostic = found.diagnostic
    location: dict[str, Any] = {"artifactLocation": {"uri": _uri(found.path)}}
    region = _region(diagnostic.span)
    if region:
        if found.excerpt:
            region["snippet"] = {"text": found.excerpt}
        location["region"] = region
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity.value,
        "message": {"text": _full_text(found)},
        "locations": [{"physicalLocation": location}],
    }


def _region(span: Span) -> dict[str, Any]:
    """SARIF's columns end after the last character; a place without a line has no region."""
    if span.start_line < 1:
        return {}
    return {
        "startLine": span.start_line,
        "startColumn": max(1, span.start_column),
        "endLine": max(span.start_line, span.end_line),
        "endColumn": max(1, span.end_column) + 1,
    }


def _uri(path: str) -> str:
    given = Path(path)
    if given.is_absolute():
        try:
            given = given.relative_to(Path.cwd())
        except ValueError:
            return given.as_uri()
    return quote(given.as_posix())


def _pascal(code: str) -> str:
    return "".join(part.capitalize() for part in code.split("-"))


def _full_text(found: Problem) -> str:
    diagnostic = found.diagnostic
    lines = [diagnostic.message, *(f"note: {note}" for note in diagnostic.notes)]
    if diagnostic.hint:
        lines.append(f"hint: {diagnostic.hint}")
    return "\n".join(lines)


class GithubReport:
    """Workflow commands, which GitHub shows beside the lines that they are about."""

    def __init__(self, out: TextIO, profile: str) -> None:
        self._out = out
        self._profile = profile

    def event(self, event: Event) -> None:
        """See `Report`."""
        if isinstance(event, Noted):
            self.note(event.message)

    def result(self, result: BuildResult, *, dry: bool = False) -> None:
        """See `Report`."""
        self.problems(result_problems(result))
        for line in dry_lines(result) if dry else [summary(result, self._profile)]:
            self._out.write(line + "\n")

    def problems(self, problems: Sequence[Problem]) -> None:
        """See `Report`."""
        for found in problems:
            self._out.write(github_command(found) + "\n")

    def note(self, message: str) -> None:
        """See `Report`."""
        self._out.write(f"::warning title=clarbuild::{_data(message)}\n")

    def close(self) -> None:
        """See `Report`."""
        self._out.flush()


def github_command(found: Problem) -> str:
    """A problem as a workflow command."""
    diagnostic = found.diagnostic
    span = diagnostic.span
    properties = {"file": found.path, "title": diagnostic.code}
    if span.start_line > 0:
        properties["line"] = str(span.start_line)
        properties["endLine"] = str(max(span.start_line, span.end_line))
        # GitHub takes columns only where one line holds them.
        if span.end_line == span.start_line and span.start_column > 0:
            properties["col"] = str(span.start_column)
            properties["endColumn"] = str(max(span.start_column, span.end_column))
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[diagnostic.severity]} {shown}::{_data(_full_text(found))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
