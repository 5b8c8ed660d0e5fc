"""The remote tier answers with whole parcels or a reason, in bounded time, whatever a server does."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from servers import (
    CutShort,
    FaultyServer,
    Status,
    Vanish,
    free_port,
    wait_for,
    webdav_command,
)

from cache import Action, ActionKey, Digest
from cache.parcel import Parcel, RemoteMiss, RemoteReason, pack
from cache.remote import Access, RemoteTier, path_of
from cache.signing import SigningKey
from cache.transport import Limits, RemoteError, shown_url

# A loaded machine is slow too: what is not about slowness waits long enough for any.
PATIENT = Limits(connect=20.0, request=20.0, patience=30.0, flush=20.0, retries=1, cool_down=300.0)
QUICK = Limits(connect=0.5, request=1.0, patience=0.6, flush=2.0, retries=1, cool_down=30.0)
ALICE, BOB = SigningKey(b"a" * 32), SigningKey(b"b" * 32)


def key(number: int) -> ActionKey:
    return ActionKey(number.to_bytes(32, "big"))


def entry(number: int) -> tuple[Action, dict[str, bytes]]:
    outputs = {"wasm": b"\0asm" + os.urandom(8) + number.to_bytes(8, "big") * 200}
    return Action("compile", {"wasm": Digest.of(outputs["wasm"])}, b"{}"), outputs


def good(_key: ActionKey, _parcel: Parcel) -> str | None:
    return None


def ask(tier: RemoteTier, *numbers: int, worth: float = 0.01) -> dict[int, Parcel | RemoteMiss]:
    found = tier.fetch({key(number): worth for number in numbers}, good)
    return {number: found[key(number)] for number in numbers}


def reasons(found: dict[int, Parcel | RemoteMiss]) -> set[RemoteReason]:
    return {miss.reason for miss in found.values() if isinstance(miss, RemoteMiss)}


def fill(tier: RemoteTier, count: int) -> dict[int, dict[str, bytes]]:
    entries = {number: entry(number) for number in range(count)}
    for number, (action, outputs) in entries.items():
        assert tier.offer(key(number), action, outputs)
    tier.flush()
    assert tier.traffic.stored == count
    return {number: outputs for number, (_, outputs) in entries.items()}


@pytest.fixture
def opened() -> Iterator[Callable[..., RemoteTier]]:
    tiers: list[RemoteTier] = []

    def open_(url: str, **options: object) -> RemoteTier:
        options = {"access": Access.READ_WRITE, "limits": PATIENT} | options
        tiers.append(RemoteTier(url, **options))  # type: ignore[arg-type]
        return tiers[-1]

    yield open_
    for tier in tiers:
        tier.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may enter. Not one of pytest's: every run of pytest by the same user
    closes the folder above all of them to others again, also while this one runs."""
    with tempfile.TemporaryDirectory(prefix="clarbuild-webdav-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    made = FaultyServer()
    yield made
    made.stop()


def check_kind(opened: Callable[..., RemoteTier], url: str, **options: object) -> None:
    """What is stored by one comes to another, what isn't there is absent."""
    stored = fill(opened(url, **options), 5)
    other = opened(url, **options)
    found = ask(other, 0, 1, 2, 3, 4, 99)
    assert {n: dict(found[n].outputs) for n in range(5)} == stored  # type: ignore[union-attr]
    assert found[99] == RemoteMiss(RemoteReason.ABSENT)
    assert other.traffic.fetched == 5
    assert other.problem is None


# Kinds of stores


def test_a_folder(opened: Callable[..., RemoteTier], tmp_path: Path) -> None:
    check_kind(opened, (tmp_path / "made by it").as_uri())


def test_memory(opened: Callable[..., RemoteTier]) -> None:
    tier = opened("memory:///")
    fill(tier, 2)
    assert reasons(ask(tier, 0, 1)) == set()


def test_http(opened: Callable[..., RemoteTier], server: FaultyServer) -> None:
    check_kind(opened, server.url)
    assert f"/cache/{path_of(key(0))}" in server.objects


@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_a_real_webdav_server(
    opened: Callable[..., RemoteTier], open_folder: Path, kind: str
) -> None:
    port = free_port()
    base = open_folder / "files" / "team"
    command = webdav_command(kind, open_folder, port)
    if isinstance(command, str):
        pytest.skip(command)
    environment = {"PATH": os.defpath, "APACHE_RUN_USER": "nobody", "APACHE_RUN_GROUP": "nogroup"}
    process = subprocess.Popen(command, env=environment)
    try:
        wait_for(port, process)
        early = opened(f"http://127.0.0.1:{port}/team")
        early.offer(key(0), *entry(0))
        early.flush()
        # nginx makes the folders of a URL by itself, Apache wants the first of them.
        assert early.traffic.stored or early.traffic.not_stored[RemoteReason.UNREACHABLE]
        base.mkdir(exist_ok=True)
        base.chmod(0o777)
        check_kind(opened, f"http://127.0.0.1:{port}/team", limits=Limits())
        files = list((open_folder / "files").rglob("*.clp"))
        assert len(files) == 5  # key 0 is stored again
    finally:
        process.terminate()
        process.wait(10)


def test_s3(opened: Callable[..., RemoteTier], monkeypatch: pytest.MonkeyPatch) -> None:
    moto = pytest.importorskip("moto.server", reason="moto is not installed")
    port = free_port()
    running = moto.ThreadedMotoServer("127.0.0.1", port, verbose=False)
    running.start()
    try:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT": f"http://127.0.0.1:{port}",
        }.items():
            monkeypatch.setenv(name, value)
        import boto3

        boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}").create_bucket(Bucket="shared")
        check_kind(opened, "s3://shared/clarity/cache", limits=Limits())
    finally:
        running.stop()


