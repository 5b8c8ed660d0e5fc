"""Budgets: limits of what functions may cost, from a TOML file.

    share = 0.01                    # of a block, each public and read-only function
    [contracts.token]
    runtime = 100_000               # each function of token
    [contracts.token.transfer]
    runtime = 40_000                # this one
    write_count = 4

Keys are the five dimensions and `share`. What stands nearer to a function counts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from clarbuild.cost.rows import CostRow, share_of
from clarbuild.files import Files
from clarbuild.problems import InputError, fault
from clarbuild.units import read_text
from compiler.costs import Cost
from compiler.costs.shapes import DIMENSIONS

_SHARE = "share"
_KEYS = (*DIMENSIONS, _SHARE)

Limits = Mapping[str, float]


class Excess(Struct, frozen=True):
    """A function that is over a limit: by what is known without running it, or by a measurement."""

    row: CostRow
    what: str
    used: float
    limit: float
    measured: bool

    def line(self) -> str:
        """One line for people."""
        kind = "measured" if self.measured else "can cost"
        if self.what == _SHARE:
            return f"{self.row.label}: {kind} {self.used:.3%} of a block, budget {self.limit:.3%}"
        return f"{self.row.label}: {kind} {self.what} {self.used:,.0f}, budget {self.limit:,.0f}"


class Budget:
    """The limits of a file."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        try:
            settings = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise fault(str(path), "malformed-budget", f"not valid TOML: {error}") from None
        contracts = settings.pop("contracts", {})
        if not isinstance(contracts, dict):
            raise self._bad("contracts is not a table")
        self._all = self._limits(settings, "")
        self._contracts: dict[str, Limits] = {}
        self._functions: dict[tuple[str, str], Limits] = {}
        for name, row in contracts.items():
            if not isinstance(row, dict):
                raise self._bad(f"contracts.{name} is not a table")
            inner = {key: value for key, value in row.items() if isinstance(value, dict)}
            own = {key: value for key, value in row.items() if key not in inner}
            self._contracts[name] = self._limits(own, f"contracts.{name}: ")
            for function, limits in inner.items():
                place = f"contracts.{name}.{function}: "
                self._functions[name, function] = self._limits(limits, place)

    def check(self, rows: Sequence[CostRow]) -> list[Excess]:
        """All that is over a limit; a fault where the file names what there is not."""
        known = {(row.contract.partition(".")[2], row.function) for row in rows}
        contracts = {name for name, _ in known}
        for name in self._contracts:
            if name not in contracts:
                raise self._bad(f"no contract {name}", f"there are {', '.join(sorted(contracts))}")
        for name, function in self._functions:
            if (name, function) not in known:
                raise self._bad(f"{name} has no public or read-only function {function}")
        return [excess for row in rows for excess in self._excesses(row)]

    def _excesses(self, row: CostRow) -> Iterator[Excess]:
        name = row.contract.partition(".")[2]
        limits = dict(self._all) if row.access != "deploy" else {}
        limits |= self._contracts.get(name, {}) if row.access != "deploy" else {}
        limits |= self._functions.get((name, row.function), {})
        for what, limit in limits.items():
            used = _amount(what, row.static.most, row)
            if used > limit:
                yield Excess(row, what, used, limit, measured=False)
            elif row.measured is not None:
                # Only where the static most is open can a measurement be above it.
                used = _amount(what, row.measured.most, row)
                if used > limit:
                    yield Excess(row, what, used, limit, measured=True)

    def _limits(self, row: Mapping[str, Any], place: str) -> Limits:
        for key, value in row.items():
            if key not in _KEYS:
                raise self._bad(f"{place}unknown key {key}", f"one of {', '.join(_KEYS)}")
            if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
                raise self._bad(f"{place}{key} is not a number of 0 or more")
        return {key: float(value) for key, value in row.items()}

    def _bad(self, message: str, hint: str | None = None) -> InputError:
        return fault(str(self._path), "bad-budget", message, hint=hint)


def _amount(what: str, cost: Cost, row: CostRow) -> float:
    if what == _SHARE:
        return share_of(cost, row.epoch)[0]
    return float(dict(zip(DIMENSIONS, cost, strict=True))[what])


def load_budget(path: Path, files: Files) -> Budget:
    """The budget in a file."""
    return Budget(path, read_text(path, files))


def budget_of(settings: Mapping[str, Any], root: Path) -> Path | None:
    """The budget file that a manifest names: `[clarbuild] budget = "costs.toml"`."""
    table = settings.get("clarbuild")
    name = table.get("budget") if isinstance(table, dict) else None
    return root / name if isinstance(name, str) else None
