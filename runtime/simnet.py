"""The blocks of Clarinet's simnet: how its heights, times and hashes are made up.

Knows no contracts and no state but its own; what depends on the epoch is asked of the epoch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping, MutableSequence
from copy import copy
from functools import partial
from typing import Final, NamedTuple

from compiler.addresses import encode_address
from compiler.versions import Epoch
from runtime.errors import internal
from runtime.forked import forked_dict, forked_list
from runtime.hashing import sha512_256

CHAIN_ID: Final = 0x8000_0000
DEPLOYER: Final = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
WALLET_1: Final = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5"
INITIAL_BALANCE: Final = 100_000_000_000_000
# Heights that are not known: of the tenure of the block before the first, which has none in the
# state, and before epoch 3.0 of the burn block of a block that there isn't.
NO_TENURE_HEIGHT: Final = (1 << 64) - 1
NO_BURN_HEIGHT: Final = (1 << 64) - 1

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

    def known_burn_height(self) -> int:
        """The burn block's height; an internal error where there is none."""
        if self.burn_height == NO_BURN_HEIGHT:
            raise internal("Expect")
        return self.burn_height


_new_view: Final[Callable[[tuple[int, ...]], View]] = partial(tuple.__new__, View)
"""The same as `View(…)`, in a third of the time."""


def _hashed(height: int, first: int | None = None) -> bytes:
    digest = sha512_256(height.to_bytes(4, "big"))
    return digest if first is None else bytes((first,)) + digest[1:]


