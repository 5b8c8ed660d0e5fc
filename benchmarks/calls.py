"""Times calls of contracts, all contestants in turn in every round, so that a busy moment hits all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from benchmarks.contestant import Contestant, Operation
from benchmarks.figures import Curve, Figure, Row
from benchmarks.workloads import Workload, loop, merkle

ROUNDS: Final = 7
CURVE_ROUNDS: Final = 3
SAMPLE_SECONDS: Final = 0.02
WARM_UP_SECONDS: Final = 2.0
MAX_TIMES: Final = 5_000
STEPS: Final = (0, 125, 250, 500, 1_000)
PROOF_STEPS: Final = (0, 8, 16, 32, 64)

OURS: Final = "clarbuild"
PUBLIC: Final = "public API"
UNMETERED: Final = "no metering"
INTERPRETER: Final = "clarinet-sdk"


class WrongAnswer(Exception):
    """Contestants that disagree are not worth timing."""


def warm_up(contestants: Sequence[Contestant]) -> None:
    """Give each the time to make itself fast: V8 compiles the interpreter's Wasm a second time,
    in other threads, while it already runs."""
    for one in contestants:
        spent, times = 0.0, 50
        while spent < WARM_UP_SECONDS:
            spent += one.time(loop("squares", 10), times).processor
            times *= 2


def measure(
    workloads: Iterable[Workload], contestants: Sequence[Contestant], rounds: int = ROUNDS
) -> list[Row]:
    """Microseconds a call."""
    return [
        Row(work.name, work.group, _times(work.name, work.call, contestants, rounds))
        for work in workloads
    ]


def curves(contestants: Sequence[Contestant]) -> list[Curve]:
    """Microseconds over the number of steps of the loops."""

    def of(function: str) -> Callable[[int], Operation]:
        return lambda n: loop(function, n)

    found = []
    for name, call, steps in (
        ("fold of (+ acc (* i i))", of("squares"), STEPS),
        ("map-set", of("set-entries"), STEPS),
        ("append", of("appended"), STEPS),
        ("sha256 of a Merkle proof", merkle, PROOF_STEPS),
    ):
        points: dict[str, list[tuple[int, float]]] = {one.name: [] for one in contestants}
        for n in steps:
            for who, figure in _times(name, call(n), contestants, CURVE_ROUNDS).items():
                points[who].append((n, min(figure.samples)))
        found.append(Curve(name, points))
    return found


def _times(
    name: str, call: Operation, contestants: Sequence[Contestant], rounds: int
) -> dict[str, Figure]:
    times = {}
    results: dict[str, str] = {}
    for one in contestants:
        results[one.name] = one.time(call, 1).result
        trial = one.time(call, 3)
        times[one.name] = max(3, min(MAX_TIMES, int(3 * SAMPLE_SECONDS / trial.processor)))
    if len(set(results.values())) > 1:
        raise WrongAnswer(f"{name}: {results}")
    samples: dict[str, list[float]] = {one.name: [] for one in contestants}
    wall: dict[str, list[float]] = {one.name: [] for one in contestants}
    for _ in range(rounds):
        for one in contestants:
            count = times[one.name]
            timed = one.time(call, count)
            samples[one.name].append(timed.processor / count * 1e6)
            wall[one.name].append(timed.wall / count * 1e6)
    return {who: Figure("µs", tuple(samples[who]), tuple(wall[who])) for who in samples}
