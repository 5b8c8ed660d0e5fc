"""`cache` and `verify`: the care of the cache."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import Struct, structs

from clarbuild.commands.options import (
    JsonOption,
    PathArgument,
    ProjectOption,
    ReleaseOption,
    open_builder,
    options_of,
    project_path,
)
from clarbuild.guard import BAD_INPUT, guarded

cache_app = typer.Typer(help="The cache: what is in it, and its care.", no_args_is_help=True)

MIB = 1024 * 1024


def show(report: object, *, as_json: bool, lines: list[str]) -> None:
    """Prints a report as one JSON object or as lines."""
    if as_json:
        print(json.dumps(plain(report), ensure_ascii=False))
    else:
        print("\n".join(lines))


def plain(value: Any) -> Any:
    """A report as JSON has it: fields by name, whatever kind of record it is."""
    if isinstance(value, Struct):
        return {name: plain(item) for name, item in structs.asdict(value).items()}
    if hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


@cache_app.command()
@guarded
def stat(as_json: JsonOption = False) -> int:
    """How much is in the cache, and how often it helped."""
    from clarbuild.report import plural, size
    from clarbuild.surroundings import open_store

    with open_store() as store:
        found = store.stat()
    limit = f" of {size(found.size_limit)}" if found.size_limit else ""
    lines = [
        f"folder    {found.path}",
        f"size      {size(found.bytes)}{limit}, {plural(found.entries, 'value')}",
    ]
    for kind in found.kinds:
        lines.append(f"  {kind.kind:<12} {kind.entries:>8,} {size(kind.bytes):>12}")
    for layer, counts in sorted(found.counters.items()):
        hits = counts.get("hit", 0)
        asked = sum(counts.values())
        rate = f"{100 * hits / asked:.1f} %" if asked else "never asked"
        misses = ", ".join(f"{n:,} {why}" for why, n in sorted(counts.items()) if why != "hit")
        lines.append(f"{layer:<9} {rate} hits of {asked:,}{f' (not: {misses})' if misses else ''}")
    lines += [f"pinned    {label}: {count:,}" for label, count in found.pins.items()]
    if found.problem:
        lines.append(f"problem   {found.problem}")
    show(found, as_json=as_json, lines=lines)
    return 0


@cache_app.command()
@guarded
def gc(
    size_limit: Annotated[
        int | None, typer.Option("--size", min=0, help="Drop what is oldest beyond so many MiB.")
    ] = None,
    other_versions: Annotated[
        bool, typer.Option("--other-versions", help="Drop what other versions left, too.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Drop what is damaged, orphaned, or oldest beyond the size limit."""
    from clarbuild.report import plural, size
    from clarbuild.surroundings import open_store

    with open_store() as store:
        report = store.gc(
            size_limit=None if size_limit is None else size_limit * MIB,
            other_versions=other_versions,
        )
    dropped = ", ".join(f"{count:,} {why}" for why, count in sorted(report.dropped.items()))
    lines = [
        f"dropped {dropped or 'nothing'} ({size(report.bytes_dropped)}); "
        f"kept {plural(report.entries_kept, 'value')} ({size(report.bytes_kept)})"
    ]
    if report.problem:
        lines.append(f"problem: {report.problem}")
    show(report, as_json=as_json, lines=lines)
    return BAD_INPUT if report.problem else 0


@cache_app.command()
@guarded
def verify(as_json: JsonOption = False) -> int:
    """Hash everything in the cache again; what is damaged is dropped."""
    from clarbuild.report import plural, size
    from clarbuild.surroundings import open_store

    with open_store() as store:
        report = store.verify()
    lines = [f"dropped {found.layer} {found.id[:12]}: {found.reason}" for found in report.problems]
    lines.append(
        f"{plural(report.checked, 'value')} checked ({size(report.bytes)}), "
        f"{len(report.problems):,} damaged"
    )
    show(report, as_json=as_json, lines=lines)
    return BAD_INPUT if report.problems else 0


@cache_app.command()
@guarded
def pin(
    path: PathArgument = Path(),
    *,
    release: ReleaseOption = False,
    remove: Annotated[bool, typer.Option("--remove", help="Let them go again.")] = False,
) -> int:
    """Never drop what a project's last build used."""
    from clarbuild.problems import fault
    from clarbuild.report import plural

    builder = open_builder(path, options_of(release=release))
    label = str(builder.manifest().location.absolute())
    with builder.around.store as store:
        if remove:
            store.unpin(label)
            print(f"no longer pinned: {label}")
            return 0
        keys = set(builder.memory.last.values())
        if not keys:
            raise fault(str(path), "not-built", "not built yet", hint="`clarbuild build` builds it")
        store.pin(label, keys)
    print(f"pinned {plural(len(keys), 'artifact')} of {label}")
    return 0


@cache_app.command()
@guarded
def clear() -> int:
    """Drop everything."""
    from clarbuild.surroundings import open_store

    with open_store() as store:
        store.clear()
        print(f"cleared {store.path}")
    return 0


@cache_app.command("rotate-key")
@guarded
def rotate_key() -> int:
    """Make a new key that seals native code; what the old one sealed is compiled again."""
    from cache.seal import SealUnavailable
    from clarbuild.problems import fault
    from clarbuild.report import plural
    from clarbuild.surroundings import open_store

    with open_store() as store:
        try:
            dropped = store.rotate_seal()
        except SealUnavailable as error:
            raise fault("rotate-key", "no-seal", str(error)) from None
    print(f"a new key; dropped {plural(dropped, 'native module')} of the old one")
    return 0


@cache_app.command()
@guarded
def path() -> int:
    """Print where the cache is."""
    from cache.folder import default_cache_dir

    print(default_cache_dir())
    return 0


@guarded
def verify_builds(
    project: ProjectOption = None,
    release: ReleaseOption = False,
    sample: Annotated[
        int | None, typer.Option("--sample", min=1, help="Only so many, chosen at random.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Compile again and compare with the cache, byte for byte."""
    from clarbuild.outcome import Status
    from clarbuild.report import plural
    from clarbuild.verify import verify as run_verify

    builder = open_builder(project_path(project), options_of(release=release))
    with builder.around.store:
        result, findings = run_verify(builder, sample)
    different = [found for found in findings if found.stage is not None]
    lines = [f"{found.contract}: {found.stage} differs" for found in different]
    lines.append(
        f"{plural(len(findings), 'artifact')} compiled again, {len(different):,} different"
    )
    unbuilt = sum(
        outcome.key is None or outcome.status is Status.BROKEN for outcome in result.outcomes
    )
    if unbuilt:
        lines.append(f"{plural(unbuilt, 'contract')} not built, and not compared")
    show(
        {"verified": findings, "different": len(different), "not_built": unbuilt},
        as_json=as_json,
        lines=lines,
    )
    return BAD_INPUT if different else 0
