"""`call` and `replay`: contracts run from the cache."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from clarbuild.commands.engines import (
    REPORTS,
    ActivationOption,
    Engine,
    EngineOption,
    EpochAtOption,
    GenesisOption,
    ReportsOption,
    StopOption,
    engine_chains,
    tell_engines,
)
from clarbuild.commands.options import (
    ClarityArguments,
    JsonOption,
    ProjectOption,
    ReleaseOption,
    SenderOption,
    project_path,
)
from clarbuild.guard import BAD_INPUT, OUR_FAULT, TRACEBACK_VARIABLE, guarded

if TYPE_CHECKING:
    from clarbuild.key import Profile
    from clarbuild.project import Chain, ContractHandle
    from clarbuild.units import Manifest
    from compiler.values import Value
    from runtime.boot import BootContracts
    from runtime.engines import Discrepancy
    from runtime.receipts import Receipt
    from runtime.replay import Answer

_PROGRESS_EVERY = 50


@guarded
def call(
    contract: Annotated[str, typer.Argument(help="The contract.")],
    function: Annotated[str, typer.Argument(help="A public or read-only function.")],
    arguments: ClarityArguments = None,
    *,
    sender: SenderOption = None,
    project: ProjectOption = None,
    engine: EngineOption = Engine.WASM,
    activation: ActivationOption = 0,
    epochs: EpochAtOption = None,
    reports: ReportsOption = REPORTS,
    release: ReleaseOption = False,
    as_json: JsonOption = False,
) -> int:
    """Deploy a project on a fresh chain, from the cache, and call a function."""
    from clarbuild.project import Project

    quiet_logs()
    found: list[Discrepancy] = []
    with ExitStack() as stack:
        profile: Profile = "release" if release else "debug"
        opened = stack.enter_context(Project(project_path(project), profile=profile))
        built = opened.build()
        compiled_before = built.compiled
        chain = opened.chain()
        handle, values = handle_of(chain, contract, function, arguments or [])
        deployer = handle.id.partition(".")[0]
        caller = caller_of(sender, opened.manifest, deployer)
        run = partial(handle.call_values, function, values, sender=caller)
        chains = stack.enter_context(
            engine_chains(
                opened.modules,
                profile,
                engine=engine,
                activation=activation,
                epochs=epochs,
                reports=reports,
                stop=False,
                genesis_time=None,
                tell=found.append,
            )
        )
        if chains is not None:
            both = chains.chain()
            opened.deploy_on(both, built)
            read_only = chain.contracts[handle.id].access[function] == "read-only"
            run = partial(
                both.read if read_only else both.call, handle.id, function, values, caller
            )
        started = time.perf_counter()
        receipt = run()
        seconds = time.perf_counter() - started
        if as_json:
            print(json.dumps(receipt.to_json(), ensure_ascii=False))
        else:
            tell(receipt)
            compiled = compiled_before + opened.modules.compiled
            total = len(chain.contracts)
            print(
                f"{total - min(compiled, total)} of {total} contracts from the cache; "
                f"the call took {seconds * 1000:.2f} ms"
            )
            if chains is not None:
                tell_engines(chains, found, print)
    if found:
        return OUR_FAULT
    return 0 if receipt.ok else BAD_INPUT


def handle_of(
    chain: Chain, contract: str, function: str, arguments: list[str]
) -> tuple[ContractHandle, list[Value]]:
    """A contract of a chain, and the arguments for one of its functions as values."""
    from clarbuild.arguments import parse_arguments
    from clarbuild.problems import fault

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
    return handle, parse_arguments(arguments, function, signature, deployer)


def caller_of(given: str | None, manifest: Manifest, deployer: str) -> str:
    """Who calls: an address, an account of the project, or the deployer."""
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


def tell(receipt: Receipt) -> None:
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


def quiet_logs() -> None:
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
    engine: EngineOption = Engine.WASM,
    activation: ActivationOption = 0,
    epochs: EpochAtOption = None,
    reports: ReportsOption = REPORTS,
    stop: StopOption = False,
    genesis_time: GenesisOption = None,
    release: ReleaseOption = False,
    as_json: JsonOption = False,
) -> int:
    """Run a transaction log; a receipt for each deployment, call and read-only call."""
    from clarbuild.compare import Comparison
    from clarbuild.project import Chain, Project
    from clarbuild.report import duration
    from runtime.replay import replay as run_replay

    quiet_logs()
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
        found: list[Discrepancy] = []
        contracts = boot_contracts(log, boot)
        chains = stack.enter_context(
            engine_chains(
                opened.modules,
                opened.profile,
                engine=engine,
                activation=activation,
                epochs=epochs,
                reports=reports,
                stop=stop,
                genesis_time=genesis_time,
                tell=found.append,
                boot=contracts,
            )
        )

        def plain() -> Chain:
            return Chain(
                boot=contracts,
                modules=opened.modules,
                profile=opened.profile,
                genesis_time=genesis_time,
            )

        for answer in _until_stopped(run_replay(log, plain if chains is None else chains.chain)):
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
            **({} if chains is None else {"engines": chains.metrics.to_json()}),
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
        if chains is not None:
            tell_engines(chains, found, partial(print, file=target))
    if found:
        return OUR_FAULT
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


def _until_stopped(answers: Iterator[Answer]) -> Iterator[Answer]:
    """The answers of a replay that may be told to end with a difference, which is told then."""
    from runtime.replay import ChainStopped

    try:
        yield from answers
    except ChainStopped as error:
        print(f"stopped: {error}", file=sys.stderr)


def boot_contracts(log: Path, boot: Path | None) -> BootContracts | None:
    """The network's own contracts: of the folder named, or of the one beside the log's."""
    from clarbuild.problems import fault
    from runtime.boot import BootContracts

    beside = log.absolute().parent.parent / "boot"
    if boot is not None and not boot.is_dir():
        raise fault(str(boot), "no-such-path", "no such folder of boot contracts")
    folder = boot or (beside if beside.is_dir() else None)
    return None if folder is None else BootContracts(folder)


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
