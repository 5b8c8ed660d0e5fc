"""The server as a process: how it begins and ends, what it takes of connections, what lasts, and the
network's rules where simnet's are others."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from compiler.consensus import deserialize
from compiler.values import Ok, Tuple, UInt
from compiler.versions import ClarityVersion
from runtime.transactions import ContractCall, Deploy

REPO = Path(__file__).absolute().parents[3]
BOOT = REPO.parent / "shared" / "corpus" / "boot"
SOURCE = """
(define-data-var count uint u0)
(define-public (add) (ok (var-set count (+ u1 (var-get count)))))
"""


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "clarbuild", "serve", *options]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=REPO, check=False
    )


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = run("--port", str(port), "--chain", str(tmp_path / "chain"))
    assert ran.returncode == 1
    assert ran.stderr == (f"error: port {port} of 127.0.0.1 is in use; --port 0 takes a free one\n")
    # It has not begun a chain that it could not serve.
    assert not (tmp_path / "chain").exists()
    ran = run("--host", "192.0.2.1", "--port", "0")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("error: can't listen on port 0 of 192.0.2.1: ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_asked_and_what_it_said_lasts(
    serve: Any, tmp_path: Path, number: signal.Signals
) -> None:
    chain = str(tmp_path / "chain")
    with serve("--chain", chain, "--epoch", "3.1") as server:
        server.send(Deploy("box", SOURCE, ClarityVersion.CLARITY_3))
        txid = server.send(ContractCall(f"{server.deployer}.box", "add", ()))
        receipt = server.get(f"/v3/transaction/{txid}").json()
        blocks = server.get("/v3/browse/blocks").json()
        with httpx.stream("GET", f"{server.url}/v3/events", timeout=20) as stream:
            # Who listens is no reason to stay.
            lines = stream.iter_lines()
            assert next(lines) == "retry: 1000"
            begun = time.monotonic()
            server.process.send_signal(number)
            assert server.process.wait(20) == 0
            assert time.monotonic() - begun < 8
            assert [line for line in lines if line] == []
    with serve("--chain", chain) as server:
        assert server.get(f"/v3/transaction/{txid}").json() == receipt
        assert server.get("/v3/browse/blocks").json() == blocks


def test_a_request_that_began_is_answered_before_it_stops(serve: Any) -> None:
    with serve("--epoch", "3.1") as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            head = "POST /v2/fees/transaction HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n"
            connection.sendall(f"{head}content-type: application/json\r\n\r\n{{".encode())
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            connection.sendall(b"}")
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 400")
        assert b"Bad hex string supplied for transaction payload" in answer
        assert server.process.wait(20) == 0


def test_large_and_slow_heads_are_cut_off(server: Any) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"GET /v2/info HTTP/1.1\r\n" + b"x: " + b"y" * 60_000)
        answer = b""
        try:
            for _ in range(20):
                connection.sendall(b"y" * 10_000)
                time.sleep(0.02)
        except OSError:
            pass
        try:
            answer = connection.recv(4096)
        except OSError:
            answer = b"HTTP/1.1 400 lost"
        assert answer.startswith(b"HTTP/1.1 400")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"GET /v2/info HTTP/1.1\r\nx: ")
        begun = time.monotonic()
        assert connection.recv(4096) == b""
        assert 5 < time.monotonic() - begun < 25
    # Heads that follow each other on a connection count for themselves.
    with httpx.Client() as client:
        for _ in range(30):
            answered = client.get(f"{server.url}/v2/info", headers={"x": "y" * 5_000})
            assert answered.status_code == 200


def test_contracts_are_deployed_as_by_the_network(server: Any) -> None:
    # Simnet takes the one for a snippet, and keeps none of the two.
    server.send(Deploy("one", "(stx-get-balance tx-sender)", ClarityVersion.CLARITY_3))
    server.send(
        Deploy("data", "(define-data-var who principal tx-sender)", ClarityVersion.CLARITY_3)
    )
    assert server.get(f"/v2/contracts/source/{server.deployer}/one").json()["source"] == (
        "(stx-get-balance tx-sender)"
    )
    who = server.get(f"/v2/data_var/{server.deployer}/data/who").json()["data"]
    assert str(deserialize(bytes.fromhex(who[2:]))) == f"'{server.deployer}"


def test_a_fee_is_paid_whatever_becomes_of_a_transaction(server: Any) -> None:
    server.send(Deploy("payer", "(define-public (fail) (ok (/ u1 u0)))"))
    account = f"/v2/accounts/{server.deployer}?proof=0"
    before = server.get(account).json()
    server.send(ContractCall(f"{server.deployer}.payer", "fail", ()), fee=3_000)
    after = server.get(account).json()
    assert int(before["balance"], 16) - int(after["balance"], 16) == 3_000
    assert after["nonce"] == before["nonce"] + 1


@pytest.mark.skipif(not BOOT.is_dir(), reason="needs the boot contracts in ../shared/corpus/boot")
def test_the_network_s_own_contracts_are_there(serve: Any, tmp_path: Path) -> None:
    pox = "ST000000000000000000002AMW42H.pox-4"
    chain = str(tmp_path / "chain")
    uses = f"(define-public (ask) (contract-call? '{pox} get-pox-info))"
    with serve("--chain", chain, "--epoch", "3.1", "--boot", str(BOOT)) as server:
        told = server.get("/v2/pox").json()
        source = server.get(f"/v2/contracts/source/{pox.replace('.', '/')}").json()["source"]
        assert source == (BOOT / pox.replace(".", "/")).with_suffix(".clar").read_bytes().decode()
        server.send(Deploy("asks", uses, ClarityVersion.CLARITY_3))
        body = {"sender": server.wallet, "arguments": []}
        call = f"/v2/contracts/call-read/{server.deployer}/asks/ask"
        said = server.post(call, body).json()
        value = deserialize(bytes.fromhex(said["result"][2:]))
        assert isinstance(value, Ok)
        assert isinstance(value.value, Tuple)
        cycle = value.value.fields["reward-cycle-length"]
        assert cycle == UInt(told["reward_cycle_length"])
    with serve("--chain", chain) as server:
        assert server.post(call, body).json() == said
