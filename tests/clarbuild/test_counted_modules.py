"""Modules that count memory come from the cache like others, and never in their stead."""

from __future__ import annotations

from pathlib import Path

from cache.memory import MemoryStore
from clarbuild.context import Surroundings
from clarbuild.provider import CachedModules
from clarbuild.surroundings import toolchain
from runtime.chain import Chain
from runtime.simnet import DEPLOYER

CONTRACT = f"{DEPLOYER}.held"
# A hundred and ten times nearly a megabyte.
BOUND = " ".join(f"(b{i} (var-get big))" for i in range(110))
SOURCE = (
    "(define-data-var big (list 60000 uint) (list))"
    f"(define-public (all) (let ({BOUND}) (ok u1))) (define-public (none-of-it) (ok u2))"
)


def _answers(modules: CachedModules) -> list[str]:
    chain = Chain(modules=modules)
    chain.advance_epoch("3.0")
    assert chain.deploy(CONTRACT, SOURCE).ok
    receipts = [chain.call(CONTRACT, name, [], DEPLOYER) for name in ("none-of-it", "all")]
    return [str(one.error.name if one.error else one.value) for one in receipts]


def test_a_module_that_counts_has_a_key_of_its_own(tmp_path: Path) -> None:
    around = Surroundings(MemoryStore(), tmp_path / "state", toolchain())
    for compiled, loaded in ((2, 0), (0, 2)):
        modules = CachedModules(around, "debug")
        assert _answers(modules) == ["(ok u2)", "MemoryBalanceExceeded"]
        assert (modules.compiled, modules.loaded) == (compiled, loaded)
