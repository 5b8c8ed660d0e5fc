"""`build` and `watch`."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clarbuild.commands.options import (
    AllOption,
    ClarityOption,
    EpochOption,
    JobsOption,
    JsonOption,
    PathArgument,
    ReleaseOption,
    exit_code,
    open_builder,
    options_of,
)
from clarbuild.guard import BAD_INPUT, guarded

if TYPE_CHECKING:
    from clarbuild.problems import InputError
    from clarbuild.report import Report


@guarded
def build(
    path: PathArgument = Path(),
    *,
    release: ReleaseOption = False,
    as_json: JsonOption = False,
    jobs: JobsOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Say what would be built, and why.")
    ] = False,
    clarity: ClarityOption = None,
    epoch: EpochOption = None,
    all_problems: AllOption = False,
) -> int:
    """Compile what has changed; everything else comes from the cache."""
    from clarbuild.report import make_report

    options = options_of(release=release, jobs=jobs, clarity=clarity, epoch=epoch)
    report = make_report(options.profile, as_json=as_json, all_problems=all_problems)
    try:
        builder = open_builder(path, options)
        with builder.around.store:
            result = builder.dry_run(report.event) if dry_run else builder.build(report.event)
            report.result(result, dry=dry_run)
        return 0 if dry_run and not result.problems else exit_code(result)
    except BaseException as error:
        report.close()
        if as_json and tell_input_error(report, error):
            return BAD_INPUT
        raise


def tell_input_error(report: Report, error: BaseException) -> bool:
    """Tells a JSON reader of faults in the input; whether it was such an error."""
    from clarbuild.problems import InputError

    if not isinstance(error, InputError):
        return False
    report.problems(error.problems)
    return True


@guarded
def watch(
    path: PathArgument = Path(),
    *,
    release: ReleaseOption = False,
    as_json: JsonOption = False,
    jobs: JobsOption = None,
    clarity: ClarityOption = None,
    epoch: EpochOption = None,
    execute: Annotated[
        str | None, typer.Option("--exec", help="A command to run after each good build.")
    ] = None,
    poll: Annotated[
        bool, typer.Option("--poll", help="Look at the files instead of waiting for events.")
    ] = False,
) -> int:
    """Build after every edit, until Ctrl-C."""
    from clarbuild.files import DiskFiles
    from clarbuild.report import make_report
    from clarbuild.watch import SupersededError, Timing, Trigger, Watcher
    from clarbuild.watch import watch as run_watch
    from clarbuild.worker import warm

    options = options_of(release=release, jobs=jobs, clarity=clarity, epoch=epoch)
    report = make_report(options.profile, as_json=as_json, compact=True)
    builder = open_builder(path, options)
    builder.manifest()
    timing = Timing()
    trigger = Trigger(timing)
    watcher = Watcher(path, DiskFiles(), trigger, timing)

    cold = True

    def check() -> None:
        if trigger.pending:
            raise SupersededError

    def build_once() -> None:
        nonlocal cold
        result = builder.build(report.event, check)
        report.result(result)
        if cold:
            cold = False
            warm(options.profile)
        if result.ok and execute is not None:
            code = subprocess.run(execute, shell=True, check=False).returncode
            if code:
                report.note(f"`{execute}` ended with {code}")

    def complain(error: InputError) -> None:
        report.problems(error.problems)

    watcher.start(force_polling=poll)
    if watcher.polling and not poll:
        report.note(f"no file events ({watcher.polling}): looking every {timing.poll} s instead")
    try:
        with builder.around.store:
            run_watch(build_once, trigger, complain=complain)
    finally:
        report.close()
        watcher.stop()
    return 0
