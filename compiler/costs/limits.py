"""What a transaction, a block or a read-only call may use; each number with its source.

"stackslib" and "clarity" are crates of stacks-core, "simnet" is clarity-repl of Clarinet.
"""

from __future__ import annotations

from typing import Final

from compiler.costs.shapes import Cost
from compiler.versions import Epoch

# stackslib, core/mod.rs: BLOCK_LIMIT_MAINNET_20, _205, _21 and _40.
_BLOCK_2_0: Final = Cost(
    runtime=5_000_000_000,
    write_length=15_000_000,
    write_count=7_750,
    read_count=7_750,
    read_length=100_000_000,
)
_BLOCK_2_05: Final = Cost(
    runtime=5_000_000_000,
    write_length=15_000_000,
    write_count=15_000,
    read_count=15_000,
    read_length=100_000_000,
)
_BLOCK_4_0: Final = Cost(
    runtime=5_000_000_000,
    write_length=15_000_000,
    write_count=15_000,
    read_count=30_000,
    read_length=200_000_000,
)

BLOCK_LIMITS: Final[dict[Epoch, Cost]] = dict.fromkeys(Epoch, _BLOCK_2_05) | {
    Epoch.EPOCH_2_0: _BLOCK_2_0,
    Epoch.EPOCH_4_0: _BLOCK_4_0,
}
"""What the transactions of one block (a tenure from epoch 3.0) may use on the main network."""

# simnet, repl/interpreter.rs: BLOCK_LIMIT_MAINNET, for every transaction and read, in any epoch.
SIMNET_LIMIT: Final = _BLOCK_2_05

# stackslib, net/connection.rs: read_only_call_limit, a node's default for the RPC.
READ_ONLY_LIMIT: Final = Cost(runtime=1_000_000_000, read_count=100, read_length=200_000)

# clarity, vm/costs/mod.rs: CLARITY_MEMORY_LIMIT, in bytes as `size` of a value counts them.
MEMORY_LIMIT: Final = 100_000_000

# clarity, vm/contexts.rs: MAX_EVENTS_BATCH, the bytes of all values that a transaction prints.
EVENTS_LIMIT: Final = 50 << 20

# clarity, vm/costs/constants.rs.
AS_CONTRACT_MEMORY: Final = 1
AT_BLOCK_MEMORY: Final = 1

# clarity, vm/contexts.rs: MAX_CONTEXT_DEPTH.
MAX_CONTEXT_DEPTH: Final = 256

# clarity-types, lib.rs: MAX_CALL_STACK_DEPTH_LEGACY and MAX_CALL_STACK_DEPTH.
MAX_CALL_DEPTH: Final[dict[Epoch, int]] = {
    Epoch.EPOCH_2_0: 64,
    Epoch.EPOCH_2_05: 64,
    Epoch.EPOCH_2_1: 64,
    Epoch.EPOCH_2_2: 64,
    Epoch.EPOCH_2_3: 64,
    Epoch.EPOCH_2_4: 64,
    Epoch.EPOCH_2_5: 64,
    Epoch.EPOCH_3_0: 64,
    Epoch.EPOCH_3_1: 64,
    Epoch.EPOCH_3_2: 64,
    Epoch.EPOCH_3_3: 64,
    Epoch.EPOCH_3_4: 128,
    Epoch.EPOCH_4_0: 128,
}
"""How many applications of words and functions may be nested, by the epoch of the chain."""
