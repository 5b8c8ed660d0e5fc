"""The application: all endpoints over one node, and what every answer says."""

from __future__ import annotations

from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clarbuild.serve.own import OwnRpc
from clarbuild.serve.page import page_routes
from clarbuild.serve.rpc import NodeRpc
from clarbuild.serve.service import Service


def routes(service: Service) -> list[Route]:
    """All endpoints, but for the page's own files.

    They are tried in this order: the one that is asked most, `call-read`, comes first.
    """
    made = []
    for of in (NodeRpc(service), OwnRpc(service)):
        for method, endpoints in (("POST", of.post()), ("GET", of.get())):
            for path, endpoint in endpoints.items():
                made.append(Route(path, service.timed(path, endpoint), methods=[method]))
    return made


def application(service: Service) -> ASGIApp:
    """The application over a service."""
    made = Starlette(
        routes=[*routes(service), *page_routes()],
        exception_handlers={HTTPException: _told, Exception: _fault},
    )
    made.router.redirect_slashes = False
    return _Shared(made)


class _Shared:
    """What every answer says; and the question that browsers ask before they ask."""

    _HEADERS: Final = [
        (b"access-control-allow-origin", b"*"),
        (b"x-content-type-options", b"nosniff"),
    ]
    _PREFLIGHT: Final = {
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": "origin, content-type",
        "access-control-max-age": "600",
    }

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sent(told: Message) -> None:
            if told["type"] == "http.response.start":
                told["headers"] = [*told["headers"], *self._HEADERS]
            await send(told)

        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=self._PREFLIGHT)(scope, receive, sent)
        else:
            await self._app(scope, receive, sent)


async def _told(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, HTTPException)
    return PlainTextResponse(error.detail, error.status_code, error.headers)


async def _fault(request: Request, error: Exception) -> Response:
    del request
    return PlainTextResponse(f"Internal error: {type(error).__name__}", 500)
