"""`serve`: a chain of compiled contracts behind a node's RPC."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clarbuild.commands.engines import (
    REPORTS,
    ActivationOption,
    Engine,
    EngineOption,
    EpochAtOption,
    ReportsOption,
    StopOption,
    no_reference,
    schedule_of,
)
from clarbuild.commands.options import ReleaseOption
from clarbuild.guard import BAD_INPUT, OUR_FAULT, guarded, usage

if TYPE_CHECKING:
    from compiler.versions import Epoch


@guarded
def serve(
    *,
    chain: Annotated[
        Path | None,
        typer.Option("--chain", help="The folder that the chain is kept in; memory by default."),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one.")] = 20443,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on: only this machine by default.")
    ] = "127.0.0.1",
    epoch: Annotated[
        str | None, typer.Option("--epoch", help="Epoch of a new chain; the newest by default.")
    ] = None,
    mint: Annotated[
        list[str] | None,
        typer.Option("--mint", help="ADDRESS=MICROSTX that a new chain begins with; repeatable."),
    ] = None,
    boot: Annotated[
        Path | None,
        typer.Option(
            "--boot",
            help="Folder with ADDRESS/name.clar: the network's own contracts, for a new chain.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    engine: EngineOption = Engine.WASM,
    activation: ActivationOption = 0,
    epochs: EpochAtOption = None,
    reports: ReportsOption = REPORTS,
    stop: StopOption = False,
    release: ReleaseOption = False,
) -> int:
    """Serve a chain over the RPC of a Stacks node, and a page; transactions are mined at once."""
    from runtime.engines import Stopped
    from runtime.reference import ReferenceMissing
    from runtime.stores import ChainError

    try:
        from clarbuild.serve.beside import Engines
        from clarbuild.serve.keeping import BootFault
        from clarbuild.serve.server import PortTaken, run
    except ModuleNotFoundError as error:
        if error.name not in ("starlette", "uvicorn", "httptools", "prometheus_client"):
            raise
        usage(f"serve needs {error.name}: pip install 'clarbuild[serve]'")
    try:
        run(
            chain,
            host=host,
            port=port,
            epoch=_epoch(epoch),
            balances=dict(_balance(text) for text in mint or []),
            profile="release" if release else "debug",
            boot=boot,
            engines=Engines(engine.value, schedule_of(epochs, activation), reports, stop),
        )
    except ReferenceMissing as error:
        raise no_reference(error) from None
    except Stopped as error:
        print(f"error: {error}", file=sys.stderr)
        return OUR_FAULT
    except (ChainError, PortTaken, BootFault) as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    return 0


def _epoch(text: str | None) -> Epoch:
    from compiler.versions import LATEST_EPOCH, Epoch

    if text is None:
        return LATEST_EPOCH
    try:
        epoch = Epoch.parse(text)
    except ValueError as error:
        usage(str(error))
    if not epoch.pays_before_running:
        usage(f"chains are served from epoch 2.1 on, not in {epoch}")
    return epoch


def _balance(text: str) -> tuple[str, int]:
    from runtime.addressing import is_standard

    address, _, amount = text.partition("=")
    if not is_standard(address) or not amount.isdecimal():
        usage(f"--mint wants ADDRESS=MICROSTX, got {text!r}")
    return address, int(amount)
