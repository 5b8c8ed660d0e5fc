"""What host words ask of the chain."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from compiler.values import Tuple
from compiler.versions import ClarityVersion, Epoch


class StxAccount(NamedTuple):
    """What a principal has, in micro-STX; `unlock_height` is a burn block's, 0 without a lock."""

    unlocked: int
    locked: int
    unlock_height: int


class PoxPayout(NamedTuple):
    """Addresses (tuples of `hashbytes` and `version`) that a burn block paid, and each's sum."""

    addresses: tuple[Tuple, ...]
    amount: int


class BlockView(Protocol):
    """A Stacks block that is complete. `None` is an internal error: the chain should know it."""

    @property
    def header_hash(self) -> bytes:
        """`header-hash`."""

    @property
    def id_header_hash(self) -> bytes:
        """`id-header-hash`: the index block hash."""

    @property
    def time(self) -> int:
        """When the block was made; before epoch 3.0, `burn_time`."""

    @property
    def burn_time(self) -> int:
        """When its burn block was mined; of a tenure, that of its first block."""

    @property
    def burn_header_hash(self) -> bytes:
        """`burnchain-header-hash`."""

    @property
    def vrf_seed(self) -> bytes:
        """`vrf-seed`."""

    @property
    def miner(self) -> str:
        """`miner-address`."""

    @property
    def spend_winner(self) -> int | None:
        """`miner-spend-winner`."""

    @property
    def spend_total(self) -> int | None:
        """`miner-spend-total`."""

    @property
    def reward(self) -> int | None:
        """`block-reward`, whether it has matured or not."""


class WordContext(Protocol):
    """The chain as the contract that is running sees it."""

    @property
    def is_mainnet(self) -> bool:
        """Whether addresses are those of mainnet."""

    @property
    def chain_id(self) -> int:
        """The network's number."""

    @property
    def epoch(self) -> Epoch:
        """The epoch that the transaction runs in."""

    @property
    def clarity_version(self) -> ClarityVersion:
        """That of the contract that is running."""

    @property
    def block_height(self) -> int:
        """Height of the Stacks block under construction (`at-block` changes it)."""

    def block(self, height: int) -> BlockView:
        """The block at `height`, which is below `block_height`."""

    def height_of_tenure(self, tenure: int) -> int | None:
        """Height of a tenure's first block, below `block_height`; `None` for one yet to come.

        Before epoch 3.0 each block was a tenure of its own.
        """

    def burn_header_hash(self, height: int) -> bytes | None:
        """The hash of the burn block at `height`, `None` for one yet to come."""

    def pox_payout(self, height: int) -> PoxPayout | None:
        """What the burn block at `height` paid, `None` for one yet to come."""

    def stx_account(self, principal: str) -> StxAccount:
        """The account of a principal."""

    def contract_hash(self, contract: str) -> bytes | None:
        """SHA-512/256 of a contract's source, `None` where there is no such contract."""
