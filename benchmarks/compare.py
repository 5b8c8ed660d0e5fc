"""`python -m benchmarks.compare REV`: what the tree's calls take against those of a revision.

Both run in turn, in one run, driven by this tree's benchmarks.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import calls, workloads
from benchmarks.contestant import ROOT, ours
from benchmarks.table import shown

NOW = "now"
NOISE = 0.05


def main() -> None:
    """Compares and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("revision")
    revision = parser.parse_args().revision
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clarbuild-bench-")))
        tree = folder / "tree"
        _git("worktree", "add", "--detach", "--quiet", str(tree), revision)
        stack.callback(_git, "worktree", "remove", "--force", str(tree))
        contestants = [ours(revision, root=tree), ours(NOW)]
        for one in contestants:
            stack.callback(one.close)
            one.apply(workloads.setup())
        calls.warm_up(contestants)
        rows = calls.measure([*workloads.six(), *workloads.larger()], contestants)
    table = Table("call", revision, NOW, "change")
    for row in rows:
        before, now = row.figures[revision], row.figures[NOW]
        change = now.median / before.median - 1
        noise = max(NOISE, before.spread + now.spread)
        colour = "" if abs(change) < noise else ("[green]" if change < 0 else "[red]")
        table.add_row(row.name, shown(before), shown(now), f"{colour}{change * 100:+.0f} %")
    Console().print(table)


def _git(*arguments: str) -> None:
    subprocess.run(("git", *arguments), cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
