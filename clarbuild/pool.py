"""Where compilations run: in this process where there is little to do, else in processes.

Executors are imported late: who finds everything in the cache needs none.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor

# To start processes that have imported the compiler takes as long as compiling this much.
_WORTH_PROCESSES_BYTES = 60_000


def make_executor(jobs: int | None, work_bytes: int) -> Executor:
    """An executor for sources of `work_bytes` altogether; `jobs` of 1 means this process."""
    jobs = available_processors() if jobs is None else jobs
    if jobs == 1 or work_bytes < _WORTH_PROCESSES_BYTES:
        from clarbuild.inline_executor import InlineExecutor

        return InlineExecutor()
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # Not "fork": the progress display and the file watcher have threads.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(
        jobs, mp_context=context, initializer=_start_worker, initargs=(gc.get_threshold(),)
    )


def stop(executor: Executor) -> None:
    """Ends an executor without waiting for what it is doing."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    executor.shutdown(wait=False, cancel_futures=True)
    if isinstance(executor, ProcessPoolExecutor):
        for child in multiprocessing.active_children():
            child.terminate()


def available_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start_worker(garbage_thresholds: tuple[int, int, int]) -> None:
    import multiprocessing

    # As seldom as the process that asks: a sixth of compiling would be looking for garbage.
    gc.set_threshold(*garbage_thresholds)
    # Ctrl-C is the parent's business; a worker whose parent was killed has none.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.join,), daemon=True).start()
    from clarbuild.worker import warm

    warm()
    gc.freeze()


def _follow(wait_for_parent: Callable[[], None]) -> None:
    wait_for_parent()
    os._exit(1)
