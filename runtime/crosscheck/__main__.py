"""The long campaign: `python -m runtime.crosscheck --expressions 200000 --transactions 20000 …`.

Prints how far it is after every chain, and differences as they are found; writes all of it as JSON.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path

from compiler.versions import ClarityVersion, Epoch
from runtime.crosscheck.campaign import KINDS, Outcome, Plan, run_campaign
from runtime.crosscheck.generator.programs import EXPRESSIONS_PER_CASE
from runtime.crosscheck.report import finding_lines, outcome_lines, outcome_row, write_regression
from runtime.reference import ReferenceMissing, ReferenceVM

_EVERY_SECONDS = 20.0


def main(arguments: list[str]) -> int:
    """Run what the arguments ask for; 1 if anything differed."""
    parser = argparse.ArgumentParser(prog="python -m runtime.crosscheck", description=__doc__)
    for kind in KINDS:
        parser.add_argument(f"--{kind}", type=int, default=0, metavar="N", help=f"make N {kind}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, help="end each kind after so long")
    parser.add_argument("--clarity", type=int, choices=range(1, 7))
    parser.add_argument("--epoch")
    parser.add_argument("--json", type=Path, help="write the outcome there")
    parser.add_argument("--regressions", type=Path, help="write differences there, as logs")
    given = parser.parse_args(arguments)
    logging.getLogger("runtime").addHandler(logging.NullHandler())
    logging.getLogger("runtime").propagate = False
    version = None if given.clarity is None else ClarityVersion(given.clarity)
    epoch = None if given.epoch is None else Epoch.parse(given.epoch)
    try:
        reference = ReferenceVM()
    except ReferenceMissing as error:
        print(f"{error}; {error.hint}", file=sys.stderr)
        return 1
    outcomes: list[Outcome] = []
    with reference:
        for kind in KINDS:
            count = getattr(given, kind.replace("-", "_"))
            if not count:
                continue
            if kind == "expressions":
                count = -(-count // EXPRESSIONS_PER_CASE)
            plan = Plan(kind, count, given.seed, version, epoch, given.seconds)
            outcome = run_campaign(plan, reference, _Progress())
            outcomes.append(outcome)
            print("\n".join(list(outcome_lines(outcome))[-1 - len(outcome.causes) :]), flush=True)
            if given.regressions is not None:
                for found in outcome.findings:
                    cause = found.difference.cause
                    write_regression(given.regressions, cause, found.operations, reference)
    if given.json is not None:
        rows = [outcome_row(outcome) for outcome in outcomes]
        given.json.write_text(json.dumps(rows, indent=1, ensure_ascii=False), encoding="utf-8")
    return 1 if any(outcome.causes for outcome in outcomes) else 0


class _Progress:
    """Tells what is new after a chain."""

    def __init__(self) -> None:
        self._told = 0
        self._at = 0.0

    def __call__(self, outcome: Outcome) -> None:
        for finding in outcome.findings[self._told :]:
            print("\n".join(finding_lines(finding)), flush=True)
        self._told = len(outcome.findings)
        if outcome.seconds - self._at > _EVERY_SECONDS:
            self._at = outcome.seconds
            print(
                f"{outcome.plan.kind}: {outcome.cases} of {outcome.plan.count} cases, "
                f"{outcome.compared} receipts, {outcome.seconds:.0f} s "
                f"({outcome.waited:.0f} s of them for the interpreter)",
                flush=True,
            )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