class Blocks:
    """The chain of blocks of one simnet."""

    __slots__ = (
        "_first_of_tenure",
        "_heights",
        "_seen",
        "_stacks",
        "_tenure_key",
        "_tip_since",
        "_unwritten",
        "burn",
        "epoch",
        "height",
        "lasting",
        "time",
    )

    def __init__(self, genesis_time: int | None = None) -> None:
        now = int(time.time()) if genesis_time is None else genesis_time
        self.epoch = Epoch.EPOCH_2_05
        # Plain until the chain is forked for the first time.
        self.burn: MutableSequence[BurnBlock] = [BurnBlock(0, now)]
        # Height and time of the last Stacks block, and how many of a tenure were mined that are not
        # in the list yet: all that a transaction changes of blocks.
        self.height = 0
        self.time = now + SECONDS_BETWEEN_STACKS_BLOCKS
        self._unwritten = 0
        self._stacks: MutableSequence[StacksBlock] = [StacksBlock(0, 0, self.time, 0)]
        self._first_of_tenure: MutableMapping[int, int] = {0: 0}
        # By the hashes of ids, of the blocks that have been looked for.
        self._heights: dict[bytes, int] = {}
        # The view of the tip, until that changes.
        self._seen: View | None = None
        # Of that, what stays until the next burn block: tenure and burn height. None where they
        # have not been looked for since; another object when they have changed.
        self.lasting: tuple[int, int] | None = None
        # What simnet keeps in the state as the tenure's height: it changes with burn blocks only.
        self._tenure_key: MutableSequence[tuple[int, int]] = []
        # From what heights on burn blocks are those of the tip, or no more, by the epoch that stands
        # in the state. It is written when it is entered and whenever something runs; what is minted
        # is minted in simnet's newest, and so is the genesis.
        self._tip_since: MutableSequence[tuple[int, bool]] = [(0, True)]

    # Moving on

    def set_epoch(self, epoch: Epoch) -> None:
        """Enter an epoch; from 3.0 on that mines a burn block."""
        self._change()
        if epoch != self.epoch:
            self.epoch = epoch
            self.write_epoch(epoch)
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
        # No burn block came since the last Stacks block, so that all else follows from it.
        self.height += count
        self.time += SECONDS_BETWEEN_STACKS_BLOCKS * count
        self._unwritten += count
        self._seen = None

    def mine(self, count: int = 1) -> None:
        """Mine what carries a transaction in this epoch."""
        if not self.epoch.tip_burn_block:
            self.mine_burn(count)
            return
        # As `mine_stacks`, spelt out: this is on the way of every transaction.
        self.height += count
        self.time += SECONDS_BETWEEN_STACKS_BLOCKS * count
        self._unwritten += count
        self._seen = None

    def _mine_burn(self) -> None:
        last, tip = self.burn[-1], self.stacks[-1]
        when = last.time + SECONDS_BETWEEN_BURN_BLOCKS
        if tip.time > when:
            when = tip.time + SECONDS_BETWEEN_STACKS_BLOCKS
        self.burn.append(BurnBlock(last.height + 1, when))
        height, tenure = tip.height + 1, tip.tenure_height + 1
        when = max(tip.time, when) + SECONDS_BETWEEN_STACKS_BLOCKS
        self._stacks.append(StacksBlock(height, last.height + 1, when, tenure))
        self._first_of_tenure[tenure] = height
        self._stand()

    def _stand(self) -> None:
        """The last block of the list is the tip."""
        tip = self._stacks[-1]
        self.height, self.time = tip.height, tip.time
        self._change()

    def _change(self) -> None:
        """What the tip is seen as may be another."""
        self._seen = self.lasting = None

    def _write_down(self) -> None:
        tip, count = self._stacks[-1], self._unwritten
        self._unwritten = 0
        for number in range(1, count + 1):
            when = tip.time + SECONDS_BETWEEN_STACKS_BLOCKS * number
            self._stacks.append(
                StacksBlock(tip.height + number, tip.burn_height, when, tip.tenure_height)
            )

    def _set_tenure_key(self) -> None:
        tip = self.stacks[-1]
        self._tenure_key.append((tip.height, tip.tenure_height))
        self._change()

    def write_epoch(self, epoch: Epoch) -> bool:
        """Let an epoch stand in the state from here on; whether that makes a difference."""
        tip = epoch.tip_burn_block
        if self._tip_since[-1][1] == tip:
            return False
        self._tip_since.append((self.height, tip))
        self._change()
        return True

    # Looking

    @property
    def stacks(self) -> MutableSequence[StacksBlock]:
        """All Stacks blocks by height; the last one, whose height is `height`, is being made."""
        if self._unwritten:
            self._write_down()
        return self._stacks

    @property
    def burn_height(self) -> int:
        """Height of the last burn block."""
        return self.burn[-1].height

    def view(self, height: int | None = None) -> View:
        """Heights as contracts see them, as of a past block or at the tip; there it is the same
        object until they change."""
        if height is not None:
            return self._view_at(height, tip=self.sees_tip(height))
        seen = self._seen
        if seen is None:
            if self.epoch.tip_burn_block:
                seen = _new_view((self.height, *(self.lasting or self._last())))
            else:
                seen = self._view_at(self.height, tip=False)
            self._seen = seen
        return seen

    def _last(self) -> tuple[int, int]:
        _, tenure, burn = self._view_at(self.height, tip=True)
        self.lasting = (tenure, burn)
        return tenure, burn

    def sees_tip(self, at: int) -> bool:
        """Whether a Stacks block's burn block is the tip's, not that of the block before."""
        return next(tip for since, tip in reversed(self._tip_since) if since <= at)

    def _view_at(self, at: int, *, tip: bool) -> View:
        if not tip:
            burn = 0
            if at > len(self.stacks):
                burn = NO_BURN_HEIGHT
            elif at:
                burn = self.stacks[at - 1].burn_height
            return View(at, at, burn)
        tenure = NO_TENURE_HEIGHT
        for since, known in reversed(self._tenure_key):
            if since <= at:
                tenure = known
                break
        # A past block is the tip itself, until that is the burn chain's own.
        burn = self.burn[-1].height if self.epoch.tip_burn_block else self.stacks[at].burn_height
        return _new_view((at, tenure, burn))

    def height_of(self, block_id: bytes) -> int:
        """Height of the block of that id; one that is not known lies beyond all."""
        heights = self._heights
        for height in range(len(heights), self.height + 1):
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
        return (
            self.epoch,
            len(self.burn),
            len(self.stacks),
            len(self._tenure_key),
            len(self._tip_since),
        )

    def revert(self, place: tuple[object, ...]) -> None:
        """Forget all blocks since the snapshot."""
        epoch, burn, stacks, keys, tips = place
        assert isinstance(epoch, Epoch)
        assert isinstance(burn, int)
        assert isinstance(stacks, int)
        assert isinstance(keys, int)
        assert isinstance(tips, int)
        self.epoch = epoch
        del self.burn[burn:]
        for block in self.stacks[stacks:]:
            self._heights.pop(_hashed(block.height), None)
            if self._first_of_tenure.get(block.tenure_height) == block.height:
                del self._first_of_tenure[block.tenure_height]
        del self.stacks[stacks:]
        del self._tenure_key[keys:]
        del self._tip_since[tips:]
        self._stand()

    def fork(self) -> Blocks:
        """Other blocks that go on from here by themselves, in constant time."""
        other = copy(self)
        self.burn, other.burn = forked_list(self.burn)
        self._stacks, other._stacks = forked_list(self.stacks)
        other._unwritten = 0
        self._first_of_tenure, other._first_of_tenure = forked_dict(self._first_of_tenure)
        self._tenure_key, other._tenure_key = forked_list(self._tenure_key)
        self._tip_since, other._tip_since = forked_list(self._tip_since)
        # Those are found again when they are looked for.
        other._heights = {}
        return other
