"""State in memory, in SQLite or in the network's MARF, with forks and past blocks."""

from runtime.stores.contracts import (
    StoredArtifact,
    StoredContract,
    commitment_key,
    load_artifact,
    load_contract,
    load_metadata,
    store_artifact,
    store_contract,
)
from runtime.stores.database import ChainError, DamagedChain
from runtime.stores.folder import ChainFolder, ChainInUse, open_chain
from runtime.stores.marf import MarfBacking
from runtime.stores.memory import MemoryBacking
from runtime.stores.network import METADATA, metadata_key, text_of, value_of
from runtime.stores.sqlite import SqliteBacking
from runtime.stores.store import Store, StoreError

__all__ = [
    "METADATA",
    "ChainError",
    "ChainFolder",
    "ChainInUse",
    "DamagedChain",
    "MarfBacking",
    "MemoryBacking",
    "SqliteBacking",
    "Store",
    "StoreError",
    "StoredArtifact",
    "StoredContract",
    "commitment_key",
    "load_artifact",
    "load_contract",
    "load_metadata",
    "metadata_key",
    "open_chain",
    "store_artifact",
    "store_contract",
    "text_of",
    "value_of",
]
