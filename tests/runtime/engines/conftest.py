"""The interpreter that chains on two engines share, one chain at a time."""

from __future__ import annotations

import pytest

from tests.interpreter import interpreter
from tests.runtime.engines.planted import GENESIS


@pytest.fixture(scope="module")
def reference():
    with interpreter(genesis_time=GENESIS) as vm:
        yield vm
