"""The network's bytes of transactions, read and written; knows neither keys nor the chain.

`parse` refuses whatever the network refuses to read, with `TransactionFault`, and reads no more
than its limits; `serialize(parse(data)) == data` for what a client in good order sends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final, TypeVar

from compiler.addresses import encode_address, is_clarity_name, is_contract_name, split_principal
from compiler.consensus import MAX_BYTES, SerializationError, serialize as value_bytes
from compiler.consensus_untyped import depth_limit, principal_at, read_untyped
from compiler.values import Principal, Value
from compiler.versions import ClarityVersion
from runtime.assets import Asset
from runtime.hashing import secp256k1_decompress, secp256k1_compress, sha512_256
from runtime.transactions.model import (
    TESTNET,
    Amount,
    AssetCondition,
    AuthField,
    Condition,
    ContractCall,
    Deploy,
    HashMode,
    Mode,
    Payload,
    Performed,
    PoxCondition,
    PublicKey,
    Sent,
    Signature,
    Spending,
    StakingCondition,
    StxCondition,
    TokenCondition,
    TokenTransfer,
    Transaction,
    TransactionFault,
)
