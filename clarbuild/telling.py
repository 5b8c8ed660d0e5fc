"""What a build says of its contracts: why one is compiled, what is wrong with one; decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from cache.digest import ActionKey
from cache.outcome import Miss, Reason
from cache.store import Store
from clarbuild.artifacts import Brief, EntryFormatError, from_action
from clarbuild.graph import Graph
from clarbuild.key import CompileStep, changes
from clarbuild.problems import InputError, Problem, fault, problem
from clarbuild.sources import Source
from clarbuild.units import Manifest, Unit
from compiler.contracts import bind
from compiler.diagnostics import Diagnostic, Severity


def why_missing(
    store: Store, unit: Unit, step: CompileStep, key: ActionKey, last: ActionKey | None, miss: Miss
) -> str:
    """Why there is no artifact under `key`, where the unit's last build had the key `last`."""
    if miss.reason is not Reason.ABSENT:
        return f"its artifact is lost: {miss}"
    if last is None:
        return "not built before"
    if last == key:
        return "its artifact is no longer in the cache"
    before = store.get_action(last, check_outputs=False)
    if isinstance(before, Miss):
        return "its inputs changed"
    try:
        different = changes(from_action(before).inputs, step.text)
    except EntryFormatError:
        different = []
    return bound(unit, ", ".join(different)) or "its inputs changed"


def bound(unit: Unit, text: str) -> str:
    """A text with the contract's own name and its siblings' as this deployment has them."""
    return bind(text, unit.deployer, unit.name)


class Problems:
    """The problems of a build's units; numbers are those of the manifest's units."""

    def __init__(self, manifest: Manifest, found: Sequence[Source], graph: Graph) -> None:
        self._manifest = manifest
        self._found = found
        self._graph = graph

    def of_entry(self, number: int, entry: Brief, text: str) -> tuple[Problem, ...]:
        """Stored diagnostics as this deployment of the contract sees them, with hints of ours.

        What makes a contract invalid is an error, though the interpreter may call it a note ("to
        match this '('").
        """
        unit = self._manifest.units[number]
        return tuple(
            problem(
                self._found[number].path,
                Diagnostic(
                    found.severity if entry.valid else Severity.ERROR,
                    found.code,
                    bound(unit, found.message),
                    found.span,
                    bound(unit, found.hint) if found.hint else self._hint(number, entry, found),
                    tuple(bound(unit, note) for note in found.notes),
                ),
                text,
            )
            for found in entry.diagnostics
        )

    def _hint(self, number: int, entry: Brief, found: Diagnostic) -> str | None:
        """For a contract that isn't there: whether it failed or nobody told of it."""
        if "unresolved contract" not in found.message:
            return None
        unit = self._manifest.units[number]
        for identifier in entry.absent:
            contract = bound(unit, identifier)
            if contract not in bound(unit, found.message):
                continue
            if self._graph.deployments(number, identifier):
                return f"{contract} is not valid itself, so it can't be deployed before {unit.name}"
            if self._manifest.kind == "log":
                return f"nothing before line {unit.line} deploys {contract}"
            if self._manifest.kind == "folder":
                return f"there is no such contract in {self._manifest.root}"
            return f"add {contract} to [contracts] or to requirements in {self._manifest.location}"
        return None

    def of_compiler(self, number: int, bug: str) -> Problem:
        """A fault of ours."""
        return Problem(
            self._found[number].path,
            Diagnostic(
                Severity.ERROR,
                "compiler-bug",
                f"the compiler failed on this contract: {bug}",
                hint="this is a fault of clarbuild, not of the contract: please report it",
            ),
        )

    def of_cycle(self, cycle: tuple[int, ...]) -> Problem:
        """Contracts that wait for each other."""
        way = " -> ".join(self._manifest.units[number].name for number in cycle)
        return Problem(
            self._found[cycle[0]].path,
            Diagnostic(
                Severity.ERROR,
                "circular-dependency",
                f"contracts depend on each other in a circle: {way}",
                hint="let one take the other as a trait argument",
            ),
        )

    def of_lost_interface(self, number: int, miss: Miss) -> InputError:
        """An interface that was there when the build began, and is not now."""
        return fault(
            self._found[number].path,
            "lost-artifact",
            f"the interface of {self._manifest.units[number].id} was lost while it was used:"
            f" {miss}",
            hint="run the build again",
        )
