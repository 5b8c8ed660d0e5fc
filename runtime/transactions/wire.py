"""The network's bytes of transactions, read and written; knows neither accounts nor the chain.

`parse` refuses whatever the network refuses to read, with `TransactionFault`;
`serialize(parse(data)) == data` for what a client in good order sends.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final, TypeVar, assert_never

from compiler.addresses import encode_address, is_clarity_name, is_contract_name, split_principal
from compiler.consensus import SerializationError
from compiler.consensus import serialize as value_bytes
from compiler.consensus_untyped import depth_limit, principal_at, read_untyped
from compiler.values import Principal, Value
from compiler.versions import ClarityVersion
from runtime.assets import Asset
from runtime.hashing import secp256k1_decompress
from runtime.transactions.model import (
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

MAX_SIZE: Final = 2 << 20
"""Bytes of the largest transaction, as of a block."""

MEMO_SIZE: Final = 34
SIGNATURE_SIZE: Final = 65

STANDARD: Final = 0x04
SPONSORED: Final = 0x05

_TRANSFER, _DEPLOY, _CALL, _POISON, _COINBASE, _COINBASE_TO, _VERSIONED, _TENURE, _NAKAMOTO = range(
    9
)
_NOT_SENT: Final = {
    _COINBASE: "NoCoinbaseViaMempool",
    _COINBASE_TO: "NoCoinbaseViaMempool",
    _NAKAMOTO: "NoCoinbaseViaMempool",
    _TENURE: "NoTenureChangeViaMempool",
}
"""Payloads that only miners make."""

_KEY, _LARGE_KEY, _SIGNATURE, _LARGE_SIGNATURE = range(4)
_STX, _TOKEN, _ASSET, _STAKING, _POX = range(5)
_ORIGIN, _STANDARD, _CONTRACT = 1, 2, 3
_ANCHORS: Final = (1, 2, 3)

_Code = TypeVar("_Code", bound=IntEnum)
_Item = TypeVar("_Item")


def fault(message: str) -> TransactionFault:
    """Bytes that are no transaction."""
    return TransactionFault("Deserialization", f"Failed to parse transaction: {message}")


def parse(data: bytes) -> Transaction:
    """The transaction that `data` holds."""
    if len(data) > MAX_SIZE:
        raise fault(f"{len(data)} bytes where {MAX_SIZE} are the most")
    reader = _Reader(data)
    transaction = reader.transaction()
    if reader.at != len(data):
        raise fault(f"{len(data) - reader.at} bytes after its end")
    return transaction


def parse_payload(data: bytes) -> Payload:
    """A payload alone, as it is sent for an estimate of fees."""
    reader = _Reader(data)
    payload = reader.payload()
    if reader.at != len(data):
        raise fault("bytes after the payload")
    return payload


class _Reader:
    """Reads in order; what runs past the end is a fault."""

    __slots__ = ("_data", "at")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self._data):
            raise fault("it ends early")
        taken = self._data[self.at : end]
        self.at = end
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def code(self, of: type[_Code], what: str) -> _Code:
        number = self.number(1)
        try:
            return of(number)
        except ValueError:
            raise fault(f"invalid {what} {number}") from None

    def items(self, read: Callable[[], _Item]) -> tuple[_Item, ...]:
        # Each item has a byte at least: a count cannot make more work than there are bytes.
        return tuple(read() for _ in range(self.number(4)))

    def name(self, valid: Callable[[str], bool], what: str) -> str:
        data = self.take(self.number(1))
        text = data.decode("ascii", "replace")
        if not valid(text):
            raise fault(f"invalid {what}")
        return text

    def address(self) -> str:
        version = self.number(1)
        if version > 31:
            raise TransactionFault("BadAddressVersionByte", f"no address has version {version}")
        return encode_address(version, self.take(20))

    def contract(self) -> str:
        return f"{self.address()}.{self.name(is_contract_name, 'contract name')}"

    def value(self) -> Value:
        try:
            value, _, self.at = read_untyped(self._data, self.at, 0, depth_limit(False))
        except (SerializationError, IndexError) as error:
            raise fault(f"invalid value: {error}") from None
        return value

    def transaction(self) -> Transaction:
        version, chain = self.number(1), self.number(4)
        kind = self.number(1)
        if kind not in (STANDARD, SPONSORED):
            raise fault(f"invalid auth type {kind}")
        origin = self.spending()
        sponsor = self.spending() if kind == SPONSORED else None
        anchor = self.number(1)
        if anchor not in _ANCHORS:
            raise fault(f"invalid anchor mode {anchor}")
        mode = self.code(Mode, "post-condition mode")
        conditions = self.items(self.condition)
        payload = self.payload()
        return Transaction(version, chain, origin, sponsor, anchor, mode, conditions, payload)

    def spending(self) -> Spending:
        mode = self.code(HashMode, "hash mode")
        signer, nonce, fee = self.take(20), self.number(8), self.number(8)
        if mode.single:
            encoding = self.number(1)
            if encoding > 1 or (encoding and mode.witness):
                raise fault(f"invalid key encoding {encoding}")
            signature = Signature(self.take(SIGNATURE_SIZE), not encoding)
            return Spending(mode, signer, nonce, fee, (signature,))
        fields, required = self.items(self.auth_field), self.number(2)
        given = sum(isinstance(field, Signature) for field in fields)
        if given < required or (given > required and not mode.unordered):
            raise fault(f"got {given} signatures, expected {required}")
        if mode.witness and not all(field.compressed for field in fields):
            raise fault("expected compressed keys only")
        return Spending(mode, signer, nonce, fee, fields, required)

    def auth_field(self) -> AuthField:
        kind = self.number(1)
        if kind in (_SIGNATURE, _LARGE_SIGNATURE):
            return Signature(self.take(SIGNATURE_SIZE), kind == _SIGNATURE)
        if kind not in (_KEY, _LARGE_KEY):
            raise fault(f"unknown auth field {kind}")
        key = self.take(33)
        if secp256k1_decompress(key) is None:
            raise fault("invalid public key")
        return PublicKey(key, kind == _KEY)

    def condition(self) -> Condition:
        kind = self.number(1)
        if kind > _POX:
            raise fault(f"unknown asset info ID {kind}")
        principal = self.principal()
        if kind == _POX:
            return PoxCondition(principal, self.code(Performed, "PoX condition code"))
        if kind in (_STX, _STAKING):
            code = self.code(Amount, "fungible condition code")
            of = StxCondition if kind == _STX else StakingCondition
            return of(principal, code, self.number(8))
        asset = Asset(self.contract(), self.name(is_clarity_name, "asset name"))
        if kind == _TOKEN:
            code = self.code(Amount, "fungible condition code")
            return TokenCondition(principal, asset, code, self.number(8))
        value = self.value()
        return AssetCondition(principal, asset, value, self.code(Sent, "non-fungible code"))

    def principal(self) -> str | None:
        kind = self.number(1)
        if kind == _ORIGIN:
            return None
        if kind == _STANDARD:
            return self.address()
        if kind == _CONTRACT:
            return self.contract()
        raise fault(f"unknown principal of a post-condition {kind}")

    def payload(self) -> Payload:
        kind = self.number(1)
        match kind:
            case 0:
                recipient = self.recipient()
                return TokenTransfer(recipient, self.number(8), self.take(MEMO_SIZE))
            case 1:
                return Deploy(self.name(is_contract_name, "contract name"), self.source())
            case 2:
                contract = self.contract()
                function = self.name(is_clarity_name, "function name")
                return ContractCall(contract, function, self.items(self.value))
            case 6:
                version = self.code(ClarityVersion, "Clarity version")
                name = self.name(is_contract_name, "contract name")
                return Deploy(name, self.source(), version)
        reason = _NOT_SENT.get(kind)
        if reason is not None:
            raise TransactionFault(reason, "only miners make such a transaction")
        what = "a poisoned microblock: there are none" if kind == _POISON else f"payload {kind}"
        raise fault(what)

    def recipient(self) -> Principal:
        data = self._data
        if self.at >= len(data) or data[self.at] not in (0x05, 0x06):
            raise fault("invalid recipient")
        try:
            principal, self.at = principal_at(data, self.at)
        except (SerializationError, IndexError) as error:
            raise fault(f"invalid recipient: {error}") from None
        return principal

    def source(self) -> str:
        data = self.take(self.number(4))
        if any((byte < 0x20 and byte not in b"\t\n") or byte > 0x7E for byte in data):
            raise fault("source that is not printable ASCII")
        return data.decode("ascii")


# Writing


def serialize(transaction: Transaction) -> bytes:
    """The transaction's bytes; the txid is their SHA-512/256."""
    sponsor = transaction.sponsor
    out = bytearray((transaction.version,))
    out += transaction.chain_id.to_bytes(4, "big")
    out.append(STANDARD if sponsor is None else SPONSORED)
    _write_spending(out, transaction.origin)
    if sponsor is not None:
        _write_spending(out, sponsor)
    out += bytes((transaction.anchor, transaction.mode))
    out += len(transaction.conditions).to_bytes(4, "big")
    for condition in transaction.conditions:
        _write_condition(out, condition)
    _write_payload(out, transaction.payload)
    return bytes(out)


