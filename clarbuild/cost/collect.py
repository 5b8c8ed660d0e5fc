"""Collects what functions cost: of a build's artifacts, of a replayed log, of an older revision."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cache.outcome import Miss
from clarbuild.artifacts import from_action
from clarbuild.cost.rows import (
    DEPLOYMENT,
    CostRow,
    Measured,
    cost_from_json,
    measure,
    row_from_json,
)
from clarbuild.outcome import BuildResult, Outcome
from clarbuild.problems import fault
from clarbuild.project import Chain, Project
from clarbuild.units import read_text
from compiler.costs import Cost
from compiler.description import ModuleDescription
from compiler.interface_bytes import StoredInterface
from compiler.versions import Epoch
from runtime.contracts import Contract
from runtime.modules import ModuleProvider, ModuleRequest
from runtime.siblings import Siblings
from runtime.static_costs import Deployed, StaticCosts

if TYPE_CHECKING:
    from clarbuild.files import Files
    from clarbuild.run import Builder

Measurements = Mapping[tuple[str, str], Measured]
"""By contract and function."""


def static_rows(builder: Builder, modules: ModuleProvider, result: BuildResult) -> list[CostRow]:
    """The static costs of a build's valid contracts, all in the epoch of the latest of them."""
    outcomes = [outcome for outcome in result.outcomes if outcome.wasm is not None]
    if not outcomes:
        return []
    epoch = max(outcome.unit.cost_epoch for outcome in outcomes)
    known: dict[str, Deployed] = {}
    for outcome in outcomes:
        found = _deployed(builder, outcome)
        if found is not None:
            known[outcome.unit.id] = found
    contracts = {identifier: contract for identifier, (contract, _) in known.items()}
    for outcome in outcomes:
        unit = outcome.unit
        if unit.cost_epoch < epoch and unit.id in known:
            contract = contracts[unit.id]
            request = ModuleRequest(
                contract.source,
                contract.version,
                contract.epoch,
                epoch,
                Siblings(contracts, contract.address),
                contract.id,
            )
            known[unit.id] = (contract, modules(request).description)
    return rows_of(known, epoch)


def rows_of(known: Mapping[str, Deployed], epoch: Epoch) -> list[CostRow]:
    """A row for the deployment and for each public and read-only function of each contract."""
    costs = StaticCosts(epoch, known.get)
    rows = []
    for identifier, (_, description) in known.items():
        deployment = costs.deploy(identifier)
        assert deployment is not None
        rows.append(CostRow(identifier, DEPLOYMENT, "deploy", epoch, deployment))
        for name, entry in description.functions.items():
            estimate = costs.call(identifier, name)
            if entry.access != "private" and estimate is not None:
                rows.append(CostRow(identifier, name, entry.access, epoch, estimate))
    return rows


def _deployed(builder: Builder, outcome: Outcome) -> Deployed | None:
    """A built contract as the chain would have it; None where the store has lost it."""
    store = builder.around.store
    assert outcome.key is not None
    action = store.get_action(outcome.key)
    if isinstance(action, Miss):
        return None
    entry = from_action(action)
    if entry.interface is None or entry.metadata is None:
        return None
    interface, metadata = store.get_blob(entry.interface), store.get_blob(entry.metadata)
    if isinstance(interface, Miss) or isinstance(metadata, Miss):
        return None
    unit = outcome.unit
    contract = Contract(
        unit.id, builder.text(outcome.number), unit.version, unit.epoch, StoredInterface(interface)
    )
    return contract, ModuleDescription.from_bytes(metadata)


# Measured


