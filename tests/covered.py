"""Lines and branches that the tests take, by package: reads what `coverage json` wrote.

    python tests/covered.py .coverage.json --least 95

prints a table as in docs/coverage.md, and fails where a package takes fewer of its branches.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from msgspec import Struct


class Taken(Struct):
    """How much there is, and how much of it was taken."""

    lines: int = 0
    lines_taken: int = 0
    branches: int = 0
    branches_taken: int = 0

    def add(self, summary: Mapping[str, int]) -> None:
        """Add a file's summary."""
        self.lines += summary["num_statements"]
        self.lines_taken += summary["covered_lines"]
        self.branches += summary["num_branches"]
        self.branches_taken += summary["covered_branches"]

    @property
    def line_share(self) -> float:
        """Per cent of the lines."""
        return _share(self.lines_taken, self.lines)

    @property
    def branch_share(self) -> float:
        """Per cent of the branches alone."""
        return _share(self.branches_taken, self.branches)


def _share(taken: int, of: int) -> float:
    return 100.0 if not of else 100.0 * taken / of


def packages(report: Mapping[str, Any]) -> dict[str, Taken]:
    """What was taken of each package, with what it holds, and of each package within it."""
    found: defaultdict[str, Taken] = defaultdict(Taken)
    for name, file in report["files"].items():
        for folder in PurePosixPath(name).parents[:-1]:
            found[str(folder)].add(file["summary"])
    return dict(sorted(found.items()))


def table(found: Mapping[str, Taken]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield "| package | lines | branches | branches not taken |"
    yield "| --- | ---: | ---: | ---: |"
    for name, taken in found.items():
        missing = taken.branches - taken.branches_taken
        yield (
            f"| `{name}` | {taken.line_share:.1f} % | {taken.branch_share:.1f} % "
            f"| {missing} of {taken.branches} |"
        )


def main(arguments: list[str]) -> int:
    """Print the table; 1 where a whole package takes too few branches."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("report", type=Path, help="what `coverage json -o` wrote")
    parser.add_argument("--least", type=float, default=0.0, help="per cent of the branches")
    given = parser.parse_args(arguments)
    found = packages(json.loads(given.report.read_text(encoding="utf-8")))
    print("\n".join(table(found)))
    few = [
        f"{name} takes {taken.branch_share:.1f} % of its branches, less than {given.least:g} %"
        for name, taken in found.items()
        if "/" not in name and taken.branch_share < given.least
    ]
    for line in few:
        print(line, file=sys.stderr)
    return 1 if few else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
