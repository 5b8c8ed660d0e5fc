"""Allowances of `restrict-assets?` and `as-contract?`: read from a site, checked against movements.

A site's `extra` is the name of the exported function that is the body, then the words of the
allowances; its arguments are the owner of the assets, then those of the allowances in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from compiler.addresses import is_clarity_name
from compiler.consensus import serialize
from compiler.description import Site
from compiler.diagnostics import CompilerBug
from compiler.values import List, StringAscii, Value
from compiler.versions import Epoch
from runtime import errors
from runtime.assets import Asset, AssetMap
from runtime.words.arguments import principal_of, uint_of
from runtime.words.context import WordContext

UNLISTED: Final = 128
"""The index that stands for an asset for which there is no allowance."""
_ANY: Final = "*"
"""As a token's name: all tokens of the contract."""


def body_of(site: Site) -> str:
    """The exported function that runs the body: takes the block, answers 0, or 1 if left early."""
    return site.extra.partition(" ")[0]


class Allowances:
    """What an owner's assets may do in a body: for each kind of asset, (index, allowed)."""

    __slots__ = ("everything", "fungible", "non_fungible", "owner", "pox", "stacking", "stx")

    def __init__(self, site: Site, arguments: Sequence[Value]) -> None:
        values = iter(arguments)
        self.owner = principal_of(next(values))
        self.everything = False
        self.stx: list[tuple[int, int]] = []
        self.fungible: dict[Asset, list[tuple[int, int]]] = {}
        # The index is that of the first allowance for the asset; the identifiers are all of them.
        self.non_fungible: dict[Asset, tuple[int, set[bytes]]] = {}
        self.stacking: list[tuple[int, int]] = []
        self.pox = False
        for index, word in enumerate(site.extra.split()[1:]):
            match word:
                case "with-stx":
                    self.stx.append((index, uint_of(next(values))))
                case "with-ft":
                    asset = _asset(next(values), next(values))
                    amount = uint_of(next(values))
                    self.fungible.setdefault(asset, []).append((index, amount))
                case "with-nft":
                    asset = _asset(next(values), next(values))
                    identifiers = next(values)
                    if not isinstance(identifiers, List):
                        raise CompilerBug("with-nft without a list")
                    listed = self.non_fungible.setdefault(asset, (index, set()))[1]
                    listed.update(map(serialize, identifiers))
                case "with-stacking" | "with-staking":
                    self.stacking.append((index, uint_of(next(values))))
                case "with-pox":
                    self.pox = True
                case "with-all-assets-unsafe":
                    self.everything = True
                case _:
                    raise CompilerBug(f"no allowance {word}")

    def violated(self, moved: AssetMap, epoch: Epoch) -> int | None:
        """Index of the first allowance that `moved` breaks, `UNLISTED` where none allows it."""
        if self.everything:
            return None
        owner = self.owner
        found: list[int] = []
        stx, burned = moved.stx.get(owner), moved.burned.get(owner)
        for amount in (stx, burned):
            if amount is not None:
                found += _first_exceeded(self.stx, amount)
        for asset, amount in moved.fungible.get(owner, {}).items():
            found += self._exceeded_token(asset, amount)
        for asset, values in moved.non_fungible.get(owner, {}).items():
            found += self._unlisted_values(asset, values)
        stacked = moved.stacked.get(owner)
        if stacked is not None:
            found += _first_exceeded(self.stacking, stacked)
        if owner in moved.pox and not self.pox:
            found.append(UNLISTED)
        together = (stx or 0) + (burned or 0)
        if together and self.stx:
            over = _first_exceeded(self.stx, together)
            if epoch.combines_with_stx_check:
                found += over
            elif over and not found:
                # Such a transaction was not included in a block then.
                raise errors.internal("Expect")
        return min(found, default=None)

    def _exceeded_token(self, asset: Asset, amount: int) -> list[int]:
        limits = self.fungible.get(asset, []) + self.fungible.get(asset._replace(name=_ANY), [])
        if not limits:
            return [UNLISTED]
        return [index for index, limit in limits if amount > limit]

    def _unlisted_values(self, asset: Asset, values: list[bytes]) -> list[int]:
        allowed = (
            self.non_fungible.get(asset),
            self.non_fungible.get(asset._replace(name=_ANY)),
        )
        limits = [one for one in allowed if one is not None]
        if not limits:
            return [UNLISTED]
        return [index for index, listed in limits if any(v not in listed for v in values)]


def _first_exceeded(allowed: list[tuple[int, int]], amount: int) -> list[int]:
    """The index of the first limit that `amount` exceeds, if one; `UNLISTED` without limits."""
    if not allowed:
        return [UNLISTED]
    return [index for index, limit in allowed if amount > limit][:1]


def _asset(contract: Value, name: Value) -> Asset:
    return Asset(principal_of(contract), _name_of(name))


def _name_of(value: Value) -> str:
    if not isinstance(value, StringAscii):
        raise CompilerBug("an allowance for a token without a name")
    return value.value


def _token_name(_context: WordContext, _site: Site, arguments: Sequence[Value]) -> Value:
    """Whether a token can have that name."""
    return is_clarity_name(_name_of(arguments[0]))


WORDS: Final = {"token-name": _token_name}
