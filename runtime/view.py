"""What host words see of the chain: simnet's blocks, accounts and contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.versions import ClarityVersion, Epoch
from runtime import accounts
from runtime.errors import internal
from runtime.simnet import BLOCK_REWARD, CHAIN_ID, MINER_SPEND, UNKNOWN_HEIGHT, Blocks
from runtime.words import PoxPayout, StxAccount

if TYPE_CHECKING:
    from runtime.host import Host


class PastBlock:
    """A Stacks block of simnet (`runtime.words.context.BlockView`)."""

    __slots__ = ("_blocks", "_height")

    def __init__(self, blocks: Blocks, height: int) -> None:
        self._blocks = blocks
        self._height = height

    @property
    def header_hash(self) -> bytes:
        """`header-hash`."""
        return self._blocks.header_hash(self._height)

    @property
    def id_header_hash(self) -> bytes:
        """`id-header-hash`."""
        return self._blocks.id_hash(self._height)

    @property
    def time(self) -> int:
        """Of the Stacks block; before epoch 3.0 of its burn block."""
        if not self._blocks.epoch.tip_burn_block:
            return self.burn_time
        return self._blocks.stacks[self._height].time

    @property
    def burn_time(self) -> int:
        """Of its burn block."""
        return self._blocks.burn[self._blocks.stacks[self._height].burn_height].time

    @property
    def burn_header_hash(self) -> bytes:
        """`burnchain-header-hash`."""
        return self._blocks.burn_header_hash(self._blocks.stacks[self._height].burn_height)

    @property
    def vrf_seed(self) -> bytes:
        """`vrf-seed`."""
        return self._blocks.vrf_seed(self._blocks.stacks[self._height].burn_height)

    @property
    def miner(self) -> str:
        """`miner-address`."""
        return self._blocks.miner(self._height)

    @property
    def spend_winner(self) -> int | None:
        """Simnet knows no winner but the genesis'."""
        return None if self._height else 0

    @property
    def spend_total(self) -> int | None:
        """Made up."""
        return MINER_SPEND if self._height else 0

    @property
    def reward(self) -> int | None:
        """Made up."""
        return BLOCK_REWARD if self._height else 0


class ChainView:
    """The chain as the contract that is running sees it (`runtime.words.WordContext`)."""

    __slots__ = ("_host", "clarity_version")

    def __init__(self, host: Host, version: ClarityVersion) -> None:
        self._host = host
        self.clarity_version = version

    @property
    def is_mainnet(self) -> bool:
        """Simnet is a testnet."""
        return False

    @property
    def chain_id(self) -> int:
        """That of the testnet."""
        return CHAIN_ID

    @property
    def epoch(self) -> Epoch:
        """The chain's."""
        return self._host.blocks.epoch

    @property
    def block_height(self) -> int:
        """Of the block under construction."""
        return self._host.view.stacks_height

    def block(self, height: int) -> PastBlock:
        """A block below `block_height`; in a past that there wasn't, it may not exist."""
        blocks = self._host.blocks
        if height > blocks.height:
            raise internal("Expect")
        return PastBlock(blocks, height)

    def height_of_tenure(self, tenure: int) -> int | None:
        """Height of a tenure's first block."""
        view = self._host.view
        if tenure > view.tenure_height or view.stacks_height <= tenure:
            return None
        return self._host.blocks.first_of_tenure(tenure)

    def burn_header_hash(self, height: int) -> bytes | None:
        """Of the burn block at `height`."""
        blocks = self._host.blocks
        if self._nothing_mined or height > blocks.burn_height:
            return None
        return blocks.burn_header_hash(height)

    def pox_payout(self, height: int) -> PoxPayout | None:
        """Simnet pays nobody."""
        if self._nothing_mined or height > self._host.blocks.burn_height:
            return None
        return PoxPayout((), 0)

    @property
    def _nothing_mined(self) -> bool:
        host = self._host
        tip = host.blocks.sees_tip(host.view.stacks_height)
        if host.view.stacks_height == UNKNOWN_HEIGHT:
            # Burn blocks are those before the current block, and at-block made it one that nobody
            # knows.
            if tip:
                return True
            raise internal("Expect")
        return not tip and host.view.stacks_height < 1

    def stx_account(self, principal: str) -> StxAccount:
        """An account, its lock undone if it has ended."""
        host = self._host
        moment = host.view.known_burn_height(), self.epoch
        account = accounts.read(host.get, principal).at(*moment)
        return StxAccount(account.unlocked, account.locked, account.shown_unlock_height)

    def contract_hash(self, contract: str) -> bytes | None:
        """SHA-512/256 of a contract's source."""
        return self._host.contract_hash(contract)
