"""Streams of events: all who listen are told, who is too slow is let go, and too many are refused."""

from __future__ import annotations

import asyncio

import pytest

from clarbuild.serve import events
from clarbuild.serve.events import Events, Full, message


def test_an_event_is_lines_and_a_blank_one() -> None:
    assert message("block", {"a": 1, "b": "x\ny"}, 7) == (
        b'id: 7\nevent: block\ndata: {"a":1,"b":"x\\ny"}\n\n'
    )
    assert message("block", {}) == b"event: block\ndata: {}\n\n"


def test_all_are_told_and_what_was_missed_comes_first() -> None:
    async def listen() -> list[list[bytes]]:
        told = Events()
        queues = [told.listen(), told.listen()]
        # One that was among those missed, and one that was not.
        told.publish("block", {"height": 1}, 1)
        told.publish("block", {"height": 2}, 2)
        await asyncio.sleep(0)
        told.close()
        return [[text async for text in told.stream(queue, [b"missed"], 1)] for queue in queues]

    block = b'id: 2\nevent: block\ndata: {"height":2}\n\n'
    assert asyncio.run(listen()) == [[b"retry: 1000\n\n", b"missed", block]] * 2


def test_who_is_too_slow_is_let_go_and_the_others_are_not() -> None:
    async def listen() -> tuple[int, int, int]:
        told = Events()
        slow, quick = told.listen(), told.listen()
        for height in range(events.MAX_WAITING + 1):
            told.publish("block", {"height": height})
            await asyncio.sleep(0)
            quick.get_nowait()
        listeners = told.listeners
        told.close()
        heard = [text async for text in told.stream(slow)]
        rest = [text async for text in told.stream(quick)]
        return listeners, len(heard), len(rest)

    # Its stream ends; it had all but the oldest that it had not read.
    assert asyncio.run(listen()) == (1, events.MAX_WAITING, 1)


def test_no_more_listen_than_there_may_be() -> None:
    async def listen() -> None:
        told = Events()
        queues = [told.listen() for _ in range(events.MAX_LISTENERS)]
        with pytest.raises(Full):
            told.listen()
        told.leave(queues[0])
        told.listen()
        told.close()
        with pytest.raises(Full):
            told.listen()

    asyncio.run(listen())
