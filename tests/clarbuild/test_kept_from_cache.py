"""A chain that is opened again takes its modules from the cache, or compiles them into it."""

from __future__ import annotations

import pytest
from msgspec import structs

from cache.memory import MemoryStore
from clarbuild.context import Surroundings
from clarbuild.provider import CachedModules
from clarbuild.serve.keeping import keep_contract, open_kept
from clarbuild.surroundings import toolchain
from compiler.fingerprint import fingerprint
from compiler.values import UInt
from compiler.versions import Epoch
from runtime.kept import KeptChain
from runtime.modules import CompileInMemory
from runtime.simnet import DEPLOYER
from runtime.stores import (
    DamagedChain,
    MarfBacking,
    Store,
    StoredContract,
    load_artifact,
    store_artifact,
    store_contract,
)

CONTRACT = f"{DEPLOYER}.answer"
SOURCE = "(define-constant forty (* u4 u10)) (define-read-only (answer) (+ forty u2))"


@pytest.fixture
def around(tmp_path):
    return Surroundings(MemoryStore(), tmp_path / "state", toolchain())


def opened(store, modules):
    chain = KeptChain(store, compiler=fingerprint(), genesis_time=1_700_000_000, modules=modules)
    if CONTRACT not in chain.contracts:
        chain.advance_epoch("3.3")
        assert chain.deploy(CONTRACT, SOURCE, 4).ok
        chain.finish()
    return chain


def answer(chain):
    return chain.read(CONTRACT, "answer", [], DEPLOYER).value


def test_a_cleared_cache_is_filled_again(around):
    store = Store(MarfBacking())
    assert answer(opened(store, CachedModules(around, "debug"))) == UInt(42)
    known = CachedModules(around, "debug")
    assert answer(opened(store, known)) == UInt(42)
    assert (known.compiled, known.loaded) == (0, 1)
    around.store.clear()
    cleared = CachedModules(around, "debug")
    assert answer(opened(store, cleared)) == UInt(42)
    assert (cleared.compiled, cleared.loaded) == (1, 0)


def test_a_served_chain_outlives_its_compiler():
    store = Store(MarfBacking())
    begin = {"epoch": Epoch.EPOCH_3_3, "genesis_time": 1_700_000_000, "balances": {}}
    modules = CompileInMemory("debug")
    chain = open_kept(store, modules, "debug", **begin)
    assert chain.deploy(CONTRACT, SOURCE, 4).ok
    contract, artifact = chain.contracts[CONTRACT], chain.artifact(CONTRACT)
    kept = keep_contract(chain, CONTRACT, artifact.wasm)
    stored = StoredContract(SOURCE, contract.stored_interface.data, 4, "3.3", chain.block_height)
    store_contract(store, CONTRACT, stored, kept)
    store.end_block(chain.block_height)
    assert answer(open_kept(store, modules, "debug", **begin)) == UInt(42)
    assert answer(open_kept(store, CompileInMemory("release"), "release", **begin)) == UInt(42)
    store.drop_block()
    # The release profile's Wasm is not what this compiler made in the debug profile …
    with pytest.raises(DamagedChain, match="compiles to other Wasm"):
        open_kept(store, CompileInMemory("release"), "debug", **begin)
    # … but had another compiler made that, this one's would take its place.
    store.drop_block()
    known = load_artifact(store.get, CONTRACT, "3.3")
    store_artifact(store, CONTRACT, "3.3", structs.replace(known, compiler="00" * 32))
    store.end_block(chain.block_height + 1)
    upgraded = open_kept(store, CompileInMemory("release"), "debug", **begin)
    assert answer(upgraded) == UInt(42)
    assert load_artifact(store.get, CONTRACT, "3.3").compiler == fingerprint().hex()