def _write_spending(out: bytearray, spending: Spending) -> None:
    out.append(spending.mode)
    out += spending.signer
    out += spending.nonce.to_bytes(8, "big") + spending.fee.to_bytes(8, "big")
    if spending.mode.single:
        (signature,) = spending.fields
        out.append(not signature.compressed)
        out += signature.data
        return
    out += len(spending.fields).to_bytes(4, "big")
    for field in spending.fields:
        kind = _SIGNATURE if isinstance(field, Signature) else _KEY
        out.append(kind + (not field.compressed))
        out += field.data
    out += spending.required.to_bytes(2, "big")


def _write_condition(out: bytearray, condition: Condition) -> None:
    match condition:
        case StxCondition(principal, code, amount) | StakingCondition(principal, code, amount):
            out.append(_STX if isinstance(condition, StxCondition) else _STAKING)
            _write_owner(out, principal)
            out.append(code)
            out += amount.to_bytes(8, "big")
        case TokenCondition(principal, asset, code, amount):
            out.append(_TOKEN)
            _write_owner(out, principal)
            _write_asset(out, asset)
            out.append(code)
            out += amount.to_bytes(8, "big")
        case AssetCondition(principal, asset, value, sent):
            out.append(_ASSET)
            _write_owner(out, principal)
            _write_asset(out, asset)
            out += value_bytes(value)
            out.append(sent)
        case PoxCondition(principal, performed):
            out.append(_POX)
            _write_owner(out, principal)
            out.append(performed)
        case _:
            assert_never(condition)


