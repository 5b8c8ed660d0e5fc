"""A server as a process of its own, and transactions for it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from threading import Timer

import httpx
import pytest
from msgspec import Struct, field

from runtime.transactions import serialize
from runtime.transactions.model import Payload
from runtime.transactions.signing import address_of, sign

REPO = Path(__file__).absolute().parents[3]
# Simnet's deployer and first wallet.
DEPLOYER_KEY = bytes.fromhex("753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a6")
WALLET_KEY = bytes.fromhex("7287ba251d44a4d3fd9276c88ce34c5c52a038955511cccaf77e61068649c178")


class Server(Struct):
    """A server that runs; `stop` asks it to end and gives its exit code."""

    url: str
    process: subprocess.Popen[str]
    nonces: dict[bytes, int] = field(default_factory=lambda: {DEPLOYER_KEY: 0, WALLET_KEY: 0})

    deployer = address_of(DEPLOYER_KEY)
    wallet = address_of(WALLET_KEY)

    def send(self, payload: Payload, *, wallet: bool = False, fee: int = 20_000) -> str:
        """Send a transaction of the deployer's, or of the wallet's; its identifier."""
        key = WALLET_KEY if wallet else DEPLOYER_KEY
        data = serialize(sign(payload, key, self.nonces[key], fee))
        header = {"content-type": "application/octet-stream"}
        answer = httpx.post(f"{self.url}/v2/transactions", content=data, headers=header, timeout=30)
        assert answer.status_code == 200, answer.text
        self.nonces[key] += 1
        txid: str = answer.json()
        return txid

    def get(self, path: str) -> httpx.Response:
        """Ask."""
        return httpx.get(f"{self.url}{path}", timeout=30)

    def post(self, path: str, body: object) -> httpx.Response:
        """Ask with a body."""
        return httpx.post(f"{self.url}{path}", json=body, timeout=30)

    def stop(self) -> int:
        """Ask it to stop."""
        self.process.terminate()
        return self.process.wait(30)


@contextmanager
def _served(*options: str, program: Sequence[str] = ("-m", "clarbuild")) -> Iterator[Server]:
    command = [sys.executable, *program, "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPO)
    # A server that never says where it listens.
    impatient = Timer(60, process.kill)
    impatient.start()
    try:
        assert process.stdout is not None
        found = re.fullmatch(r"serving on (http://127\.0\.0\.1:\d+)\n", process.stdout.readline())
        impatient.cancel()
        assert found is not None
        yield Server(found[1], process)
    finally:
        impatient.cancel()
        # The hard way: what was mined must be there all the same.
        process.kill()
        process.wait(20)


Serve = Callable[..., AbstractContextManager[Server]]


@pytest.fixture(scope="session")
def serve() -> Serve:
    """What starts a server with some options, and kills it in the end."""
    return _served


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of one module's tests, in epoch 3.1."""
    with ExitStack() as stack:
        yield stack.enter_context(_served("--epoch", "3.1"))
