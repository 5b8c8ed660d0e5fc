"""What ran when: records a build's events and tells them as spans or as a Chrome trace.

It decides nothing, and knows no page and no terminal.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from msgspec import Struct, field

from clarbuild.outcome import BuildResult, Compiled, Compiling, Event, Finished, Noted, Status
from clarbuild.report import shown_name

# A worker on another machine has another clock: its spans are moved to where they must have been.
_CLOCK_SLACK = 0.5


class Span(Struct):
    """One contract in the compiler; seconds count from the build's begin."""

    name: str
    worker: str
    start: float
    end: float
    asked: float
    reason: str
    passes: tuple[tuple[str, float], ...] = ()
    status: Status = Status.BUILT
    wasm_size: int = 0

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


class Timings(Struct):
    """All that the page tells of a build."""

    project: str
    profile: str
    begun_at: float
    seconds: float
    spans: list[Span]
    counts: Counter[Status]
    remote: int
    contracts: int
    reasons: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def workers(self) -> list[str]:
        """Who compiled, in the order in which they began."""
        return list(dict.fromkeys(span.worker for span in sorted(self.spans, key=_start)))

    @property
    def passes(self) -> dict[str, float]:
        """The seconds of each pass, all contracts together, in the compiler's order."""
        found: dict[str, float] = {}
        for span in self.spans:
            for name, seconds in span.passes:
                found[name] = found.get(name, 0.0) + seconds
        rest = sum(span.seconds for span in self.spans) - sum(found.values())
        if found and rest > 0:
            found["between"] = rest
        return found

    def concurrency(self) -> list[tuple[float, int]]:
        """How many contracts were being compiled from each moment on."""
        changes = sorted(
            [(span.start, 1) for span in self.spans] + [(span.end, -1) for span in self.spans]
        )
        running, steps = 0, [(0.0, 0)]
        for at, change in changes:
            running += change
            if steps[-1][0] == at:
                steps[-1] = (at, running)
            else:
                steps.append((at, running))
        return steps


def _start(span: Span) -> float:
    return span.start


class Recorder:
    """Notes events as they pass on their way to a listener."""

    def __init__(
        self, listener: Callable[[Event], None], clock: Callable[[], float] = time.time
    ) -> None:
        self._listener = listener
        self._clock = clock
        self._begun = clock()
        self._asked: dict[str, tuple[float, str]] = {}
        self._spans: dict[str, Span] = {}
        self._notes: list[str] = []

    def __call__(self, event: Event) -> None:
        """Takes an event."""
        now = self._clock() - self._begun
        match event:
            case Compiling(unit, reason):
                self._asked[unit.label] = (now, reason)
            case Compiled(unit, worker, started, seconds, passes):
                asked, reason = self._asked.get(unit.label, (0.0, ""))
                start = started - self._begun
                if not asked - _CLOCK_SLACK <= start <= now - seconds + _CLOCK_SLACK:
                    start = max(asked, now - seconds)
                start = max(0.0, start)
                self._spans[unit.label] = Span(
                    shown_name(unit), worker, start, start + seconds, asked, reason, passes
                )
            case Finished(outcome):
                span = self._spans.get(outcome.unit.label)
                if span is not None:
                    span.status, span.wasm_size = outcome.status, outcome.wasm_size
            case Noted(message):
                self._notes.append(message)
        self._listener(event)

    def timings(self, result: BuildResult, profile: str) -> Timings:
        """What was recorded."""
        spans = sorted(self._spans.values(), key=_start)
        return Timings(
            result.manifest.name,
            profile,
            self._begun,
            max([self._clock() - self._begun, *(span.end for span in spans)]),
            spans,
            result.counts,
            result.from_remote,
            len(result.outcomes),
            Counter(_plain(span.reason) for span in spans if span.reason),
            self._notes,
        )


def _plain(reason: str) -> str:
    """A reason without the contract that it names, so that equal ones can be counted."""
    return "an interface changed" if reason.startswith("interface of ") else reason


def chrome_trace(timings: Timings) -> str:
    """The build as a trace for chrome://tracing, Perfetto or speedscope."""
    workers = {name: number for number, name in enumerate(timings.workers, 1)}
    events: list[dict[str, Any]] = [
        _meta("process_name", 0, f"clarbuild {timings.project} ({timings.profile})"),
        *(_meta("thread_name", number, name) for name, number in workers.items()),
    ]
    for span in timings.spans:
        thread = workers[span.worker]
        events.append(
            _complete(
                span.name,
                "compile",
                thread,
                span.start,
                span.seconds,
                reason=span.reason,
                status=span.status.value,
                wasm_bytes=span.wasm_size,
                waited_ms=round(max(0.0, span.start - span.asked) * 1000, 3),
            )
        )
        at = span.start
        for name, seconds in span.passes:
            events.append(_complete(name, "pass", thread, at, seconds))
            at += seconds
    for at, running in timings.concurrency():
        events.append(
            {
                "name": "compiling",
                "ph": "C",
                "pid": 1,
                "ts": _micros(at),
                "args": {"contracts": running},
            }
        )
    return json.dumps(
        {"displayTimeUnit": "ms", "traceEvents": events}, ensure_ascii=False, separators=(",", ":")
    )


def _micros(seconds: float) -> float:
    return round(seconds * 1e6, 1)


def _meta(name: str, thread: int, value: str) -> dict[str, Any]:
    return {"name": name, "ph": "M", "pid": 1, "tid": thread, "args": {"name": value}}


def _complete(
    name: str, category: str, thread: int, start: float, seconds: float, **args: Any
) -> dict[str, Any]:
    return {
        "name": name,
        "cat": category,
        "ph": "X",
        "pid": 1,
        "tid": thread,
        "ts": _micros(start),
        "dur": _micros(seconds),
        "args": args,
    }
