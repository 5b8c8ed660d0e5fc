"""What a source refers to is found from its tokens, and is what the compiler's tree says."""

from __future__ import annotations

from pathlib import Path

import pytest
from workspace import OTHER, REPOSITORY

from clarbuild.references import find_references, passed_references, with_siblings
from compiler.syntax import build_ast
from compiler.versions import ClarityVersion, Epoch

SOURCE = f"""
;; .comment 'SP000000000000000000002Q6VF78.no
(use-trait t '{OTHER}.traits.ft)   (impl-trait .own.tt)
(define-constant text ".text") (define-constant where '{OTHER})
(contract-call? .called f .passed 'SP000000000000000000002Q6VF78.pox)
(f {{a:.field, b: .listed}}) (is-eq .compared tx-sender)
"""


def test_kinds_of_references() -> None:
    found = find_references(SOURCE)
    assert found.needed == (f"{OTHER}.traits", "†.called", "†.own")
    assert found.named == (
        "SP000000000000000000002Q6VF78.pox",
        "†.compared",
        "†.field",
        "†.listed",
        "†.passed",
    )
    assert passed_references(SOURCE) >= {"†.passed", "SP000000000000000000002Q6VF78.pox"}
    assert "†.compared" not in passed_references(SOURCE)


def test_own_address_becomes_sibling_and_nothing_moves() -> None:
    changed = with_siblings(SOURCE, OTHER)
    assert len(changed) == len(SOURCE)
    assert find_references(changed).needed == ("†.called", "†.own", "†.traits")
    assert f"'{OTHER})" in changed, "a principal without a name stays"


CORPUS = REPOSITORY.parent / "shared" / "corpus" / "mainnet" / "contracts"


@pytest.mark.skipif(not CORPUS.exists(), reason="no ../shared: no contracts of mainnet to compare")
def test_the_compilers_tree_names_no_more() -> None:
    paths = sorted(CORPUS.glob("*/*.clar"))[::150]
    for path in paths:
        source = Path(path).read_bytes().decode()
        if len(source) < 30_000:
            ast = build_ast(source, ClarityVersion.CLARITY_3, Epoch.EPOCH_3_1)
            assert set(ast.contract_references) <= set(find_references(source).all), path
