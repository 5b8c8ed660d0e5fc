"""A MARF of its own for each test."""

from __future__ import annotations

import pytest

from tests.runtime.marf.small_marf import Marf


@pytest.fixture
def marf() -> Marf:
    return Marf()
