"""What a chain on disk needs beside its state to be opened again: rows of metadata, with the rest.

Knows the rows of clarbuild; those of the network are in `runtime.stores`.
"""

from __future__ import annotations

import json
from typing import Any, Final

from cache.digest import Digest
from compiler.consensus import deserialize, serialize
from compiler.interface import from_bytes
from compiler.versions import ClarityVersion, Epoch
from runtime.chain import Chain
from runtime.contracts import Contract
from runtime.keepsake import Keepsake
from runtime.modules import ModuleProvider
from runtime.stores import (
    DamagedChain,
    Store,
    StoredArtifact,
    load_artifact,
    load_contract,
    metadata_key,
)

_CHAIN: Final = metadata_key("clarbuild", "chain")
_COUNT: Final = metadata_key("clarbuild", "contracts")
_VALUES: Final = "clarbuild::values"
"""Constants that a deployment computed, and the limits of its tokens."""

_FORMAT: Final = 1


def open_kept(
    store: Store,
    modules: ModuleProvider,
    profile: str,
    *,
    epoch: Epoch,
    genesis_time: int | None,
    balances: dict[str, int],
) -> Chain:
    """The chain that the store holds, or a new one in `epoch` with these balances."""
    row = store.get(_CHAIN) if store.tip else None
    if row is None:
        if store.tip is not None:
            raise DamagedChain("the folder holds a chain that `serve` has not begun")
        chain = Chain(modules=modules, profile=profile, state=store, genesis_time=genesis_time)
        for address, amount in balances.items():
            chain.mint(address, amount)
        begun = {
            "format": _FORMAT,
            "epoch": str(epoch),
            "genesis_time": chain.blocks.burn[0].time,
        }
        store.put(_CHAIN, json.dumps(begun, sort_keys=True).encode())
        chain.advance_epoch(epoch)
        store.end_block(chain.block_height)
        return chain
    facts = _facts(row)
    chain = Chain(
        modules=modules, profile=profile, state=store, genesis_time=int(facts["genesis_time"])
    )
    # What a new chain is given at its beginning was given to this one long ago.
    store.drop_block()
    chain.blocks.set_epoch(Epoch.parse(facts["epoch"]))
    tip = store.tip
    assert tip is not None  # it has a row
    height = store.backing.label(store.blocks.number(tip))
    while chain.block_height < height:
        chain.blocks.mine()
    for number in range(_count(store)):
        _restore(store, chain, _text(store, _contract_key(number)))
    return chain


def keep_contract(chain: Chain, identifier: str, wasm: bytes) -> StoredArtifact:
    """Write what `_restore` needs of a deployment, within its transaction."""
    state = chain.state
    contract = chain.contracts[identifier]
    number = _count(state)
    state.put(_contract_key(number), identifier.encode())
    state.put(_COUNT, str(number + 1).encode())
    values = {
        "constants": {
            name: serialize(kept.value).hex() for name, kept in contract.constants.items()
        },
        "limits": {
            name: None if limit is None else str(limit) for name, limit in contract.limits.items()
        },
    }
    state.put(metadata_key(identifier, _VALUES), json.dumps(values, sort_keys=True).encode())
    return StoredArtifact(Digest.of(wasm).hex, "")


def _restore(store: Store, chain: Chain, identifier: str) -> None:
    stored = load_contract(store.get, identifier)
    if stored is None:
        raise DamagedChain(f"{identifier} was deployed and is not there")
    contract = Contract(
        identifier,
        stored.source,
        ClarityVersion(stored.clarity_version),
        Epoch.parse(stored.epoch),
        from_bytes(stored.interface),
    )
    chain.contracts[identifier] = contract
    values = json.loads(_text(store, metadata_key(identifier, _VALUES)))
    contract.limits = {
        name: None if limit is None else int(limit) for name, limit in values["limits"].items()
    }
    artifact = chain.artifact(identifier)
    known = load_artifact(store.get, identifier, str(chain.epoch))
    assert artifact is not None  # the contract was just put there
    if known is not None and known.digest != Digest.of(artifact.wasm).hex:
        raise DamagedChain(
            f"{identifier} compiles to other Wasm than it was deployed as: "
            f"{Digest.of(artifact.wasm).hex}, not {known.digest}"
        )
    for name, of, _ in artifact.description.constants:
        value = deserialize(bytes.fromhex(values["constants"][name]))
        contract.constants[name] = Keepsake.of_value(of, value)


def _facts(row: bytes) -> dict[str, Any]:
    facts = json.loads(row)
    if not isinstance(facts, dict) or facts.get("format") != _FORMAT:
        raise DamagedChain("the chain was written by another version of clarbuild")
    return facts


def _contract_key(number: int) -> str:
    return metadata_key("clarbuild", f"contract::{number}")


def _count(state: Any) -> int:
    row = state.get(_COUNT)
    return 0 if row is None else int(row)


def _text(store: Store, key: str) -> str:
    row = store.get(key)
    if row is None:
        raise DamagedChain(f"a row is missing: {key}")
    return row.decode()
