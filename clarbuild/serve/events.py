"""Server-Sent Events: what happens on the chain, told to all who listen; knows no chain."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

MAX_LISTENERS: Final = 64
MAX_WAITING: Final = 1_000
"""Events that a slow listener may be behind; one that is further behind is dropped."""
QUIET_SECONDS: Final = 15.0
"""A stream with nothing to tell says so, that connections which are gone are noticed."""

_HEARTBEAT: Final = b":\n\n"


class Full(Exception):
    """Nobody more can listen."""


Queue = asyncio.Queue[tuple[int | None, bytes] | None]
"""Events that a listener is still to be sent, with their identifiers; `None` ends the stream."""


class Events:
    """A stream of events. `publish` may be called from any thread, all else from the loop's."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queues: set[Queue] = set()
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._queues)

    def publish(self, kind: str, row: dict[str, Any], identifier: int | None = None) -> None:
        """Tell all listeners. `identifier` is what a listener that comes back begins after."""
        loop = self._loop
        if loop is not None and self._queues:
            told = identifier, message(kind, row, identifier)
            loop.call_soon_threadsafe(self._deliver, told)

    def _deliver(self, told: tuple[int | None, bytes]) -> None:
        for queue in list(self._queues):
            if queue.full():
                # It reads too slowly: whoever it is connects again, and says what it had last.
                self._queues.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)
            else:
                queue.put_nowait(told)

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)

    def listen(self) -> Queue:
        """Be told from here on; `Full` where too many are."""
        if len(self._queues) >= MAX_LISTENERS or self._closed:
            raise Full
        self._loop = asyncio.get_running_loop()
        queue: Queue = asyncio.Queue(MAX_WAITING)
        self._queues.add(queue)
        return queue

    def leave(self, queue: Queue) -> None:
        """Be told no more."""
        self._queues.discard(queue)

    async def stream(
        self, queue: Queue, missed: Sequence[bytes] = (), after: int = -1
    ) -> AsyncIterator[bytes]:
        """What is sent to a listener: what it has missed, then what happens, but for the events up
        to `after`, which are among those that it missed."""
        try:
            yield b"retry: 1000\n\n"
            for text in missed:
                yield text
            while True:
                try:
                    told = await asyncio.wait_for(queue.get(), QUIET_SECONDS)
                except TimeoutError:
                    told = None, _HEARTBEAT
                if told is None:
                    return
                identifier, text = told
                if identifier is None or identifier > after:
                    yield text
        finally:
            self.leave(queue)


def message(kind: str, row: dict[str, Any], identifier: int | None = None) -> bytes:
    """An event as it is sent."""
    lines = [f"event: {kind}", f"data: {json.dumps(row, separators=(',', ':'))}"]
    if identifier is not None:
        lines.insert(0, f"id: {identifier}")
    return ("\n".join(lines) + "\n\n").encode()
