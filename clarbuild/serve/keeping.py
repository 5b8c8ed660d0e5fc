"""What a chain on disk needs beside its state to be opened again: rows of metadata, with the rest.

Knows how a served chain begins; the rows of its contracts are those of `runtime.kept`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from compiler.fingerprint import fingerprint
from compiler.versions import Epoch
from runtime import kept
from runtime.boot import SBTC, TESTNET, BootContracts
from runtime.chain import Chain
from runtime.modules import ModuleProvider
from runtime.stores import (
    DamagedChain,
    Store,
    StoredArtifact,
    StoredContract,
    metadata_key,
    store_contract,
)

_CHAIN: Final = metadata_key("clarbuild", "chain")
_EPOCHS: Final = metadata_key("clarbuild", "epochs")
_BOOT: Final = metadata_key("clarbuild", "boot")
_FORMAT: Final = 1


class Begun(Struct, frozen=True):
    """What a served chain began with; balances are `None` where that was not written down."""

    epoch: Epoch
    balances: dict[str, int] | None
    boot: list[str]


class BootFault(Exception):
    """A contract that the network has from the start can't be deployed."""


def open_kept(
    store: Store,
    modules: ModuleProvider,
    profile: str,
    *,
    epoch: Epoch,
    genesis_time: int | None,
    balances: dict[str, int],
    boot: Path | None = None,
) -> Chain:
    """The chain that the store holds, or a new one in `epoch` with these balances and the
    contracts of a folder that the network has from the start."""
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
            "balances": {address: str(amount) for address, amount in balances.items()},
        }
        store.put(_CHAIN, json.dumps(begun, sort_keys=True).encode())
        chain.advance_epoch(epoch)
        if boot is not None:
            _deploy_boot(chain, boot)
        store.put(_BOOT, json.dumps(list(chain.contracts)).encode())
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
    for height, entered in epochs_entered(store):
        _mine_to(chain, height)
        chain.blocks.set_epoch(entered)
    _mine_to(chain, store.backing.label(store.blocks.number(tip)))
    kept.restore_contracts(chain, fingerprint())
    return chain


def _mine_to(chain: Chain, height: int) -> None:
    while chain.block_height < height:
        chain.blocks.mine()


def epochs_entered(store: Store) -> list[tuple[int, Epoch]]:
    """The epochs that a served chain has entered since it began, each with the height of the last
    block before it."""
    rows = json.loads(store.get(_EPOCHS) or b"[]")
    return [(height, Epoch.parse(name)) for height, name in rows]


def note_epochs(chain: Chain, entered: Sequence[tuple[int, Epoch]]) -> None:
    """Write down, in the open block, all epochs that the chain has entered since it began."""
    rows = [[height, str(epoch)] for height, epoch in entered]
    chain.state.put(_EPOCHS, json.dumps(rows).encode())


def begun_with(store: Store) -> Begun:
    """What the chain that the store holds began with."""
    facts = _facts(store.get(_CHAIN) or b"{}")
    told = facts.get("balances")
    balances = None if told is None else {address: int(amount) for address, amount in told.items()}
    return Begun(Epoch.parse(facts["epoch"]), balances, json.loads(store.get(_BOOT) or b"[]"))


def _deploy_boot(chain: Chain, folder: Path) -> None:
    """Deploy what the network has from the start, as far as it is of the chain's epoch."""
    boot = BootContracts(folder)
    paths = [
        path for address in (TESTNET, SBTC) for path in sorted(folder.glob(f"{address}/*.clar"))
    ]
    for found in dict.fromkeys(
        one for path in paths for one in boot.needed(f"{path.parent.name}.{path.stem}")
    ):
        if found.epoch > chain.epoch:
            continue
        receipt = chain.deploy_boot(*found)
        artifact = chain.artifact(found.id)
        if receipt.error is not None or artifact is None:
            raise BootFault(f"{found.id}: {receipt.error}")
        stored = StoredContract(
            found.source,
            artifact.stored_interface.data,
            int(found.version),
            str(found.epoch),
            chain.block_height,
        )
        store_contract(chain.state, found.id, stored, keep_contract(chain, found.id, artifact.wasm))


def keep_contract(chain: Chain, identifier: str, wasm: bytes) -> StoredArtifact:
    """Write what opening the chain needs of a deployment, within its transaction."""
    return kept.keep_contract(chain, identifier, wasm, fingerprint())


def _facts(row: bytes) -> dict[str, Any]:
    facts = json.loads(row)
    if not isinstance(facts, dict) or facts.get("format") != _FORMAT:
        raise DamagedChain("the chain was written by another version of clarbuild")
    return facts
