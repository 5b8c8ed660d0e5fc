"""Receipts: what came of a transaction, and its JSON form (`formats.md`).

Results pass through stacks.js in the reference VM, which orders a tuple's fields in its own way;
that order is kept here, and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

from compiler.consensus_untyped import write_untyped
from compiler.values import Err, List, Ok, Some, Tuple, Value
from runtime.errors import Rejected, TransactionError
from runtime.events import Emitted, Event, event_of, rendered

MAX_MESSAGE: Final = 300


class Costs(NamedTuple):
    """The five costs of a transaction."""

    runtime: int = 0
    read_count: int = 0
    read_length: int = 0
    write_count: int = 0
    write_length: int = 0


FREE: Final = Costs()
costs_of: Final[Callable[[Sequence[int]], Costs]] = partial(tuple.__new__, Costs)
"""The same as `Costs(*counters)`, in a third of the time."""


class Receipt:
    """What came of a transaction: a value with events and costs, or an error.

    To be treated as immutable: a frozen one would take a µs longer to make.
    """

    __slots__ = ("emitted", "error", "spent", "value")

    value: Value | None
    emitted: Sequence[Emitted]
    """The events as the transaction emitted them; `events` is made of them when it is asked for."""
    spent: Sequence[int]
    """The five costs as counters say them; `costs` is made of them when it is asked for."""
    error: TransactionError | None

    def __init__(
        self,
        value: Value | None = None,
        events: Sequence[Emitted] = (),
        costs: Sequence[int] = FREE,
        error: TransactionError | None = None,
    ) -> None:
        self.value = value
        self.emitted = events
        self.spent = costs
        self.error = error

    @property
    def events(self) -> tuple[Event, ...]:
        """The events, in their order."""
        return tuple(map(event_of, self.emitted))

    @property
    def costs(self) -> Costs:
        """The five costs."""
        return costs_of(self.spent)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Receipt)
            and self.value == other.value
            and self.events == other.events
            and self.costs == other.costs
            and self.error == other.error
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return (
            f"Receipt(value={self.value!r}, events={self.events!r}, "
            f"costs={self.costs!r}, error={self.error!r})"
        )

    @property
    def ok(self) -> bool:
        """Whether the transaction ran to its end; its value may be `(err …)` all the same."""
        return self.error is None

    def to_json(self) -> dict[str, Any]:
        """The receipt as logs of receipts have it."""
        if self.error is not None:
            return {"ok": False, "error": error_json(self.error)}
        assert self.value is not None
        return {
            "ok": True,
            "result": f"0x{stacks_js_bytes(self.value).hex()}",
            "events": [rendered(event) for event in self.events],
            "cost": {
                "runtime": self.costs.runtime,
                "read_count": self.costs.read_count,
                "read_length": self.costs.read_length,
                "write_count": self.costs.write_count,
                "write_length": self.costs.write_length,
            },
        }


def error_json(error: TransactionError) -> dict[str, str]:
    """An error as receipts have it."""
    if isinstance(error, Rejected):
        return {"kind": "message", "message": error.message[:MAX_MESSAGE]}
    if error.kind == "panic":
        return {"kind": "panic", "detail": error.detail[:MAX_MESSAGE]}
    return {"kind": error.kind, "name": error.name}


def line_json(line: int, receipt: Receipt) -> str:
    """One line of a receipts file."""
    return json.dumps({"line": line, **receipt.to_json()}, separators=(",", ":"))


def stacks_js_bytes(value: Value) -> bytes:
    """Consensus bytes, but with tuples' fields in the order of JavaScript's `localeCompare`."""
    out = bytearray()
    _write(value, out)
    return bytes(out)


def _write(value: Value, out: bytearray) -> None:
    match value:
        case Tuple(fields):
            out.append(0x0C)
            out += len(fields).to_bytes(4, "big")
            for name in _ordered(tuple(fields)):
                out.append(len(name))
                out += name.encode()
                _write(fields[name], out)
        case List(items):
            out.append(0x0B)
            out += len(items).to_bytes(4, "big")
            for item in items:
                _write(item, out)
        case Some(inner):
            out.append(0x0A)
            _write(inner, out)
        case Ok(inner):
            out.append(0x07)
            _write(inner, out)
        case Err(inner):
            out.append(0x08)
            _write(inner, out)
        case _:
            write_untyped(value, out)


# The order of the characters of names in the Unicode collation algorithm: punctuation, digits,
# letters; of the same letter the small one first, where nothing else differs.
_WEIGHT: Final = {
    char: weight
    for weight, char in enumerate("_-!?*/+<=>0123456789abcdefghijklmnopqrstuvwxyz", start=1)
}


@lru_cache(maxsize=4_096)
def _ordered(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(names, key=_collation))


def _collation(name: str) -> tuple[Iterable[int], Iterable[bool]]:
    return [_WEIGHT.get(char, 0) for char in name.lower()], [char.isupper() for char in name]
