"""Opens a chain and serves it until the process is told to stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from clarbuild.key import Profile
from clarbuild.provider import CachedModules
from clarbuild.serve.app import Api, application
from clarbuild.serve.keeping import open_kept
from clarbuild.serve.node import Node
from clarbuild.surroundings import open_surroundings
from compiler.versions import Epoch
from runtime.modules import ModuleProvider
from runtime.stores import MarfBacking, Store, open_chain


@contextmanager
def opened(
    folder: Path | None,
    modules: ModuleProvider,
    *,
    epoch: Epoch,
    balances: dict[str, int],
    profile: Profile,
    genesis_time: int | None = None,
) -> Iterator[Node]:
    """The node of the chain in a folder, or of one in memory; closed at the end."""
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
            store, modules, profile, epoch=epoch, genesis_time=genesis_time, balances=balances
        )
        yield Node(chain, store, backing)
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
) -> None:
    """Serve until stopped."""
    around = open_surroundings()
    with (
        around.store.lease(),
        opened(
            folder,
            CachedModules(around, profile),
            epoch=epoch,
            balances=balances,
            profile=profile,
        ) as node,
    ):
        api = Api(node)
        config = uvicorn.Config(
            application(api),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            limit_concurrency=256,
            timeout_keep_alive=10,
            h11_max_incomplete_event_size=64 << 10,
        )
        server = _Telling(config)
        try:
            server.run()
        finally:
            api.close()


class _Telling(uvicorn.Server):
    """Says where it listens, once it does."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Listen, and say so."""
        await super().startup(sockets)  # type: ignore[arg-type]
        for server in self.servers:
            for socket in server.sockets:
                host, port = socket.getsockname()[:2]
                print(f"serving on http://{host}:{port}", flush=True)
