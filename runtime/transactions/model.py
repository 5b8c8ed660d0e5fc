"""A transaction as the network knows it (SIP-005): what it says, not how it is written or run."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Final, TypeAlias

from msgspec import Struct

from compiler.addresses import encode_address
from compiler.values import Principal, Value
from compiler.versions import ClarityVersion
from runtime.assets import Asset

MAINNET: Final = 0x00
TESTNET: Final = 0x80

_SINGLE: Final = {True: 22, False: 26}
_MULTI: Final = {True: 20, False: 21}
"""Versions of addresses, on mainnet and elsewhere."""


class TransactionFault(ValueError):
    """A transaction that the network refuses. `reason` is its RPC's name for why."""

    def __init__(self, reason: str, message: str, /, **data: object) -> None:
        super().__init__(message)
        self.reason = reason
        self.data = data


class HashMode(IntEnum):
    """How an account's hash is made of keys."""

    P2PKH = 0x00
    P2SH = 0x01
    P2WPKH = 0x02
    P2WSH = 0x03
    P2SH_UNORDERED = 0x05
    P2WSH_UNORDERED = 0x07

    @property
    def single(self) -> bool:
        """One key signs."""
        return self in (HashMode.P2PKH, HashMode.P2WPKH)

    @property
    def unordered(self) -> bool:
        """Keys sign in any order."""
        return self in (HashMode.P2SH_UNORDERED, HashMode.P2WSH_UNORDERED)

    @property
    def witness(self) -> bool:
        """Keys must be compressed."""
        return self in (HashMode.P2WPKH, HashMode.P2WSH, HashMode.P2WSH_UNORDERED)


class Signature(Struct, frozen=True):
    """A recoverable signature as it travels: 65 bytes, the recovery id first."""

    data: bytes
    compressed: bool = True


class PublicKey(Struct, frozen=True):
    """A key that has not signed: its 33 bytes, compressed, and whether it is hashed like that."""

    data: bytes
    compressed: bool = True


AuthField: TypeAlias = Signature | PublicKey


class Spending(Struct, frozen=True):
    """Who spends, and what proves it. An account of one key has one signature."""

    mode: HashMode
    signer: bytes
    nonce: int
    fee: int
    fields: tuple[AuthField, ...]
    required: int = 1

    def address(self, *, mainnet: bool) -> str:
        """The account's address."""
        versions = _SINGLE if self.mode is HashMode.P2PKH else _MULTI
        return encode_address(versions[mainnet], self.signer)


class TokenTransfer(Struct, frozen=True):
    """STX for a principal; the memo has 34 bytes."""

    recipient: Principal
    amount: int
    memo: bytes


class ContractCall(Struct, frozen=True):
    """A call of a public function."""

    contract: str
    function: str
    arguments: tuple[Value, ...]


class Deploy(Struct, frozen=True):
    """A contract; without a version it is the epoch's newest."""

    name: str
    source: str
    version: ClarityVersion | None = None


Payload: TypeAlias = TokenTransfer | ContractCall | Deploy


class Amount(IntEnum):
    """How an amount that was sent compares."""

    EQUAL = 0x01
    GREATER = 0x02
    GREATER_OR_EQUAL = 0x03
    LESS = 0x04
    LESS_OR_EQUAL = 0x05


class Sent(IntEnum):
    """What happened to a non-fungible token."""

    SENT = 0x10
    NOT_SENT = 0x11
    MAYBE_SENT = 0x12


class Performed(IntEnum):
    """What happened to a position in PoX."""

    NOT_PERFORMED = 0x30
    MAYBE_PERFORMED = 0x31
    PERFORMED = 0x32


class Mode(IntEnum):
    """What becomes of assets that no post-condition names."""

    ALLOW = 0x01
    DENY = 0x02
    ORIGINATOR = 0x03


class StxCondition(Struct, frozen=True):
    """How many micro-STX a principal sends; the origin where `principal` is `None`."""

    principal: str | None
    code: Amount
    amount: int


class TokenCondition(Struct, frozen=True):
    """How much of a fungible token a principal sends."""

    principal: str | None
    asset: Asset
    code: Amount
    amount: int


class AssetCondition(Struct, frozen=True):
    """Whether a principal sends a non-fungible token."""

    principal: str | None
    asset: Asset
    value: Value
    code: Sent


class StakingCondition(Struct, frozen=True):
    """How many micro-STX a principal locks."""

    principal: str | None
    code: Amount
    amount: int


class PoxCondition(Struct, frozen=True):
    """Whether a principal changes its position in PoX."""

    principal: str | None
    code: Performed


Condition: TypeAlias = (
    StxCondition | TokenCondition | AssetCondition | StakingCondition | PoxCondition
)


class Transaction(Struct, frozen=True):
    """A transaction; a sponsored one has a second spender, who pays."""

    version: int
    chain_id: int
    origin: Spending
    sponsor: Spending | None
    anchor: int
    mode: Mode
    conditions: Sequence[Condition]
    payload: Payload

    @property
    def mainnet(self) -> bool:
        """Whether it is for mainnet."""
        return not self.version & TESTNET

    @property
    def payer(self) -> Spending:
        """Who pays the fee."""
        return self.sponsor or self.origin

    @property
    def origin_address(self) -> str:
        """The address of who sends it."""
        return self.origin.address(mainnet=self.mainnet)

    @property
    def payer_address(self) -> str:
        """The address of who pays for it."""
        return self.payer.address(mainnet=self.mainnet)
