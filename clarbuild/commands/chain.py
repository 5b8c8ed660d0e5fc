"""`call` and `replay`: contracts run from the cache."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from clarbuild.commands.options import JsonOption, ProjectOption, ReleaseOption, project_path
from clarbuild.guard import BAD_INPUT, TRACEBACK_VARIABLE, guarded

if TYPE_CHECKING:
    from clarbuild.project import Project
    from clarbuild.units import Manifest
    from runtime.receipts import Receipt

_PROGRESS_EVERY = 50


@guarded
def call(
    contract: Annotated[str, typer.Argument(help="The contract.")],
    function: Annotated[str, typer.Argument(help="A public or read-only function.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(help="Its arguments, written in Clarity: u1 '{a: 1}' …")
    ] = None,
    *,
    sender: Annotated[
        str | None, typer.Option("--sender", help="Who calls: an address, or a project's account.")
    ] = None,
    project: ProjectOption = None,
    release: ReleaseOption = False,
    as_json: JsonOption = False,
) -> int:
    """Deploy a project on a fresh chain, from the cache, and call a function."""
    from clarbuild.arguments import parse_arguments
    from clarbuild.problems import fault
    from clarbuild.project import Project

    _quiet_logs()
    with Project(project_path(project), profile="release" if release else "debug") as opened:
        compiled_before = opened.build().compiled
        chain = opened.chain()
        try:
            handle = chain.contract(contract.removeprefix("."))
        except KeyError as error:
            raise fault(contract, "unknown-contract", str(error.args[0])) from None
        signature = handle.functions.get(function)
        if signature is None:
            raise fault(
                contract,
                "unknown-function",
                f"{handle.id} has no public or read-only function {function}",
                hint=f"it has {', '.join(handle.functions) or 'none'}",
            )
        deployer = handle.id.partition(".")[0]
        values = parse_arguments(arguments or [], function, signature, deployer)
        caller = _sender(sender, opened.manifest, deployer)
        started = time.perf_counter()
        receipt = handle.call_values(function, values, sender=caller)
        seconds = time.perf_counter() - started
        if as_json:
            print(json.dumps(receipt.to_json(), ensure_ascii=False))
        else:
            _tell(receipt)
            compiled = compiled_before + opened.modules.compiled
            total = len(chain.contracts)
            print(
                f"{total - min(compiled, total)} of {total} contracts from the cache; "
                f"the call took {seconds * 1000:.2f} ms"
            )
    return 0 if receipt.ok else BAD_INPUT


def _sender(given: str | None, manifest: Manifest, deployer: str) -> str:
    from clarbuild.problems import fault
    from clarbuild.units import is_address

    if given is None:
        return deployer
    address = manifest.accounts.get(given, given)
    if not is_address(address):
        raise fault(
            "--sender",
            "unknown-account",
            f"{given!r} is neither an address nor an account",
            hint=f"accounts: {', '.join(manifest.accounts)}",
        )
    return address


def _tell(receipt: Receipt) -> None:
    """Prints a receipt for people."""
    from compiler.values import source

    if receipt.error is not None:
        sys.stdout.flush()
        print(f"error: {receipt.error}", file=sys.stderr)
        return
    assert receipt.value is not None
    print(source(receipt.value))
    for event in receipt.to_json()["events"]:
        shown = {**event, "value": _decoded(event.get("raw_value"))}
        fields = (
            f"{name.removesuffix('_identifier')} {value}"
            for name, value in shown.items()
            if name not in ("type", "raw_value", "topic") and value not in (None, "")
        )
        print(f"{event['type'].removesuffix('_event').replace('_', ' ')}: {', '.join(fields)}")
    cost = receipt.to_json()["cost"]
    print("cost: " + ", ".join(f"{name} {amount:,}" for name, amount in cost.items()))


def _decoded(raw: str | None) -> str | None:
    """A value of an event as Clarity writes it."""
    from compiler.consensus import deserialize
    from compiler.values import source

    return None if raw is None else source(deserialize(bytes.fromhex(raw.removeprefix("0x"))))


def _quiet_logs() -> None:
    """Faults of ours are told by receipts; where they happened only to who asks."""
    if not os.environ.get(TRACEBACK_VARIABLE):
        logging.getLogger("runtime").addHandler(logging.NullHandler())
        logging.getLogger("runtime").propagate = False


@guarded
def replay(
    log: Annotated[Path, typer.Argument(help="A transaction log.")],
    *,
    receipts: Annotated[
        Path | None, typer.Option("--receipts", help="Write the receipts there; - is the output.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="Compare with recorded receipts.")
    ] = None,
    boot: Annotated[
        Path | None,
        typer.Option(
            "--boot",
            help="Sources of the network's own contracts, as ADDRESS/NAME.clar; "
            "the folder `boot` beside the log's by default.",
        ),
    ] = None,
    release: ReleaseOption = False,
    as_json: JsonOption = False,
) -> int:
    """Run a transaction log; a receipt for each deployment, call and read-only call."""
    from clarbuild.compare import Comparison
    from clarbuild.project import Project
    from clarbuild.report import duration

    _quiet_logs()
    expected = None if against is None else _expected(against)
    comparison = Comparison()
    counts = {"ok": 0, "failed": 0, "panic": 0}
    started = time.perf_counter()
    with ExitStack() as stack:
        opened = stack.enter_context(Project(log, profile="release" if release else "debug"))
        _check_sources(opened.manifest)
        stack.enter_context(opened.builder.around.store.lease())
        out = stack.enter_context(_receipts_file(receipts))
        told = stack.enter_context(_progress(log, shown=receipts != Path("-") and not as_json))
        answered: set[int] = set()
        for answer in _answers(opened, log, boot):
            row = answer.receipt.to_json()
            kind = "ok" if row["ok"] else "failed"
            counts["panic" if kind == "failed" and row["error"]["kind"] == "panic" else kind] += 1
            if out is not None:
                out.write(answer.to_json() + "\n")
            if expected is not None and answer.line in expected:
                answered.add(answer.line)
                comparison.add(answer.operation["op"], expected[answer.line], row)
            told(answer.line)
        for line, missing in (expected or {}).items():
            if line not in answered:
                comparison.add("?", missing, None)
        summary = {
            "receipts": sum(counts.values()),
            **counts,
            "compiled": opened.modules.compiled,
            "cached": opened.modules.loaded,
            "seconds": round(time.perf_counter() - started, 3),
        }
    target = sys.stderr if receipts == Path("-") else sys.stdout
    if as_json:
        row = summary | ({} if expected is None else {"against": comparison.row()})
        print(json.dumps(row, ensure_ascii=False), file=target)
    else:
        print(
            f"{summary['receipts']:,} receipts: {counts['ok']:,} ok, {counts['failed']:,} failed"
            + (f", {counts['panic']:,} not answered" if counts["panic"] else "")
            + f"; {summary['cached']:,} modules from the cache, {summary['compiled']:,} compiled"
            f" ({duration(time.perf_counter() - started)})",
            file=target,
        )
        if expected is not None:
            print("\n".join(comparison.lines()), file=target)
    return BAD_INPUT if expected is not None and not comparison.equal else 0


def _check_sources(manifest: Manifest) -> None:
    """Refuses a log that deploys what isn't there, before anything is run."""
    from clarbuild.problems import InputError, fault

    faults = [
        fault(f"{manifest.location}:{unit.line}", "no-such-file", f"no source at {unit.path}")
        for unit in manifest.units
        if unit.path is not None and not unit.path.is_file()
    ]
    if faults:
        raise InputError(*(problem for error in faults for problem in error.problems))


