"""How a build is told: to a terminal, to a pipe, or as JSON lines; decides nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TextIO

from clarbuild.artifacts import diagnostic_row
from clarbuild.outcome import (
    FAILURES,
    BuildResult,
    Compiling,
    Event,
    Finished,
    Noted,
    Outcome,
    Started,
    Status,
)
from clarbuild.problems import Problem
from clarbuild.units import DEPLOYER, Manifest, Unit
from compiler.diagnostics import Severity

_MAX_PROBLEMS = 30
_MAX_ROWS = 24
_MAX_EXCERPT = 160
_TAB = 4


class Report(Protocol):
    """Takes a build's events, then its result or the input's faults."""

    def event(self, event: Event) -> None:
        """Something happened."""

    def result(self, result: BuildResult, *, dry: bool = False) -> None:
        """The build is at its end."""

    def problems(self, problems: Sequence[Problem]) -> None:
        """Faults that no contract's outcome carries."""

    def note(self, message: str) -> None:
        """Something about the machine."""

    def close(self) -> None:
        """Nothing more comes."""


# Texts


def problem_lines(found: Problem) -> list[str]:
    """A problem as people read it: place and message, the line, a caret, notes and hint."""
    diagnostic = found.diagnostic
    span = diagnostic.span
    place = found.path
    if span.start_line > 0:
        place += f":{span.start_line}:{span.start_column}"
    lines = [f"{place}: {diagnostic.severity.value}: {diagnostic.message}"]
    if found.excerpt:
        start = max(0, span.start_column - 1)
        end = span.end_column if span.end_line == span.start_line else len(found.excerpt)
        # Of a very long line only what is around the caret is shown.
        first = max(0, start - _MAX_EXCERPT // 2) if len(found.excerpt) > _MAX_EXCERPT else 0
        text = found.excerpt[first : first + _MAX_EXCERPT]
        before = text[: start - first].expandtabs(_TAB)
        marked = text[: max(end, start + 1) - first].expandtabs(_TAB)
        lines.append(f"{span.start_line:>5} | {text.expandtabs(_TAB)}")
        lines.append(f"{'':5} | {'':{len(before)}}^{'~' * (len(marked) - len(before) - 1)}")
    lines += [f"note: {note}" for note in diagnostic.notes]
    if diagnostic.hint:
        lines.append(f"hint: {diagnostic.hint}")
    return lines


def shown_name(unit: Unit) -> str:
    """A contract's name, with its address where that isn't the usual one."""
    name = unit.name if unit.deployer == DEPLOYER else unit.id
    return f"{name} (line {unit.line})" if unit.line else name


def duration(seconds: float) -> str:
    """A time to three digits or so."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def size(count: int) -> str:
    """A size in bytes, KiB or MiB."""
    if count < 1024:
        return f"{count} B"
    kib = count / 1024
    return f"{kib:.1f} KiB" if kib < 1024 else f"{kib / 1024:.1f} MiB"


def plural(count: int, noun: str) -> str:
    """ "1 contract", "2,585 contracts"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def summary(result: BuildResult, profile: str) -> str:
    """The one line at the end."""
    counts = result.counts
    total = len(result.outcomes)
    took = duration(result.seconds)
    cached_failures = sum(
        outcome.status is Status.INVALID and outcome.key is not None and not outcome.reason
        for outcome in result.outcomes
    )
    remote = result.from_remote
    if not result.compiled and result.ok:
        come = f", {remote:,} of them from the remote" if remote else ""
        return f"nothing to do: {plural(total, 'contract')} up to date{come} ({profile}, {took})"
    parts = [
        f"{counts[status]:,} {word}"
        for status, word in (
            (Status.BUILT, "built"),
            (Status.CACHED, f"cached ({remote:,} from the remote)" if remote else "cached"),
            (Status.INVALID, "invalid"),
            (Status.BLOCKED, "not built for what they need"),
            (Status.BROKEN, "the compiler failed on"),
        )
        if counts[status]
    ]
    if cached_failures:
        parts = [
            f"{part} ({cached_failures:,} known before)" if part.endswith(" invalid") else part
            for part in parts
        ]
    verdict = "built" if result.ok else "failed"
    return f"{verdict}: {plural(total, 'contract')}: {', '.join(parts)} ({profile}, {took})"


def dry_lines(result: BuildResult) -> list[str]:
    """What a dry run would compile, and why."""
    rows = [outcome for outcome in result.outcomes if outcome.reason]
    lines = [f"would build {shown_name(outcome.unit)}: {outcome.reason}" for outcome in rows]
    total = len(result.outcomes)
    failed = sum(outcome.status in FAILURES for outcome in result.outcomes)
    if rows:
        lines.append(f"{plural(len(rows), 'contract')} of {total:,} would be built")
    elif failed:
        lines.append(f"nothing would be built: {failed:,} of {plural(total, 'contract')} can't be")
    else:
        lines.append(f"nothing to do: {plural(total, 'contract')} up to date")
    return lines


def result_problems(result: BuildResult) -> list[Problem]:
    """All problems of a build, errors before warnings."""
    found = [*result.problems, *(p for outcome in result.outcomes for p in outcome.problems)]
    return sorted(found, key=lambda problem: problem.diagnostic.severity is not Severity.ERROR)


# Plain


class PlainReport:
    """For a pipe or a file: what was compiled, then problems, then the summary; no colours."""

    def __init__(
        self, out: TextIO, err: TextIO, profile: str, *, limit: int | None = _MAX_PROBLEMS
    ):
        self._out = out
        self._err = err
        self._profile = profile
        self._limit = limit

    def event(self, event: Event) -> None:
        """See `Report`."""
        match event:
            # What a dry run says would be built has no module.
            case Finished(outcome) if outcome.reason and outcome.wasm is not None:
                self._say(
                    f"built {shown_name(outcome.unit)}: {size(outcome.wasm_size)},"
                    f" {duration(outcome.seconds)} ({outcome.reason})"
                )
            case Noted(message):
                self.note(message)

    def result(self, result: BuildResult, *, dry: bool = False) -> None:
        """See `Report`."""
        self.problems(result_problems(result))
        for line in dry_lines(result) if dry else [summary(result, self._profile)]:
            self._say(line)
        self._out.flush()

    def problems(self, problems: Sequence[Problem]) -> None:
        """See `Report`."""
        self._out.flush()
        shown = problems if self._limit is None else problems[: self._limit]
        for found in shown:
            self._complain(problem_lines(found))
        if len(shown) < len(problems):
            rest = len(problems) - len(shown)
            self._complain([f"and {plural(rest, 'more problem')}: --all shows them"])
        self._err.flush()

    def note(self, message: str) -> None:
        """See `Report`."""
        self._complain([f"warning: {message}"])

    def close(self) -> None:
        """See `Report`."""
        self._out.flush()

    def _say(self, line: str) -> None:
        self._out.write(line + "\n")

    def _complain(self, lines: Iterable[str]) -> None:
        self._err.write("".join(f"{line}\n" for line in lines))


# JSON lines


class JsonReport:
    """One JSON object a line, `event` first."""

    def __init__(self, out: TextIO, profile: str) -> None:
        self._out = out
        self._profile = profile

    def event(self, event: Event) -> None:
        """See `Report`."""
        match event:
            case Started(manifest, total, hits):
                self._say("started", total=total, cached=hits, **_manifest_row(manifest))
            case Compiling(unit, reason):
                self._say("compiling", contract=unit.id, line=unit.line or None, reason=reason)
            case Finished(outcome):
                self._say("finished", **outcome_row(outcome))
            case Noted(message):
                self.note(message)

    def result(self, result: BuildResult, *, dry: bool = False) -> None:
        """See `Report`."""
        self.problems(result.problems)
        counts = result.counts
        self._say(
            "result",
            ok=result.ok,
            dry_run=dry or None,
            profile=self._profile,
            contracts=len(result.outcomes),
            compiled=result.compiled,
            **{status.value: counts[status] for status in Status},
            remote=result.from_remote or None,
            seconds=round(result.seconds, 6),
        )

    def problems(self, problems: Sequence[Problem]) -> None:
        """See `Report`."""
        for found in problems:
            self._say("problem", **problem_row(found))

    def note(self, message: str) -> None:
        """See `Report`."""
        self._say("note", message=message)

    def close(self) -> None:
        """See `Report`."""

    def _say(self, event: str, **fields: Any) -> None:
        row = {"event": event} | {
            name: value for name, value in fields.items() if value is not None
        }
        self._out.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._out.flush()


def _manifest_row(manifest: Manifest) -> dict[str, Any]:
    return {"project": manifest.name, "kind": manifest.kind, "path": str(manifest.location)}


def outcome_row(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON."""
    return {
        "contract": outcome.unit.id,
        "line": outcome.unit.line or None,
        "status": outcome.status.value,
        "key": outcome.key.hex if outcome.key else None,
        "wasm": outcome.wasm.hex if outcome.wasm else None,
        "wasm_bytes": outcome.wasm_size or None,
        "reason": outcome.reason or None,
        "remote": outcome.remote or None,
        "seconds": outcome.seconds or None,
        "problems": [problem_row(found) for found in outcome.problems] or None,
    }


def problem_row(found: Problem) -> dict[str, Any]:
    """A problem as JSON."""
    return {"path": found.path} | diagnostic_row(found.diagnostic)


# A terminal


class TerminalReport:
    """For a terminal: progress while it runs, a tree of what was done, problems, the summary."""

    def __init__(
        self,
        profile: str,
        *,
        limit: int | None = _MAX_PROBLEMS,
        compact: bool = False,
    ) -> None:
        from rich.console import Console

        self._console = Console(highlight=False, soft_wrap=True)
        self._errors = Console(stderr=True, highlight=False, soft_wrap=True)
        self._profile = profile
        self._limit = limit
        self._compact = compact
        self._progress: Any = None
        self._task: Any = None

    def event(self, event: Event) -> None:
        """See `Report`."""
        match event:
            case Started(_, total, hits) if hits + self._compact < total:
                self._start(total, hits)
            case Compiling(unit, _) if self._progress is not None:
                self._progress.update(self._task, what=unit.name)
            case Finished() if self._progress is not None:
                self._progress.advance(self._task)
            case Noted(message):
                self.note(message)

    def _start(self, total: int, hits: int) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("compiling"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[what]}"),
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task("", total=total, completed=hits, what="")
        self._progress.start()

    def result(self, result: BuildResult, *, dry: bool = False) -> None:
        """See `Report`."""
        self.close()
        if dry:
            for line in dry_lines(result):
                self._console.print(_escape(line))
        elif self._compact:
            for outcome in result.outcomes:
                if outcome.status is Status.BUILT:
                    self._console.print(f"[green]built[/] {_row(outcome)}")
        elif result.compiled or not result.ok:
            self._console.print(self._tree(result))
        self.problems(result_problems(result))
        if not dry:
            colour = "green" if result.ok else "red"
            verdict, _, rest = summary(result, self._profile).partition(":")
            self._console.print(f"[bold {colour}]{verdict}[/]:{_escape(rest)}")

    def _tree(self, result: BuildResult) -> Any:
        from rich.tree import Tree

        tree = Tree(f"[bold]{_escape(result.manifest.name)}[/] [dim]{result.manifest.kind}[/]")
        for title, colour, statuses in (
            ("failed", "red", FAILURES),
            ("built", "green", frozenset({Status.BUILT})),
            ("cached", "blue", frozenset({Status.CACHED})),
        ):
            rows = [outcome for outcome in result.outcomes if outcome.status in statuses]
            if not rows:
                continue
            branch = tree.add(f"[{colour}]{title}[/] [dim]{len(rows):,}[/]")
            for outcome in rows[:_MAX_ROWS]:
                branch.add(_row(outcome))
            if len(rows) > _MAX_ROWS:
                branch.add(f"[dim]and {len(rows) - _MAX_ROWS:,} more[/]")
        return tree

    def problems(self, problems: Sequence[Problem]) -> None:
        """See `Report`."""
        self.close()
        shown = problems if self._limit is None else problems[: self._limit]
        for found in shown:
            self._errors.print(coloured(found))
        if len(shown) < len(problems):
            rest = len(problems) - len(shown)
            self._errors.print(f"[dim]and {plural(rest, 'more problem')}: --all shows them[/]")

    def note(self, message: str) -> None:
        """See `Report`."""
        self._errors.print(f"[yellow]warning[/]: {_escape(message)}")

    def close(self) -> None:
        """See `Report`."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _row(outcome: Outcome) -> str:
    name = _escape(shown_name(outcome.unit))
    if outcome.status is Status.BUILT:
        detail = f"{size(outcome.wasm_size)}, {duration(outcome.seconds)}, {outcome.reason}"
        return f"{name} [dim]{_escape(detail)}[/]"
    if outcome.status is Status.CACHED:
        return f"{name} [dim]{size(outcome.wasm_size)}[/]"
    if outcome.status is Status.BLOCKED:
        return f"{name} [dim]what it needs can't be built[/]"
    first = outcome.problems[0].diagnostic.message if outcome.problems else outcome.status.value
    return f"{name} [dim]{_escape(first)}[/]"


_COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold blue"}


def coloured(found: Problem) -> str:
    """A problem in rich's markup."""
    severity = found.diagnostic.severity
    lines: list[str] = []
    for number, line in enumerate(problem_lines(found)):
        text = _escape(line)
        if number == 0:
            head, _, rest = text.partition(f": {severity.value}: ")
            text = f"[bold]{head}[/]: [{_COLOURS[severity]}]{severity.value}[/]: {rest}"
        elif line.startswith("hint: "):
            text = f"[cyan]hint[/]: {text[6:]}"
        elif line.startswith("note: "):
            text = f"[blue]note[/]: {text[6:]}"
        elif line.startswith("      | "):
            text = f"[red]{text}[/]"
        lines.append(text)
    return "\n".join(lines)


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def make_report(
    profile: str, *, as_json: bool, all_problems: bool = False, compact: bool = False
) -> Report:
    """The report that fits where the output goes; a compact one tells only what changed."""
    if as_json:
        return JsonReport(sys.stdout, profile)
    limit = None if all_problems else _MAX_PROBLEMS
    if sys.stdout.isatty():
        return TerminalReport(profile, limit=limit, compact=compact)
    return PlainReport(sys.stdout, sys.stderr, profile, limit=limit)
