"""`inspect`, `show` and `explain`: what is in the cache, and how it came there."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clarbuild.commands.options import (
    JsonOption,
    ProjectOption,
    ReleaseOption,
    open_builder,
    options_of,
    project_path,
)
from clarbuild.guard import guarded

if TYPE_CHECKING:
    from cache.digest import ActionKey
    from clarbuild.run import Builder
    from clarbuild.units import Unit

TargetArgument = Annotated[str, typer.Argument(help="A contract, or the first digits of a hash.")]


class Stage(StrEnum):
    """What `show` can print."""

    AST = "ast"
    TYPED = "typed"
    WAT = "wat"


@contextmanager
def opened(project: Path | None, *, release: bool) -> Iterator[Builder]:
    """A builder whose cache is closed afterwards."""
    builder = open_builder(project_path(project), options_of(release=release))
    with builder.around.store:
        yield builder


def find(builder: Builder, target: str) -> tuple[Builder, ActionKey, Unit | None]:
    """The key that a hash's digits or a contract's name mean, and the builder that knows it.

    A name means the contract as it was last built: in the asked profile, else in the other one.
    """
    from clarbuild.inspect import find_key, find_unit
    from clarbuild.problems import InputError, fault

    found = find_key(builder.around, target)
    if found is not None:
        return builder, found, None
    try:
        unit = find_unit(builder, target)
    except InputError:
        unit = None
    if unit is None:
        raise fault(
            target,
            "unknown",
            "neither a contract of this project nor the beginning of a hash in the cache",
            hint="`clarbuild build --json` prints contracts and hashes",
        )
    for one in (builder, builder.in_other_profile()):
        key = one.memory.last.get(unit.label)
        if key is not None:
            return one, key, unit
    raise fault(unit.id, "not-built", "not built yet", hint="`clarbuild build` builds it")


@guarded
def inspect(
    target: TargetArgument,
    *,
    project: ProjectOption = None,
    release: ReleaseOption = False,
    as_json: JsonOption = False,
    source: Annotated[bool, typer.Option("--source", help="Show the source.")] = False,
    wat: Annotated[bool, typer.Option("--wat", help="Show the code beside the source.")] = False,
) -> int:
    """Show an artifact: its key and inputs, interface, sizes, neighbours, source and code."""
    from clarbuild.inspect import as_lines, as_row, load_artifact
    from clarbuild.problems import fault

    with opened(project, release=release) as builder:
        _, key, _ = find(builder, target)
        artifact = load_artifact(builder.around, key)
        if artifact is None:
            raise fault(target, "not-built", "not in the cache", hint="`clarbuild build` builds it")
        if as_json:
            print(json.dumps(as_row(builder.around, artifact), ensure_ascii=False))
            return 0
        for heading, line in as_lines(builder.around, artifact, source=source, wat=wat):
            print(f"{heading:<10} {line}".rstrip())
    return 0


@guarded
def show(
    target: TargetArgument,
    *,
    stage: Annotated[Stage, typer.Option("--stage", help="Which stage.")] = Stage.WAT,
    project: ProjectOption = None,
    release: ReleaseOption = False,
) -> int:
    """Print a contract as a stage of the compiler leaves it."""
    from clarbuild.stages import show_stage

    with opened(project, release=release) as builder:
        sys.stdout.write(show_stage(builder, target, stage.value))
    return 0


@guarded
def explain(
    target: TargetArgument,
    *,
    project: ProjectOption = None,
    release: ReleaseOption = False,
    as_json: JsonOption = False,
) -> int:
    """Show what a contract's key is made of, and what of it the last edit changed."""
    from clarbuild.explain import explain_key

    with opened(project, release=release) as builder:
        knowing, key, unit = find(builder, target)
        told = explain_key(knowing, key, unit)
        if as_json:
            print(json.dumps(told.row(), ensure_ascii=False))
            return 0
        for line in told.lines():
            print(line)
    return 0
