"""Post-conditions: whether what a transaction moved is what its sender agreed to."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Final, assert_never

from compiler.consensus import serialize
from compiler.versions import Epoch
from runtime.assets import Asset, AssetMap
from runtime.transactions.model import (
    Amount,
    AssetCondition,
    Mode,
    Performed,
    PoxCondition,
    Sent,
    StakingCondition,
    StxCondition,
    TokenCondition,
    Transaction,
    TransactionFault,
)

_HOLDS: Final[dict[Amount, Callable[[int, int], bool]]] = {
    Amount.EQUAL: operator.eq,
    Amount.GREATER: operator.gt,
    Amount.GREATER_OR_EQUAL: operator.ge,
    Amount.LESS: operator.lt,
    Amount.LESS_OR_EQUAL: operator.le,
}


def check_supported(transaction: Transaction, epoch: Epoch) -> None:
    """Refuse what the epoch does not know yet."""
    conditions = transaction.conditions
    if not epoch.has_originator_mode:
        if transaction.mode is Mode.ORIGINATOR:
            raise _early("Originator post-condition mode is not supported before Stacks 3.4")
        if any(isinstance(c, AssetCondition) and c.code is Sent.MAYBE_SENT for c in conditions):
            raise _early("NFT MaybeSent post-condition is not supported before Stacks 3.4")
    if not epoch.has_staking_conditions and any(
        isinstance(c, StakingCondition | PoxCondition) for c in conditions
    ):
        raise _early("Staking/Pox post-condition is not supported before Stacks 4.0")


def _early(message: str) -> TransactionFault:
    message = f"Invalid Stacks transaction: {message}"
    return TransactionFault("ServerFailureOther", message, message=message)


def violated(transaction: Transaction, moved: AssetMap, epoch: Epoch) -> str | None:
    """Why the transaction is to be undone; `None` where all conditions hold."""
    checks = _Checks(transaction.origin_address, moved)
    for condition in transaction.conditions:
        broken = checks.broken(condition)
        if broken is not None:
            return f"Post-condition check failure on {broken}"
    match transaction.mode:
        case Mode.ALLOW:
            return None
        case Mode.DENY:
            left = checks.unchecked(None, epoch)
        case Mode.ORIGINATOR:
            left = checks.unchecked(checks.origin, epoch)
        case _:
            assert_never(transaction.mode)
    return None if left is None else f"Post-condition check failure: {left}"


class _Checks:
    """What moved, and what of it a condition has looked at."""

    def __init__(self, origin: str, moved: AssetMap) -> None:
        self.origin = origin
        self._moved = moved
        self._stx: set[str] = set()
        self._tokens: set[tuple[str, Asset]] = set()
        self._assets: set[tuple[str, Asset, bytes]] = set()
        self._staked: set[str] = set()
        self._pox: set[str] = set()

    def broken(
        self,
        condition: StxCondition | TokenCondition | AssetCondition | StakingCondition | PoxCondition,
    ) -> str | None:
        """What a condition is broken by, if it is."""
        moved = self._moved
        owner = condition.principal or self.origin
        match condition:
            case StxCondition(_, code, wanted):
                self._stx.add(owner)
                sent = moved.stx.get(owner, 0) + moved.burned.get(owner, 0)
                if not _HOLDS[code](sent, wanted):
                    return f"STX owned by {owner}: {wanted} {_NAMES[code]} {sent}"
            case TokenCondition(_, asset, code, wanted):
                self._tokens.add((owner, asset))
                sent = moved.fungible.get(owner, {}).get(asset, 0)
                if not _HOLDS[code](sent, wanted):
                    what = f"fungible asset {_named(asset)} owned by {owner}"
                    return f"{what}: {wanted} {_NAMES[code]} {sent}"
            case AssetCondition(_, asset, value, kind):
                data = serialize(value)
                self._assets.add((owner, asset, data))
                was_sent = data in moved.non_fungible.get(owner, {}).get(asset, ())
                if kind is not Sent.MAYBE_SENT and was_sent != (kind is Sent.SENT):
                    what = f"non-fungible asset {_named(asset)} owned by {owner}"
                    return f"{what}: {value} {_NAMES[kind]}"
            case StakingCondition(_, code, wanted):
                self._staked.add(owner)
                staked = moved.stacked.get(owner, 0)
                if not _HOLDS[code](staked, wanted):
                    return f"STX staked by {owner}: {wanted} {_NAMES[code]} {staked}"
            case PoxCondition(_, done):
                self._pox.add(owner)
                performed = owner in moved.pox
                if done is not Performed.MAYBE_PERFORMED and performed != (
                    done is Performed.PERFORMED
                ):
                    return (
                        f"PoX action by {owner}: {_NAMES[done]} performed={str(performed).lower()}"
                    )
            case _:
                assert_never(condition)
        return None

    def unchecked(self, only: str | None, epoch: Epoch) -> str | None:
        """Something that moved and that no condition has looked at; of one owner perhaps."""
        moved = self._moved

        def watched(owner: str) -> bool:
            return only is None or owner == only

        for what, amounts in (("STX", moved.stx), ("STX_burned", moved.burned)):
            for owner in amounts:
                if watched(owner) and owner not in self._stx:
                    return f"Fungible asset {what} was moved by {owner} but not checked"
        for owner, tokens in moved.fungible.items():
            for asset in tokens:
                if watched(owner) and (owner, asset) not in self._tokens:
                    return f"Fungible asset {_named(asset)} was moved by {owner} but not checked"
        for owner, assets in moved.non_fungible.items():
            for asset, values in assets.items():
                if watched(owner) and any((owner, asset, v) not in self._assets for v in values):
                    return (
                        f"Non-fungible asset {_named(asset)} was moved by {owner} but not checked"
                    )
        if epoch.has_staking_conditions:
            for owner, amount in moved.stacked.items():
                if amount and watched(owner) and owner not in self._staked:
                    return f"{amount} STX was staked by {owner} but not checked"
            for owner in moved.pox:
                if watched(owner) and owner not in self._pox:
                    return f"{owner} performed a PoX action but it was not checked"
        return None


_NAMES: Final[dict[Amount | Sent | Performed, str]] = {
    Amount.EQUAL: "SentEq",
    Amount.GREATER: "SentGt",
    Amount.GREATER_OR_EQUAL: "SentGe",
    Amount.LESS: "SentLt",
    Amount.LESS_OR_EQUAL: "SentLe",
    Sent.SENT: "Sent",
    Sent.NOT_SENT: "NotSent",
    Sent.MAYBE_SENT: "MaybeSent",
    Performed.NOT_PERFORMED: "NotPerformed",
    Performed.MAYBE_PERFORMED: "MaybePerformed",
    Performed.PERFORMED: "Performed",
}
"""The interpreter's names of codes."""


def _named(asset: Asset) -> str:
    return f"{asset.contract}.{asset.name}"
