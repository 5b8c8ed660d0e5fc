"""What handling a PoX call reads and writes: accounts, and the contract's own variables and maps."""

from __future__ import annotations

from compiler.consensus import deserialize, serialize
from compiler.values import Tuple, Value
from runtime import accounts
from runtime.accounts import Account
from runtime.host import Host


class Ledger:
    """Accounts as they are now, and the data of the PoX contract `contract`."""

    __slots__ = ("_contract", "_host", "burn_height")

    def __init__(self, host: Host, contract: str) -> None:
        self._host = host
        self._contract = contract
        self.burn_height = host.view.burn_height

    def account(self, principal: str) -> Account:
        """An account, its lock undone if that is over."""
        account = accounts.read(self._host.get, principal)
        return account.at(self.burn_height, self._host.epoch)

    def write(self, principal: str, account: Account) -> None:
        """Store an account."""
        accounts.write(self._host.state, principal, account)

    def variable(self, name: str) -> int:
        """A data variable, a uint."""
        data = self._host.get(f"vm::{self._contract}::1::{name}")
        return 0 if data is None else int.from_bytes(data[1:], "big")

    def entry(self, name: str, key: Tuple) -> Value | None:
        """A map's entry."""
        data = self._host.get(f"vm::{self._contract}::0::{name}::{serialize(key).hex()}")
        # An entry is stored in an optional; one that was deleted is there as `none`.
        return None if data is None or len(data) == 1 else deserialize(data[1:])
