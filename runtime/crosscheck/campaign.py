"""Campaigns: many generated cases on both VMs, and what they found.

Everything follows from the seed: a case is found again by its kind, version, epoch and seed.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import cycle
from time import monotonic
from typing import Final

from msgspec import Struct, field

from compiler.versions import ClarityVersion, Epoch
from runtime.crosscheck.generator.near_miss import near_miss
from runtime.crosscheck.generator.programs import (
    EPOCHS,
    Case,
    expressions,
    prelude,
    program,
    transactions,
    versions_of,
)
from runtime.crosscheck.pair import Difference, Pair
from runtime.crosscheck.shrink import shrink
from runtime.reference import Operation, ReferenceVM

log = logging.getLogger(__name__)

KINDS: Final[dict[str, Callable[[str, ClarityVersion, Epoch], Case]]] = {
    "expressions": expressions,
    "programs": program,
    "transactions": transactions,
    "near-miss": near_miss,
}
# Chains grow slower as they grow longer, and instances hold address space.
_CASES_PER_CHAIN: Final = {
    "expressions": 150,
    "programs": 200,
    "transactions": 120,
    "near-miss": 600,
}
_SHRUNK_PER_CAUSE: Final = 1


class Plan(Struct, frozen=True):
    """What a campaign makes: `count` cases of a kind, over versions and epochs in turn."""

    kind: str
    count: int
    seed: int
    version: ClarityVersion | None = None
    epoch: Epoch | None = None
    seconds: float | None = None

    def grounds(self) -> list[tuple[ClarityVersion, Epoch]]:
        """The pairs of version and epoch that the cases are spread over."""
        epochs = EPOCHS if self.epoch is None else (self.epoch,)
        return [
            (version, epoch)
            for epoch in epochs
            for version in versions_of(epoch)
            if self.version is None or version is self.version
        ]


class Finding(Struct, frozen=True):
    """A difference, the operations that show it, and how it was made."""

    seed: str
    version: ClarityVersion
    epoch: Epoch
    difference: Difference
    operations: tuple[Operation, ...]
    """A log of its own, from `reset` on."""


class Outcome(Struct):
    """What a campaign did and found."""

    plan: Plan
    cases: int = 0
    compared: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    crashes: int = 0
    findings: list[Finding] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)


def run_campaign(
    plan: Plan, reference: ReferenceVM, notice: Callable[[Outcome], None] = lambda _: None
) -> Outcome:
    """Run a plan; `notice` is told after every chain."""
    outcome = Outcome(plan)
    began = monotonic()
    panics, waited = reference.panics, reference.waited
    for number, ground, size in _chains(plan):
        _run_chain(plan, outcome, Pair(reference), ground, range(number, number + size))
        outcome.seconds = monotonic() - began
        outcome.crashes = reference.panics - panics
        outcome.waited = reference.waited - waited
        notice(outcome)
        if plan.seconds is not None and outcome.seconds > plan.seconds:
            break
    return outcome


def _chains(plan: Plan) -> Iterator[tuple[int, tuple[ClarityVersion, Epoch], int]]:
    """The first case's number, the ground, and the number of cases of each chain."""
    grounds = plan.grounds()
    if not grounds:
        return
    # In an order of its own, so that campaigns that end early have not all seen the same.
    random.Random(plan.seed).shuffle(grounds)
    # Few cases should not all be of one epoch.
    size = max(1, min(_CASES_PER_CHAIN[plan.kind], plan.count // len(grounds)))
    number = 0
    for ground in cycle(grounds):
        if number >= plan.count:
            return
        yield number, ground, min(size, plan.count - number)
        number += size


def _run_chain(
    plan: Plan,
    outcome: Outcome,
    pair: Pair,
    ground: tuple[ClarityVersion, Epoch],
    numbers: range,
) -> None:
    version, epoch = ground
    make = KINDS[plan.kind]
    before = prelude(version, epoch)
    _begin(pair, outcome, before, version, epoch)
    for number in numbers:
        seed = f"{plan.seed}-{number}"
        case = make(seed, version, epoch)
        outcome.cases += 1
        outcome.words.update(case.words)
        found = pair.run(case.operations)
        if found is None:
            continue
        outcome.causes[found.cause] += 1
        log.info("%s %s %s: %s", seed, version, epoch, found.cause)
        if outcome.causes[found.cause] <= _SHRUNK_PER_CAUSE:
            before_it = before
            small = shrink(case.operations, found, pair)
            _begin(pair, outcome, before, version, epoch)
            again = pair.run(small)
            if again is None:
                small, again = case.operations[: found.index + 1], found
            elif pair.run(start := before[:3]) is None:
                # Most do without the library.
                alone = pair.run(small)
                if alone is not None and alone.cause == again.cause:
                    again, before_it = alone, start
            operations = (*before_it, *small)
            outcome.findings.append(Finding(seed, version, epoch, again, operations))
        # What was different may still be.
        _begin(pair, outcome, before, version, epoch)
    outcome.compared += pair.compared
    pair.compared = 0


def _begin(
    pair: Pair,
    outcome: Outcome,
    before: list[Operation],
    version: ClarityVersion,
    epoch: Epoch,
) -> None:
    found = pair.run(before)
    if found is not None:
        outcome.causes[found.cause] += 1
        finding = Finding("prelude", version, epoch, found, tuple(before))
        if outcome.causes[found.cause] == 1:
            outcome.findings.append(finding)
