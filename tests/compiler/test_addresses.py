"""c32check addresses and names of contracts are the network's."""

from __future__ import annotations

import pytest

from compiler.addresses import (
    decode_address,
    encode_address,
    is_clarity_name,
    is_contract_name,
    join_principal,
    split_contract,
    split_principal,
)

# From stacks-core's own tests of c32.
KNOWN = [
    (22, "a46ff88886c2ef9762d970b4d2c63678835bd39d", "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7"),
    (22, "0000000000000000000000000000000000000000", "SP000000000000000000002Q6VF78"),
    (22, "0000000000000000000000000000000000000001", "SP00000000000000000005JA84HQ"),
    (22, "1000000000000000000000000000000000000000", "SP800000000000000000000000000000033H8YKK"),
    (0, "0000000000000000000000000000000000000000", "S0000000000000000000002AA028H"),
    (0, "1000000000000000000000000000000000000001", "S080000000000000000000000000000007R1QC00"),
    (31, "0000000000000000000000000000000000000000", "SZ000000000000000000002ZE1VMN"),
    (20, "0000000000000000000000000000000000000000", "SM0000000000000000000062QV6X"),
    (26, "1000000000000000000000000000000000000001", "ST80000000000000000000000000000006BYJ4R4"),
]


@pytest.mark.parametrize(("version", "digest", "address"), KNOWN)
def test_both_ways(version: int, digest: str, address: str) -> None:
    assert encode_address(version, bytes.fromhex(digest)) == address
    assert decode_address(address) == (version, bytes.fromhex(digest))
    assert decode_address(address.lower()) == (version, bytes.fromhex(digest))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Invalid crockford 32 string"),
        ("SP00", "Invalid crockford 32 string"),
        ("SP00000000000000000000U", "Invalid crockford 32 string"),
        ("SPé0000000000000000002Q6VF78", "Invalid crockford 32 string"),
        (
            "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ8",
            "base58ck checksum 0x48bab471 does not match expected 0x47bab471",
        ),
    ],
)
def test_errors_have_the_interpreters_texts(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        decode_address(text)
    assert str(caught.value) == message


def test_other_lengths_are_no_addresses() -> None:
    with pytest.raises(ValueError, match=r"InvalidPrincipalLength\(3\)"):
        decode_address(encode_address(22, b"abc"))
    with pytest.raises(ValueError, match="Invalid version 32"):
        encode_address(32, bytes(20))


def test_contracts() -> None:
    boot = "SP000000000000000000002Q6VF78"
    assert split_contract(f"{boot}.pox-4") == (boot, "pox-4")
    assert split_principal(f"{boot}.pox-4") == (22, bytes(20), "pox-4")
    assert split_principal(boot) == (22, bytes(20), None)
    assert join_principal(22, bytes(20), "pox-4") == f"{boot}.pox-4"
    for text, message in (
        (boot, "QualifiedContractMissingDot"),
        (f"{boot}.4pox", 'InvalidContractName("4pox")'),
        (f"{boot}.", 'InvalidContractName("")'),
    ):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
            split_contract(text)
        assert str(caught.value) == message


def test_names() -> None:
    assert all(map(is_contract_name, ["a", "A-b_1", "x" * 128, "__transient"]))
    assert not any(map(is_contract_name, ["", "1a", "a.b", "a?", "x" * 129, "a\n"]))
    assert all(map(is_clarity_name, ["a", "is-ok?", "+", "<=", "x" * 128, "a!b"]))
    assert not any(map(is_clarity_name, ["", "1a", "=>", "<-", "x" * 129, "a.b", "a\n"]))
