"""Bytes that the network does not read as a transaction, each refused with what is wrong in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from compiler.values import Principal
from runtime.hashing import hash160
from runtime.transactions import Deploy, TokenTransfer, TransactionFault, parse, serialize
from runtime.transactions.auth import account_hash
from runtime.transactions.model import (
    HashMode,
    Performed,
    PoxCondition,
    PublicKey,
    Signature,
    Spending,
)
from runtime.transactions.wire import MAX_SIZE, parse_payload

DATA = {
    row["name"]: bytes.fromhex(row["hex"])
    for row in json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
}
TRANSFER = DATA["transfer"]
# Where things lie in a transaction of one signature.
MODE, ENCODING, CONDITIONS, PAYLOAD = 6, 43, 111, 115
HEADER = TRANSFER[:PAYLOAD]
ADDRESS = b"\x1a" + bytes(20)
NONE = "ST000000000000000000002AMW42H"


def with_payload(payload: bytes) -> bytes:
    return HEADER + payload


def with_condition(condition: bytes) -> bytes:
    return TRANSFER[:CONDITIONS] + (1).to_bytes(4, "big") + condition + TRANSFER[PAYLOAD:]


def with_byte(data: bytes, at: int, byte: int) -> bytes:
    return data[:at] + bytes((byte,)) + data[at + 1 :]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (bytes(MAX_SIZE + 1), "2097153 bytes where 2097152 are the most"),
        (with_byte(TRANSFER, 5, 6), "invalid auth type 6"),
        (with_byte(TRANSFER, MODE, 4), "invalid hash mode 4"),
        (with_byte(TRANSFER, ENCODING, 2), "invalid key encoding 2"),
        # A hash of a witness has compressed keys alone.
        (with_byte(DATA["transfer-p2wpkh"], ENCODING, 1), "invalid key encoding 1"),
        (with_byte(TRANSFER, 109, 4), "invalid anchor mode 4"),
        (with_byte(TRANSFER, 110, 0), "invalid post-condition mode 0"),
        (with_condition(b"\x05"), "unknown asset info ID 5"),
        (with_condition(b"\x00\x04"), "unknown principal of a post-condition 4"),
        (with_condition(b"\x00\x01\x06"), "invalid fungible condition code 6"),
        (with_condition(b"\x04\x01\x33"), "invalid PoX condition code 51"),
        (with_condition(b"\x01\x01" + ADDRESS + b"\x01c\x021x"), "invalid asset name"),
        (with_payload(b"\x03"), "a poisoned microblock"),
        (with_payload(b"\x09"), "payload 9"),
        (with_payload(b"\x02" + ADDRESS + b"\x011"), "invalid contract name"),
        (with_payload(b"\x02" + ADDRESS + b"\x01c\x00"), "invalid function name"),
        (with_payload(b"\x00\x09"), "invalid recipient"),
        (with_payload(b"\x06\x07\x01c"), "invalid Clarity version 7"),
        (with_payload(b"\x01\x01c\x00\x00\x00\x01\x07"), "source that is not printable ASCII"),
    ],
)
def test_each_fault_has_its_text(data: bytes, message: str) -> None:
    with pytest.raises(TransactionFault, match=message) as caught:
        parse(data)
    assert caught.value.reason == "Deserialization"


def test_an_address_of_a_version_that_does_not_exist_has_a_reason_of_its_own() -> None:
    with pytest.raises(TransactionFault) as caught:
        parse(with_payload(b"\x02" + b"\x20" + bytes(20) + b"\x01c"))
    assert caught.value.reason == "BadAddressVersionByte"


# Keys of a multisig account.

MULTISIG = parse(DATA["multisig-sequential-01"])
KEYS = [field for field in MULTISIG.origin.fields if isinstance(field, PublicKey)]
SIGNATURES = tuple(field for field in MULTISIG.origin.fields if isinstance(field, Signature))


def signed_by(origin: Spending) -> bytes:
    return serialize(replace(MULTISIG, origin=origin))


def test_too_few_signatures_are_refused_and_too_many_where_they_have_an_order() -> None:
    origin = MULTISIG.origin
    assert (len(SIGNATURES), len(KEYS), origin.required) == (2, 1, 2)
    with pytest.raises(TransactionFault, match="got 2 signatures, expected 3"):
        parse(signed_by(replace(origin, required=3)))
    with pytest.raises(TransactionFault, match="got 2 signatures, expected 1"):
        parse(signed_by(replace(origin, required=1)))
    unordered = replace(origin, mode=HashMode.P2SH_UNORDERED, required=1)
    assert parse(signed_by(unordered)).origin == unordered


def test_a_witness_has_compressed_keys() -> None:
    origin = replace(MULTISIG.origin, mode=HashMode.P2WSH)
    assert parse(signed_by(origin)).origin == origin
    large = replace(origin, fields=(*SIGNATURES, replace(KEYS[0], compressed=False)))
    with pytest.raises(TransactionFault, match="expected compressed keys only"):
        parse(signed_by(large))
    assert parse(signed_by(replace(large, mode=HashMode.P2SH))).origin.fields == large.fields


def test_fields_are_keys_or_signatures() -> None:
    data = signed_by(MULTISIG.origin)
    first = MODE + 1 + 20 + 16 + 4
    assert data[first] == 2
    with pytest.raises(TransactionFault, match="unknown auth field 4"):
        parse(with_byte(data, first, 4))
    no_point = replace(MULTISIG.origin, fields=(*SIGNATURES, PublicKey(b"\x02" + b"\xff" * 32)))
    with pytest.raises(TransactionFault, match="invalid public key"):
        parse(signed_by(no_point))


def test_an_account_needs_at_least_one_signature_and_no_more_than_it_has_keys() -> None:
    keys = [(KEYS[0].data, True)] * 2
    for required in (0, 3):
        with pytest.raises(TransactionFault, match="Failed to generate address"):
            account_hash(HashMode.P2SH, keys, required)
    with pytest.raises(TransactionFault, match="Invalid public key"):
        account_hash(HashMode.P2PKH, [(b"\x02" + b"\xff" * 32, False)], 1)


@pytest.mark.parametrize(
    ("count", "pushed"), [(16, "60"), (17, "0111"), (127, "017f"), (128, "028000")]
)
def test_the_number_of_keys_is_pushed_as_scripts_of_bitcoin_push_numbers(
    count: int, pushed: str
) -> None:
    key = KEYS[0].data
    script = b"\x51" + (b"\x21" + key) * count + bytes.fromhex(pushed) + b"\xae"
    assert account_hash(HashMode.P2SH, [(key, True)] * count, 1) == hash160(script)


# What the library that made the vectors does not write.


def test_a_deployment_without_a_version_is_read_and_written() -> None:
    data = with_payload(b"\x01" + b"\x03box" + (7).to_bytes(4, "big") + b"(+ 1 2)")
    transaction = parse(data)
    assert transaction.payload == Deploy("box", "(+ 1 2)")
    assert serialize(transaction) == data


def test_conditions_on_pox_are_read_and_written() -> None:
    data = with_condition(b"\x04\x02" + ADDRESS + b"\x32")
    transaction = parse(data)
    assert transaction.conditions == (PoxCondition(NONE, Performed.PERFORMED),)
    assert serialize(transaction) == data


def test_a_payload_alone_ends_where_it_ends() -> None:
    payload = b"\x00\x05" + ADDRESS + (9).to_bytes(8, "big") + b"memo".ljust(34, b"\0")
    read = TokenTransfer(Principal(NONE), 9, b"memo".ljust(34, b"\0"))
    assert parse_payload(payload) == read
    with pytest.raises(TransactionFault, match="bytes after the payload"):
        parse_payload(payload + b"\0")
