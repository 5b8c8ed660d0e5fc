"""What a node doesn't have: Wasm and where it comes from, events, measures, and what the page asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from clarbuild.serve.browsing import Browsing
from clarbuild.serve.events import Full, message
from clarbuild.serve.metrics import CONTENT_TYPE
from clarbuild.serve.openapi import DESCRIPTION
from clarbuild.serve.requests import (
    arguments_of,
    contract_of,
    hash_of,
    item_of,
    number_of,
    object_of,
    principal_of,
)
from clarbuild.serve.service import Endpoint, Service, announced
from compiler.wasm.disassembler import disassemble

_MAX_HEIGHT: Final = (1 << 63) - 1


class OwnRpc:
    """The endpoints of clarbuild's own."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._node = service.node
        self._browsing = Browsing(service.node)

    def get(self) -> dict[str, Endpoint]:
        """Those that are asked with GET, by their paths."""
        service, browsing, contract = self._service, self._browsing, "{address}/{name}"
        return {
            f"/v2/contracts/wasm/{contract}": self.wasm,
            "/v3/artifacts/{digest}": self.artifact,
            "/v3/events": self.listen,
            "/v3/browse": service.of_chain(browsing.overview),
            "/v3/browse/blocks": self.blocks,
            f"/v3/browse/contract/{contract}": service.of_contract(browsing.contract),
            f"/v3/browse/code/{contract}": self.code,
            "/metrics": self.measures,
            "/openapi.json": self.description,
        }

    def post(self) -> dict[str, Endpoint]:
        """Those that are asked with POST, by their paths."""
        contract = "{address}/{name}"
        return {
            "/v3/artifacts/{digest}/verify": self.verify,
            f"/v3/browse/call/{contract}/{{item}}": self.browse_call,
            f"/v3/browse/entry/{contract}/{{item}}": self.browse_entry,
        }

    # Wasm

    async def wasm(self, request: Request) -> Response:
        """The Wasm that runs a contract."""
        identifier, form = contract_of(request), _form(request)
        row, data = await self._service.ask(
            lambda: self._node.wasm(self._service.place(request), identifier)
        )
        return await self._in_form(form, row, data)

    async def artifact(self, request: Request) -> Response:
        """Wasm by its digest, or where it comes from."""
        digest, form = _digest(request), _form(request)
        artifacts = self._node.artifacts

        def find() -> tuple[dict[str, Any], bytes]:
            identifier = self._node.runs(digest)
            return artifacts.provenance(identifier), artifacts.artifact(identifier).wasm

        row, data = await self._service.ask(find)
        return await self._in_form(form, row, data)

    async def verify(self, request: Request) -> Response:
        """Build an artifact anew and compare."""
        digest = _digest(request)
        rebuild = await self._service.ask(
            lambda: self._node.artifacts.rebuild(self._node.runs(digest))
        )
        begun = time.perf_counter()
        row = await self._service.work(rebuild.run)
        return JSONResponse({**row, "seconds": round(time.perf_counter() - begun, 3)})

    async def _in_form(self, form: str, row: dict[str, Any], data: bytes) -> Response:
        if form == "wasm":
            return Response(data, media_type="application/wasm")
        if form == "wat":
            return PlainTextResponse(await self._service.work(lambda: disassemble(data)))
        return JSONResponse(row)

    # What happens

    async def listen(self, request: Request) -> Response:
        """Blocks as they are mined; after `Last-Event-ID`, if that is given, what was missed."""
        last = request.headers.get("last-event-id")
        height = None if last is None else number_of(last, 0, _MAX_HEIGHT, "Invalid Last-Event-ID")
        try:
            queue = self._service.events.listen()
        except Full:
            raise HTTPException(503, "Too many listen already") from None
        missed: list[dict[str, Any]] = []
        if height is not None:
            try:
                missed = await self._service.ask(lambda: self._node.history.since(height))
            except BaseException:
                self._service.events.leave(queue)
                raise
        texts = [message("block", announced(row), row["height"]) for row in missed]
        after = missed[-1]["height"] if missed else -1
        return StreamingResponse(
            self._service.events.stream(queue, texts, after),
            media_type="text/event-stream",
            headers={"cache-control": "no-store"},
        )

    async def measures(self, request: Request) -> Response:
        """What the server counts of itself."""
        del request
        return Response(self._service.measures(), headers={"content-type": CONTENT_TYPE})

    async def description(self, request: Request) -> Response:
        """What is served, in OpenAPI."""
        del request
        return JSONResponse(DESCRIPTION)

    # The page's

    async def blocks(self, request: Request) -> Response:
        """Blocks and the transactions in them, the newest first."""
        query = request.query_params
        before = query.get("before")
        height = None if before is None else number_of(before, 0, _MAX_HEIGHT, "Invalid height")
        count = number_of(query.get("count"), 20, _MAX_HEIGHT, "Invalid count")
        rows = await self._service.ask(lambda: self._browsing.blocks(height, count))
        return JSONResponse({"blocks": rows})

    async def code(self, request: Request) -> Response:
        """The text of a contract's Wasm, with lines of Clarity."""
        identifier = contract_of(request)
        node = self._node

        def find() -> Callable[[], Any]:
            node.contract(self._service.place(request), identifier, "No contract wasm found")
            return node.artifacts.code(identifier)

        sections = await self._service.work(await self._service.ask(find))
        return JSONResponse({"sections": sections})

    async def browse_call(self, request: Request) -> Response:
        """Run a function with arguments in Clarity."""
        identifier, function = contract_of(request), item_of(request)
        body = await object_of(request)
        sender = principal_of(body.get("sender"), "Failed to parse sender principal")
        texts = arguments_of(body)
        if not all(isinstance(text, str) for text in texts):
            raise HTTPException(400, "Failed to parse JSON body")
        browsing = self._browsing
        row = await self._service.ask(
            lambda: browsing.call(self._service.place(request), identifier, function, texts, sender)
        )
        return JSONResponse(row)

    async def browse_entry(self, request: Request) -> Response:
        """An entry of a map, by a key in Clarity."""
        identifier, name = contract_of(request), item_of(request)
        body = await object_of(request)
        key = body.get("key")
        if not isinstance(key, str):
            raise HTTPException(400, "Failed to parse JSON body")
        browsing = self._browsing
        row = await self._service.ask(
            lambda: browsing.entry(self._service.place(request), identifier, name, key)
        )
        return JSONResponse(row)


def _form(request: Request) -> str:
    form = request.query_params.get("format", "json")
    if form not in ("json", "wasm", "wat"):
        raise HTTPException(400, "Invalid format: expected json, wasm or wat")
    return form


def _digest(request: Request) -> str:
    return hash_of(request, "digest", "Invalid digest", "blake3:")
