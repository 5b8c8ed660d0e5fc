"""HTTP/1.1 connections with the limits that uvicorn leaves to others: heads, and how long they take."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD: Final = 64 << 10
"""Bytes of a request's line and headers."""
HEAD_SECONDS: Final = 10.0
"""How long a connection may take to send them."""


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection whose head is too large or too slow."""

    _in_head = True
    _head_size = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, as long as a head stays within its limit."""
        if self._in_head:
            self._head_size += len(data)
        super().data_received(data)
        if self._in_head and self._head_size > MAX_HEAD and not self.transport.is_closing():
            self.send_400_response("Request head too large.")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        if self._deadline is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._in_head, self._head_size = False, 0
        self._disarm()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """It is there."""
        self._in_head = True
        super().on_message_complete()

    def _await_head(self) -> None:
        self._in_head, self._head_size = True, 0
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._late)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()
