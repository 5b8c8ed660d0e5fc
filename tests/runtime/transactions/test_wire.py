"""Transactions as bytes, and who signed them, against what @stacks/transactions 7.4 makes
(`vectors.mjs` recorded `vectors.json`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from compiler.values import Int, Tuple, UInt
from compiler.versions import ClarityVersion, Epoch
from runtime.transactions import (
    ContractCall,
    Deploy,
    TokenTransfer,
    TransactionFault,
    parse,
    serialize,
    txid,
    verify,
)
from runtime.transactions.model import Amount, AssetCondition, Mode, Sent, Signature, TokenCondition

VECTORS = {
    row["name"]: row
    for row in json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
}
DATA = {name: bytes.fromhex(row["hex"]) for name, row in VECTORS.items()}
HALF = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


@pytest.mark.parametrize("name", VECTORS)
def test_a_transaction_is_read_written_and_its_signatures_hold(name: str) -> None:
    row, data = VECTORS[name], DATA[name]
    transaction = parse(data)
    assert serialize(transaction) == data
    assert txid(transaction).hex() == row["txid"]
    assert transaction.origin_address == row.get("origin", transaction.origin_address)
    if "sponsor" in row:
        assert transaction.payer_address == row["sponsor"]
    verify(transaction, Epoch.EPOCH_4_0)


@pytest.mark.parametrize("name", VECTORS)
def test_a_signature_holds_for_nothing_else(name: str) -> None:
    transaction = parse(DATA[name])
    origin = transaction.origin
    for changed in (
        replace(transaction, anchor=transaction.anchor % 3 + 1),
        replace(transaction, chain_id=77),
        replace(transaction, origin=replace(origin, nonce=origin.nonce + 1)),
        replace(transaction, origin=replace(origin, fee=origin.fee + 1)),
        replace(transaction, origin=replace(origin, signer=bytes(20))),
    ):
        with pytest.raises(TransactionFault) as caught:
            verify(changed, Epoch.EPOCH_3_1)
        assert caught.value.reason == "SignatureValidation"


def test_what_payloads_hold() -> None:
    transfer = parse(DATA["transfer"]).payload
    assert isinstance(transfer, TokenTransfer)
    assert (transfer.amount, transfer.memo) == (12345, b"a memo".ljust(34, b"\0"))
    call = parse(DATA["call"]).payload
    assert isinstance(call, ContractCall)
    assert call.function == "do-it!"
    assert call.arguments[0] == Int(-5)
    assert call.arguments[-1] == Tuple({"a": Int(2), "b": UInt(1)})
    deploy = parse(DATA["deploy-versioned"]).payload
    source = "(define-public (f)\n  (ok u1))\n"
    assert deploy == Deploy("my-contract", source, ClarityVersion.CLARITY_3)


def test_what_post_conditions_hold() -> None:
    transaction = parse(DATA["call-conditions"])
    assert transaction.mode is Mode.DENY
    conditions = transaction.conditions
    assert len(conditions) == 13
    assert [c.code for c in conditions[:5]] == list(Amount)
    token, asset = conditions[5], conditions[10]
    assert isinstance(token, TokenCondition)
    assert token.asset.name == "coin"
    assert isinstance(asset, AssetCondition)
    assert (asset.value, asset.code) == (UInt(3), Sent.SENT)
    assert conditions[-1].principal is None


def test_signatures_in_any_order_are_from_epoch_3_on() -> None:
    with pytest.raises(TransactionFault, match=r"not supported in Epoch 2\.5"):
        verify(parse(DATA["multisig-unordered-01"]), Epoch.EPOCH_2_5)


def test_the_other_signature_of_two_holds_until_epoch_4() -> None:
    transaction = parse(DATA["transfer"])
    (signature,) = transaction.origin.fields
    high = HALF - int.from_bytes(signature.data[33:], "big")
    data = bytes((signature.data[0] ^ 1,)) + signature.data[1:33] + high.to_bytes(32, "big")
    origin = replace(transaction.origin, fields=(Signature(data),))
    changed = replace(transaction, origin=origin)
    verify(changed, Epoch.EPOCH_3_4)
    with pytest.raises(TransactionFault, match="high-S"):
        verify(changed, Epoch.EPOCH_4_0)


@pytest.mark.parametrize("name", VECTORS)
def test_every_beginning_is_refused(name: str) -> None:
    data = DATA[name]
    for end in range(len(data)):
        with pytest.raises(TransactionFault):
            parse(data[:end])
    with pytest.raises(TransactionFault, match="after its end"):
        parse(data + b"\0")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(DATA)), st.data())
def test_changed_bytes_are_read_or_refused(name: str, data: st.DataObject) -> None:
    changed = bytearray(DATA[name])
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        transaction = parse(bytes(changed))
        verify(transaction, Epoch.EPOCH_3_1)
    except TransactionFault:
        return


def test_a_deep_argument_is_refused() -> None:
    data = DATA["call"]
    start = data.index(b"do-it!") + len(b"do-it!")
    with pytest.raises(TransactionFault, match="invalid value"):
        parse(data[:start] + (1).to_bytes(4, "big") + b"\x0a" * 10_000 + b"\x03")


def test_what_only_miners_send_has_a_reason_of_its_own() -> None:
    data = DATA["transfer"]
    start = data.index(b"\x05\x1a") - 1
    for payload, reason in ((4, "NoCoinbaseViaMempool"), (7, "NoTenureChangeViaMempool")):
        with pytest.raises(TransactionFault) as caught:
            parse(data[:start] + bytes((payload,)))
        assert caught.value.reason == reason
