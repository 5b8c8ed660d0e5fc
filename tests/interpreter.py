"""The interpreter for tests that compare with it: without Node or its packages they skip, and say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runtime.reference import ReferenceMissing, ReferenceVM, node_program, reference_folder


@contextmanager
def interpreter(*, genesis_time: int | None = None) -> Iterator[ReferenceVM]:
    """A running one."""
    try:
        vm = ReferenceVM(genesis_time=genesis_time)
    except ReferenceMissing as error:
        pytest.skip(f"{error}; {error.hint}")
    with vm:
        yield vm


def interpreter_folder(folder: Path | None = None) -> Path:
    """Where its packages are, for processes that start it themselves."""
    try:
        node_program()
        return reference_folder(folder)
    except ReferenceMissing as error:
        pytest.skip(f"{error}; {error.hint}")
