"""The page at `/`: three files, and what the browser is told of them."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_FILES: Final = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
_HEADERS: Final = {
    # Nothing but the server's own files and answers, and nobody may frame it.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
}


def page_routes() -> list[Route]:
    """The routes of the page's files."""
    folder = files("clarbuild.serve") / "page_files"
    return [
        _route(path, (folder / name).read_bytes(), f"{kind}; charset=utf-8")
        for path, (name, kind) in _FILES.items()
    ]


def _route(path: str, data: bytes, kind: str) -> Route:
    async def endpoint(request: Request) -> Response:
        del request
        return Response(data, headers={**_HEADERS, "content-type": kind})

    return Route(path, endpoint, methods=["GET"])
