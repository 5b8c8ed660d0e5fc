"""Memory in use is counted as the interpreter counts it, to the byte."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from runtime.chain import Chain
from runtime.modules import CompileInMemory

sys.path.insert(0, str(Path(__file__).parent))

from memory import programs, recorded, run

PROGRAMS = {program.name: program for program in programs()}
ROWS = recorded()
CASES = sorted({(row["program"], row["epoch"]) for row in ROWS})
MODULES = CompileInMemory("release")


def test_every_program_is_recorded_in_each_of_its_epochs() -> None:
    wanted = [(one.name, epoch) for one in PROGRAMS.values() for epoch in one.epochs]
    assert sorted(wanted) == CASES


@pytest.mark.parametrize(("name", "epoch"), CASES)
def test_a_program_ends_as_in_the_interpreter(name: str, epoch: str) -> None:
    program = PROGRAMS[name]
    chain = Chain(modules=MODULES)
    chain.advance_epoch(epoch)
    for operation in program.deployments(epoch):
        assert run(chain, operation).ok
    place = chain.snapshot()
    answers: dict[int, dict[str, Any]] = {}
    for row in ROWS:
        if (row["program"], row["epoch"]) == (name, epoch):
            receipt = run(chain, program.operation(epoch, row["length"]))
            chain.revert(place)
            answers[row["length"]] = receipt.to_json()
            assert receipt.to_json() == row["receipt"]
    # They differ by a byte that isn't used, and by what comes of it.
    less, more = sorted(answers)
    assert more == less + 1
    assert answers[less] != answers[more]
