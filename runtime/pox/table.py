"""The PoX contracts, and which of their functions may be called when they are over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from runtime.boot import TESTNET

_COMMON: Final = (
    "get-stacker-info get-reward-set-size get-total-ustx-stacked get-reward-set-pox-address "
    "get-stacking-minimum can-stack-stx minimal-can-stack-stx get-pox-info"
)
_SINCE_2: Final = (
    f"{_COMMON} burn-height-to-reward-cycle reward-cycle-to-burn-height current-pox-reward-cycle "
    "get-check-delegation check-pox-addr-version check-pox-addr-hashbytes check-pox-lock-period "
    "get-delegation-info get-allowance-contract-callers get-num-reward-set-pox-addresses "
    "get-partial-stacked-by-cycle"
)
_2_AND_3: Final = (
    f"{_SINCE_2} get-pox-rejection is-pox-active next-cycle-rejection-votes get-total-pox-rejection"
)


class PoxContract(NamedTuple):
    """One of them; `readable` are the functions that may be called when it is over."""

    number: int
    readable: frozenset[str]


def _contract(number: int, readable: str) -> PoxContract:
    return PoxContract(number, frozenset(readable.split()))


POX: Final[Mapping[str, PoxContract]] = {
    f"{TESTNET}.pox": _contract(1, f"{_COMMON} get-pox-rejection is-pox-active"),
    f"{TESTNET}.pox-2": _contract(2, _2_AND_3),
    f"{TESTNET}.pox-3": _contract(3, _2_AND_3),
    f"{TESTNET}.pox-4": _contract(
        4, f"{_SINCE_2} check-caller-allowed get-signer-key-message-hash verify-signer-key-sig"
    ),
    f"{TESTNET}.pox-5": _contract(5, ""),
}
"""Simnet is a testnet: those at mainnet's address are contracts like any other there."""
