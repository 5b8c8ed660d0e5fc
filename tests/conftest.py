"""What all tests share: a loaded machine is slow, which is no failure; and the interpreter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from runtime.reference import ReferenceVM
from tests.interpreter import interpreter

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.fixture(scope="module")
def reference() -> Iterator[ReferenceVM]:
    """The interpreter, one for all tests of a module."""
    with interpreter() as vm:
        yield vm
