"""Stores to test: a clock that stands still, and a folder of its own for each."""

from __future__ import annotations

import pytest

from cache import MemoryStore, open_store


class FakeClock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def opened(tmp_path, clock):
    """Opens the store in the test's folder; closes all in the end."""
    stores = []

    def open_(**options):
        options.setdefault("root", tmp_path / "cache")
        options.setdefault("seal_path", tmp_path / "state" / "seal.key")
        stores.append(open_store(clock=clock, **options))
        return stores[-1]

    yield open_
    for store in stores:
        store.close()


@pytest.fixture(params=["memory", "disk"])
def store(request, opened, clock):
    if request.param == "memory":
        return MemoryStore(clock)
    return opened()


@pytest.fixture
def disk(opened):
    return opened()
