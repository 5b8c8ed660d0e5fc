"""Which assets a transaction has moved, and whose: what allowances and post-conditions look at.

Knows neither balances nor events. The host tells of each movement that succeeded, and of each
nested transaction's beginning and end; amounts of transactions that are undone are forgotten.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from compiler.values import UINT_MAX, Value
from runtime import errors

_Key = TypeVar("_Key")


class Asset(NamedTuple):
    """A kind of token: the contract that defines it, and its name there."""

    contract: str
    name: str


class AssetMap:
    """What one nested transaction has moved, by the text of the principal that lost it."""

    __slots__ = ("burned", "fungible", "non_fungible", "pox", "stacked", "stx")

    def __init__(self) -> None:
        self.stx: dict[str, int] = {}
        self.burned: dict[str, int] = {}
        self.fungible: dict[str, dict[Asset, int]] = {}
        self.non_fungible: dict[str, dict[Asset, list[Value]]] = {}
        # The amount locked last: one can stack only once, and extend it.
        self.stacked: dict[str, int] = {}
        # Who changed a position in PoX (`unstake` and the like).
        self.pox: set[str] = set()

    def merge(self, inner: AssetMap) -> None:
        """Add what `inner`, which is used up, has moved; an overflow leaves this map as it was."""
        stx = _sums(self.stx, inner.stx)
        burned = _sums(self.burned, inner.burned)
        fungible = {
            owner: _sums(self.fungible.get(owner, {}), amounts)
            for owner, amounts in inner.fungible.items()
        }
        self.stx.update(stx)
        self.burned.update(burned)
        for owner, amounts in fungible.items():
            self.fungible.setdefault(owner, {}).update(amounts)
        for owner, moved in inner.non_fungible.items():
            mine = self.non_fungible.setdefault(owner, {})
            for asset, values in moved.items():
                mine.setdefault(asset, []).extend(values)
        self.stacked.update(inner.stacked)
        self.pox |= inner.pox


def _add(amounts: dict[_Key, int], key: _Key, amount: int) -> int:
    total = amounts.get(key, 0) + amount
    if total > UINT_MAX:
        raise errors.runtime("ArithmeticOverflow")
    return total


def _sums(amounts: dict[_Key, int], more: dict[_Key, int]) -> dict[_Key, int]:
    """The new values of the keys in `more`."""
    return {key: _add(amounts, key, amount) for key, amount in more.items()}


class AssetLog:
    """The maps of a transaction and of the nested ones that are under way, innermost last.

    `begin` with each nested transaction (functions, calls of contracts, `protect`), then `commit`
    or `roll_back`. What the words move is told when it has succeeded:

    ===============  ===================================================================
    `stx`            `stx-transfer?`, `stx-transfer-memo?`: the sender
    `burn`           `stx-burn?`: the sender
    `token`          `ft-transfer?`, `ft-burn?`: the sender (not `ft-mint?`)
    `asset`          `nft-transfer?`, `nft-burn?`: the sender (not `nft-mint?`)
    `stack`, `pox`   calls of the PoX contract: amount locked or delegated; other actions
    ===============  ===================================================================
    """

    __slots__ = ("_maps", "top")

    def __init__(self) -> None:
        self.top = AssetMap()
        self._maps = [self.top]

    @property
    def depth(self) -> int:
        """How many nested transactions are under way."""
        return len(self._maps) - 1

    def reset(self) -> None:
        """Begin another transaction."""
        self.top = AssetMap()
        self._maps = [self.top]

    def begin(self) -> None:
        """A nested transaction begins."""
        self.top = AssetMap()
        self._maps.append(self.top)

    def commit(self) -> None:
        """The innermost one ends well; an overflow of the sums ends it too, dropped."""
        inner = self._maps.pop()
        self.top = self._maps[-1]
        self.top.merge(inner)

    def roll_back(self) -> None:
        """The innermost one is undone."""
        self._maps.pop()
        self.top = self._maps[-1]

    def stx(self, sender: str, amount: int) -> None:
        """Micro-STX were transferred."""
        amounts = self.top.stx
        amounts[sender] = _add(amounts, sender, amount)

    def burn(self, sender: str, amount: int) -> None:
        """Micro-STX were burned."""
        amounts = self.top.burned
        amounts[sender] = _add(amounts, sender, amount)

    def token(self, sender: str, contract: str, name: str, amount: int) -> None:
        """A fungible token was transferred or burned."""
        amounts = self.top.fungible.setdefault(sender, {})
        asset = Asset(contract, name)
        amounts[asset] = _add(amounts, asset, amount)

    def asset(self, sender: str, contract: str, name: str, value: Value) -> None:
        """A non-fungible token was transferred or burned."""
        moved = self.top.non_fungible.setdefault(sender, {})
        moved.setdefault(Asset(contract, name), []).append(value)

    def stack(self, sender: str, amount: int) -> None:
        """Micro-STX were locked or delegated."""
        self.top.stacked[sender] = amount

    def pox(self, sender: str) -> None:
        """A position in PoX was changed, or tried to."""
        self.top.pox.add(sender)
