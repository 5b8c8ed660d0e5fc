"""A difference between our VM and the interpreter, and the folder that repeats it.

NNNN/
    log.jsonl        the chain's transactions up to the one that differs
    receipts.jsonl   what the interpreter answered, for `clarbuild replay --against`
    difference.json  the transaction, both receipts, what differs, the command to run
    sources/         the contracts that the log deploys
    boot/            the network's own contracts that they use
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from runtime.engines.answers import receipt_of
from runtime.reference import Operation

Json = dict[str, Any]

LOG: Final = "log.jsonl"
RECEIPTS: Final = "receipts.jsonl"
DIFFERENCE: Final = "difference.json"
_MOST: Final = 9_999


class Discrepancy(Struct, frozen=True):
    """A receipt of ours that is not the interpreter's.

    `cause` says what differs in words that are the same for like differences, `kind` in one word:
    value, events, cost, error, failure (one fails, the other doesn't) or panic (ours).
    """

    line: int
    operation: Operation
    cause: str
    kind: str
    ours: Json
    interpreter: Json
    folder: Path | None = None


def kind_of(cause: str, ours: Json, theirs: Json) -> str:
    """The kind of a difference."""
    if ours["ok"] != theirs["ok"]:
        panicked = not ours["ok"] and ours["error"]["kind"] == "panic"
        return "panic" if panicked else "failure"
    return cause.partition(": ")[2].partition(" ")[0]


def write_report(
    reports: Path,
    found: Discrepancy,
    operations: Sequence[Operation],
    answers: Mapping[int, Json],
    boot: Mapping[str, str],
    genesis_time: int,
) -> Path:
    """Write a folder that repeats a difference, whole or not at all; its path.

    `answers` are the interpreter's by line, `boot` the sources of boot contracts by identifier.
    """
    reports.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".report-", dir=reports))
    try:
        _write(draft / LOG, _log_lines(draft, operations))
        _write(
            draft / RECEIPTS,
            (_compact({"line": line, **_as_recorded(answers[line])}) for line in sorted(answers)),
        )
        for identifier, source in boot.items():
            address, _, name = identifier.partition(".")
            path = draft / "boot" / address / f"{name}.clar"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.encode())
        command = f"clarbuild replay {LOG} --against {RECEIPTS} --genesis-time {genesis_time}"
        if boot:
            command += " --boot boot"
        row = {
            "line": found.line,
            "kind": found.kind,
            "cause": found.cause,
            "operation": found.operation,
            "ours": found.ours,
            "interpreter": found.interpreter,
            "genesis_time": genesis_time,
            "repeat": command,
        }
        (draft / DIFFERENCE).write_text(json.dumps(row, indent=2) + "\n", encoding="utf-8")
        draft.chmod(0o755)
        return _place(draft, reports)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _as_recorded(answer: Json) -> Json:
    """An answer as files of receipts have it: their results went through stacks.js."""
    return receipt_of(answer).to_json() if answer["ok"] else answer


def _place(draft: Path, reports: Path) -> Path:
    """Give the folder the first number that is free."""
    for number in range(1, _MOST + 1):
        folder = reports / f"{number:04}"
        try:
            # Onto a folder with anything in it a rename fails.
            os.rename(draft, folder)
        except OSError:
            if not folder.exists():
                raise
        else:
            return folder
    raise OSError(f"there are {_MOST} reports in {reports} already")


def _log_lines(folder: Path, operations: Sequence[Operation]) -> Iterator[str]:
    for line, operation in enumerate(operations, start=1):
        row = dict(operation)
        if "code" in row:
            name = Path("sources") / f"{line}-{row['contract'].partition('.')[2][:80]}.clar"
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(row.pop("code").encode())
            row["source"] = str(name)
        yield _compact(row)


def _write(path: Path, lines: Iterator[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def _compact(row: Mapping[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":"))
