"""The interpreter's answers as receipts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.consensus import deserialize
from runtime.errors import Rejected, TransactionError, VmPanic
from runtime.events import Event
from runtime.receipts import Costs, Receipt


def receipt_of(answer: Mapping[str, Any]) -> Receipt:
    """The receipt that an answer of the interpreter's stands for."""
    if not answer["ok"]:
        return Receipt(error=_error(answer["error"]))
    value = deserialize(_bytes(answer["result"]))
    events = tuple(event_of(row) for row in answer["events"])
    cost = answer.get("cost") or {}
    costs = Costs(**{name: int(amount) for name, amount in cost.items()})
    return Receipt(value, events, costs)


def event_of(row: Mapping[str, Any]) -> Event:
    """The event that `runtime.events.rendered` gives as this row."""
    kind = row["type"]
    parties = row.get("sender", ""), row.get("recipient", "")
    match kind:
        case "print_event":
            return Event(kind, (row["contract_identifier"], _bytes(row["raw_value"])))
        case "ft_transfer_event" | "ft_mint_event" | "ft_burn_event":
            return Event(kind, (row["asset_identifier"], *parties, int(row["amount"])))
        case "nft_transfer_event" | "nft_mint_event" | "nft_burn_event":
            return Event(kind, (row["asset_identifier"], *parties, _bytes(row["raw_value"])))
        case "stx_lock_event":
            amounts = int(row["locked_amount"]), int(row["unlock_height"])
            return Event(kind, (row["locked_address"], *amounts, row["contract_identifier"]))
        case _:
            memo = (bytes.fromhex(row["memo"]),) if "memo" in row else ()
            return Event(kind, (*parties, int(row["amount"]), *memo))


def _error(error: Mapping[str, Any]) -> TransactionError:
    match error["kind"]:
        case "message":
            return Rejected(error["message"])
        case "panic":
            return VmPanic("the interpreter crashed")
        case "timeout":
            return VmPanic("the interpreter did not answer in time")
        case kind:
            return TransactionError(kind, error["name"])


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
