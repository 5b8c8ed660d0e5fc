"""What a build came to, as values: events while it runs and the result at its end."""

from __future__ import annotations

from collections import Counter
from enum import Enum

from msgspec import Struct

from cache.digest import ActionKey, Digest
from clarbuild.problems import Problem
from clarbuild.units import Manifest, Unit
from compiler.diagnostics import Severity


class Status(Enum):
    """What became of a contract."""

    BUILT = "built"
    CACHED = "cached"
    INVALID = "invalid"
    BLOCKED = "blocked"
    BROKEN = "broken"


FAILURES = frozenset({Status.INVALID, Status.BLOCKED, Status.BROKEN})


class Outcome(Struct, frozen=True):
    """One contract's end. `reason` says why it was compiled, empty where it wasn't.

    `remote` tells that it was not here before the build and came from the remote.
    """

    unit: Unit
    number: int
    status: Status
    key: ActionKey | None = None
    wasm: Digest | None = None
    reason: str = ""
    seconds: float = 0.0
    wasm_size: int = 0
    problems: tuple[Problem, ...] = ()
    needs: tuple[int, ...] = ()
    remote: bool = False

    @property
    def warnings(self) -> int:
        """How many of its problems are warnings."""
        return sum(found.diagnostic.severity is Severity.WARNING for found in self.problems)


class Started(Struct, frozen=True):
    """The plan is made: `total` contracts, of which `hits` are in the store already."""

    manifest: Manifest
    total: int
    hits: int


class Compiling(Struct, frozen=True):
    """A contract's compilation has been asked for."""

    unit: Unit
    reason: str


class Compiled(Struct, frozen=True):
    """A contract has come back from the compiler: where it ran, when, and each pass's seconds."""

    unit: Unit
    worker: str
    started: float
    seconds: float
    passes: tuple[tuple[str, float], ...]


class Finished(Struct, frozen=True):
    """A contract has come to its end."""

    outcome: Outcome


class Noted(Struct, frozen=True):
    """Something about the machine that the user should know: the cache is full, say."""

    message: str


Event = Started | Compiling | Compiled | Finished | Noted


class BuildResult(Struct, frozen=True):
    """All outcomes, in the order of the manifest's units, and what belongs to no contract."""

    manifest: Manifest
    outcomes: tuple[Outcome, ...]
    problems: tuple[Problem, ...]
    seconds: float

    @property
    def counts(self) -> Counter[Status]:
        """How many contracts came to which end."""
        return Counter(outcome.status for outcome in self.outcomes)

    @property
    def from_remote(self) -> int:
        """How many of the cached contracts came from the remote."""
        return sum(o.remote and o.status is Status.CACHED for o in self.outcomes)

    @property
    def compiled(self) -> int:
        """How many contracts were given to the compiler."""
        return sum(bool(outcome.reason) for outcome in self.outcomes)

    def same_end(self, other: BuildResult) -> bool:
        """Whether another build of the same project came to the same artifacts and problems."""
        if self.problems != other.problems or len(self.outcomes) != len(other.outcomes):
            return False
        return all(
            one.key == two.key and (one.status in FAILURES) == (two.status in FAILURES)
            for one, two in zip(self.outcomes, other.outcomes, strict=True)
        )

    @property
    def ok(self) -> bool:
        """Whether every contract is valid and built."""
        return not self.problems and not any(o.status in FAILURES for o in self.outcomes)

    @property
    def broken(self) -> bool:
        """Whether a fault of the compiler itself is among the outcomes."""
        return any(outcome.status is Status.BROKEN for outcome in self.outcomes)
