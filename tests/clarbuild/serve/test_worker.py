"""The thread that works for a loop: in order, and only for those who still wait."""

from __future__ import annotations

import asyncio
import threading

import pytest

from clarbuild.serve.worker import Worker

SECONDS = 20


def test_what_is_given_is_done_in_order_and_answered() -> None:
    done: list[int] = []

    async def give(worker: Worker) -> list[int]:
        futures = [worker.submit(lambda n=n: done.append(n) or n * n) for n in range(500)]
        return await asyncio.wait_for(asyncio.gather(*futures), SECONDS)

    worker = Worker("test")
    # One loop after the other: each has its own answers.
    for _ in range(2):
        done.clear()
        assert asyncio.run(give(worker)) == [n * n for n in range(500)]
        assert done == list(range(500))
    worker.close()


def test_errors_are_the_asker_s() -> None:
    async def give(worker: Worker) -> int:
        bad = worker.submit(lambda: {}[1])
        good = worker.submit(lambda: 7)
        with pytest.raises(KeyError):
            await asyncio.wait_for(bad, SECONDS)
        return await asyncio.wait_for(good, SECONDS)

    worker = Worker("test")
    assert asyncio.run(give(worker)) == 7
    worker.close()


def test_who_has_gone_is_not_worked_for() -> None:
    done: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert go_on.wait(SECONDS)

    async def give(worker: Worker) -> None:
        first = worker.submit(slow)
        second = worker.submit(lambda: done.append("second"))
        third = worker.submit(lambda: done.append("third"))
        await asyncio.to_thread(begun.wait, SECONDS)
        second.cancel()
        go_on.set()
        await asyncio.wait_for(asyncio.gather(first, third), SECONDS)

    worker = Worker("test")
    asyncio.run(give(worker))
    worker.close()
    assert done == ["third"]
