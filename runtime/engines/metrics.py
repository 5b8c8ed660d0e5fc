"""What is counted of engines, for whoever shows metrics; knows no server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct, field

_HELP: Final = {
    "transactions": "Receipts that were given, by the engine that they are from.",
    "compared": "Receipts of ours that were compared with the interpreter's.",
    "differences": "Receipts of ours that were not the interpreter's, by what differed.",
    "fallbacks": "Chains that went on with the interpreter alone.",
    "interpreter_crashes": "Times that the interpreter crashed, or did not answer in time.",
}


class Metrics(Struct):
    """Counts since the process began; one object may serve many chains."""

    transactions: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    differences: Counter[str] = field(default_factory=Counter)
    fallbacks: int = 0
    interpreter_crashes: int = 0

    def to_json(self) -> dict[str, Any]:
        """All counts."""
        return {
            "transactions": dict(sorted(self.transactions.items())),
            "compared": self.compared,
            "differences": dict(sorted(self.differences.items())),
            "fallbacks": self.fallbacks,
            "interpreter_crashes": self.interpreter_crashes,
        }

    def openmetrics(self) -> Iterator[str]:
        """The counts as lines of OpenMetrics, without the end mark."""
        labels = {"transactions": "engine", "differences": "kind"}
        for name, counted in self.to_json().items():
            yield f"# TYPE clarbuild_engine_{name} counter"
            yield f"# HELP clarbuild_engine_{name} {_HELP[name]}"
            if name in labels:
                for label, count in counted.items():
                    yield f'clarbuild_engine_{name}_total{{{labels[name]}="{label}"}} {count}'
            else:
                yield f"clarbuild_engine_{name}_total {counted}"
