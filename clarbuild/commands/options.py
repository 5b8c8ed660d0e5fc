"""The options that commands share, and what they mean."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec.structs import replace

from clarbuild.guard import BAD_INPUT, OUR_FAULT, usage

if TYPE_CHECKING:
    from clarbuild.context import Options
    from clarbuild.outcome import BuildResult
    from clarbuild.run import Builder


class MessageFormat(StrEnum):
    """How a build is told."""

    HUMAN = "human"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


PathArgument = Annotated[
    Path,
    typer.Argument(
        help="A folder with a Clarinet.toml, a folder of .clar files, a .clar file or a .jsonl log."
    ),
]
ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        "-p",
        help="The project; the nearest folder upwards with a Clarinet.toml by default.",
    ),
]
ClarityArguments = Annotated[
    list[str] | None, typer.Argument(help="Its arguments, written in Clarity: u1 '{a: 1}' …")
]
SenderOption = Annotated[
    str | None, typer.Option("--sender", help="Who calls: an address, or a project's account.")
]
ReleaseOption = Annotated[
    bool, typer.Option("--release", help="Optimise the code instead of compiling fast.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, help="Processes that compile; all processors by default."),
]
ClarityOption = Annotated[
    int | None,
    typer.Option(
        "--clarity", min=1, max=6, help="Clarity version of contracts whose manifest names none."
    ),
]
EpochOption = Annotated[
    str | None, typer.Option("--epoch", help="Epoch of contracts whose manifest names none.")
]
RemoteOption = Annotated[
    str | None,
    typer.Option(
        "--remote",
        metavar="URL",
        help="A store to share artifacts with: file, s3, gs, az, http(s) for WebDAV; `off` for none.",
    ),
]
RemoteAccessOption = Annotated[
    str | None,
    typer.Option(
        "--remote-access", metavar="ACCESS", help="`read-only` (the default) or `read-write`."
    ),
]
RemoteKeyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--remote-key", metavar="KEY", help="Take only what this key, `ed25519:…`, has signed."
    ),
]
ExecutorOption = Annotated[
    str | None,
    typer.Option("--executor", metavar="URL", help="A Dask cluster, `dask://HOST:PORT`."),
]
FormatOption = Annotated[
    MessageFormat,
    typer.Option("--message-format", help="How problems are told; `json` is the same as --json."),
]
AllOption = Annotated[bool, typer.Option("--all", help="Show all problems, however many.")]


def options_of(
    *, release: bool, jobs: int | None = None, clarity: int | None = None, epoch: str | None = None
) -> Options:
    """The options of a build; an unknown epoch is a fault of usage."""
    from clarbuild.context import Options
    from compiler.versions import ClarityVersion, Epoch

    try:
        chosen = None if epoch is None else Epoch.parse(epoch)
    except ValueError as error:
        usage(str(error))
    version = None if clarity is None else ClarityVersion(clarity)
    return Options("release" if release else "debug", jobs, version, chosen)


def project_path(project: Path | None) -> Path:
    """The project that a command without a path means."""
    from clarbuild.files import DiskFiles
    from clarbuild.manifest import find_root

    return find_root(Path(), DiskFiles()) if project is None else project


def open_builder(path: Path, options: Options, **others: Any) -> Builder:
    """A builder in the user's surroundings, `others` of them replaced."""
    from clarbuild.run import Builder
    from clarbuild.surroundings import open_surroundings

    around = open_surroundings()
    return Builder(path, options, replace(around, **others) if others else around)


def exit_code(result: BuildResult) -> int:
    """The exit code of a build."""
    if result.broken:
        return OUR_FAULT
    return 0 if result.ok else BAD_INPUT
