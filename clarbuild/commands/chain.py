"""`call` and `replay`: contracts run from the cache."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clarbuild.commands.options import JsonOption, ProjectOption, ReleaseOption
from clarbuild.guard import guarded


@guarded
def call(
    contract: Annotated[str, typer.Argument(help="The contract.")],
    function: Annotated[str, typer.Argument(help="A public or read-only function.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(help="Its arguments, in Clarity.")
    ] = None,
    project: ProjectOption = None,
    release: ReleaseOption = False,
    as_json: JsonOption = False,
) -> int:
    """Deploy a project on a fresh chain, from the cache, and call a function."""
    return 0


@guarded
def replay(
    log: Annotated[Path, typer.Argument(help="A transaction log.")],
    release: ReleaseOption = False,
) -> int:
    """Run a transaction log and compare."""
    return 0
