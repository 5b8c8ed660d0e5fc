"""`python -m benchmarks`: measures, prints one table and writes one JSON file."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from rich.console import Console

from benchmarks import builds, calls, replays, startup, table, workloads
from benchmarks.contestant import ROOT, Contestant, ContestantError, interpreter, ours
from benchmarks.figures import Results, Row, machine
from benchmarks.processes import CommandFailed
from benchmarks.publish import publish, write_json
from runtime.reference import ReferenceMissing, node_program, reference_folder

PARTS = ("calls", "curves", "breakdown", "start", "builds", "mainnet", "layers", "replay")
LONG = ("mainnet", "layers", "replay")
DEFAULT_JSON = ROOT / ".bench" / "results.json"


class Bench:
    """One run."""

    def __init__(self, results: Results, folder: Path, tell: Callable[[str], None]) -> None:
        self.results = results
        self.folder = folder
        self.tell = tell
        self.node, self.packages = self._interpreter()
        self._stack = ExitStack()

    def _interpreter(self) -> tuple[str | None, Path | None]:
        try:
            return node_program(), reference_folder()
        except ReferenceMissing as missing:
            self.results.skipped.append(f"{calls.INTERPRETER}: {missing} ({missing.hint})")
            return None, None

    def calls(self) -> None:
        """Calls of contracts."""
        chosen = workloads.six()
        if not chosen:
            self.results.skipped.append(f"bench.clar: no {workloads.REFERENCE}")
        for work in (*chosen, *workloads.larger()):
            self.tell(work.name)
            self.results.rows += calls.measure([work], self.contestants)

    def curves(self) -> None:
        """Calls over the number of steps of their loops."""
        self.tell("curves")
        two = [one for one in self.contestants if one.name in (calls.OURS, calls.INTERPRETER)]
        self.results.curves += calls.curves(two)

    @cached_property
    def contestants(self) -> list[Contestant]:
        """Started when they are first needed."""
        found = [
            ours(calls.OURS),
            ours(calls.PUBLIC, engine="public"),
            ours(calls.UNMETERED, metering=False),
        ]
        if self.node and self.packages:
            found.append(
                interpreter(calls.INTERPRETER, self.node, self.packages, self._fresh("chain"))
            )
        for one in found:
            self._stack.callback(one.close)
            self.tell(f"deploying: {one.name}")
            one.apply(workloads.setup())
        self.tell("warming up")
        calls.warm_up(found)
        return found

    def close(self) -> None:
        """Ends the contestants' processes."""
        self._stack.close()

    def breakdown(self) -> None:
        """Where the time of a call goes."""
        if workloads.REFERENCE.exists():
            self.tell("where the time of a call goes")
            self.results.breakdown = startup.breakdown(self._fresh("breakdown"))

    def start(self) -> None:
        """Fresh processes."""
        self.tell("fresh processes")
        folder = self._fresh("start")
        self.results.rows.append(startup.first_call(folder, self.node, self.packages))
        self.results.rows += startup.loading(folder)

    def builds(self) -> None:
        """Of a sample project."""
        self.tell("builds of the marketplace")
        self.results.rows += builds.marketplace(self._fresh("marketplace"))

    def mainnet(self) -> None:
        """Of the contracts of the mainnet log."""
        self._with_corpus(
            lambda: builds.mainnet(self._fresh("mainnet"), self.node, self.packages),
            "builds of mainnet",
        )

    def layers(self) -> None:
        """Of generated projects."""
        for size in builds.SIZES:
            self.tell(f"builds of {size:,} contracts")
            self.results.rows += builds.layers(self._fresh("layers"), size)

    def replay(self) -> None:
        """Of the mainnet log."""
        self._with_corpus(
            lambda: replays.replayed(self._fresh("replay"), self.node, self.packages),
            "replays of mainnet",
        )

    def _with_corpus(self, work: Callable[[], list[Row]], what: str) -> None:
        if builds.CORPUS.exists():
            self.tell(what)
            self.results.rows += work()
        else:
            self.results.skipped.append(f"{what}: no {builds.CORPUS}")

    def _fresh(self, name: str) -> Path:
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))


def main() -> None:
    """Measures what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; may be repeated")
    parser.add_argument("--all", action="store_true", help=f"the long parts too: {', '.join(LONG)}")
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON, help="where samples go")
    parser.add_argument("--publish", action="store_true", help="renew docs/performance.md")
    options = parser.parse_args()
    parts = options.only or [part for part in PARTS if options.all or part not in LONG]
    console = Console(width=None if sys.stdout.isatty() else 160)
    folder = Path(tempfile.mkdtemp(prefix="clarbuild-bench-"))
    results = Results(machine(ROOT))
    failed: list[str] = []
    try:
        with console.status("measuring") as status:
            bench = Bench(results, folder, lambda text: status.update(f"measuring: {text}"))
            for part in parts:
                try:
                    getattr(bench, part)()
                except (CommandFailed, ContestantError, calls.WrongAnswer) as error:
                    failed.append(part)
                    results.skipped.append(f"{part}: {error}")
                results.note_load()
            bench.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    table.print_all(results, console)
    write_json(results, options.json)
    console.print(f"samples: {options.json}", highlight=False)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")
    if options.publish:
        publish(results)


if __name__ == "__main__":
    main()
