"""Blocks and the transactions in them: rows of the state, written with what they tell of.

Blocks that carry no transaction have no row, and are told of all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from compiler.consensus import serialize as serialize_value
from runtime.chain import Chain
from runtime.stores import MarfBacking, Store, metadata_key
from runtime.stores.backing import newest_up_to
from runtime.transactions import (
    Applied,
    ContractCall,
    Deploy,
    TokenTransfer,
    Transaction,
    serialize,
)

MAX_BLOCKS: Final = 100
"""How many blocks are told of at once."""


class History:
    """What happened on a chain that stands on a MARF store."""

    def __init__(self, chain: Chain, store: Store, backing: MarfBacking) -> None:
        self.elsewhere: Callable[[int], bool] = lambda _: False
        """Whether the state of a block is not in the store, whose root does not stand for it then."""
        self._chain = chain
        self._store = store
        self._backing = backing

    def record(
        self, applied: Applied, engine: str | None = None, found: dict[str, Any] | None = None
    ) -> None:
        """Write down a transaction, in the block that it is in: who answered it, where two could,
        and how the other differed."""
        row: dict[str, Any] = {
            "height": applied.height,
            "aborted": applied.aborted,
            "receipt": applied.receipt.to_json(),
            "asked": _asked(applied.transaction),
        }
        if engine is not None:
            row["engine"] = engine
        if found is not None:
            row["discrepancy"] = found
        state = self._chain.state
        state.put(_receipt_key(applied.txid), json.dumps(row, separators=(",", ":")).encode())
        state.put(_bytes_key(applied.txid), serialize(applied.transaction).hex().encode())
        state.put(_block_key(applied.height), applied.txid.encode())

    def all(self) -> Iterator[tuple[bytes, dict[str, Any]]]:
        """The bytes of all transactions, the oldest first, with what is kept of them."""
        for height in range(1, self._chain.block_height + 1):
            txid = self._store.get(_block_key(height))
            if txid is not None:
                data = self._store.get(_bytes_key(txid.decode()))
                assert data is not None  # it is written with its block
                yield bytes.fromhex(data.decode()), self._kept(txid.decode())

    def transaction(self, txid: str) -> dict[str, Any] | None:
        """A transaction that was mined, and its receipt."""
        data = self._store.get(_bytes_key(txid))
        return (
            None
            if data is None
            else {**self._answered(txid, self._kept(txid)), "tx": data.decode()}
        )

    def _kept(self, txid: str) -> dict[str, Any]:
        data = self._store.get(_receipt_key(txid))
        assert data is not None  # it is written with the transaction, or its block
        kept: dict[str, Any] = json.loads(data)
        return kept

    def _answered(self, txid: str, kept: dict[str, Any]) -> dict[str, Any]:
        number = self._number_at(kept["height"])
        return {
            "txid": f"0x{txid}",
            "index_block_hash": self._backing.blocks.ids[number].hex(),
            "block_height": kept["height"],
            "is_canonical": True,
            "post_condition_aborted": kept["aborted"] is not None,
            "vm_error": kept["aborted"],
            **kept["receipt"],
            **{name: kept[name] for name in ("engine", "discrepancy") if name in kept},
        }

    def blocks(self, before: int | None, count: int) -> list[dict[str, Any]]:
        """Finished blocks, the newest first; those below a height, if one is given."""
        backing = self._backing
        number = backing.tip if before is None else self._number_at(before - 1)
        found: list[dict[str, Any]] = []
        while number and len(found) < min(count, MAX_BLOCKS):
            found.append(self._block(number))
            number = backing.blocks.parent(number)
        return found

    def since(self, height: int) -> list[dict[str, Any]]:
        """The blocks above a height, the oldest first; not more than are told of at once."""
        found = [row for row in self.blocks(None, MAX_BLOCKS) if row["height"] > height]
        return found[::-1]

    def _block(self, number: int) -> dict[str, Any]:
        backing = self._backing
        height = backing.label(number)
        root = None if self.elsewhere(height) else backing.root(number)
        txid = self._store.get(_block_key(height))
        return {
            "height": height,
            "index_block_hash": backing.blocks.ids[number].hex(),
            "state_index_root": None if root is None else root.hex(),
            "time": self._chain.blocks.stacks[height].time,
            "transactions": [] if txid is None else [self._shown(txid.decode())],
        }

    def _shown(self, txid: str) -> dict[str, Any]:
        """A transaction as people read it: what was asked and what was answered, but not its bytes."""
        kept = self._kept(txid)
        return {**self._answered(txid, kept), **kept["asked"]}

    def _number_at(self, height: int) -> int:
        """The newest block that is not above a height; 0 where there is none."""
        return newest_up_to(self._backing, self._backing.tip, height) or 0


def _asked(transaction: Transaction) -> dict[str, Any]:
    """Who asks for what, and pays what for it."""
    return {
        **_payload(transaction),
        "sender": transaction.origin_address,
        "nonce": transaction.origin.nonce,
        "sponsor": None if transaction.sponsor is None else transaction.payer_address,
        "fee": str(transaction.payer.fee),
    }


def _payload(transaction: Transaction) -> dict[str, Any]:
    match transaction.payload:
        case TokenTransfer(recipient, amount):
            return {"kind": "transfer", "recipient": recipient.value, "amount": str(amount)}
        case ContractCall(contract, function, arguments):
            return {
                "kind": "call",
                "contract": contract,
                "function": function,
                "arguments": [f"0x{serialize_value(one).hex()}" for one in arguments],
            }
        case Deploy(name):
            return {"kind": "deploy", "contract": f"{transaction.origin_address}.{name}"}


def _receipt_key(txid: str) -> str:
    return metadata_key("clarbuild", f"receipt::{txid}")


def _bytes_key(txid: str) -> str:
    return metadata_key("clarbuild", f"transaction::{txid}")


def _block_key(height: int) -> str:
    return metadata_key("clarbuild", f"block::{height}")
