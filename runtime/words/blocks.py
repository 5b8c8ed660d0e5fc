"""Properties of blocks, by the height and the name in a site's `extra`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from compiler.description import Site
from compiler.values import NONE, Buffer, List, Principal, Some, Tuple, UInt, Value
from runtime import errors
from runtime.words.arguments import uint_of
from runtime.words.context import BlockView, WordContext

_U32_MAX: Final = (1 << 32) - 1
_TESTNET: Final = 0x80000000
_REWARD_MATURITY: Final = 100

_Property: TypeAlias = Callable[[BlockView, int], Value]
"""(block, its height) -> the property."""


def _known(amount: int | None) -> UInt:
    """An amount that the chain must have recorded."""
    if amount is None:
        raise errors.internal("Expect")
    return UInt(amount)


_SHARED: Final[dict[str, _Property]] = {
    "vrf-seed": lambda block, _: Buffer(block.vrf_seed),
    "burnchain-header-hash": lambda block, _: Buffer(block.burn_header_hash),
    "miner-address": lambda block, _: Principal(block.miner),
    # Nobody mined the first block.
    "miner-spend-winner": lambda block, height: _known(block.spend_winner if height else 0),
    "miner-spend-total": lambda block, height: _known(block.spend_total if height else 0),
    "time": lambda block, _: UInt(block.burn_time),
}
_HASHES: Final[dict[str, _Property]] = {
    "header-hash": lambda block, _: Buffer(block.header_hash),
    "id-header-hash": lambda block, _: Buffer(block.id_header_hash),
}
_BLOCK: Final = {**_SHARED, **_HASHES}
_STACKS_BLOCK: Final[dict[str, _Property]] = {
    **_HASHES,
    "time": lambda block, _: UInt(block.time),
}


def _reward(context: WordContext, height: int) -> Value:
    """What the miner earned, once it can't be lost any more."""
    if height == 0 or height + 1 + _REWARD_MATURITY >= context.block_height:
        return NONE
    return Some(_known(context.block(height).reward))


def _look_up(
    context: WordContext, properties: dict[str, _Property], name: str, height: int
) -> Value:
    if height >= context.block_height:
        return NONE
    if name == "block-reward":
        return _reward(context, height)
    return Some(properties[name](context.block(height), height))


def _block_info(context: WordContext, site: Site, arguments: Sequence[Value]) -> Value:
    height = uint_of(arguments[0])
    if height > _U32_MAX:
        return NONE
    # Contracts that are older than tenures go on counting those. The first testnet doesn't.
    if (
        context.epoch.has_tenures
        and context.clarity_version.counts_tenures
        and context.chain_id != _TESTNET
    ):
        first = context.height_of_tenure(height)
        if first is None:
            return NONE
        height = first
    return _look_up(context, _BLOCK, site.extra, height)


def _stacks_block_info(context: WordContext, site: Site, arguments: Sequence[Value]) -> Value:
    return _look_up(context, _STACKS_BLOCK, site.extra, uint_of(arguments[0]))


def _tenure_info(context: WordContext, site: Site, arguments: Sequence[Value]) -> Value:
    return _look_up(context, _SHARED, site.extra, uint_of(arguments[0]))


def _burn_block_info(context: WordContext, site: Site, arguments: Sequence[Value]) -> Value:
    height = uint_of(arguments[0])
    if height > _U32_MAX:
        return NONE
    if site.extra == "header-hash":
        found = context.burn_header_hash(height)
        return NONE if found is None else Some(Buffer(found))
    payout = context.pox_payout(height)
    if payout is None:
        return NONE
    return Some(Tuple({"addrs": List(payout.addresses), "payout": UInt(payout.amount)}))


WORDS: Final = {
    "get-block-info?": _block_info,
    "get-stacks-block-info?": _stacks_block_info,
    "get-tenure-info?": _tenure_info,
    "get-burn-block-info?": _burn_block_info,
}
