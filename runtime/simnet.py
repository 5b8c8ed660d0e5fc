"""The blocks of Clarinet's simnet: how its heights, times and hashes are made up.

Knows no contracts and no state but its own; what depends on the epoch is asked of the epoch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from compiler.addresses import encode_address
from compiler.versions import Epoch
from runtime.hashing import sha512_256

CHAIN_ID: Final = 0x8000_0000
DEPLOYER: Final = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
WALLET_1: Final = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5"
INITIAL_BALANCE: Final = 100_000_000_000_000

SECONDS_BETWEEN_BURN_BLOCKS: Final = 600
SECONDS_BETWEEN_STACKS_BLOCKS: Final = 10
MINER_REWARD_MATURITY: Final = 100
MINER_SPEND: Final = 2000
BLOCK_REWARD: Final = 5000
UNKNOWN_HEIGHT: Final = 0xFFFF_FFFF

BURN_ADDRESS_MAINNET: Final = encode_address(22, bytes(20))
BURN_ADDRESS_TESTNET: Final = encode_address(26, bytes(20))


class BurnBlock(NamedTuple):
    """A burn block; its hashes follow from its height."""

    height: int
    time: int


class StacksBlock(NamedTuple):
    """A Stacks block; its id follows from its height."""

    height: int
    burn_height: int
    time: int
    tenure_height: int


class View(NamedTuple):
    """What a contract sees of heights; at a past block, of that block."""

    stacks_height: int
    tenure_height: int
    burn_height: int


_new_block: Final[Callable[[tuple[int, ...]], StacksBlock]] = partial(tuple.__new__, StacksBlock)
_new_view: Final[Callable[[tuple[int, ...]], View]] = partial(tuple.__new__, View)
"""The same as `StacksBlock(…)` and `View(…)`, in a third of the time."""


def _hashed(height: int, first: int | None = None) -> bytes:
    digest = sha512_256(height.to_bytes(4, "big"))
    return digest if first is None else bytes((first,)) + digest[1:]


class Blocks:
    """The chain of blocks of one simnet."""

    __slots__ = ("_first_of_tenure", "_heights", "_seen", "_tenure_key", "burn", "epoch", "stacks")

    def __init__(self, genesis_time: int | None = None) -> None:
        now = int(time.time()) if genesis_time is None else genesis_time
        self.epoch = Epoch.EPOCH_2_05
        self.burn = [BurnBlock(0, now)]
        self.stacks = [StacksBlock(0, 0, now + SECONDS_BETWEEN_STACKS_BLOCKS, 0)]
        self._first_of_tenure = {0: 0}
        # By the hashes of ids, of the blocks that have been looked for.
        self._heights: dict[bytes, int] = {}
        # What the view of the tip was made from, and the view.
        self._seen: tuple[StacksBlock, Epoch, int, View] | None = None
        # What simnet keeps in the state as the tenure's height: it changes with burn blocks only.
        self._tenure_key: list[tuple[int, int]] = []

    # Moving on

    def set_epoch(self, epoch: Epoch) -> None:
        """Enter an epoch; from 3.0 on that mines a burn block."""
        if epoch != self.epoch:
            self.epoch = epoch
            if epoch.tip_burn_block:
                self._mine_burn()
        if epoch.tip_burn_block:
            self._set_tenure_key()

    def mine_burn(self, count: int = 1) -> None:
        """Mine burn blocks, each with a Stacks block."""
        for _ in range(count):
            self._mine_burn()
        self._set_tenure_key()

    def mine_stacks(self, count: int = 1) -> None:
        """Mine Stacks blocks in the same tenure."""
        for _ in range(count):
            self._mine_stacks(self.stacks[-1].tenure_height)

    def mine(self, count: int = 1) -> None:
        """Mine what carries a transaction in this epoch."""
        if self.epoch.tip_burn_block:
            self.mine_stacks(count)
        else:
            self.mine_burn(count)

    def _mine_burn(self) -> None:
        last, tip = self.burn[-1], self.stacks[-1]
        when = last.time + SECONDS_BETWEEN_BURN_BLOCKS
        if tip.time > when:
            when = tip.time + SECONDS_BETWEEN_STACKS_BLOCKS
        self.burn.append(BurnBlock(last.height + 1, when))
        tenure = tip.tenure_height + 1
        self._mine_stacks(tenure)
        self._first_of_tenure[tenure] = self.stacks[-1].height

    def _mine_stacks(self, tenure: int) -> None:
        last, burn = self.stacks[-1], self.burn[-1]
        when = last.time if last.time > burn.time else burn.time
        when += SECONDS_BETWEEN_STACKS_BLOCKS
        self.stacks.append(_new_block((last.height + 1, burn.height, when, tenure)))

    def _set_tenure_key(self) -> None:
        tip = self.stacks[-1]
        self._tenure_key.append((tip.height, tip.tenure_height))

    # Looking

    @property
    def height(self) -> int:
        """Height of the block that is being made."""
        return self.stacks[-1].height

    @property
    def burn_height(self) -> int:
        """Height of the last burn block."""
        return self.burn[-1].height

    def view(self, height: int | None = None) -> View:
        """Heights as contracts see them, as of a past block or at the tip; there it is the same
        object until they change."""
        if height is not None:
            return self._view_at(height)
        seen, tip, keys = self._seen, self.stacks[-1], len(self._tenure_key)
        if seen is not None and seen[0] is tip and seen[1] is self.epoch and seen[2] == keys:
            return seen[3]
        view = self._view_at(tip.height)
        self._seen = (tip, self.epoch, keys, view)
        return view

    def _view_at(self, at: int) -> View:
        if not self.epoch.tip_burn_block:
            burn = 0 if at == 0 else self.stacks[min(at, len(self.stacks)) - 1].burn_height
            return View(at, at, burn)
        tenure = 0
        for since, known in reversed(self._tenure_key):
            if since <= at:
                tenure = known
                break
        return _new_view((at, tenure, self.burn[-1].height))

    def height_of(self, block_id: bytes) -> int:
        """Height of the block of that id; one that is not known lies beyond all."""
        heights = self._heights
        for height in range(len(heights), len(self.stacks)):
            heights[_hashed(height)] = height
        return heights.get(block_id, UNKNOWN_HEIGHT)

    def id_hash(self, height: int) -> bytes:
        """`id-header-hash` of a Stacks block."""
        return _hashed(height)

    def header_hash(self, height: int) -> bytes:
        """`header-hash` of a Stacks block."""
        return _hashed(height, 1 if height else None)

    def burn_header_hash(self, burn_height: int) -> bytes:
        """`header-hash` of a burn block."""
        return _hashed(burn_height, 2)

    def vrf_seed(self, burn_height: int) -> bytes:
        """`vrf-seed` of the blocks of a burn block."""
        return _hashed(burn_height, 4)

    def miner(self, height: int) -> str:
        """`miner-address`: simnet burns for all but the genesis on mainnet's address."""
        return BURN_ADDRESS_MAINNET if height else BURN_ADDRESS_TESTNET

    def first_of_tenure(self, tenure: int) -> int:
        """Height of the first Stacks block of a tenure."""
        return self._first_of_tenure.get(tenure, tenure)

    # Snapshots

    def snapshot(self) -> tuple[object, ...]:
        """What `revert` needs: blocks are only ever added."""
        return (self.epoch, len(self.burn), len(self.stacks), len(self._tenure_key))

    def revert(self, place: tuple[object, ...]) -> None:
        """Forget all blocks since the snapshot."""
        epoch, burn, stacks, keys = place
        assert isinstance(epoch, Epoch)
        assert isinstance(burn, int)
        assert isinstance(stacks, int)
        assert isinstance(keys, int)
        self.epoch = epoch
        del self.burn[burn:]
        for block in self.stacks[stacks:]:
            self._heights.pop(_hashed(block.height), None)
            if self._first_of_tenure.get(block.tenure_height) == block.height:
                del self._first_of_tenure[block.tenure_height]
        del self.stacks[stacks:]
        del self._tenure_key[keys:]
