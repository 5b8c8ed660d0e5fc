"""The network's signed transactions: read, checked, run and written."""

from runtime.transactions.auth import txid, verify
from runtime.transactions.conditions import check_supported, violated
from runtime.transactions.ledger import (
    Applied,
    Describe,
    Record,
    admit,
    apply,
    nonce,
    record_elsewhere,
    run_admitted,
)
from runtime.transactions.model import (
    ContractCall,
    Deploy,
    TokenTransfer,
    Transaction,
    TransactionFault,
)
from runtime.transactions.wire import parse, parse_payload, serialize

__all__ = [
    "Applied",
    "ContractCall",
    "Deploy",
    "Describe",
    "Record",
    "TokenTransfer",
    "Transaction",
    "TransactionFault",
    "admit",
    "apply",
    "check_supported",
    "nonce",
    "parse",
    "parse_payload",
    "record_elsewhere",
    "run_admitted",
    "serialize",
    "txid",
    "verify",
    "violated",
]
