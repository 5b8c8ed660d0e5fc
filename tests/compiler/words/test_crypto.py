"""Hashes and signatures: what is asked of the host, and what is refused before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Evaluate

MESSAGE = "0x" + "11" * 32
KEY = "0x" + "02" * 33


def _hash(instance: Any, kind: int, data: int, length: int, out: int) -> None:
    assert kind == 1
    instance.write(out, hashlib.sha256(instance.read(data, length)).digest())


@pytest.mark.parametrize(
    ("expression", "hashed"),
    [
        ("(sha256 0x)", b""),
        ("(sha256 0x0102)", b"\1\2"),
        ("(sha256 1)", b"\1" + bytes(15)),
        ("(sha256 -1)", b"\xff" * 16),
        ("(sha256 u256)", b"\0\1" + bytes(14)),
    ],
)
def test_integers_are_hashed_as_16_little_endian_bytes(
    evaluate: Evaluate, expression: str, hashed: bytes
) -> None:
    value = evaluate(expression).value
    assert value == hashlib.sha256(hashed).digest()


def test_hashes_can_be_mapped(evaluate: Evaluate) -> None:
    value = evaluate("(map sha256 (list 0x01 0x02))").value
    assert value == [hashlib.sha256(b"\1").digest(), hashlib.sha256(b"\2").digest()]


@pytest.mark.parametrize(("length", "hosts"), [(512, {}), (513, {"hash": _hash})])
def test_what_is_long_is_hashed_by_the_host(
    evaluate: Evaluate, length: int, hosts: dict[str, Any]
) -> None:
    value = evaluate(f"(sha256 0x{'5a' * length})", hosts=hosts).value
    assert value == hashlib.sha256(b"\x5a" * length).digest()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (f"(secp256k1-recover? {MESSAGE[:-2]} 0x00)", "TypeValueError"),
        (f"(secp256k1-recover? {MESSAGE} 0x00)", ("err", 2)),
        (f"(secp256k1-recover? {MESSAGE} 0x{'00' * 64}04)", ("err", 2)),
        (f"(secp256k1-recover? {MESSAGE} 0x{'00' * 64}03)", ("err", 1)),
        (f"(secp256k1-recover? {MESSAGE} 0x{'00' * 64}00)", ("ok", b"\5" * 33)),
        (f"(secp256k1-verify 0x00 0x00 {KEY})", "TypeValueError"),
        (f"(secp256k1-verify {MESSAGE} 0x00 0x00)", False),
        (f"(secp256k1-verify {MESSAGE} 0x{'00' * 64}04 0x00)", False),
        (f"(secp256k1-verify {MESSAGE} 0x{'00' * 64}03 0x00)", "TypeValueError"),
        (f"(secp256k1-verify {MESSAGE} 0x{'00' * 64} {KEY})", True),
        (f"(secp256r1-verify {MESSAGE} 0x{'00' * 63} 0x00)", False),
        (f"(secp256r1-verify {MESSAGE} 0x{'00' * 64} 0x00)", "TypeValueError"),
    ],
)
def test_signatures(evaluate: Evaluate, expression: str, expected: object) -> None:
    def recover(instance: Any, _message: int, signature: int, length: int, out: int) -> int:
        assert length == 65
        instance.write(out, b"\5" * 33)
        return 1 if instance.read(signature + 64, 1) == b"\3" else 0

    def verify(_instance: Any, *arguments: int) -> int:
        assert arguments[2] == 64
        return 1

    hosts = {"secp256k1_recover": recover, "secp256k1_verify": verify, "word": None}
    outcome = evaluate(expression, hosts=hosts)
    assert (outcome.error or outcome.value) == expected


@pytest.mark.parametrize(
    ("expression", "clarity", "extra"),
    [
        (f"(ed25519-verify 0x0102 0x{'00' * 64} 0x{'00' * 32})", 6, ""),
        (f"(verify-merkle-proof {MESSAGE} {MESSAGE} u0 u1 (list))", 6, ""),
        (f"(secp256r1-verify {MESSAGE} 0x{'00' * 64} {KEY})", 6, ""),
        (f"(secp256r1-verify {MESSAGE} 0x{'00' * 64} {KEY})", 4, "hash"),
    ],
)
def test_the_host_verifies(evaluate: Evaluate, expression: str, clarity: int, extra: str) -> None:
    def word(instance: Any, site: int, _arguments: int) -> int:
        found = instance.description.sites[site]
        assert expression.startswith(f"({found.name} ")
        assert found.extra == extra
        instance.write(20_000, b"\1\0\0\0")
        return 20_000

    assert evaluate(expression, clarity=clarity, hosts={"word": word}).value is True


@pytest.mark.parametrize(
    "expression",
    [
        f"(ed25519-verify 0x0102 0x{'00' * 63} 0x{'00' * 32})",
        f"(ed25519-verify 0x0102 0x{'00' * 64} 0x{'00' * 31})",
        f"(verify-merkle-proof 0x00 {MESSAGE} u0 u1 (list))",
        "(secp256k1-decompress? 0x02)",
    ],
)
def test_lengths_that_only_a_run_can_find_wrong(evaluate: Evaluate, expression: str) -> None:
    hosts = {"word": None}
    assert evaluate(expression, clarity=6, hosts=hosts).error == "TypeValueError"
