"""The host functions of fungible and non-fungible tokens, and of STX.

What they answer is what the word does: 0, or the number of its `err` (SIP-005). They count no costs
and ask nobody: generated code has charged, and compared what its types decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from compiler import abi
from compiler.values import UINT_MAX
from runtime import accounts
from runtime.codecs import principal_of
from runtime.engine import HostFunction, Slots
from runtime.errors import internal, runtime
from runtime.instance import Guest

if TYPE_CHECKING:
    from runtime.host import Host

LOW: Final = (1 << 64) - 1
_U32: Final = (1 << 32) - 1
# Optionals as the store has them: an entry or an owner that was deleted, and the beginning of one.
NONE: Final = b"\x09"
SOME: Final = b"\x0a"
DONE: Final = 0
_KINDS: Final = ("ft_", "nft_", "stx_")


def amount_at(slots: Slots, at: int) -> int:
    """The uint that two slots hold."""
    return (slots[at] & LOW) | (slots[at + 1] & LOW) << 64


def _put_amount(s: Slots, amount: int) -> None:
    low, high = amount & LOW, amount >> 64
    s[0] = low - (1 << 64) if low >> 63 else low
    s[1] = high - (1 << 64) if high >> 63 else high


def _asset(guest: Guest, s: Slots) -> tuple[bytes, str]:
    """The bytes of the non-fungible token that the slots name, and the state's key of its owner."""
    asset = guest.read(s[1], s[2])
    return asset, guest.keys.assets[s[0]] + asset.hex()


