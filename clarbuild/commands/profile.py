"""`profile`: what a call, or a whole log, spends by Clarity line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clarbuild.commands.options import (
    ClarityArguments,
    JsonOption,
    ProjectOption,
    SenderOption,
    project_path,
)
from clarbuild.guard import BAD_INPUT, guarded
from clarbuild.profile.measure import Measure

if TYPE_CHECKING:
    from clarbuild.profile.collect import Findings

_RUNS = 20
_RUNS_OF_LOG = 2
"""The first one loads what it needs."""
_LINES = 40


@guarded
def profile(
    target: Annotated[
        str, typer.Argument(metavar="CONTRACT|LOG", help="A contract, or a transaction log.")
    ],
    function: Annotated[
        str | None, typer.Argument(help="A public or read-only function of the contract.")
    ] = None,
    arguments: ClarityArguments = None,
    *,
    sender: SenderOption = None,
    project: ProjectOption = None,
    boot: Annotated[
        Path | None,
        typer.Option("--boot", help="Sources of the network's own contracts, for a log."),
    ] = None,
    by: Annotated[
        Measure, typer.Option("--by", help="What lines and boxes are compared by.")
    ] = Measure.RUNTIME,
    runs: Annotated[
        int | None,
        typer.Option(
            "--runs",
            min=1,
            help=f"How often a transaction is run, for steady times: {_RUNS} times by default, "
            f"{_RUNS_OF_LOG} each of a log's.",
        ),
    ] = None,
    lines: Annotated[int, typer.Option("--lines", min=1, help="Lines to show at most.")] = _LINES,
    svg: Annotated[Path | None, typer.Option("--svg", help="Write a flame graph.")] = None,
    as_json: JsonOption = False,
) -> int:
    """Show where a call's time and costs go, by Clarity line."""
    from clarbuild.commands.chain import quiet_logs
    from clarbuild.guard import usage
    from clarbuild.profile.flame import flame_svg
    from clarbuild.profile.table import print_lines, rows_json

    quiet_logs()
    if function is None:
        if not target.endswith(".jsonl"):
            usage("give a function of the contract, or a transaction log (.jsonl)")
        log = Path(target)
        found, title = _log(log, boot, runs or _RUNS_OF_LOG), log.name
    else:
        given = " ".join((function, *(arguments or ())))
        title = f"{target.removeprefix('.')} {given}"
        called = _call(target, function, arguments or [], sender, project, runs or _RUNS)
        if called is None:
            return BAD_INPUT
        found = called
    if as_json:
        for row in rows_json(found):
            print(json.dumps(row, ensure_ascii=False))
    else:
        print_lines(found, by, lines)
    if svg is not None:
        svg.write_text(flame_svg(found, by, title), encoding="utf-8")
    return 0


def _log(log: Path, boot: Path | None, runs: int) -> Findings:
    """What the transactions of a log spend."""
    from clarbuild.commands.chain import boot_contracts
    from clarbuild.problems import fault
    from clarbuild.profile.collect import profile_log

    if not log.is_file():
        raise fault(str(log), "no-such-path", "no such log")
    return profile_log(log, boot_contracts(log, boot), runs)


def _call(
    target: str,
    function: str,
    arguments: list[str],
    sender: str | None,
    project: Path | None,
    runs: int,
) -> Findings | None:
    """What a call spends; nothing where it ends with an error, which is told."""
    from clarbuild.commands.chain import caller_of, handle_of, tell
    from clarbuild.profile.collect import profiled_chain
    from clarbuild.project import Project

    with Project(project_path(project), profile="release") as opened:
        chain = profiled_chain(opened)
        handle, values = handle_of(chain, target, function, arguments)
        caller = caller_of(sender, opened.manifest, handle.id.partition(".")[0])
        chain.times = runs
        receipt = handle.call_values(function, values, sender=caller)
    if receipt.error is not None:
        tell(receipt)
        return None
    return chain.findings(deployments=False)
