"""Analysis says what the interpreter says: the messages recorded from the reference VM.

A line of a `recorded*.jsonl` is a contract and, for each epoch and Clarity version in which it was
deployed after the two contracts below, the message of its analysis (null where it passes).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from compiler.analysis import analyze
from compiler.contracts import SELF, sibling
from compiler.diagnostics import ClarityError
from compiler.interface import ContractInterface
from compiler.interface_names import bound
from compiler.versions import ClarityVersion, Epoch

LIB = """(define-trait adder ((add (int) (response int uint))))
(define-trait wide ((add (int) (response int uint)) (sub (int) (response int uint))))
(define-public (add (x int)) (if (> x 0) (ok x) (err u1)))
(define-read-only (ro (x (optional int))) x)
(define-private (priv) 1)"""
OTHER = "(define-public (sub (x int)) (ok x))"

RECORDED = [
    json.loads(line)
    for path in sorted(Path(__file__).parent.glob("recorded*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]


@cache
def siblings(version: ClarityVersion, epoch: Epoch) -> dict[str, ContractInterface]:
    older = min(version, ClarityVersion.CLARITY_2)
    return {
        sibling(name): bound(analyze(source, older, epoch, {}).interface, sibling(name))
        for name, source in (("lib", LIB), ("other", OTHER))
    }


def message(source: str, epoch: Epoch, version: ClarityVersion) -> str | None:
    try:
        analyze(source, version, epoch, siblings(version, epoch))
    except ClarityError as error:
        return error.diagnostic.message.replace(SELF, sibling("c"))
    return None


@pytest.mark.parametrize("start", range(0, len(RECORDED), 50))
def test_messages_are_the_interpreters(start: int) -> None:
    for case in RECORDED[start : start + 50]:
        for answer in case["answers"]:
            for setting in answer["in"]:
                epoch, _, version = setting.partition("/")
                said = message(case["source"], Epoch.parse(epoch), ClarityVersion(int(version)))
                assert said == answer["says"], (case["source"], setting)
