"""Where a chain stands, in the rows that clients of a node ask first: info, PoX, health."""

from __future__ import annotations

from typing import Any, Final

from clarbuild.version import VERSION
from compiler.costs.limits import BLOCK_LIMITS
from compiler.values import Ok, Tuple, UInt
from compiler.versions import Epoch
from runtime.boot import TESTNET
from runtime.chain import Chain
from runtime.simnet import CHAIN_ID

_REGTEST: Final = 0xDAB5BFFA
"""The magic number of the burn chain that a node of a simulated network follows."""
_FOREVER: Final = (1 << 63) - 1
_CONTRACTS: Final = {
    "pox": Epoch.EPOCH_2_0,
    "pox-2": Epoch.EPOCH_2_1,
    "pox-3": Epoch.EPOCH_2_4,
    "pox-4": Epoch.EPOCH_2_5,
    "pox-5": Epoch.EPOCH_4_0,
}
"""The contract that stacks, and the epoch that it is the one from."""
_PREPARE: Final = 50
_CYCLE: Final = 1050
"""Burn blocks, as the boot contracts of a test network are set up."""
_SLOTS: Final = 2 * (_CYCLE - _PREPARE)


def info(chain: Chain, tip: bytes, root: bytes | None) -> dict[str, Any]:
    """What clients ask first."""
    height, burn = chain.block_height, chain.burn_block_height
    consensus = chain.blocks.id_hash(height).hex()[:40]
    return {
        "peer_version": 0x1800_0000 | (chain.epoch >> 8 & 0xFF) << 8 | chain.epoch & 0xFF,
        "pox_consensus": consensus,
        "burn_block_height": burn,
        "stable_pox_consensus": consensus,
        "stable_burn_block_height": burn,
        "server_version": f"clarbuild {VERSION}",
        "network_id": CHAIN_ID,
        "parent_network_id": _REGTEST,
        "stacks_tip_height": height,
        "stacks_tip": chain.blocks.header_hash(height).hex(),
        "stacks_tip_consensus_hash": consensus,
        "genesis_chainstate_hash": bytes(32).hex(),
        "unanchored_tip": None,
        "unanchored_seq": None,
        "tenure_height": chain.blocks.view().tenure_height,
        "exit_at_block_height": None,
        "is_fully_synced": True,
        "node_public_key": None,
        "node_public_key_hash": None,
        "last_pox_anchor": None,
        "stackerdbs": [],
        "index_block_hash": tip.hex(),
        "state_index_root": None if root is None else root.hex(),
    }


def health(chain: Chain) -> dict[str, Any]:
    """How far behind its peers a node is: this one has none."""
    return {
        "difference_from_max_peer": 0,
        "max_stacks_height_of_neighbors": 0,
        "max_stacks_neighbor_address": None,
        "node_stacks_tip_height": chain.block_height,
    }


def pox_contract(epoch: Epoch) -> str:
    """The contract that stacks in an epoch."""
    name = [name for name, since in _CONTRACTS.items() if since <= epoch][-1]
    return f"{TESTNET}.{name}"


def pox(chain: Chain, told: object, supply: int) -> dict[str, Any]:
    """Cycles and thresholds. `told` is what the contract's `get-pox-info` says, if it is there;
    nobody stacks here, so that what is stacked is nothing. `supply` is that of liquid micro-STX."""
    said = told.value.fields if isinstance(told, Ok) and isinstance(told.value, Tuple) else {}

    def number(name: str, default: int) -> int:
        value = said.get(name)
        return value.value if isinstance(value, UInt) else default

    cycle, prepare = number("reward-cycle-length", _CYCLE), number("prepare-cycle-length", _PREPARE)
    first, burn = number("first-burnchain-block-height", 0), chain.burn_block_height
    number_of = (burn - first) // cycle
    left = cycle - (burn - first) % cycle
    least = -(-supply // (4 * _SLOTS) // 10_000_000_000) * 10_000_000_000
    epoch_id = f"Epoch{str(chain.epoch).replace('.', '')}"
    limit = BLOCK_LIMITS[chain.epoch]
    return {
        "contract_id": pox_contract(chain.epoch),
        "pox_activation_threshold_ustx": supply * 5 // 100,
        "first_burnchain_block_height": first,
        "current_burnchain_block_height": burn,
        "prepare_phase_block_length": prepare,
        "reward_phase_block_length": cycle - prepare,
        "reward_slots": _SLOTS,
        "rejection_fraction": None,
        "total_liquid_supply_ustx": supply,
        "current_cycle": {
            "id": number_of,
            "min_threshold_ustx": least,
            "stacked_ustx": 0,
            "is_pox_active": False,
        },
        "next_cycle": {
            "id": number_of + 1,
            "min_threshold_ustx": least,
            "min_increment_ustx": number("min-amount-ustx", least),
            "stacked_ustx": 0,
            "prepare_phase_start_block_height": burn + left - prepare,
            "blocks_until_prepare_phase": left - prepare,
            "reward_phase_start_block_height": burn + left,
            "blocks_until_reward_phase": left,
            "ustx_until_pox_rejection": None,
        },
        "epochs": [
            {
                "epoch_id": epoch_id,
                "start_height": 0,
                "end_height": _FOREVER,
                "block_limit": {
                    "write_length": limit.write_length,
                    "write_count": limit.write_count,
                    "read_length": limit.read_length,
                    "read_count": limit.read_count,
                    "runtime": limit.runtime,
                },
                "network_epoch": chain.epoch & 0xFF,
            }
        ],
        "current_epoch": epoch_id,
        "min_amount_ustx": least,
        "prepare_cycle_length": prepare,
        "reward_cycle_id": number_of,
        "reward_cycle_length": cycle,
        "rejection_votes_left_required": None,
        "next_reward_cycle_in": left,
        "contract_versions": [
            {
                "contract_id": f"{TESTNET}.{name}",
                "activation_burnchain_block_height": 0,
                "first_reward_cycle_id": 0,
            }
            for name, since in _CONTRACTS.items()
            if since <= chain.epoch
        ],
        "pox_5_sbtc_contract": "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token",
        "pox_5_sbtc_registry_contract": "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-registry",
    }
