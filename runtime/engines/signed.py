"""Signed transactions for the interpreter, whose simnet knows no fees, nonces and post-conditions.

- The fee is a transfer to `SINK`, in the same block and before what the transaction asks for: to
  contracts it is gone, and the supply stays, as on our chain.
- Nonces are nobody's but the ledger's: no contract can see one.
- What a post-condition aborts is undone by making the interpreter's chain anew without it.

What can't be put to it is refused: `incomparable` says what and why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from compiler.addresses import encode_address
from compiler.consensus import serialize as serialize_value
from compiler.versions import Epoch
from runtime.assets import Asset, AssetMap
from runtime.events import Event
from runtime.hashing import sha512_256
from runtime.receipts import FREE
from runtime.reference import Operation, invocation
from runtime.transactions import (
    ContractCall,
    Deploy,
    TokenTransfer,
    Transaction,
    TransactionFault,
    serialize,
)
from runtime.transactions.model import PoxCondition, StakingCondition

Json = dict[str, Any]

TRANSACTION: Final = "transaction"
"""The operation of a log that is a signed transaction."""
SINK: Final = encode_address(26, sha512_256(b"clarbuild: fees go to nobody")[:20])
"""Who gets fees on the interpreter's chain: nobody has its key, or had reason to name it before."""
_DEFINES: Final = re.compile(r"\(\s*define-(?:public|read-only|private|trait)\s")
_COMMENT: Final = re.compile(r";[^\n]*")
_MOST: Final = (1 << 53) - 1
"""Micro-STX that the interpreter's interface takes for one transfer: a JavaScript number."""


def operation_of(transaction: Transaction, epoch: Epoch) -> Operation:
    """The operation of a log: the transaction's bytes, and what the interpreter makes of them."""
    return {
        "op": TRANSACTION,
        "tx": serialize(transaction).hex(),
        "payer": transaction.payer_address,
        "fee": str(transaction.payer.fee),
        "sink": SINK,
        "does": _payload(transaction, epoch),
    }


def aborted_operation(operation: Operation) -> Operation:
    """What is left of a transaction that a post-condition undid: its block and its fee."""
    return {**operation, "does": None}


def _payload(transaction: Transaction, epoch: Epoch) -> Operation:
    origin = transaction.origin_address
    match transaction.payload:
        case TokenTransfer(recipient, amount):
            return {
                "op": "transfer",
                "to": recipient.value,
                "amount": str(amount),
                "sender": origin,
            }
        case ContractCall(contract, function, arguments):
            values = [f"0x{serialize_value(one).hex()}" for one in arguments]
            return invocation("call", contract, function, values, origin)
        case Deploy(name, source, version):
            return {
                "op": "deploy",
                "contract": f"{origin}.{name}",
                "code": source,
                "clarity": int(epoch.newest_clarity if version is None else version),
            }


def incomparable(transaction: Transaction, *, alone: bool) -> TransactionFault | None:
    """Why the interpreter can't run a transaction as the network does, if it can't; `alone` is
    where nobody else runs it."""
    payload = transaction.payload
    amounts = [transaction.payer.fee]
    if isinstance(payload, TokenTransfer):
        amounts.append(payload.amount)
    if max(amounts) > _MOST:
        return _refused(f"amounts above {_MOST} micro-STX")
    if isinstance(payload, Deploy) and not _DEFINES.search(_COMMENT.sub("", payload.source)):
        return _refused(
            "deployments without a function or a trait, which simnet takes for snippets"
        )
    if alone and any(
        isinstance(c, StakingCondition | PoxCondition) for c in transaction.conditions
    ):
        # Its events do not tell of them.
        return _refused("post-conditions on staking and PoX")
    return None


def _refused(what: str) -> TransactionFault:
    message = f"The interpreter runs beside this chain, or answers for it, and can't run {what}"
    return TransactionFault("ServerFailureOther", message, message=message)


def as_network(answer: Json, transaction: Transaction, traced: int = 0) -> Json:
    """The interpreter's answer as the network's: without the runtime that simnet's tracer adds, by
    our count; a transfer free of costs, with its memo."""
    if not answer["ok"]:
        return answer
    if isinstance(transaction.payload, TokenTransfer):
        memo = transaction.payload.memo.hex()
        events = [{**row, "memo": memo} for row in answer["events"]]
        return {**answer, "events": events, "cost": dict(FREE._asdict())}
    cost = answer.get("cost")
    if not traced or cost is None:
        return answer
    return {**answer, "cost": {**cost, "runtime": int(cost["runtime"]) - traced}}


def moved(events: Iterable[Event]) -> AssetMap:
    """What a transaction moved, by its events: what post-conditions look at."""
    found = AssetMap(())
    for kind, fields in events:
        match kind:
            case "stx_transfer_event" | "stx_burn_event":
                sender, _, amount, *_ = fields
                amounts = found.stx if kind == "stx_transfer_event" else found.burned
                amounts[sender] = amounts.get(sender, 0) + amount
            case "ft_transfer_event" | "ft_burn_event":
                asset, sender, _, amount = fields
                tokens = found.fungible.setdefault(sender, {})
                tokens[_asset(asset)] = tokens.get(_asset(asset), 0) + amount
            case "nft_transfer_event" | "nft_burn_event":
                asset, sender, _, data = fields
                owned = found.non_fungible.setdefault(sender, {})
                owned.setdefault(_asset(asset), []).append(data)
    return found


def _asset(identifier: str) -> Asset:
    contract, _, name = identifier.partition("::")
    return Asset(contract, name)


def compared_as(operation: Operation) -> Operation:
    """The operation that says in what words a difference is told of."""
    does: Mapping[str, Any] | None = operation.get("does")
    return operation if does is None else does
