"""A Dask cluster compiles what this machine would, byte for byte, also when parts of it die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

sys.path.insert(0, str(Path(__file__).parents[1] / "cache"))

from servers import free_port, wait_for
from workspace import REPOSITORY, TOOLCHAIN, Workspace, clarbuild

from clarbuild.executors import Cluster, ClusterFactory
from clarbuild.key import Toolchain
from clarbuild.outcome import BuildResult, Compiled, Event, Finished
from clarbuild.problems import InputError
from clarbuild.surroundings import toolchain
from clarbuild.worker import compile_request

pytest.importorskip("distributed", reason="distributed is not installed")

CONTRACTS = {
    f"c{n}": f"(define-data-var n uint u{n})\n"
    + "".join(f"(define-public (f{i} (x uint)) (ok (+ x u{i} u{n})))\n" for i in range(12))
    + (f"(define-public (g) (contract-call? .c{n - 4} f0 u1))\n" if n >= 4 else "")
    for n in range(16)
}


class DaskCluster:
    """A real scheduler and workers on loopback."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"dask://127.0.0.1:{self.port}"
        self._folder = folder
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"
        )
        wait_for(self.port, self.scheduler)
        self.workers: list[subprocess.Popen[bytes]] = []

    def add_worker(self) -> None:
        name = f"worker{len(self.workers)}"
        self.workers.append(
            self._start(
                "worker",
                f"tcp://127.0.0.1:{self.port}",
                *("--name", name, "--nthreads", "1", "--no-nanny", "--no-dashboard"),
                *("--local-directory", str(self._folder)),
            )
        )

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments],
            env=os.environ
            | {
                "PYTHONPATH": os.pathsep.join((str(REPOSITORY), str(Path(__file__).parent))),
                "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "false",
            },
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def empty_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    made = DaskCluster(tmp_path_factory.mktemp("dask"))
    yield made
    made.stop()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    made = DaskCluster(tmp_path)
    for _ in range(2):
        made.add_worker()
    yield made
    made.stop()


def wait_for_workers(factory: ClusterFactory, count: int) -> None:
    executor = factory(None, 0)
    assert isinstance(executor, Cluster)
    executor._client.wait_for_workers(count, timeout=60)


def build(
    workspace: Workspace, factory: ClusterFactory | None, events: list[Event] | None = None
) -> BuildResult:
    workspace.project(CONTRACTS)
    workspace.store.clear()
    builder = workspace.builder()
    around = structs.replace(builder.around, compile=compile_request, toolchain=toolchain())
    if factory is not None:
        around = structs.replace(around, executor=factory)
    builder.around = around
    return builder.build((events if events is not None else []).append)


def digests(result: BuildResult) -> dict[str, str]:
    return {outcome.unit.name: str(outcome.wasm) for outcome in result.outcomes}


def test_two_workers_and_one_of_them_killed(cluster: DaskCluster, workspace: Workspace) -> None:
    expected = digests(build(workspace, None))
    assert len(set(expected.values())) == len(CONTRACTS)
    notes: list[str] = []
    factory = ClusterFactory(cluster.url, toolchain(), notes.append)
    try:
        wait_for_workers(factory, 2)
        events: list[Event] = []
        assert digests(build(workspace, factory, events)) == expected
        ran = {event.worker for event in events if isinstance(event, Compiled)}
        assert ran == {"worker0", "worker1"}
        # Native code is never taken from elsewhere.
        assert not any(row.startswith(b"n") for row in workspace.store.rows)  # type: ignore[attr-defined]

        class KillOne(list[Event]):
            def append(self, event: Event) -> None:
                super().append(event)
                if isinstance(event, Finished) and cluster.workers[0].poll() is None:
                    cluster.workers[0].send_signal(signal.SIGKILL)

        after: list[Event] = KillOne()
        assert digests(build(workspace, factory, after)) == expected
        assert cluster.workers[0].wait(5) == -signal.SIGKILL
        assert notes == []

        # The last one goes in the middle of a build: the rest is compiled here.
        executor = factory(None, 0)
        assert isinstance(executor, Cluster)
        executor._lost_seconds = 1.0

        class KillOther(list[Event]):
            def append(self, event: Event) -> None:
                super().append(event)
                if isinstance(event, Finished) and cluster.workers[1].poll() is None:
                    cluster.workers[1].send_signal(signal.SIGKILL)

        assert digests(build(workspace, factory, KillOther())) == expected
        assert len(notes) == 1
        assert notes[0].endswith("compiling on this machine")
    finally:
        factory.close()


def test_the_scheduler_dies(tmp_path: Path, workspace: Workspace) -> None:
    made = DaskCluster(tmp_path)
    made.add_worker()
    notes: list[str] = []
    factory = ClusterFactory(made.url, toolchain(), notes.append)
    try:
        wait_for_workers(factory, 1)
        executor = factory(None, 0)
        assert isinstance(executor, Cluster)
        executor._lost_seconds = 1.0
        threading.Timer(0.1, made.scheduler.kill).start()
        result = build(workspace, factory)
        assert result.ok
        assert executor.lost is None or len(notes) == 1
    finally:
        factory.close()
        made.stop()


def test_a_worker_with_another_compiler_is_not_believed(
    cluster: DaskCluster, workspace: Workspace
) -> None:
    notes: list[str] = []
    factory = ClusterFactory(cluster.url, Toolchain(b"another", 1), notes.append)
    try:
        wait_for_workers(factory, 1)
        assert build(workspace, factory).ok
        assert "has another version of clarbuild" in notes[0]
    finally:
        factory.close()


def test_nobody_there(empty_cluster: DaskCluster) -> None:
    with pytest.raises(InputError, match="the scheduler has no workers"):
        Cluster(f"tcp://127.0.0.1:{empty_cluster.port}", TOOLCHAIN, connect_seconds=0.5)
    with pytest.raises(InputError, match="no scheduler answers"):
        Cluster(f"tcp://127.0.0.1:{free_port()}", TOOLCHAIN, connect_seconds=0.5)


@pytest.mark.parametrize("url", ["dask://", "dask://host", "tcp://host:1", "host:1", "dask://h:x"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(InputError):
        ClusterFactory(url, TOOLCHAIN)


def test_addresses() -> None:
    assert ClusterFactory("dask://host:8786", TOOLCHAIN).address == "tcp://host:8786"
    assert ClusterFactory("dask+tls://[::1]:8786", TOOLCHAIN).address == "tls://[::1]:8786"


def test_the_command(cluster: DaskCluster, workspace: Workspace, tmp_path: Path) -> None:
    workspace.project(CONTRACTS)
    built = clarbuild("build", workspace.root, "--executor", cluster.url, home=tmp_path)
    assert (built.returncode, built.stderr) == (0, "")
    wrong = clarbuild("build", workspace.root, "--executor", "dask://nowhere", home=tmp_path)
    assert wrong.returncode == 1
    assert "write dask://HOST:PORT" in wrong.stderr
