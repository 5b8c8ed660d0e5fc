"""`crosscheck`: the same transactions here and on the interpreter, and where the two differ."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clarbuild.commands.options import EpochOption, JsonOption
from clarbuild.guard import BAD_INPUT, guarded, usage

if TYPE_CHECKING:
    from runtime.crosscheck.campaign import Outcome, Plan
    from runtime.crosscheck.pair import Difference
    from runtime.reference import Operation, ReferenceVM


class Kind(StrEnum):
    """What `--generate` makes."""

    EXPRESSIONS = "expressions"
    PROGRAMS = "programs"
    TRANSACTIONS = "transactions"
    NEAR_MISS = "near-miss"


@guarded
def crosscheck(
    path: Annotated[
        Path | None,
        typer.Argument(help="A project, a folder of .clar files, a .clar file or a .jsonl log."),
    ] = None,
    *,
    generate: Annotated[
        int | None, typer.Option("--generate", min=1, help="Make so many cases instead.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="What all that is made follows from.")] = 1,
    kind: Annotated[Kind, typer.Option("--kind", help="What is made.")] = Kind.EXPRESSIONS,
    version: Annotated[
        int | None,
        typer.Option("--version", "--clarity", min=1, max=6, help="Clarity version; all in turn."),
    ] = None,
    epoch: EpochOption = None,
    calls: Annotated[
        int, typer.Option("--calls", min=0, help="Calls of each function of a project's contracts.")
    ] = 3,
    regressions: Annotated[
        Path | None,
        typer.Option("--regressions", help="Write each difference there, as a log and receipts."),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Run contracts, a log or generated programs on the interpreter too, and compare."""
    if (path is None) == (generate is None):
        usage("give a path or --generate, not both")
    logging.getLogger("runtime").propagate = False
    logging.getLogger("runtime").addHandler(logging.NullHandler())
    with _reference() as reference:
        if generate is not None:
            plan = _plan(kind, generate, seed, version, epoch)
            return _campaign(plan, reference, regressions, as_json=as_json)
        assert path is not None
        operations = _operations(path, seed, calls, version, epoch)
        folder = path.parent if path.suffix == ".jsonl" else Path()
        return _compare(operations, folder, reference, regressions, as_json=as_json)


@contextmanager
def _reference() -> Iterator[ReferenceVM]:
    """The interpreter; its absence is the user's to mend."""
    from clarbuild.problems import fault
    from runtime.reference import ReferenceMissing, ReferenceVM

    try:
        reference = ReferenceVM()
    except ReferenceMissing as error:
        raise fault("crosscheck", "no-reference", str(error), hint=error.hint) from None
    with reference:
        yield reference


def _plan(kind: Kind, count: int, seed: int, version: int | None, epoch: str | None) -> Plan:
    from compiler.versions import ClarityVersion, Epoch
    from runtime.crosscheck.campaign import Plan

    try:
        chosen = None if epoch is None else Epoch.parse(epoch)
    except ValueError as error:
        usage(str(error))
    clarity = None if version is None else ClarityVersion(version)
    if chosen is not None and clarity is not None and clarity > chosen.newest_clarity:
        usage(f"{clarity} can't be deployed in epoch {chosen}")
    return Plan(kind.value, count, seed, clarity, chosen)


def _campaign(
    plan: Plan, reference: ReferenceVM, regressions: Path | None, *, as_json: bool
) -> int:
    from runtime.crosscheck.campaign import run_campaign
    from runtime.crosscheck.report import outcome_lines, outcome_row, write_regression

    outcome: Outcome = run_campaign(plan, reference)
    if as_json:
        print(json.dumps(outcome_row(outcome), ensure_ascii=False))
    else:
        print("\n".join(outcome_lines(outcome)))
    if regressions is not None:
        for finding in outcome.findings:
            write_regression(regressions, finding.difference.cause, finding.operations, reference)
    return BAD_INPUT if outcome.causes else 0


def _operations(
    path: Path, seed: int, calls: int, version: int | None, epoch: str | None
) -> list[Operation]:
    """What runs on both sides: a log's operations, or a project's deployments and calls."""
    from clarbuild.crosscheck import log_operations, project_operations

    if path.suffix == ".jsonl":
        return log_operations(path)
    return project_operations(path, seed, calls, version, epoch)


def _compare(
    operations: list[Operation],
    folder: Path,
    reference: ReferenceVM,
    regressions: Path | None,
    *,
    as_json: bool,
) -> int:
    from clarbuild.crosscheck import compare, smallest
    from runtime.crosscheck.report import difference_lines, difference_row, write_regression

    compared, differences = compare(operations, folder, reference)
    shown: set[str] = set()
    for found in differences:
        # One reproduction for each cause: the others are most often the same fault.
        log: list[Operation] = [found.operation]
        if found.cause not in shown:
            log = smallest(operations, found, folder, reference)
            if regressions is not None:
                write_regression(regressions, found.cause, log, reference)
        shown.add(found.cause)
        if as_json:
            row = difference_row(found) | {"line": found.index + 1, "log": log}
            print(json.dumps(row, ensure_ascii=False))
        else:
            print("\n".join(difference_lines(found, log)))
            print()
    if not as_json:
        print(f"{compared} receipts compared, {_count(differences)}")
    return BAD_INPUT if differences else 0


def _count(differences: list[Difference]) -> str:
    return f"{len(differences)} differences" if len(differences) != 1 else "1 difference"