# Lies


def damage(change: Callable[[FaultyServer, bytes], bytes]) -> Callable[..., bytes | None]:
    return lambda server, _path, data: None if data is None else change(server, data)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda _s, data: data[:-1] + bytes([data[-1] ^ 1]), RemoteReason.DAMAGED),
        (lambda _s, data: data[:-9], RemoteReason.DAMAGED),
        (lambda _s, data: data[: len(data) // 2], RemoteReason.TRUNCATED),
        (lambda _s, _data: b"", RemoteReason.TRUNCATED),
        (lambda _s, _data: b"<html>please log in</html>" * 20, RemoteReason.FORMAT),
        (lambda s, _data: s.objects[f"/cache/{path_of(key(1))}"], RemoteReason.FOREIGN),
    ],
    ids=["flipped", "half", "cut", "empty", "html", "swapped"],
)
def test_lies_are_misses(
    opened: Callable[..., RemoteTier],
    server: FaultyServer,
    change: Callable[[FaultyServer, bytes], bytes],
    reason: RemoteReason,
) -> None:
    fill(opened(server.url), 2)
    server.fault = damage(change)
    assert reasons(ask(opened(server.url), 0)) == {reason}


def test_what_the_caller_refuses_is_a_miss(
    opened: Callable[..., RemoteTier], server: FaultyServer
) -> None:
    tier = opened(server.url)
    fill(tier, 1)
    found = tier.fetch({key(0): 1.0}, lambda _key, _parcel: "imports the moon")
    assert found[key(0)] == RemoteMiss(RemoteReason.REFUSED, "imports the moon")


def test_an_endless_answer_is_given_up(
    opened: Callable[..., RemoteTier], server: FaultyServer
) -> None:
    server.fault = lambda _s, _path, _data: bytes(40 << 20)
    patient = Limits(patience=10)
    assert reasons(ask(opened(server.url, limits=patient), 0)) == {RemoteReason.TOO_LARGE}


def test_signatures_are_required(opened: Callable[..., RemoteTier], server: FaultyServer) -> None:
    fill(opened(server.url, signing=ALICE), 1)
    trusting = opened(server.url, trusted=frozenset({ALICE.public}))
    assert isinstance(ask(trusting, 0)[0], Parcel)
    fill(opened(server.url), 1)
    assert reasons(ask(trusting, 0)) == {RemoteReason.UNSIGNED}
    fill(opened(server.url, signing=BOB), 1)
    assert reasons(ask(trusting, 0)) == {RemoteReason.SIGNER}


# Failures


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (Status(500), RemoteReason.UNREACHABLE),
        (Status(403), RemoteReason.DENIED),
        (Status(401), RemoteReason.DENIED),
        (Vanish(), RemoteReason.UNREACHABLE),
        (CutShort(), RemoteReason.UNREACHABLE),
    ],
    ids=["500", "403", "401", "vanishing", "cut short"],
)
def test_failures_open_the_circuit(
    opened: Callable[..., RemoteTier],
    server: FaultyServer,
    raised: Exception,
    reason: RemoteReason,
) -> None:
    fill(opened(server.url), 1)

    def fault(_server: FaultyServer, _path: str, _data: bytes | None) -> bytes | None:
        raise raised

    server.fault = fault
    tier = opened(server.url)
    assert reason in reasons(ask(tier, *range(50)))
    assert tier.problem is not None
    asked = -1
    while asked != len(server.requests):  # what was on its way when the circuit opened
        asked = len(server.requests)
        time.sleep(0.5)
    assert reasons(ask(tier, *range(50))) == {RemoteReason.OFF}
    assert not tier.offer(key(0), *entry(0))
    assert len(server.requests) == asked


def test_nobody_listens(opened: Callable[..., RemoteTier]) -> None:
    tier = opened(f"http://127.0.0.1:{free_port()}/cache")
    began = time.monotonic()
    found = ask(tier, *range(200))
    assert RemoteReason.UNREACHABLE in reasons(found)
    assert len(found) == 200
    assert time.monotonic() - began < PATIENT.patience