def _write_owner(out: bytearray, principal: str | None) -> None:
    if principal is None:
        out.append(_ORIGIN)
    else:
        out.append(_CONTRACT if "." in principal else _STANDARD)
        _write_principal(out, principal)


def _write_principal(out: bytearray, text: str) -> None:
    version, digest, name = split_principal(text)
    out.append(version)
    out += digest
    if name is not None:
        _write_name(out, name)


def _write_asset(out: bytearray, asset: Asset) -> None:
    _write_principal(out, asset.contract)
    _write_name(out, asset.name)


def _write_name(out: bytearray, name: str) -> None:
    out.append(len(name))
    out += name.encode()


def _write_payload(out: bytearray, payload: Payload) -> None:
    match payload:
        case TokenTransfer(recipient, amount, memo):
            out.append(_TRANSFER)
            out += value_bytes(recipient) + amount.to_bytes(8, "big") + memo
        case ContractCall(contract, function, arguments):
            out.append(_CALL)
            _write_principal(out, contract)
            _write_name(out, function)
            out += len(arguments).to_bytes(4, "big")
            for argument in arguments:
                out += value_bytes(argument)
        case Deploy(name, source, version):
            out.append(_DEPLOY if version is None else _VERSIONED)
            if version is not None:
                out.append(version)
            _write_name(out, name)
            data = source.encode("ascii")
            out += len(data).to_bytes(4, "big") + data
        case _:
            assert_never(payload)