class Tokens:
    """What instances call of a host about what is owned."""

    __slots__ = ("_host",)

    def __init__(self, host: Host) -> None:
        self._host = host

    def functions(self) -> dict[str, HostFunction]:
        """All of these by their names in `abi.HOST_FUNCTIONS`."""
        return {
            name: getattr(self, f"_{name}")
            for name in abi.HOST_FUNCTIONS
            if name.startswith(_KINDS)
        }

    # Fungible tokens

    def _number(self, key: str) -> int:
        data = self._host.get(key)
        return 0 if data is None else int.from_bytes(data, "big")

    def _ft_supply(self, s: Slots) -> None:
        host = self._host
        supply = host.get(host.guest.keys.supplies[s[0] & _U32])
        if supply is None:  # at-block, before the token was
            raise internal("Expect", "ERROR: Clarity VM failed to track token supply.")
        _put_amount(s, int.from_bytes(supply, "big"))

    def _ft_balance(self, s: Slots) -> None:
        guest = self._host.guest
        _, key = guest.keys.balances[s[0] & _U32][guest.read(s[1] & _U32, s[2] & _U32)]
        _put_amount(s, self._number(key))

    def _ft_mint(self, s: Slots) -> None:
        host = self._host
        guest = host.guest
        keys = guest.keys
        token = s[0] & _U32
        amount = amount_at(s, 1)
        if not amount:
            s[0] = 1
            return
        owner, key = keys.balances[token][guest.read(s[3] & _U32, s[4] & _U32)]
        supply = self._number(keys.supplies[token]) + amount
        if supply > UINT_MAX:
            raise runtime("ArithmeticOverflow")
        limit = guest.contract.limits[keys.tokens[token]]
        if limit is not None and supply > limit:
            raise runtime("SupplyOverflow")
        host.state.put(keys.supplies[token], supply.to_bytes(16, "big"))
        host.state.put(key, (self._number(key) + amount).to_bytes(16, "big"))
        fields = (keys.token_names[token], "", owner, amount)
        host.tx.events.append(("ft_mint_event", fields))
        s[0] = DONE

    def _ft_burn(self, s: Slots) -> None:
        host = self._host
        guest = host.guest
        keys = guest.keys
        token = s[0] & _U32
        amount = amount_at(s, 1)
        owner, key = keys.balances[token][guest.read(s[3] & _U32, s[4] & _U32)]
        balance = self._number(key)
        if not amount or amount > balance:
            s[0] = 1
            return
        supply = self._number(keys.supplies[token]) - amount
        host.state.put(keys.supplies[token], supply.to_bytes(16, "big"))
        host.state.put(key, (balance - amount).to_bytes(16, "big"))
        tx = host.tx
        tx.assets.token(owner, guest.contract.id, keys.tokens[token], amount)
        tx.events.append(("ft_burn_event", (keys.token_names[token], owner, "", amount)))
        s[0] = DONE

    def _ft_transfer(self, s: Slots) -> None:
        host = self._host
        guest = host.guest
        keys = guest.keys
        token = s[0] & _U32
        amount = amount_at(s, 1)
        if not amount:
            s[0] = 3
            return
        balances = keys.balances[token]
        sender, sender_key = balances[guest.read(s[3] & _U32, s[4] & _U32)]
        recipient, recipient_key = balances[guest.read(s[5] & _U32, s[6] & _U32)]
        if sender == recipient:
            s[0] = 2
            return
        get = host.get
        balance = int.from_bytes(get(sender_key) or b"", "big")
        if balance < amount:
            s[0] = 1
            return
        total = int.from_bytes(get(recipient_key) or b"", "big") + amount
        if total > UINT_MAX:
            raise runtime("ArithmeticOverflow")
        put = host.state.put
        put(sender_key, (balance - amount).to_bytes(16, "big"))
        put(recipient_key, total.to_bytes(16, "big"))
        tx = host.tx
        tx.assets.token(sender, guest.contract.id, keys.tokens[token], amount)
        fields = (keys.token_names[token], sender, recipient, amount)
        tx.events.append(("ft_transfer_event", fields))
        s[0] = DONE

    # Non-fungible tokens

    def _owner(self, key: str) -> bytes | None:
        data = self._host.get(key)
        return None if data is None or data == NONE else data[1:]

    def _owned_by(self, sender: bytes, key: str, s: Slots) -> bool:
        """Whether the sender has the asset; where not, the answer says why."""
        owner = self._owner(key)
        if owner != sender:
            s[0] = 3 if owner is None else 1
        return owner == sender

    def _nft_owner(self, s: Slots) -> None:
        guest = self._host.guest
        owner = self._owner(_asset(guest, s)[1])
        if owner is None:
            s[0] = s[1] = 0
        else:
            s[0] = guest.put(owner)
            s[1] = len(owner)

    def _nft_mint(self, s: Slots) -> None:
        host = self._host
        guest = host.guest
        token = s[0]
        asset, key = _asset(guest, s)
        owner = guest.read(s[3], s[4])
        if self._owner(key) is not None:
            s[0] = 1
            return
        host.state.put(key, SOME + owner)
        fields = (guest.keys.asset_names[token], "", principal_of(owner).value, asset)
        host.tx.events.append(("nft_mint_event", fields))
        s[0] = DONE

    def _nft_burn(self, s: Slots) -> None:
        host = self._host
        guest = host.guest
        token = s[0]
        asset, key = _asset(guest, s)
        sender = guest.read(s[3], s[4])
        if not self._owned_by(sender, key, s):
            return
        host.state.put(key, NONE)
        self._moved_asset(guest, token, sender, asset)
        fields = (guest.keys.asset_names[token], principal_of(sender).value, "", asset)
        host.tx.events.append(("nft_burn_event", fields))
        s[0] = DONE

    def _nft_transfer(self, s: Slots) -> None:
        host = self._host
        guest = host.guest
        token = s[0]
        asset, key = _asset(guest, s)
        sender = guest.read(s[3], s[4])
        recipient = guest.read(s[5], s[6])
        if sender == recipient:
            s[0] = 2
            return
        if not self._owned_by(sender, key, s):
            return
        host.state.put(key, SOME + recipient)
        self._moved_asset(guest, token, sender, asset)
        parties = (principal_of(sender).value, principal_of(recipient).value)
        fields = (guest.keys.asset_names[token], *parties, asset)
        host.tx.events.append(("nft_transfer_event", fields))
        s[0] = DONE

    def _moved_asset(self, guest: Guest, token: int, sender: bytes, asset: bytes) -> None:
        owner = principal_of(sender).value
        self._host.tx.assets.asset(owner, guest.contract.id, guest.keys.nft_names[token], asset)

    # STX

    def _stx_balance(self, s: Slots) -> None:
        host = self._host
        owner = principal_of(host.guest.read(s[0] & _U32, s[1] & _U32)).value
        account = accounts.read(host.get, owner)
        moment = host.view.known_burn_height(), host.blocks.epoch
        _put_amount(s, account.at(*moment).unlocked)

    def _stx_transfer(self, s: Slots) -> None:
        host = self._host
        guest = host.guest
        amount = amount_at(s, 0)
        sender = guest.read(s[2] & _U32, s[3] & _U32)
        recipient = guest.read(s[4] & _U32, s[5] & _U32)
        memo = guest.read(s[6] & _U32, s[7] & _U32)
        if not amount:
            s[0] = 3
        elif sender == recipient:
            s[0] = 2
        elif sender != guest.sender():
            s[0] = 4
        else:
            source, target = principal_of(sender).value, principal_of(recipient).value
            moment = host.view.burn_height, host.blocks.epoch
            if not accounts.debit(host.state, source, amount, *moment):
                s[0] = 1
                return
            accounts.credit(host.state, target, amount)
            tx = host.tx
            tx.assets.stx(source, amount)
            tx.events.append(("stx_transfer_event", (source, target, amount, memo)))
            s[0] = DONE

    def _stx_burn(self, s: Slots) -> None:
        host = self._host
        guest = host.guest
        amount = amount_at(s, 0)
        sender = guest.read(s[2] & _U32, s[3] & _U32)
        if not amount:
            s[0] = 3
        elif sender != guest.sender():
            s[0] = 4
        else:
            owner = principal_of(sender).value
            moment = host.view.burn_height, host.blocks.epoch
            if not accounts.debit(host.state, owner, amount, *moment):
                s[0] = 1
                return
            accounts.change_supply(host.state, -amount)
            host.supply_changed = True
            host.refresh_supply(guest)
            tx = host.tx
            tx.assets.burn(owner, amount)
            tx.events.append(("stx_burn_event", (owner, "", amount)))
            s[0] = DONE
