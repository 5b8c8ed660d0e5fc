"""A thread that works for an event loop: one thing after another, with a deep stack.

An executor would wake the loop for every answer, and two threads of one interpreter pay dearly for
each time they take turns. This one answers what has waited together, together.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

_STACK: Final = 64 << 20
"""Bytes of stack: contracts nest deep, running and compiling."""
_PATIENCE: Final = 0.002
"""Seconds that an answer may wait for those after it."""

_T = TypeVar("_T")
_Job = tuple["asyncio.Future[Any]", Callable[[], Any]]
_Answer = tuple["asyncio.Future[Any]", Any, BaseException | None]


class Worker:
    """The thread. What is given to it is done in the order in which it was given."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        before = threading.stack_size(_STACK)
        try:
            self._thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._thread.start()
        finally:
            threading.stack_size(before)

    def submit(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        """Have something done, from a loop's thread; not if the future is cancelled before."""
        future: asyncio.Future[_T] = asyncio.get_running_loop().create_future()
        self._jobs.put((future, work))
        return future

    def close(self) -> None:
        """Wait for what is under way, and for what was given before."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        jobs, clock = self._jobs, time.monotonic
        job = jobs.get()
        while job is not None:
            answers: list[_Answer] = []
            until = clock() + _PATIENCE
            loop = job[0].get_loop()
            while job is not None and job[0].get_loop() is loop and clock() < until:
                future, work = job
                if not future.cancelled():
                    answers.append(_answer(future, work))
                try:
                    job = jobs.get_nowait()
                except Empty:
                    _deliver(loop, answers)
                    answers = []
                    job = jobs.get()
                    break
            _deliver(loop, answers)


def _answer(future: asyncio.Future[Any], work: Callable[[], Any]) -> _Answer:
    try:
        return future, work(), None
    except BaseException as error:
        return future, None, error


def _deliver(loop: asyncio.AbstractEventLoop, answers: list[_Answer]) -> None:
    """Give answers to the loop that they are for."""
    if answers:
        # A loop that is closed has nobody who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, answers)


def _settle(answers: list[_Answer]) -> None:
    for future, value, error in answers:
        if future.done():
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
