"""What it takes until a cached module runs, and what it holds on to: `python -m benchmarks.loading`.

Prints rows as JSON; the cache is the one that the environment names.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from clarbuild.project import Project
from clarbuild.provider import CachedModules
from clarbuild.surroundings import open_surroundings
from runtime.engine import engine_for
from runtime.modules import ModuleRequest
from runtime.siblings import Siblings

LIVE = 300


def samples(work: Callable[[], object], rounds: int = 30) -> list[float]:
    """Milliseconds of processor time of each of several runs."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        found.append((time.process_time() - start) * 1e3)
    return found


def resident() -> float:
    """KiB of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024


def main(path: str) -> None:
    """Loads the contracts of the project at `path`."""
    around = open_surroundings()
    with Project(path, profile="release", surroundings=around) as project:
        chain = project.chain()
        contract = next(one for one in chain.contracts.values() if one.name == "market")
        request = ModuleRequest(
            contract.source,
            contract.version,
            contract.epoch,
            chain.epoch,
            Siblings(chain.contracts, contract.address),
            contract.id,
        )
        engine = engine_for("release")

        def from_cache() -> None:
            CachedModules(around, "release")(request)

        def loaded() -> None:
            artifact = CachedModules(around, "release")(request)
            chain.session.instantiate(contract, artifact)

        def deserialised() -> None:
            known._module = None
            known.module(engine)

        known = CachedModules(around, "release")(request)
        rows = {
            "found in the cache, seal checked": samples(from_cache),
            "found, loaded and instantiated": samples(loaded),
            "deserialised": samples(deserialised),
            "instantiated": samples(lambda: chain.session.instantiate(contract, known)),
        }
        before = resident()
        live = [chain.session.instantiate(contract, known) for _ in range(LIVE)]
        kept = (resident() - before) / len(live)
    print(json.dumps({"milliseconds": rows, "live_kib": kept}))


if __name__ == "__main__":
    main(sys.argv[1])
