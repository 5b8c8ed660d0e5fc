"""Our VM and the interpreter, side by side: the same operations, both receipts, what differs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from compiler.consensus import serialize
from runtime import receipts
from runtime.reference import Operation, Receipt, ReferenceVM
from runtime.replay import Replayer

_COSTS = ("runtime", "read_count", "read_length", "write_count", "write_length")


class Difference(Struct, frozen=True):
    """A receipt that is not the interpreter's. `cause` groups differences that look alike."""

    index: int
    operation: Operation
    cause: str
    ours: Receipt
    theirs: Receipt


class OurVM:
    """Our chain, answering in the words of the log; results are consensus bytes."""

    def __init__(self, folder: Path | None = None) -> None:
        self._replayer = Replayer(folder or Path())

    def apply(self, operation: Operation) -> Receipt | None:
        """Run one operation; its receipt where it has one."""
        answer = self._replayer.apply(0, json.dumps(operation))
        if answer is None:
            return None
        return comparable(answer.receipt)


def comparable(given: receipts.Receipt) -> Receipt:
    """A receipt of ours in the form of the interpreter's answers: its value as consensus bytes."""
    row = given.to_json()
    if given.value is not None and given.ok:
        row["result"] = f"0x{serialize(given.value).hex()}"
    return row


class Pair:
    """Both VMs on the same chain."""

    def __init__(self, reference: ReferenceVM, folder: Path | None = None) -> None:
        self.reference = reference
        self.ours = OurVM(folder)
        self.compared = 0

    def run(self, operations: Sequence[Operation]) -> Difference | None:
        """Run operations on both; the first difference, after which nothing is looked at."""
        self.reference.send(operations)
        ours = [self.ours.apply(operation) for operation in operations]
        theirs = self.reference.receive()
        for index, (operation, mine, other) in enumerate(
            zip(operations, ours, theirs, strict=True)
        ):
            if other is None:
                continue
            self.compared += 1
            cause = cause_of(operation, mine or {"ok": True}, other)
            if cause is not None:
                return Difference(index, operation, cause, mine or {}, other)
            if is_crash(other):
                # Both crashed: the chains are no longer the same, as one forgot what the other
                # kept.
                return None
        return None


def is_crash(receipt: Receipt) -> bool:
    """Whether the interpreter crashed or did not end."""
    return not receipt["ok"] and receipt["error"]["kind"] in ("panic", "timeout")


def cause_of(operation: Operation, ours: Receipt, theirs: Receipt) -> str | None:
    """What differs, in words that are the same for like differences; `None` if nothing does."""
    op = operation["op"]
    if (
        op not in ("deploy", "call", "read", "transfer")
        or theirs.get("volatile")
        or (is_crash(theirs) and not ours["ok"])
    ):
        return None
    if ours["ok"] != theirs["ok"]:
        failed = ours if theirs["ok"] else theirs
        who = "we fail" if theirs["ok"] else "we should fail"
        return f"{op}: {who}, {_error(failed['error'])}"
    if not theirs["ok"]:
        mine, other = _error(ours["error"]), _error(theirs["error"])
        if ours["error"] == theirs["error"]:
            return None
        return f"{op}: error {mine}, want {other}"
    if ours["result"] != theirs["result"]:
        return f"{op}: value"
    if ours["events"] != theirs["events"]:
        return f"{op}: events {_events(ours['events'], theirs['events'])}"
    unlike = [name for name in _COSTS if _cost(ours, name) != _cost(theirs, name)]
    return f"{op}: cost {' '.join(unlike)}" if unlike else None


def _cost(receipt: Receipt, name: str) -> int | None:
    value = (receipt.get("cost") or {}).get(name)
    return None if value is None else int(value)


def _error(error: Mapping[str, Any]) -> str:
    if error["kind"] == "message":
        # The names and types in a text differ where the cause is one.
        words = error["message"].split("'")
        return "text " + "'…'".join(words[::2])[:80]
    if error["kind"] == "panic":
        return f"panic {str(error.get('detail', ''))[:80]}".rstrip()
    return " ".join(str(error[key]) for key in ("kind", "name") if key in error)


def _events(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> str:
    if len(ours) != len(theirs):
        return "number"
    for mine, other in zip(ours, theirs, strict=True):
        if mine["type"] != other["type"]:
            return f"type {other['type']}"
        if mine != other:
            keys = sorted(key for key in {*mine, *other} if mine.get(key) != other.get(key))
            return f"{other['type']} {' '.join(keys)}"
    raise AssertionError("the events are the same")
