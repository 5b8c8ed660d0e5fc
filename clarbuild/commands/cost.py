"""`cost`: what functions cost, known without running them and measured in a replay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clarbuild.commands.budget import over_budget
from clarbuild.commands.options import JsonOption, project_path
from clarbuild.guard import BAD_INPUT, guarded

if TYPE_CHECKING:
    from clarbuild.cost.collect import Measurements
    from clarbuild.cost.rows import CostRow
    from clarbuild.outcome import BuildResult
    from clarbuild.project import Project


@guarded
def cost(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATH|CONTRACT]",
            help="A project, a .clar file, a .jsonl log, or a contract of the project here.",
        ),
    ] = None,
    *,
    log: Annotated[
        Path | None, typer.Option("--log", help="Replay this log and measure its calls.")
    ] = None,
    measured: Annotated[
        Path | None,
        typer.Option("--measured", help="Receipts of the log, instead of replaying it."),
    ] = None,
    diff: Annotated[
        str | None,
        typer.Option("--diff", metavar="REV|FILE", help="Compare with a git revision or a --json."),
    ] = None,
    budget: Annotated[
        Path | None, typer.Option("--budget", help="Fail where a function is over this budget.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with the source shaded by cost.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Show what each function can cost, at least and at most, and what part of a block that is."""
    from clarbuild.cost.collect import (
        measurements,
        rows_before,
        rows_of_chain,
        static_rows,
        with_measurements,
    )
    from clarbuild.cost.rows import change_json, changes, row_json
    from clarbuild.cost.table import print_changes, print_rows
    from clarbuild.problems import InputError, fault
    from clarbuild.project import Project
    from clarbuild.report import result_problems

    path, contract = _target(target)
    if path.suffix == ".jsonl" and log is None:
        log = path
    if measured is not None and log is None:
        raise fault("--measured", "no-log", "receipts alone name no functions", hint="add --log")
    with Project(path) as project:
        found: Measurements = {}
        chain = None
        if log is not None:
            found, chain = measurements(project, log, measured, project.builder.around.files)
        result = None
        if chain is not None and log == path and measured is None:
            rows = rows_of_chain(chain)
        else:
            result = project.build()
            if not result.ok:
                raise InputError(*result_problems(result))
            rows = static_rows(project.builder, project.modules, result)
        rows = with_measurements(_chosen(rows, contract), found)
        if not rows:
            raise fault(target or str(path), "unknown-contract", "no such contract here")
        differences = (
            None if diff is None else changes(_chosen(rows_before(path, diff), contract), rows)
        )
        if as_json:
            for row in rows:
                print(json.dumps(row_json(row)))
            for change in differences or ():
                print(json.dumps(change_json(change)))
        elif differences is None:
            print_rows(rows)
        else:
            print_changes(differences, str(diff), len(rows))
        if html is not None:
            _write_page(html, project, result, rows)
        chosen = budget or (None if contract else _named_budget(project))
        files = project.builder.around.files
        over = chosen is not None and over_budget(chosen, rows, files)
    return BAD_INPUT if over else 0


def _target(target: str | None) -> tuple[Path, str | None]:
    """The project that is meant, and the contract if it is one of it."""
    if target is None:
        return project_path(None), None
    if Path(target).exists():
        return Path(target), None
    return project_path(None), target.removeprefix(".")


def _chosen(rows: list[CostRow], contract: str | None) -> list[CostRow]:
    if contract is None:
        return rows
    return [row for row in rows if contract in (row.contract, row.contract.partition(".")[2])]


def _named_budget(project: Project) -> Path | None:
    from clarbuild.cost.budget import budget_of

    manifest = project.manifest
    return budget_of(manifest.settings, manifest.root)


def _write_page(
    path: Path, project: Project, result: BuildResult | None, rows: list[CostRow]
) -> None:
    from clarbuild.cost.page import page
    from clarbuild.cost.places import shaded_sources

    sources = {} if result is None else shaded_sources(project.builder, result)
    path.write_text(page(project.manifest.name, rows, sources), encoding="utf-8")
