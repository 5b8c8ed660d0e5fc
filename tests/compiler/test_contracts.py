"""Texts of contracts' names: marks are replaced, and what depends on addresses is decided, by `bind`."""

from __future__ import annotations

import pytest

from compiler.contracts import SELF, bind, either, sibling

EARLIER = "SPGDF0FAF9MKMPJ36G07QAR09DT4DANRFV98RZNT"
LATER = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"


@pytest.mark.parametrize(("deployer", "told"), [(EARLIER, "sibling"), (LATER, "other")])
def test_the_text_of_the_first_by_address(deployer: str, told: str) -> None:
    """Addresses are in the order of their bytes, wherever they are spelled."""
    other = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5.a"
    text = f"<{either({sibling('b'): 'sibling', other: 'other'})}>"
    assert bind(text, deployer, "c") == f"<{told}>"


@pytest.mark.parametrize(("name", "told"), [("a", f"{EARLIER}.a"), ("c", "sibling")])
def test_contracts_of_one_address_are_ordered_by_name(name: str, told: str) -> None:
    """The contract itself is known by its name only when it is deployed; texts are bound, too."""
    text = either({sibling("b"): "sibling", SELF: SELF})
    assert bind(text, EARLIER, name) == told


def test_equal_texts_depend_on_nothing() -> None:
    """What is told either way is told as it is."""
    assert either({sibling("a"): "same", SELF: "same"}) == "same"
