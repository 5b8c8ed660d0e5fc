"""The options that choose engines, and the chains that they make; knows no logs and no projects."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clarbuild.guard import usage

if TYPE_CHECKING:
    from clarbuild.problems import InputError
    from runtime.boot import BootContracts
    from runtime.chain import Chain
    from runtime.engines import Discrepancy, EngineChains, Schedule
    from runtime.modules import ModuleProvider
    from runtime.reference import ReferenceMissing


class Engine(StrEnum):
    """Who answers transactions."""

    WASM = "wasm"
    REFERENCE = "reference"
    BOTH = "both"


EngineOption = Annotated[
    Engine,
    typer.Option(
        "--engine",
        help="Who answers: our Wasm, the interpreter (`reference`), or our Wasm while the "
        "interpreter says the same (`both`).",
    ),
]
ActivationOption = Annotated[
    int,
    typer.Option(
        "--activation",
        min=0,
        metavar="HEIGHT",
        help="The burn height from which on our Wasm answers; the interpreter does below it.",
    ),
]
EpochAtOption = Annotated[
    list[str] | None,
    typer.Option(
        "--epoch-at",
        metavar="HEIGHT=EPOCH",
        help="An epoch begins at this burn height; repeatable.",
    ),
]
ReportsOption = Annotated[
    Path,
    typer.Option(
        "--reports", metavar="FOLDER", help="Where each difference of the engines is written."
    ),
]
StopOption = Annotated[
    bool, typer.Option("--stop", help="End with a difference instead of falling back.")
]
GenesisOption = Annotated[
    int | None,
    typer.Option(
        "--genesis-time",
        metavar="SECONDS",
        help="The Unix time of the first block; now by default.",
    ),
]
REPORTS = Path("clarbuild-discrepancies")


@contextmanager
def engine_chains(
    modules: ModuleProvider,
    profile: str,
    *,
    engine: Engine,
    activation: int,
    epochs: list[str] | None,
    reports: Path,
    stop: bool,
    genesis_time: int | None,
    tell: Callable[[Discrepancy], None],
    boot: BootContracts | None = None,
) -> Iterator[EngineChains | None]:
    """Chains with these engines, `None` where our Wasm alone answers and nothing else is asked for.

    Raises `InputError` where the interpreter is wanted and not there.
    """
    if engine is Engine.WASM and not activation and not epochs:
        yield None
        return
    from runtime.chain import Chain
    from runtime.engines import EngineChains, PortableModules
    from runtime.engines import interruptible_engine as interruptible
    from runtime.reference import ReferenceMissing

    schedule = schedule_of(epochs, activation)
    beside = engine is not Engine.WASM or activation > 0
    options: dict[str, Any] = {"modules": modules, "profile": profile, "boot": boot}
    if beside:
        options |= {"modules": PortableModules(modules), "engine": interruptible(profile)}

    def make(genesis: int) -> Chain:
        return Chain(genesis_time=genesis, **options)

    with EngineChains(
        make,
        engine=engine.value,
        schedule=schedule,
        reports=reports,
        stop=stop,
        tell=tell,
        genesis_time=int(time.time()) if genesis_time is None else genesis_time,
        boot=boot,
    ) as chains:
        try:
            yield chains
        except ReferenceMissing as error:
            raise no_reference(error) from None


def schedule_of(epochs: list[str] | None, activation: int) -> Schedule:
    """The schedule that the options say; a wrong one is a fault of usage."""
    from runtime.engines import Schedule, ScheduleError

    try:
        return Schedule.parse(epochs or [], activation)
    except ScheduleError as error:
        usage(str(error))


def no_reference(error: ReferenceMissing) -> InputError:
    """What to tell where the interpreter is wanted and not there."""
    from clarbuild.problems import fault

    return fault("--engine", "no-reference", str(error), hint=error.hint)


def tell_engines(
    chains: EngineChains, found: list[Discrepancy], tell: Callable[[str], None]
) -> None:
    """How the engines compared, for people."""
    counts = chains.metrics
    answered = ", ".join(
        f"{name} {count:,}" for name, count in counts.transactions.items() if count
    )
    tell(f"answered by {answered or 'none'}; {counts.compared:,} compared with the interpreter")
    for one in found:
        where = "" if one.folder is None else f"; {one.folder} repeats it"
        tell(f"differs: {one.cause}{where}")
