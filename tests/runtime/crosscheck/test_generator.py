"""The generator: all follows from the seed, programs are well typed, and every word is written."""

from __future__ import annotations

import pytest

from compiler.analysis import analyze
from compiler.contracts import sibling
from compiler.diagnostics import ClarityError
from compiler.interface import ContractInterface
from compiler.versions import ClarityVersion, Epoch
from compiler.words.names import WORD_NAMES
from runtime.crosscheck.generator.near_miss import near_miss
from runtime.crosscheck.generator.programs import (
    EPOCHS,
    Operation,
    expressions,
    prelude,
    program,
    transactions,
    versions_of,
)
from runtime.crosscheck.generator.writer import ROWS

GROUNDS = [
    (ClarityVersion.CLARITY_1, Epoch.EPOCH_2_05),
    (ClarityVersion.CLARITY_2, Epoch.EPOCH_2_1),
    (ClarityVersion.CLARITY_3, Epoch.EPOCH_3_1),
    (ClarityVersion.CLARITY_4, Epoch.EPOCH_3_3),
    (ClarityVersion.CLARITY_5, Epoch.EPOCH_3_4),
    (ClarityVersion.CLARITY_6, Epoch.EPOCH_4_0),
]


def rejected(operations: list[Operation], version: ClarityVersion, epoch: Epoch) -> list[str]:
    """What analysis says of the deployments that it refuses."""
    known: dict[str, ContractInterface] = {}
    said = []
    for operation in operations:
        if operation["op"] != "deploy":
            continue
        try:
            found = analyze(operation["code"], version, epoch, known)
        except ClarityError as error:
            said.append(f"{error.diagnostic.message}\n{operation['code']}")
        else:
            known[sibling(operation["contract"].partition(".")[2])] = found.interface
    return said


@pytest.mark.parametrize(("version", "epoch"), GROUNDS)
def test_generated_programs_are_well_typed(version: ClarityVersion, epoch: Epoch) -> None:
    before = prelude(version, epoch)
    refused, total = [], 0
    for number in range(12):
        for make in (expressions, program, transactions):
            total += 1
            refused += rejected(
                [*before, *make(f"{number}", version, epoch).operations], version, epoch
            )
    # A type may be known too little for a word that needs it; no more than a few in a hundred.
    assert len(refused) <= total // 20, refused[0]


def test_the_same_seed_makes_the_same_case() -> None:
    for make in (expressions, program, transactions, near_miss):
        one = make("7", ClarityVersion.CLARITY_6, Epoch.EPOCH_4_0)
        assert one == make("7", ClarityVersion.CLARITY_6, Epoch.EPOCH_4_0)
        assert one.operations != make("8", ClarityVersion.CLARITY_6, Epoch.EPOCH_4_0).operations


def test_every_word_that_is_no_definition_has_a_production() -> None:
    written = {row.word for row in ROWS}
    # Allowances stand in the words that take them, `contract-of` and traits in transactions.
    elsewhere = {name for name in WORD_NAMES if name.startswith("with-")} | {"contract-of"}
    missing = (
        {name for name, row in WORD_NAMES.items() if row.kind != "definition"} - written - elsewhere
    )
    assert missing == set()


def test_epochs_and_versions_are_all_of_those_that_the_interpreter_has() -> None:
    pairs = {(version, epoch) for epoch in EPOCHS for version in versions_of(epoch)}
    assert {version for version, _ in pairs} == set(ClarityVersion)
    assert (ClarityVersion.CLARITY_6, Epoch.EPOCH_3_4) not in pairs
