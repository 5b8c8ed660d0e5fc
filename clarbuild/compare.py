"""Compares receipts with recorded ones: by meaning, by cost, by the text of diagnostics."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, field

Row = Mapping[str, Any]


class Share(Struct):
    """How many of how many agree."""

    same: int = 0
    total: int = 0

    def count(self, agrees: bool) -> None:
        """One more."""
        self.total += 1
        self.same += agrees

    def __str__(self) -> str:
        percent = 100.0 * self.same / self.total if self.total else 100.0
        return f"{self.same:,} of {self.total:,} ({percent:.2f} %)"


class Comparison(Struct):
    """What agreed; `differences` are kinds of disagreement, with one line each as an example."""

    semantic: Share = field(default_factory=Share)
    cost: Share = field(default_factory=Share)
    message: Share = field(default_factory=Share)
    differences: Counter[str] = field(default_factory=Counter)
    examples: dict[str, int] = field(default_factory=dict)

    @property
    def equal(self) -> bool:
        """Whether everything agreed."""
        return all(share.same == share.total for share in (self.semantic, self.cost, self.message))

    def add(self, operation: str, expected: Row, actual: Row | None) -> None:
        """Compares two receipts of one line; what depends on the clock is left out."""
        if expected.get("volatile"):
            return
        difference = self._difference(expected, actual)
        self.semantic.count(difference is None)
        if difference is not None:
            text = f"{operation}: {difference}"
            self.differences[text] += 1
            self.examples.setdefault(text, expected["line"])

    def _difference(self, expected: Row, actual: Row | None) -> str | None:
        if actual is None:
            return "no receipt"
        if expected["ok"] != actual["ok"]:
            if expected["ok"]:
                return f"should be ok, got {_short(actual.get('error'))}"
            return f"should fail with {_short(expected['error'])}"
        if not expected["ok"]:
            return self._error_difference(expected["error"], actual["error"])
        for part in ("result", "events"):
            if expected[part] != actual[part]:
                return f"another {part.removesuffix('s')}"
        self.cost.count(expected["cost"] == actual["cost"])
        return None

    def _error_difference(self, expected: Row, actual: Row) -> str | None:
        if expected["kind"] == "message" == actual["kind"]:
            self.message.count(expected["message"] == actual["message"])
        if (expected["kind"], expected.get("name")) != (actual["kind"], actual.get("name")):
            return f"should fail with {_short(expected)}, got {_short(actual)}"
        return None

    def lines(self, most: int = 12) -> Iterable[str]:
        """For people."""
        for text, count in self.differences.most_common(most):
            yield f"{count:>6,}  {text} (line {self.examples[text]})"
        yield f"same meaning  {self.semantic}"
        yield f"same costs    {self.cost}"
        yield f"same texts    {self.message}"

    def row(self) -> dict[str, Any]:
        """As JSON."""
        return {
            name: {"same": share.same, "total": share.total}
            for name, share in (
                ("semantic", self.semantic),
                ("cost", self.cost),
                ("message", self.message),
            )
        } | {"differences": dict(self.differences.most_common())}


def _short(error: Any) -> str:
    return json.dumps(error, ensure_ascii=False)[:100]


def read_receipts(text: str) -> dict[int, Row]:
    """Receipts by line; `ValueError` for what is none."""
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    if not all(isinstance(row, dict) and "line" in row and "ok" in row for row in rows):
        raise ValueError("not receipts")
    return {row["line"]: row for row in rows}