def test_a_server_that_goes_away_in_the_middle(
    opened: Callable[..., RemoteTier], server: FaultyServer
) -> None:
    stored = fill(opened(server.url), 40)

    def fault(_server: FaultyServer, _path: str, data: bytes | None) -> bytes | None:
        if len([1 for method, _ in server.requests if method == "GET"]) > 20:
            raise Vanish
        return data

    server.fault = fault
    found = ask(opened(server.url), *range(40))
    came = {n: dict(p.outputs) for n, p in found.items() if isinstance(p, Parcel)}
    assert 0 < len(came) < 40
    assert came == {number: stored[number] for number in came}


# Time


def test_a_silent_server_costs_the_patience_once(
    opened: Callable[..., RemoteTier], server: FaultyServer
) -> None:
    released = threading.Event()
    server.fault = lambda _s, _path, data: data if released.wait(20) else None
    tier = opened(server.url, limits=QUICK)
    began = time.monotonic()
    ask(tier, *range(30))
    ask(tier, *range(30, 60))
    took = time.monotonic() - began
    released.set()
    assert QUICK.patience <= took < 10  # the server would be silent for twice that
    assert tier.problem is not None
    assert "too slow" in tier.problem


def test_what_comes_buys_more_time(opened: Callable[..., RemoteTier], server: FaultyServer) -> None:
    """Slow but worth it: each answer takes longer than the patience, and saves more."""
    fill(opened(server.url), 6)

    def fault(_server: FaultyServer, _path: str, data: bytes | None) -> bytes | None:
        time.sleep(0.25)
        return data

    server.fault = fault
    tier = opened(server.url, limits=Limits(patience=0.6, concurrency=1))
    assert reasons(ask(tier, *range(6), worth=1.0)) == set()
    worthless = opened(server.url, limits=Limits(patience=0.6, concurrency=1))
    found = ask(worthless, *range(6), worth=0.0)
    assert 0 < sum(isinstance(answer, Parcel) for answer in found.values()) < 6


def test_slow_uploads_are_dropped(opened: Callable[..., RemoteTier]) -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        limits = Limits(flush=0.3, request=30)
        tier = opened(f"http://127.0.0.1:{silent.getsockname()[1]}/", limits=limits)
        for number in range(5):
            tier.offer(key(number), *entry(number))
        began = time.monotonic()
        tier.flush()
        assert time.monotonic() - began < 10
        assert tier.traffic.not_stored[RemoteReason.SLOW] == 5


def test_a_circuit_is_tried_again_after_a_while(
    opened: Callable[..., RemoteTier], server: FaultyServer
) -> None:
    now = [1000.0]
    fill(opened(server.url), 1)
    server.fault = lambda _s, _path, _data: (_ for _ in ()).throw(Status(500))
    tier = opened(server.url, clock=lambda: now[0])
    ask(tier, *range(10))
    assert tier.problem is not None
    tier.begin()
    assert tier.problem is not None
    server.fault = None
    now[0] += PATIENT.cool_down
    tier.begin()
    assert tier.problem is None
    assert isinstance(ask(tier, 0)[0], Parcel)


# Access and secrets


def test_read_only_sends_nothing(opened: Callable[..., RemoteTier], server: FaultyServer) -> None:
    tier = opened(server.url, access=Access.READ_ONLY)
    assert not tier.offer(key(0), *entry(0))
    tier.flush()
    assert server.requests == []


def test_refused_uploads_are_told(opened: Callable[..., RemoteTier], server: FaultyServer) -> None:
    server.put_status = 403
    tier = opened(server.url)
    for number in range(3):
        tier.offer(key(number), *entry(number))
    tier.flush()
    assert tier.traffic.not_stored[RemoteReason.DENIED] == 3


def test_credentials_go_to_the_server_and_nowhere_else(
    opened: Callable[..., RemoteTier], server: FaultyServer
) -> None:
    tier = opened(server.url.replace("http://", "http://me:s3cret@"))
    ask(tier, 0)
    assert server.headers[-1]["authorization"] == "Basic bWU6czNjcmV0"
    assert "s3cret" not in tier.url
    ask(opened(server.url, token="t0ken"), 0)
    assert server.headers[-1]["authorization"] == "Bearer t0ken"
    assert shown_url("https://u:p@host/x?sig=secret#f") == "https://host/x"


@pytest.mark.parametrize("url", ["ftp://host/x", "nonsense", "", "s3://", "http://"])
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(RemoteError):
        RemoteTier(url)


def test_forged_parcels_are_only_as_good_as_the_check(
    opened: Callable[..., RemoteTier], server: FaultyServer
) -> None:
    """Without a signature a whole parcel of the right key is believed: why `check` is there."""
    action, outputs = entry(7)
    server.objects[f"/cache/{path_of(key(0))}"] = pack(key(0), action, outputs)
    assert isinstance(ask(opened(server.url), 0)[0], Parcel)
