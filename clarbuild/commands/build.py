"""`build` and `watch`."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clarbuild.commands.budget import check_budget
from clarbuild.commands.options import (
    AllOption,
    ClarityOption,
    EpochOption,
    ExecutorOption,
    FormatOption,
    JobsOption,
    JsonOption,
    MessageFormat,
    PathArgument,
    ReleaseOption,
    RemoteAccessOption,
    RemoteKeyOption,
    RemoteOption,
    exit_code,
    open_builder,
    options_of,
)
from clarbuild.guard import BAD_INPUT, guarded

if TYPE_CHECKING:
    from clarbuild.context import Listener
    from clarbuild.executors import ClusterFactory
    from clarbuild.outcome import BuildResult
    from clarbuild.problems import InputError
    from clarbuild.report import Report


@guarded
def build(
    path: PathArgument = Path(),
    *,
    release: ReleaseOption = False,
    as_json: JsonOption = False,
    message_format: FormatOption = MessageFormat.HUMAN,
    jobs: JobsOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Say what would be built, and why.")
    ] = False,
    clarity: ClarityOption = None,
    epoch: EpochOption = None,
    all_problems: AllOption = False,
    remote: RemoteOption = None,
    remote_access: RemoteAccessOption = None,
    remote_key: RemoteKeyOption = None,
    executor: ExecutorOption = None,
    timings: Annotated[
        bool, typer.Option("--timings", help="Write clarbuild-timings.html, and .json as a trace.")
    ] = False,
    graph: Annotated[
        Path | None, typer.Option("--graph", help="Write the dependency graph to this SVG file.")
    ] = None,
) -> int:
    """Compile what has changed; everything else comes from the cache."""
    options = options_of(release=release, jobs=jobs, clarity=clarity, epoch=epoch)
    chosen = MessageFormat.JSON if as_json else message_format
    report = open_report(chosen, options.profile, all_problems=all_problems)
    listen: Listener = report.event
    workers: ClusterFactory | None = None
    try:
        if timings:
            from clarbuild.timings import Recorder

            listen = recorder = Recorder(report.event)
        others: dict[str, Any] = {}
        if remote or remote_access or remote_key:
            from clarbuild.remote import Remotes

            others["remote"] = Remotes(remote, remote_access, tuple(remote_key or ()))
        if executor is not None:
            others["executor"] = workers = cluster(executor, report)
        builder = open_builder(path, options, **others)
        with builder.around.store:
            result = builder.dry_run(listen) if dry_run else builder.build(listen)
            report.result(result, dry=dry_run)
            within = dry_run or not result.ok or check_budget(builder, result)
        if timings and not dry_run:
            from clarbuild.commands.reports import write_timings

            write_timings(recorder.timings(result, options.profile))
        if graph is not None:
            from clarbuild.commands.reports import write_graph

            write_graph(graph, result)
        if not within:
            return BAD_INPUT
        return 0 if dry_run and not result.problems else exit_code(result)
    except BaseException as error:
        if chosen is not MessageFormat.HUMAN and tell_input_error(report, error):
            return BAD_INPUT
        raise
    finally:
        report.close()
        if workers is not None:
            workers.close()


def open_report(message_format: MessageFormat, profile: str, *, all_problems: bool) -> Report:
    """The report of a format; the usual one needs no module of the others."""
    from clarbuild.report import make_report

    if message_format in (MessageFormat.HUMAN, MessageFormat.JSON):
        as_json = message_format is MessageFormat.JSON
        return make_report(profile, as_json=as_json, all_problems=all_problems)
    from clarbuild.formats import report_in

    return report_in(message_format, profile)


def cluster(url: str, report: Report) -> ClusterFactory:
    """The cluster at a URL; what becomes of it is told."""
    from clarbuild.executors import ClusterFactory
    from clarbuild.surroundings import toolchain

    return ClusterFactory(url, toolchain(), report.note)


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
    from clarbuild.context import silent
    from clarbuild.files import DiskFiles
    from clarbuild.outcome import Finished
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
    latest: BuildResult | None = None

    def check() -> None:
        if trigger.pending:
            raise SupersededError

    def build_once(touched: set[str] | None, *, quiet: bool) -> None:
        nonlocal cold, latest
        before, latest = latest, builder.build(silent if quiet else report.event, check, touched)
        if quiet:
            if before is not None and latest.same_end(before):
                return
            for outcome in latest.outcomes:
                if outcome.reason:
                    report.event(Finished(outcome))
        report.result(latest)
        if cold:
            cold = False
            warm(options.profile)
        if latest.ok and execute is not None:
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
