"""Differences as text, as JSON, and as regression files that `clarbuild replay` can run."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from runtime.crosscheck.campaign import Finding, Outcome
from runtime.crosscheck.pair import Difference
from runtime.crosscheck.shrink import log_lines
from runtime.reference import Operation, ReferenceVM


def difference_lines(found: Difference, operations: Sequence[Operation]) -> Iterator[str]:
    """A difference for people: what runs, what we say, what the interpreter says."""
    yield f"difference: {found.cause}"
    for operation in operations:
        yield from _operation_lines(operation)
    yield f"  ours:        {json.dumps(found.ours)}"
    yield f"  interpreter: {json.dumps(found.theirs)}"


def _operation_lines(operation: Operation) -> Iterator[str]:
    op = operation["op"]
    if op == "deploy":
        shown = operation.get("source") or ""
        yield f"  deploy {operation['contract']} (Clarity {operation['clarity']}) {shown}".rstrip()
        yield from (f"    {line}" for line in operation.get("code", "").rstrip("\n").split("\n"))
    elif op in ("call", "read"):
        args = " ".join(operation["args"])
        yield f"  {op} {operation['contract']} {operation['function']} {args}".rstrip()
    elif op != "reset":
        rest = " ".join(f"{key} {value}" for key, value in operation.items() if key != "op")
        yield f"  {op} {rest}"


def finding_lines(finding: Finding) -> Iterator[str]:
    """A finding for people."""
    yield f"seed {finding.seed}, {finding.version}, epoch {finding.epoch}"
    yield from difference_lines(finding.difference, finding.operations)
    yield ""


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """A campaign for people."""
    plan = outcome.plan
    for finding in outcome.findings:
        yield from finding_lines(finding)
    yield (
        f"{plan.kind}: seed {plan.seed}, {outcome.cases} cases, {outcome.compared} receipts, "
        f"{sum(outcome.causes.values())} differences of {len(outcome.causes)} causes, "
        f"{outcome.crashes} crashes of the interpreter, {outcome.seconds:.0f} s"
    )
    for cause, count in outcome.causes.most_common():
        yield f"  {count:6} {cause}"


def outcome_row(outcome: Outcome) -> dict[str, Any]:
    """A campaign for programs."""
    plan = outcome.plan
    return {
        "kind": plan.kind,
        "seed": plan.seed,
        "cases": outcome.cases,
        "receipts": outcome.compared,
        "seconds": round(outcome.seconds, 1),
        "crashes": outcome.crashes,
        "causes": dict(outcome.causes),
        "findings": [finding_row(finding) for finding in outcome.findings],
    }


def finding_row(finding: Finding) -> dict[str, Any]:
    """A finding for programs."""
    return {
        "seed": finding.seed,
        "clarity": int(finding.version),
        "epoch": str(finding.epoch),
        **difference_row(finding.difference),
        "log": list(finding.operations),
    }


def difference_row(found: Difference) -> dict[str, Any]:
    """A difference for programs."""
    return {
        "cause": found.cause,
        "operation": found.operation,
        "ours": found.ours,
        "interpreter": found.theirs,
    }


def write_regression(
    folder: Path, cause: str, operations: Sequence[Operation], reference: ReferenceVM
) -> Path:
    """Write a log and the interpreter's receipts for it; the log's path."""
    receipts = reference.run(operations)
    text = log_lines(operations)
    slug = re.sub(r"[^a-z0-9]+", "-", cause.lower())[:50].strip("-")
    name = f"{slug}-{hashlib.blake2b(text.encode(), digest_size=3).hexdigest()}"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log.jsonl"
    log.write_text(text, encoding="utf-8")
    rows = [
        {"line": line, **receipt} for line, receipt in enumerate(receipts, 1) if receipt is not None
    ]
    answers = folder / f"{name}.receipts.jsonl"
    answers.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return log
