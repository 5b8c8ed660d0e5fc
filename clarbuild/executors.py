"""Compiles on a Dask cluster: the same plan, the work elsewhere; knows no plan and no store.

Workers must have this very compiler. Native code is never taken from them, their modules are
checked like those of a remote, and a cluster that goes away is a `ClusterLostError`, after which
the build goes on at home. Dask unpickles what workers send: the cluster is trusted like one's own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from clarbuild.arrival import module_fault
from clarbuild.key import Toolchain
from clarbuild.pool import make_executor
from clarbuild.problems import InputError, fault
from clarbuild.worker import CompileReply, CompileRequest

if TYPE_CHECKING:
    from distributed import Client

Compile = Callable[[CompileRequest], CompileReply]

SCHEMES = {"dask": "tcp", "dask+tls": "tls"}
CONNECT_SECONDS = 10.0
"""How long a scheduler may take to answer and a first worker to be there."""
LOST_SECONDS = 10.0
"""How long a cluster may be without any worker before the build goes on at home."""
_LOOK_SECONDS = 1.0
# A worker that dies takes its tasks with it; Dask tries each elsewhere so many times.
_RETRIES = 2


class ClusterLostError(BrokenExecutor):
    """The cluster is gone, or can't do this; what it had is to be done elsewhere."""


class ClusterFactory:
    """Makes a build's executor: the cluster's, and this machine's after the cluster was lost."""

    def __init__(
        self, url: str, toolchain: Toolchain, note: Callable[[str], None] = lambda _message: None
    ) -> None:
        self.address = _address(url)
        self._toolchain = toolchain
        self._note = note
        self._cluster: Cluster | None = None

    def __call__(self, jobs: int | None, work_bytes: int) -> Executor:
        """An executor for sources of `work_bytes` altogether."""
        if self._cluster is None:
            self._cluster = Cluster(self.address, self._toolchain)
        if self._cluster.lost is None:
            return self._cluster
        self._note(f"{self._cluster.lost}: compiling on this machine")
        return make_executor(jobs, work_bytes)

    def close(self) -> None:
        """Leaves the cluster."""
        if self._cluster is not None:
            self._cluster.close()


class Cluster(Executor):
    """A Dask cluster as an executor. `lost` says what became of it, None while it works."""

    def __init__(
        self,
        address: str,
        toolchain: Toolchain,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        lost_seconds: float = LOST_SECONDS,
    ) -> None:
        self.address = address
        self.lost: str | None = None
        self._toolchain = toolchain
        self._lost_seconds = lost_seconds
        self._client = _connect(address, connect_seconds)
        self._pending: dict[Future[CompileReply], Any] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="clarbuild-cluster", daemon=True).start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Runs `fn`, a compilation, on some worker."""
        request: CompileRequest = args[0]
        outer: Future[CompileReply] = Future()
        if self.lost is not None:
            outer.set_exception(ClusterLostError(self.lost))
            return outer
        try:
            inner = self._client.submit(
                compile_there,
                self._toolchain,
                fn,
                replace(request, native=False),
                pure=False,
                retries=_RETRIES,
                **kwargs,
            )
        except Exception as error:
            self._lose(f"the cluster at {self.address} takes no work ({type(error).__name__})")
            outer.set_exception(ClusterLostError(self.lost))
            return outer
        with self._lock:
            self._pending[outer] = inner
        inner.add_done_callback(lambda done: self._done(outer, request, done))
        return outer

    def _done(self, outer: Future[CompileReply], request: CompileRequest, inner: Any) -> None:
        with self._lock:
            if self._pending.pop(outer, None) is None:
                return
        try:
            reply = inner.result()
            wrong = _reply_fault(reply, request)
        except Exception as error:
            # KilledWorker, a broken connection, a cancelled task: nothing is wrong with a contract.
            wrong = f"{type(error).__name__}: {error}".partition("\n")[0]
        if wrong is None:
            _settle(outer, reply)
        else:
            self._lose(f"the cluster at {self.address} failed ({wrong})")
            _settle(outer, ClusterLostError(self.lost))

    def _watch(self) -> None:
        """Notices that no worker is left: Dask itself would wait for one for ever."""
        seen = time.monotonic()
        while not self._closed.wait(_LOOK_SECONDS) and self.lost is None:
            try:
                alive = bool(self._client.nthreads())
            except Exception:
                alive = False
            if alive:
                seen = time.monotonic()
            elif time.monotonic() - seen > self._lost_seconds:
                self._lose(f"the cluster at {self.address} has no workers left")

    def _lose(self, why: str) -> None:
        self.lost = self.lost or why
        with self._lock:
            pending, self._pending = self._pending, {}
        for outer in pending:
            _settle(outer, ClusterLostError(why))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """The end of one build, not of the connection, which a next build uses again."""
        del wait
        with self._lock:
            pending, self._pending = self._pending, {}
        for outer, inner in pending.items():
            if cancel_futures:
                inner.cancel()
            outer.cancel()

    def close(self) -> None:
        """Leaves the cluster."""
        self._closed.set()
        self.lost = self.lost or "closed"
        self._client.close(timeout=2)


def compile_there(toolchain: Toolchain, compile_: Compile, request: CompileRequest) -> CompileReply:
    """Runs on a worker: compiles, if the worker has the very compiler that the keys are made of."""
    from distributed import get_worker

    from clarbuild.surroundings import toolchain as own_toolchain

    worker = get_worker()
    if own_toolchain() != toolchain:
        raise RuntimeError(f"worker {worker.address} has another version of clarbuild")
    return replace(compile_(request), worker=str(worker.name or worker.address))


def _reply_fault(reply: object, request: CompileRequest) -> str | None:
    if not isinstance(reply, CompileReply) or reply.native:
        return "an answer of another kind"
    if reply.wasm is None:
        return None
    wrong = module_fault(reply.wasm, request.profile)
    return None if wrong is None else f"a module that isn't ours: {wrong}"


def _settle(outer: Future[CompileReply], result: CompileReply | ClusterLostError) -> None:
    if not outer.set_running_or_notify_cancel():
        return
    if isinstance(result, CompileReply):
        outer.set_result(result)
    else:
        outer.set_exception(result)


def _address(url: str) -> str:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in SCHEMES or not parts.hostname or port is None:
        raise fault(
            "--executor",
            "bad-executor",
            f"no cluster's address: {url!r}",
            hint="write dask://HOST:PORT",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{SCHEMES[parts.scheme]}://{host}:{port}"


def _connect(address: str, seconds: float) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise fault(
            "--executor",
            "no-dask",
            "a Dask cluster needs the package distributed",
            hint="pip install 'clarbuild[dask]'",
        ) from None
    try:
        client = Client(address, timeout=seconds, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise _unreachable(address, f"no scheduler answers ({type(error).__name__})") from None
    try:
        client.wait_for_workers(1, timeout=seconds)
    except TimeoutError:
        client.close(timeout=2)
        raise _unreachable(address, "the scheduler has no workers") from None
    return client


def _unreachable(address: str, why: str) -> InputError:
    return fault(
        "--executor",
        "no-cluster",
        f"{address}: {why}",
        hint="start `dask scheduler` and `dask worker`, or build without --executor",
    )
