"""Budgets of costs: what is over one is told, line by line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clarbuild.cost.rows import CostRow
    from clarbuild.files import Files
    from clarbuild.outcome import BuildResult
    from clarbuild.run import Builder


def over_budget(path: Path, rows: Sequence[CostRow], files: Files) -> bool:
    """Whether any row is over the budget in a file."""
    from clarbuild.cost.budget import load_budget

    excesses = load_budget(path, files).check(rows)
    sys.stdout.flush()
    for excess in excesses:
        print(f"{path}: error: over budget: {excess.line()}", file=sys.stderr)
    return bool(excesses)


def check_budget(builder: Builder, result: BuildResult) -> bool:
    """Whether a build stays within the budget that its manifest names, if it names one."""
    settings = result.manifest.settings
    if "clarbuild" not in settings:
        return True
    from clarbuild.cost.budget import budget_of

    path = budget_of(settings, result.manifest.root)
    if path is None:
        return True
    from clarbuild.cost.collect import static_rows
    from clarbuild.provider import CachedModules

    modules = CachedModules(builder.around, builder.options.profile)
    rows = static_rows(builder, modules, result)
    return not over_budget(path, rows, builder.around.files)
