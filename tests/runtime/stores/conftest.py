"""The three stores, each empty."""

from __future__ import annotations

import pytest

from runtime.stores import MarfBacking, MemoryBacking, SqliteBacking, Store

BACKINGS = {"memory": MemoryBacking, "sqlite": SqliteBacking, "marf": MarfBacking}


@pytest.fixture(params=sorted(BACKINGS))
def store(request):
    store = Store(BACKINGS[request.param]())
    yield store
    store.close()
