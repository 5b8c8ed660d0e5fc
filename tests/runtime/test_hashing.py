"""Hashes and signatures answer as the interpreter did.

`hashing_vectors.jsonl` holds the reference VM's answers (epoch 4.0): values in consensus
serialisation, arguments without prefix. Among them are signatures with high S, zero and
overflowing numbers, wrong recovery ids, keys with every prefix, points of small and mixed order in
all encodings.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime import hashing

VECTORS = [
    json.loads(line)
    for line in Path(__file__).with_name("hashing_vectors.jsonl").read_text().splitlines()
]
WORDS = sorted({vector["word"] for vector in VECTORS})
TRUE, FALSE = "03", "04"


def buffer(data: bytes) -> str:
    return f"02{len(data):08x}{data.hex()}"


def response(value: bytes | int) -> str:
    return f"0801{value:032x}" if isinstance(value, int) else "07" + buffer(value)


def answer(word: str, arguments: list[bytes], expected: str) -> str:
    match word:
        case "secp256k1-recover?":
            return response(hashing.secp256k1_recover(*arguments))
        case "secp256k1-verify":
            return TRUE if hashing.secp256k1_verify(*arguments) else FALSE
        case "secp256k1-decompress?":
            return response(hashing.secp256k1_decompress(*arguments) or 1)
        case "principal-of?":  # the address is made elsewhere: here, which keys are good
            return response(1) if hashing.secp256k1_decompress(*arguments) is None else expected
        case "secp256r1-verify":
            return TRUE if hashing.secp256r1_verify(*arguments, double=False) else FALSE
        case "secp256r1-verify (Clarity 4)":
            return TRUE if hashing.secp256r1_verify(*arguments, double=True) else FALSE
        case "ed25519-verify":
            return TRUE if hashing.ed25519_verify(*arguments) else FALSE
    return buffer(hashing.HASHES[word](*arguments))


@pytest.mark.parametrize("word", WORDS)
def test_answers_of_the_interpreter(word):
    vectors = [vector for vector in VECTORS if vector["word"] == word]
    assert len({vector["result"] for vector in vectors}) > 1
    for vector in vectors:
        arguments = [bytes.fromhex(argument) for argument in vector["args"]]
        assert answer(word, arguments, vector["result"]) == vector["result"], vector


def test_all_hashing_words_have_vectors():
    assert set(hashing.HASHES) <= set(WORDS)


@pytest.mark.parametrize(
    ("chosen", "pure"),
    [
        (hashing.ripemd160, hashing._pure_ripemd160),
        (hashing.sha512_256, hashing._pure_sha512_256),
    ],
)
def test_fall_backs_agree_with_openssl(chosen, pure):
    for length in (0, 1, 55, 64, 111, 112, 128, 1_000):
        assert chosen(bytes(length)) == pure(bytes(length))


def test_fall_back_is_chosen_where_openssl_hides_a_hash():
    assert hashing._choose("no-such-hash", hashing._pure_ripemd160) is hashing._pure_ripemd160


def test_ripemd160():
    assert hashing.ripemd160(b"abc").hex() == "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"
    assert hashing._pure_ripemd160(b"").hex() == "9c1185a5c5e9fc54612808977ee8f548b2258d31"


MESSAGE = bytes.fromhex("de5b9eb9e7c5592930eb2e30a01369c36586d872082ed8181ee83d2a0ec20f04")
SIGNATURE = bytes.fromhex(
    "8738487ebe69b93d8e51583be8eee50bb4213fc49c767d329632730cc193b873"
    "554428fc936ca3569afc15f1c9365f6591d6251a89fee9c9ac661116824d3a13"
)
KEY = bytes.fromhex("03adb8de4bfb65db2cfd6120d55c6526ae9c52e675db7e47308636534ba7786110")
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_high_s_is_good_unless_low_s_is_asked_for():
    s = int.from_bytes(SIGNATURE[32:], "big")
    high = SIGNATURE[:32] + (ORDER - s).to_bytes(32, "big")
    for low_s in (False, True):
        assert hashing.secp256k1_verify(MESSAGE, SIGNATURE, KEY, low_s=low_s)
        assert hashing.secp256k1_verify(MESSAGE, high, KEY, low_s=low_s) is not low_s


def test_points_of_small_order_are_those_that_vanish_times_eight():
    p = hashing._ED_PRIME
    d = -121665 * pow(121666, -1, p) % p
    for encoded in hashing._ED_SMALL:
        y = int.from_bytes(encoded, "little") % p
        xx = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
        for _ in range(3):  # doubling, in terms of the squares of x and y alone
            yy = y * y % p
            y = (yy + xx) * pow(1 - d * xx * yy, -1, p) % p
            xx = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
        assert y == 1
    assert len({int.from_bytes(e, "little") % p for e in hashing._ED_SMALL}) == 5
