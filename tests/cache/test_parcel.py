"""A parcel is the action of the key asked for, byte for byte, signed where that is required."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from backports import zstd
from blake3 import blake3

from cache import Action, ActionKey, Digest
from cache.parcel import ParcelRefused, RemoteReason, pack, unpack
from cache.signing import PublicKey, SigningError, SigningKey

KEY = ActionKey(bytes(range(32)))
OTHER = ActionKey(bytes(32))
OUTPUTS = {"wasm": b"\0asm" + bytes(900), "interface": b"interface", "empty": b""}
ACTION = Action("compile", {n: Digest.of(d) for n, d in OUTPUTS.items()}, b'{"meta":1}', 3)
ALICE, BOB = SigningKey(b"a" * 32), SigningKey(b"b" * 32)


def refusal(data: bytes, trusted: frozenset[PublicKey] | None = None) -> RemoteReason:
    with pytest.raises(ParcelRefused) as caught:
        unpack(data, KEY, trusted)
    return caught.value.miss.reason


def test_there_and_back() -> None:
    parcel = unpack(pack(KEY, ACTION, OUTPUTS), KEY, None)
    assert (parcel.action, dict(parcel.outputs), parcel.signer) == (ACTION, OUTPUTS, None)


def test_it_is_compressed() -> None:
    assert len(pack(KEY, ACTION, OUTPUTS)) < 600


def test_the_same_bytes_each_time() -> None:
    assert pack(KEY, ACTION, OUTPUTS, ALICE) == pack(KEY, ACTION, OUTPUTS, ALICE)


def test_another_keys_parcel_is_foreign() -> None:
    assert refusal(pack(OTHER, ACTION, OUTPUTS)) is RemoteReason.FOREIGN


def test_every_cut_and_every_flip_is_refused() -> None:
    data = pack(KEY, ACTION, OUTPUTS, ALICE)
    for length in range(len(data)):
        refusal(data[:length])
    refusal(data + b"\0")
    for place in range(len(data)):
        bit = 1 << random.Random(place).randrange(8)
        flipped = bytearray(data)
        flipped[place] ^= bit
        refusal(bytes(flipped), frozenset({ALICE.public}))


def test_a_bomb_stops_at_its_announced_size() -> None:
    head = pack(KEY, ACTION, OUTPUTS)[:45]
    bomb = zstd.compress(bytes(1 << 26))
    digest = blake3(bomb, derive_key_context="clarbuild v1 parcel").digest()
    assert len(bomb) < 10_000
    for length in (10, 1 << 62):
        data = head[:37] + digest + length.to_bytes(8, "little") + bytes(96) + bomb
        assert refusal(data) in (RemoteReason.DAMAGED, RemoteReason.TOO_LARGE)


def test_required_signatures() -> None:
    trusted = frozenset({ALICE.public})
    assert unpack(pack(KEY, ACTION, OUTPUTS, ALICE), KEY, trusted).signer == ALICE.public
    assert refusal(pack(KEY, ACTION, OUTPUTS), trusted) is RemoteReason.UNSIGNED
    assert refusal(pack(KEY, ACTION, OUTPUTS, BOB), trusted) is RemoteReason.SIGNER


def test_a_signature_holds_for_its_key_and_bytes_alone() -> None:
    trusted = frozenset({ALICE.public})
    signed, other = pack(KEY, ACTION, OUTPUTS, ALICE), pack(OTHER, ACTION, OUTPUTS, ALICE)
    replayed = other[:5] + KEY.raw + other[37:]
    assert refusal(replayed, trusted) is RemoteReason.SIGNATURE
    changed = pack(KEY, Action("compile", {}, b"forged"), {})
    body_at = 5 + 32 + 32 + 8
    assert refusal(
        changed[:body_at] + signed[body_at : body_at + 96] + changed[body_at + 96 :], trusted
    ) is (RemoteReason.SIGNATURE)
    # A wrong signature is no better than none where none is required.
    forged = signed[: body_at + 32] + bytes(63) + b"\1" + signed[body_at + 96 :]
    assert refusal(forged) is RemoteReason.SIGNATURE


def test_keys_as_text_and_files(tmp_path: Path) -> None:
    path = tmp_path / "key"
    made = SigningKey.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert SigningKey.load(path).public == made.public
    assert PublicKey.parse(str(made.public)) == made.public
    assert made.public.verify(made.sign(b"m"), b"m")
    assert not made.public.verify(made.sign(b"m"), b"n")
    with pytest.raises(SigningError, match="exists"):
        SigningKey.create(path)
    path.chmod(0o644)
    with pytest.raises(SigningError, match="chmod 600"):
        SigningKey.load(path)
    with pytest.raises(SigningError, match="no such file"):
        SigningKey.load(tmp_path / "none")


@pytest.mark.parametrize(
    "text",
    ["", "ed25519:", "ed25519:!!", "ed25519:AAAA", "rsa:AAAA", "ed25519-secret:" + "A" * 43 + "="],
)
def test_what_is_no_public_key(text: str) -> None:
    with pytest.raises(SigningError):
        PublicKey.parse(text)


def test_a_small_order_key_signs_nothing() -> None:
    trivial = PublicKey(bytes(32))
    assert not trivial.verify(os.urandom(64), b"message")
