"""Epochs 2.0 and 2.05: where their checker answers otherwise than the one of 2.1.

Expected texts are the reference VM's.
"""

from __future__ import annotations

import pytest

from compiler.analysis import analyze
from compiler.diagnostics import ClarityError
from compiler.interface import ContractInterface
from compiler.interface_names import bound
from compiler.types import (
    PRINCIPAL,
    CallablePrincipalType,
    CallableTraitType,
    TraitIdentifier,
    TraitReferenceType,
)
from compiler.versions import ClarityVersion, Epoch

LIB = """(define-trait adder ((add (int) (response int uint))))
(define-public (add (x int)) (if (> x 0) (ok x) (err u1)))"""
USE = "(use-trait a .lib.adder) (define-public (g (x <a>)) (contract-call? x add 1)) "
ANY_ORDER = "'int', 'uint', '(string-ascii 1048576)', '(string-utf8 262144)' or '(buff 1048576)'"


def interfaces(epoch: Epoch) -> dict[str, ContractInterface]:
    lib = analyze(LIB, ClarityVersion.CLARITY_1, epoch, {}).interface
    return {"†.lib": bound(lib, "†.lib")}


def message(source: str, epoch: Epoch) -> str | None:
    try:
        analyze(source, ClarityVersion.CLARITY_1, epoch, interfaces(epoch))
    except ClarityError as error:
        return error.diagnostic.message
    return None


@pytest.mark.parametrize(
    ("source", "in_2_05", "in_2_1"),
    [
        (
            '(< "a" "b")',
            "expecting expression of type 'int' or 'uint', found '(string-ascii 1)'",
            f"expecting expression of type {ANY_ORDER}, found '(string-ascii 1)'",
        ),
        (
            "(map stx-transfer? (list u1) (list tx-sender) (list tx-sender))",
            None,
            "use of illegal / unresolved function 'stx-transfer?",
        ),
        (
            "(is-eq .lib 1)",
            "expecting expression of type 'int', found 'principal'",
            "expecting expression of type 'int', found '(principal †.lib)'",
        ),
        (
            USE + "(define-public (f) (let ((l .lib)) (g l)))",
            "expecting expression of type '<†.lib.adder>', found 'principal'",
            "expecting expression of type '<†.lib.adder>', found '(principal †.lib)'",
        ),
        (
            "(define-map m int (buff 1048000)) "
            "{a: (unwrap-panic (map-get? m 1)), b: (unwrap-panic (map-get? m 1)), c: 1}",
            "invalid tuple syntax: created a type which was greater than maximum allowed value "
            "size",
            "invalid tuple syntax: type size of 2096022 bytes exceeds maximum of 1048576 bytes",
        ),
        # What is the same: a literal contract for a trait, and traits handed on.
        (USE + "(define-public (f) (g .lib))", None, None),
        (USE + "(define-public (f (y <a>)) (g y))", None, None),
    ],
)
def test_where_the_epochs_differ(source: str, in_2_05: str | None, in_2_1: str | None) -> None:
    assert message(source, Epoch.EPOCH_2_05) == in_2_05
    assert message(source, Epoch.EPOCH_2_1) == in_2_1


def test_traits_and_literal_contracts_have_the_types_of_the_epoch() -> None:
    source = USE + "(define-constant lib .lib)"
    trait = TraitIdentifier("†.lib", "adder")
    older, newer = (
        analyze(source, ClarityVersion.CLARITY_1, epoch, interfaces(epoch)).interface
        for epoch in (Epoch.EPOCH_2_05, Epoch.EPOCH_2_1)
    )
    assert older.public_functions["g"].args == (("x", TraitReferenceType(trait)),)
    assert newer.public_functions["g"].args == (("x", CallableTraitType(trait)),)
    assert older.constants == {"lib": PRINCIPAL}
    assert newer.constants == {"lib": CallablePrincipalType("†.lib")}


def test_a_contract_of_2_05_is_called_from_a_later_epoch() -> None:
    older = interfaces(Epoch.EPOCH_2_05)
    user = analyze(USE, ClarityVersion.CLARITY_1, Epoch.EPOCH_2_05, older).interface
    known = {**older, "†.user": bound(user, "†.user")}
    source = "(use-trait a .lib.adder) (define-public (f (x <a>)) (contract-call? .user g x))"
    for version in (ClarityVersion.CLARITY_1, ClarityVersion.CLARITY_2):
        assert analyze(source, version, Epoch.EPOCH_2_1, known).interface.public_functions