def measurements(
    project: Project, log: Path, receipts: Path | None, files: Files
) -> tuple[Measurements, Chain]:
    """What the calls of a log cost, in a replay or as recorded; and the chain at its end."""
    from runtime.replay import replay

    read_text(log, files)
    last = Chain(modules=project.modules, profile=project.profile)

    def make_chain() -> Chain:
        nonlocal last
        last = Chain(modules=project.modules, profile=project.profile)
        return last

    costs: dict[tuple[str, str], list[Cost]] = {}
    recorded = None if receipts is None else _recorded(read_text(receipts, files), receipts)
    answers = (
        _logged(read_text(log, files), log, recorded)
        if recorded is not None
        else ((a.operation, a.receipt.to_json()) for a in replay(log, make_chain))
    )
    for operation, receipt in answers:
        if receipt.get("ok"):
            function = DEPLOYMENT if operation["op"] == "deploy" else operation["function"]
            cost = cost_from_json(receipt["cost"])
            costs.setdefault((operation["contract"], function), []).append(cost)
    found = {key: measured for key, of in costs.items() if (measured := measure(of)) is not None}
    return found, last


def _recorded(text: str, path: Path) -> dict[int, Any]:
    from clarbuild.compare import read_receipts

    try:
        return dict(read_receipts(text))
    except ValueError as error:
        raise fault(str(path), "malformed-receipts", f"not a file of receipts: {error}") from None


def _logged(text: str, path: Path, recorded: Mapping[int, Any]) -> Iterator[tuple[Any, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if number not in recorded:
            continue
        try:
            operation = json.loads(line)
            if operation["op"] in ("deploy", "call", "read"):
                yield operation, recorded[number]
        except (ValueError, KeyError, TypeError) as error:
            raise fault(str(path), "malformed-log", f"line {number}: {error}") from None


def rows_of_chain(chain: Chain) -> list[CostRow]:
    """The static costs of the contracts that are deployed on a chain."""
    known = {}
    for identifier in chain.contracts:
        found = chain.deployed(identifier)
        if found is not None:
            known[identifier] = found
    return rows_of(known, chain.epoch)


def with_measurements(rows: list[CostRow], found: Measurements) -> list[CostRow]:
    """The rows with what was measured; a contract at another address counts by its name."""
    by_name = {
        (contract.partition(".")[2], function): measured
        for (contract, function), measured in found.items()
    }
    made = []
    for row in rows:
        measured = found.get((row.contract, row.function)) or by_name.get(
            (row.contract.partition(".")[2], row.function)
        )
        made.append(
            CostRow(row.contract, row.function, row.access, row.epoch, row.static, measured)
        )
    return made


# Before


def rows_before(path: Path, what: str) -> list[CostRow]:
    """The rows of an earlier `--json`, or of the project at `path` in a git revision."""
    earlier = Path(what)
    if earlier.is_file():
        return read_rows(earlier)
    with tempfile.TemporaryDirectory(prefix="clarbuild-cost-") as folder:
        inside = _checkout(path, what, Path(folder))
        with Project(inside) as project:
            return static_rows(project.builder, project.modules, project.build())


def read_rows(path: Path) -> list[CostRow]:
    """The rows of a file that `clarbuild cost --json` wrote."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            raw = json.loads(line)
            if "static" in raw:
                rows.append(row_from_json(raw))
        except (ValueError, KeyError, TypeError) as error:
            raise fault(
                str(path),
                "malformed-costs",
                f"line {number} is not a row of costs: {error}",
                hint="write it with `clarbuild cost --json`",
            ) from None
    return rows


def _checkout(path: Path, revision: str, target: Path) -> Path:
    """Put the project's files of a revision under `target`; where the project is there."""
    home = path if path.is_dir() else path.parent

    def git(*arguments: str) -> bytes:
        try:
            done = subprocess.run(
                ["git", "-C", str(home), *arguments], capture_output=True, check=True
            )
        except OSError as error:
            raise fault("--diff", "no-git", f"git can't be run: {error.strerror}") from None
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode(errors="replace").strip().partition("\n")[0]
            raise fault(
                "--diff",
                "no-such-revision",
                f"{revision!r} is neither a file nor a revision: {said}",
                hint="give a file that `clarbuild cost --json` wrote, or a git revision",
            ) from None
        return done.stdout

    commit = git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    # Of the project's folder alone, with names relative to it.
    with tarfile.open(fileobj=BytesIO(git("archive", commit.decode().strip(), "."))) as archive:
        archive.extractall(target, filter="data")
    return target if path.is_dir() else target / path.name
