"""Effects that modules defer (`compiler/stdlib/effects.wat`): let in, and taken over in their order.

Only the instance that runs can have any. So they are taken over before a host function that may
look at the state or change it, and where a function ends; where one fails they are dropped with
all that it did.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from compiler import abi
from compiler.costs.limits import EVENTS_LIMIT
from runtime.engine import HostFunction, Slots
from runtime.errors import internal
from runtime.instance import RECORDED_END, RECORDS_END, Guest

if TYPE_CHECKING:
    from runtime.host import Host
    from runtime.transaction import Transaction

_HEAD: Final = Struct("<2IQ").pack_into
_RECORD: Final = Struct("<4I")
_ONE_RECORD: Final = abi.RECORDS + _RECORD.size
_TRANSFER: Final = Struct("<2Q16s16s")
"""What stands in the record of a transfer before the recipient."""

_SAFELY_PRINTED: Final = EVENTS_LIMIT - (abi.STATIC_DATA - abi.RECORDED)
"""Up to so many bytes, what there is room for can't print too much."""


_HEEDLESS: Final = frozenset(
    {
        "abort",
        "ft_supply",
        "nft_owner",
        "stx_balance",
        "require_contract",
        "hash",
        "secp256k1_recover",
        "secp256k1_verify",
        "trace",
        "word",
    }
)
"""Host functions to which deferred effects don't matter: they write nothing, and what they read is no
variable, no map, and no balance."""

_CHANGES_HANDS: Final = frozenset(
    {"begin", "end", "contract_call", "at_block", "at_block_end", "protect"}
)
"""Host functions during which something else runs, or other rules begin."""

_MOVES_TOKENS: Final = frozenset({"ft_transfer", "ft_burn"})
"""Host functions after which transfers may fail that would have been deferred (`AssetLog.large`)."""


def heeding(host: Host, name: str, function: HostFunction) -> HostFunction:
    """A host function that takes over what the guest has deferred before it does its work."""
    tx = host.tx

    def after_effects(slots: Slots) -> None:
        guest = host.guest
        if guest.word[RECORDS_END] != abi.RECORDS:
            take(guest, tx)
        function(slots)

    def changing_hands(slots: Slots) -> None:
        guest = host.guest
        take(guest, tx)
        function(slots)
        admit(guest, tx)

    def moving_tokens(slots: Slots) -> None:
        after_effects(slots)
        if tx.assets.large:
            admit(host.guest, tx)

    if name in _HEEDLESS:
        return function
    if name in _MOVES_TOKENS:
        return moving_tokens
    return changing_hands if name in _CHANGES_HANDS else after_effects


def admit(guest: Guest, transaction: Transaction) -> None:
    """Let a guest run, for the first time or after something else did, with nothing recorded.

    Nothing is deferred that could fail: no writes where none are allowed, no prints near the limit,
    no transfers that may add up to more than a uint.
    """
    waits = (
        not transaction.read_only
        and transaction.printed < _SAFELY_PRINTED
        and not transaction.assets.large
    )
    write_head(guest.context, transaction.generation, waits=waits)


def write_head(context: memoryview | bytearray, generation: int, *, waits: bool) -> None:
    """Write what lets a guest run, with nothing recorded, into its context or a copy of that."""
    end = abi.RECORDED if waits else abi.STATIC_DATA
    _HEAD(context, abi.RECORDS_END, abi.RECORDS, end, generation)


def take(guest: Guest, transaction: Transaction) -> None:
    """Take over what a guest has recorded."""
    word = guest.word
    end = word[RECORDS_END]
    if end == abi.RECORDS:
        return
    context, keys = guest.context, guest.keys
    data = context[abi.RECORDED : word[RECORDED_END]].tobytes()
    word[RECORDS_END] = abi.RECORDS
    word[RECORDED_END] = abi.RECORDED
    written = keys.written
    prints = len(written)
    if end == _ONE_RECORD:
        # As below, in two thirds of the time: many functions write nothing but a variable.
        what, start, stored, _ = _RECORD.unpack_from(context, abi.RECORDS)
        if what < prints:
            transaction.state.put(written[what][data[start:stored]], data[stored:])
            return
    # In the order of writes and in that of events: nothing depends on both.
    writes: list[tuple[str, bytes]] = []
    for what, start, stored, behind in _RECORD.iter_unpack(context[abi.RECORDS : end]):
        if what < prints:
            writes.append((written[what][data[start:stored]], data[stored:behind]))
        elif what == prints:
            # There is no room for so much that it can't be printed.
            transaction.events.append(("print_event", (guest.contract.id, data[stored:behind])))
            transaction.printed += behind - stored
        else:
            token = what - prints - 1
            balances = keys.balances[token]
            sender, sender_key = balances[data[start:stored]]
            recipient, recipient_key = balances[data[stored + _TRANSFER.size : behind]]
            low, high, left, reached = _TRANSFER.unpack_from(data, stored)
            amount = low | high << 64
            writes.append((sender_key, left))
            writes.append((recipient_key, reached))
            transaction.assets.small_token(sender, guest.contract.id, keys.tokens[token], amount)
            fields = (keys.token_names[token], sender, recipient, amount)
            transaction.events.append(("ft_transfer_event", fields))
    if writes:
        transaction.state.put_all(writes)
    if transaction.printed >= _SAFELY_PRINTED:
        admit(guest, transaction)


def add_print(guest: Guest, transaction: Transaction, value: bytes) -> None:
    """Add the event of a print of a value in consensus bytes."""
    transaction.events.append(("print_event", (guest.contract.id, value)))
    transaction.printed += len(value)
    if transaction.printed >= EVENTS_LIMIT:
        raise internal("Expect", "Event batch grew too large during execution")
