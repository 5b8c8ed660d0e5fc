"""What a server counts of itself, as OpenMetrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_END: Final = b"# EOF\n"
_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30)


class Metrics:
    """Counters of one server. Paths are those of the routes, never of requests: there are few."""

    def __init__(self, gauges: dict[str, tuple[str, Callable[[], float]]]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "clarbuild_requests",
            "Requests that were answered.",
            ["path", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "clarbuild_request_seconds",
            "From a request's head to its answer.",
            ["path"],
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._transactions = Counter(
            "clarbuild_transactions",
            "Signed transactions by what became of them.",
            ["outcome"],
            registry=self._registry,
        )
        for name, (help_, value) in gauges.items():
            Gauge(name, help_, registry=self._registry).set_function(value)
        ProcessCollector(registry=self._registry)
        self._children: dict[tuple[str, int], Counter] = {}
        self._timers: dict[str, Histogram] = {}

    def request(self, path: str, status: int, seconds: float) -> None:
        """A request was answered."""
        child = self._children.get((path, status))
        if child is None:
            child = self._children[path, status] = self._requests.labels(path, str(status))
            self._timers[path] = self._seconds.labels(path)
        child.inc()
        self._timers[path].observe(seconds)

    def transaction(self, outcome: str) -> None:
        """A transaction was mined ("done", "failed", "aborted"), or refused for a reason."""
        self._transactions.labels(outcome).inc()

    def text(self, more: Iterable[str] = ()) -> bytes:
        """All of it, and lines of OpenMetrics that others have counted."""
        text: bytes = generate_latest(self._registry)  # type: ignore[no-untyped-call]
        return text.removesuffix(_END) + "".join(f"{line}\n" for line in more).encode() + _END
