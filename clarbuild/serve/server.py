"""Opens a chain and serves it until the process is told to stop."""

from __future__ import annotations

import errno
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import uvicorn

from clarbuild.key import Profile
from clarbuild.provider import CachedModules
from clarbuild.serve.app import application
from clarbuild.serve.beside import Engines
from clarbuild.serve.connections import LimitedProtocol
from clarbuild.serve.keeping import open_kept
from clarbuild.serve.node import Node
from clarbuild.serve.service import Service
from clarbuild.surroundings import open_surroundings
from compiler.versions import Epoch
from runtime.modules import ModuleProvider
from runtime.stores import MarfBacking, Store, open_chain

PASSWORD_VARIABLE: Final = "CLARBUILD_RPC_PASSWORD"
"""The environment's variable with the password of what a node keeps for those who know its own."""


@contextmanager
def opened(
    folder: Path | None,
    modules: ModuleProvider,
    *,
    epoch: Epoch,
    balances: dict[str, int],
    profile: Profile,
    genesis_time: int | None = None,
    boot: Path | None = None,
    engines: Engines | None = None,
) -> Iterator[Node]:
    """The node of the chain in a folder, or of one in memory; closed at the end.

    `boot` is the folder with the sources of the contracts that a new chain begins with.
    """
    if folder is None:
        store = Store(MarfBacking())
        close = store.close
    else:
        held = open_chain(folder, "marf")
        store, close = held.store, held.close
    try:
        backing = store.backing
        assert isinstance(backing, MarfBacking)  # that is what was opened
        chain = open_kept(
            store,
            modules,
            profile,
            epoch=epoch,
            genesis_time=genesis_time,
            balances=balances,
            boot=boot,
        )
        node = Node(chain, store, backing, profile, engines)
        try:
            yield node
        finally:
            node.close()
    finally:
        close()


def run(
    folder: Path | None,
    *,
    host: str,
    port: int,
    epoch: Epoch,
    balances: dict[str, int],
    profile: Profile,
    boot: Path | None = None,
    engines: Engines | None = None,
) -> None:
    """Serve until stopped. `PortTaken` where nobody can listen there; `Stopped` where the engines
    differ and were to stop then."""
    # Before anything that takes long: who has the port may be another of ours.
    listening = _listen(host, port)
    with (
        listening,
        around_store(profile) as modules,
        opened(
            folder,
            modules,
            epoch=epoch,
            balances=balances,
            profile=profile,
            boot=boot,
            engines=engines,
        ) as node,
    ):
        service = Service(node, password=os.environ.get(PASSWORD_VARIABLE) or None)
        config = uvicorn.Config(
            application(service),
            http=LimitedProtocol,
            ws="none",
            lifespan="off",
            proxy_headers=False,
            log_level="error",
            access_log=False,
            server_header=False,
            limit_concurrency=256,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=10,
        )
        server = _Telling(config, service)
        service.stop = server.stop
        try:
            with _asked_to_stop():
                server.run([listening])
        finally:
            service.close()
        if service.stopped is not None:
            raise service.stopped


@contextmanager
def around_store(profile: Profile) -> Iterator[CachedModules]:
    """Modules from the user's cache, which is leased for as long."""
    around = open_surroundings()
    with around.store.lease():
        yield CachedModules(around, profile)


@contextmanager
def _asked_to_stop() -> Iterator[None]:
    """Signals that ask to stop do no more than that: uvicorn raises them again once it has stopped,
    when the chain is still to be closed."""
    before = {number: signal.signal(number, _heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _heard(number: int, frame: FrameType | None) -> None:
    """Nothing more is to be done."""


class PortTaken(Exception):
    """Nobody can listen at an address; the text says why."""


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise PortTaken(f"can't listen on {host}: {error.strerror}") from None
    try:
        # A port that was in use a moment ago can be taken; one that is in use can not.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(256)
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(f"port {port} of {host} is in use; --port 0 takes a free one") from None
        why = (error.strerror or str(error)).lower()
        raise PortTaken(f"can't listen on port {port} of {host}: {why}") from None
    return made


class _Telling(uvicorn.Server):
    """Says where it listens, once it does; ends streams before it waits for requests to end."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    def stop(self) -> None:
        """End as where a signal asks to."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        for listening in sockets or ():
            host, port = listening.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            print(f"serving on http://{shown}:{port}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what was asked, and stop."""
        self._service.events.close()
        await super().shutdown(sockets)
