"""Which assets a transaction has moved, and whose: what allowances and post-conditions look at.

Knows neither balances nor events. The host tells of each movement that succeeded, and of each
nested transaction's beginning and end; what is undone is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias, assert_never

from compiler.values import UINT_MAX
from runtime import errors

_LARGE: Final = 1 << 96
"""Nobody makes so many movements that a sum without one of these doesn't fit in a uint."""


class Asset(NamedTuple):
    """A kind of token: the contract that defines it, and its name there."""

    contract: str
    name: str


class _Kind(IntEnum):
    STX = 0
    BURN = 1
    TOKEN = 2
    ASSET = 3
    STACK = 4
    POX = 5


_Movement: TypeAlias = tuple[_Kind, str, str, str, int, bytes]
"""Kind, owner, contract and name ("" but for tokens), amount, and the bytes of a non-fungible token.
A plain tuple is made in a seventh of the time of a named one."""

_TOKEN: Final = _Kind.TOKEN
"""Looked up once: members of an enumeration are found slowly."""
_SUMMED: Final = (_Kind.STX, _Kind.BURN, _Kind.TOKEN)
_Key = tuple[_Kind, str, str, str]


class AssetMap:
    """What movements add up to, by the text of the principal that lost the assets."""

    __slots__ = ("burned", "fungible", "non_fungible", "pox", "stacked", "stx")

    def __init__(self, movements: Iterable[_Movement]) -> None:
        self.stx: dict[str, int] = {}
        self.burned: dict[str, int] = {}
        self.fungible: dict[str, dict[Asset, int]] = {}
        # Tokens by their consensus bytes.
        self.non_fungible: dict[str, dict[Asset, list[bytes]]] = {}
        # The amount locked last: one can stack only once, and extend it.
        self.stacked: dict[str, int] = {}
        # Who changed a position in PoX (`unstake` and the like).
        self.pox: set[str] = set()
        for kind, owner, contract, name, amount, data in movements:
            match kind:
                case _Kind.STX:
                    self.stx[owner] = self.stx.get(owner, 0) + amount
                case _Kind.BURN:
                    self.burned[owner] = self.burned.get(owner, 0) + amount
                case _Kind.TOKEN:
                    amounts = self.fungible.setdefault(owner, {})
                    asset = Asset(contract, name)
                    amounts[asset] = amounts.get(asset, 0) + amount
                case _Kind.ASSET:
                    moved = self.non_fungible.setdefault(owner, {})
                    moved.setdefault(Asset(contract, name), []).append(data)
                case _Kind.STACK:
                    self.stacked[owner] = amount
                case _Kind.POX:
                    self.pox.add(owner)
                case _:
                    assert_never(kind)


class AssetLog:
    """The movements of a transaction, and where the nested ones that are under way began.

    `begin` with each nested transaction (functions, calls of contracts, `protect`), then `commit`
    or `roll_back`. What the words move is told when it has succeeded:

    ===============  ===================================================================
    `stx`            `stx-transfer?`, `stx-transfer-memo?`: the sender
    `burn`           `stx-burn?`: the sender
    `token`          `ft-transfer?`, `ft-burn?`: the sender (not `ft-mint?`)
    `asset`          `nft-transfer?`, `nft-burn?`: the sender (not `nft-mint?`)
    `stack`, `pox`   calls of the PoX contract: amount locked or delegated; other actions
    ===============  ===================================================================

    Amounts that one owner moves of one asset may not add up to more than a uint holds: that ends
    the transaction with `ArithmeticOverflow`.
    """

    __slots__ = ("_marks", "large", "movements")

    def __init__(self) -> None:
        self.movements: list[_Movement] = []
        self._marks: list[int] = []
        # Whether there was an amount that makes it worth while to look at the sums: a movement may
        # fail by what all of them add up to.
        self.large = False

    def begin(self) -> None:
        """A nested transaction begins."""
        self._marks.append(len(self.movements))

    def commit(self) -> None:
        """The innermost one ends well; it is still open if that fails."""
        if self.large:
            self._check_sums(self._marks[-2] if len(self._marks) > 1 else 0)
        self._marks.pop()

    def roll_back(self) -> None:
        """The innermost one is undone."""
        del self.movements[self._marks.pop() :]

    def clear(self) -> None:
        """A transaction begins."""
        self.movements.clear()
        self._marks.clear()
        self.large = False

    @property
    def moved(self) -> AssetMap:
        """What the innermost nested transaction has moved, or the whole where there is none."""
        return AssetMap(self.movements[self._marks[-1] if self._marks else 0 :])

    def stx(self, sender: str, amount: int) -> None:
        """Micro-STX were transferred."""
        self._add(_Kind.STX, sender, "", "", amount)

    def burn(self, sender: str, amount: int) -> None:
        """Micro-STX were burned."""
        self._add(_Kind.BURN, sender, "", "", amount)

    def token(self, sender: str, contract: str, name: str, amount: int) -> None:
        """A fungible token was transferred or burned."""
        self._add(_TOKEN, sender, contract, name, amount)

    def small_token(self, sender: str, contract: str, name: str, amount: int) -> None:
        """The same, where nothing is `large`, nor is the amount: it is less than 2^96."""
        self.movements.append((_TOKEN, sender, contract, name, amount, b""))

    def asset(self, sender: str, contract: str, name: str, data: bytes) -> None:
        """A non-fungible token was transferred or burned; `data` are its consensus bytes."""
        self.movements.append((_Kind.ASSET, sender, contract, name, 0, data))

    def stack(self, sender: str, amount: int) -> None:
        """Micro-STX were locked or delegated."""
        self.movements.append((_Kind.STACK, sender, "", "", amount, b""))

    def pox(self, sender: str) -> None:
        """A position in PoX was changed, or tried to."""
        self.movements.append((_Kind.POX, sender, "", "", 0, b""))

    def _add(self, kind: _Kind, owner: str, contract: str, name: str, amount: int) -> None:
        self.movements.append((kind, owner, contract, name, amount, b""))
        if self.large or amount >= _LARGE:
            self.large = True
            self._check_sums(self._marks[-1] if self._marks else 0)

    def _check_sums(self, start: int) -> None:
        sums: dict[_Key, int] = {}
        for kind, owner, contract, name, amount, _ in self.movements[start:]:
            if kind in _SUMMED:
                key = (kind, owner, contract, name)
                sums[key] = sums.get(key, 0) + amount
                if sums[key] > UINT_MAX:
                    raise errors.runtime("ArithmeticOverflow")
