"""A deployed contract as the state keeps it: source, interface and Wasm beside each other.

All of it is rows of the state, written between the marks of the deployment, so that it stays or
goes with it. Knows the rows, not what is in them.
"""

from __future__ import annotations

import json
from typing import Final

from msgspec import Struct
from msgspec.structs import asdict

from runtime.hashing import sha512_256
from runtime.state import Get, State
from runtime.stores.database import DamagedChain
from runtime.stores.network import metadata_key

_SOURCE: Final = "vm-metadata::9::contract-src"
_SIZE: Final = "vm-metadata::9::contract-size"
_INTERFACE: Final = "clarbuild::interface"
_DEPLOYMENT: Final = "clarbuild::deployment"
_ARTIFACT: Final = "clarbuild::artifact::"


class StoredArtifact(Struct, frozen=True):
    """Which Wasm runs a contract in an epoch: the digest of its bytes, and the profile and the
    compiler, by its fingerprint, that made it."""

    digest: str
    profile: str
    compiler: str = ""


class StoredContract(Struct, frozen=True):
    """What is kept of a deployment."""

    source: str
    interface: bytes
    clarity_version: int
    epoch: str
    height: int
    """The height of the block that it was deployed in."""

    @property
    def hash(self) -> bytes:
        """The hash of the source, which the network commits to."""
        return sha512_256(self.source.encode())


def store_contract(
    state: State, contract: str, stored: StoredContract, artifact: StoredArtifact
) -> None:
    """Write a deployment's rows; call it between the marks of the deploying transaction."""
    # The network's own row, the one that is in the MARF: hash of the source, and the height.
    state.put(commitment_key(contract), stored.hash + stored.height.to_bytes(4, "big"))
    rows = {
        _SIZE: str(len(stored.source.encode())),
        _SOURCE: stored.source,
        _INTERFACE: stored.interface.hex(),
        _DEPLOYMENT: json.dumps(
            {
                "clarity_version": stored.clarity_version,
                "epoch": stored.epoch,
                "interface": sha512_256(stored.interface).hex(),
            },
            sort_keys=True,
        ),
    }
    for key, text in rows.items():
        state.put(metadata_key(contract, key), text.encode())
    store_artifact(state, contract, stored.epoch, artifact)


def store_artifact(state: State, contract: str, epoch: str, artifact: StoredArtifact) -> None:
    """Write which Wasm runs a contract in an epoch, its own or a later one."""
    text = json.dumps(asdict(artifact), sort_keys=True)
    state.put(metadata_key(contract, _ARTIFACT + epoch), text.encode())


def load_contract(get: Get, contract: str) -> StoredContract | None:
    """A deployment as it was stored; `None` where there is none.

    `DamagedChain` where rows don't match the digests that were stored with them.
    """
    commitment = get(commitment_key(contract))
    source = load_metadata(get, contract, _SOURCE)
    interface = load_metadata(get, contract, _INTERFACE)
    deployment = load_metadata(get, contract, _DEPLOYMENT)
    if commitment is None or source is None or interface is None or deployment is None:
        return None
    facts = json.loads(deployment)
    rows = bytes.fromhex(interface)
    if sha512_256(source.encode()) != commitment[:-4]:
        raise DamagedChain(f"the source of {contract} is not what was deployed")
    # Chains from before the interface's digest was stored have none.
    if facts.get("interface", sha512_256(rows).hex()) != sha512_256(rows).hex():
        raise DamagedChain(f"the interface of {contract} is not what was stored")
    return StoredContract(
        source=source,
        interface=rows,
        clarity_version=int(facts["clarity_version"]),
        epoch=str(facts["epoch"]),
        height=int.from_bytes(commitment[-4:], "big"),
    )


def load_artifact(get: Get, contract: str, epoch: str) -> StoredArtifact | None:
    """Which Wasm runs a contract in an epoch, if that was stored."""
    text = load_metadata(get, contract, _ARTIFACT + epoch)
    if text is None:
        return None
    facts = json.loads(text)
    return StoredArtifact(
        digest=str(facts["digest"]),
        profile=str(facts.get("profile", "")),
        compiler=str(facts.get("compiler", "")),
    )


def load_metadata(get: Get, contract: str, key: str) -> str | None:
    """A row of a contract's metadata, as a node's RPC names it."""
    value = get(metadata_key(contract, key))
    return None if value is None else value.decode()


def commitment_key(contract: str) -> str:
    """The network's key of a contract's hash and height."""
    return f"clarity-contract::{contract}"