def _answers(project: Project, log: Path, boot: Path | None) -> Iterator[Any]:
    from clarbuild.problems import fault
    from clarbuild.project import Chain
    from runtime.boot import BootContracts
    from runtime.replay import replay as run_replay

    beside = log.absolute().parent.parent / "boot"
    if boot is not None and not boot.is_dir():
        raise fault(str(boot), "no-such-path", "no such folder of boot contracts")
    folder = boot or (beside if beside.is_dir() else None)
    contracts = None if folder is None else BootContracts(folder)
    profile = project.profile
    return run_replay(log, lambda: Chain(boot=contracts, modules=project.modules, profile=profile))


def _expected(path: Path) -> dict[int, Any]:
    from clarbuild.compare import read_receipts
    from clarbuild.files import DiskFiles
    from clarbuild.problems import fault
    from clarbuild.units import read_text

    try:
        return dict(read_receipts(read_text(path, DiskFiles())))
    except ValueError as error:
        raise fault(str(path), "malformed-receipts", f"not a file of receipts: {error}") from None


@contextmanager
def _receipts_file(path: Path | None) -> Iterator[IO[str] | None]:
    if path is None:
        yield None
    elif path == Path("-"):
        yield sys.stdout
    else:
        with path.open("w", encoding="utf-8") as file:
            yield file


@contextmanager
def _progress(log: Path, *, shown: bool) -> Iterator[Any]:
    """Tells how far a replay is, where the output is a terminal."""
    if not shown or not sys.stdout.isatty():
        yield lambda _line: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    with log.open("rb") as lines:
        total = sum(1 for _ in lines)
    columns = (TextColumn("replaying"), BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("", total=total)

        def tell(line: int) -> None:
            if line % _PROGRESS_EVERY == 0:
                progress.update(task, completed=line)

        yield tell
