"""Load on `clarbuild serve`: many clients that call a small function, alone and while blocks are mined.

    python -m benchmarks.serve_load [--clients 32] [--seconds 60] [--json FILE]

The server is a process of its own, the clients are another: on two cores each has one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import httpx
from msgspec import Struct
from msgspec.structs import asdict

from benchmarks.contestant import ROOT
from runtime.transactions import ContractCall, Deploy, serialize
from runtime.transactions.model import Payload
from runtime.transactions.signing import address_of, sign

COUNTER: Final = ROOT / "sample_projects" / "counter" / "contracts" / "counter.clar"
# Simnet's deployer and first wallet, which every one of its chains gives STX to.
DEPLOYER: Final = bytes.fromhex("753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a6")
WALLET: Final = bytes.fromhex("7287ba251d44a4d3fd9276c88ce34c5c52a038955511cccaf77e61068649c178")
FEE: Final = 10_000


class Load(Struct, frozen=True):
    """What one run showed; times in milliseconds, memory in MiB. `processor` is the server's time on a
    processor for each call, which other work on the machine hardly changes."""

    clients: int
    seconds: float
    requests: int
    errors: int
    per_second: float
    median: float
    p99: float
    slowest: float
    processor: float
    memory_before: float
    memory_after: float
    blocks: int


class Client(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, request: bytes, until: float, took: list[float], wrong: list[bytes]) -> None:
        self._request, self._until = request, until
        self._took, self._wrong = took, wrong
        self._begun = 0.0
        self._buffer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._begun = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = re.search(rb"content-length: (\d+)", head)
        assert length is not None
        if len(body) < int(length[1]):
            return
        now = time.perf_counter()
        self._took.append(now - self._begun)
        if b"200 OK" not in head or b'"okay":true' not in body:
            self._wrong.append(self._buffer)
        self._buffer = b""
        if now >= self._until:
            self._transport.close()
        else:
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._buffer or exc is not None:
            self._wrong.append(b"closed: " + self._buffer)
        if not self.done.done():
            self.done.set_result(None)


async def load(url: str, clients: int, seconds: float) -> tuple[list[float], list[bytes]]:
    """How long each call took, and answers that are wrong."""
    host, port = url.removeprefix("http://").split(":")
    sender = address_of(WALLET)
    body = json.dumps({"sender": sender, "arguments": []}).encode()
    path = f"/v2/contracts/call-read/{address_of(DEPLOYER)}/counter/get-total"
    request = (
        f"POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body
    took: list[float] = []
    wrong: list[bytes] = []
    until = time.perf_counter() + seconds
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Client(request, until, took, wrong), host, int(port))
        for _ in range(clients)
    ]
    await asyncio.gather(*(client.done for _, client in made))
    return took, wrong


class Sender:
    """Sends transactions of the wallet's, each after the last was mined."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._nonces = {DEPLOYER: 0, WALLET: 0}

    async def send(self, client: httpx.AsyncClient, payload: Payload, key: bytes) -> None:
        """Send one, and fail if it is refused."""
        data = serialize(sign(payload, key, self._nonces[key], FEE))
        answer = await client.post(
            f"{self._url}/v2/transactions",
            content=data,
            headers={"content-type": "application/octet-stream"},
            timeout=60,
        )
        answer.raise_for_status()
        self._nonces[key] += 1

    async def mine(self, every: float) -> None:
        """Have a block mined every so many seconds, until cancelled."""
        call = ContractCall(f"{address_of(DEPLOYER)}.counter", "increment", ())
        async with httpx.AsyncClient() as client:
            while True:
                await self.send(client, call, WALLET)
                await asyncio.sleep(every)


def memory(process: int) -> float:
    """MiB that a process has in memory."""
    text = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    assert found is not None
    return int(found[1]) / 1024


def processor(process: int) -> float:
    """Seconds that a process was on a processor."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(
    url: str, process: int, clients: int, seconds: float, sender: Sender, every: float | None
) -> Load:
    """One run, with a block every so many seconds if that is asked for."""
    # What is made at first use is there before anything counts.
    await load(url, clients, min(3.0, seconds))
    height = httpx.get(f"{url}/v2/info").json()["stacks_tip_height"]
    before = memory(process)
    miner = None if every is None else asyncio.create_task(sender.mine(every))
    begun, worked = time.perf_counter(), processor(process)
    took, wrong = await load(url, clients, seconds)
    passed, worked = time.perf_counter() - begun, processor(process) - worked
    if miner is not None:
        miner.cancel()
        await asyncio.gather(miner, return_exceptions=True)
    for answer in wrong[:3]:
        print(answer[:300], file=sys.stderr)
    took.sort()
    return Load(
        clients=clients,
        seconds=round(passed, 1),
        requests=len(took),
        errors=len(wrong),
        per_second=round(len(took) / passed),
        median=round(1000 * took[len(took) // 2], 2),
        p99=round(1000 * took[len(took) * 99 // 100], 2),
        slowest=round(1000 * took[-1], 1),
        processor=round(1000 * worked / len(took), 3),
        memory_before=round(before, 1),
        memory_after=round(memory(process), 1),
        blocks=httpx.get(f"{url}/v2/info").json()["stacks_tip_height"] - height,
    )


async def run(url: str, process: int, clients: int, seconds: float) -> dict[str, Load]:
    """Both runs."""
    sender = Sender(url)
    async with httpx.AsyncClient() as client:
        await sender.send(client, Deploy("counter", COUNTER.read_text("utf-8")), DEPLOYER)
    return {
        "alone": await measure(url, process, clients, seconds, sender, None),
        "while mining": await measure(url, process, clients, seconds, sender, 0.05),
    }


def main() -> int:
    """Measure, print, and fail where an answer was wrong."""
    parser = argparse.ArgumentParser(description="Load on `clarbuild serve`.")
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "clarbuild", "serve", "--port", "0", "--release"]
        server = subprocess.Popen(
            [*command, "--chain", f"{folder}/chain"], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        try:
            assert server.stdout is not None
            url = server.stdout.readline().removeprefix("serving on ").strip()
            rows = asyncio.run(run(url, server.pid, given.clients, given.seconds))
        finally:
            server.terminate()
            server.wait(30)
    for name, row in rows.items():
        print(
            f"{name}: {row.per_second} calls/s of {row.clients} clients over {row.seconds} s, "
            f"{row.processor} ms of a processor each, median {row.median} ms, p99 {row.p99} ms, "
            f"slowest {row.slowest} ms, "
            f"{row.errors} errors, memory {row.memory_before} to {row.memory_after} MiB, "
            f"{row.blocks} blocks"
        )
    if given.json is not None:
        text = json.dumps({name: asdict(row) for name, row in rows.items()}, indent=1)
        given.json.write_text(text + "\n")
    return int(any(row.errors for row in rows.values()))


if __name__ == "__main__":
    raise SystemExit(main())
