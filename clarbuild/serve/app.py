"""The HTTP of a node's RPC: paths, limits, and errors as text; what is answered is in `node`.

Everything that touches the chain runs in one thread, one request after the other.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from clarbuild.serve.node import Node, NotThere, Place, Refused
from compiler.addresses import is_clarity_name, is_contract_name, split_contract, split_principal
from compiler.consensus import SerializationError, deserialize
from compiler.values import Value
from runtime.transactions import TransactionFault, parse_payload
from runtime.transactions.ledger import FEE_PER_BYTE, LEAST_FEE
from runtime.transactions.wire import MAX_SIZE

MAX_BODY: Final = 8 << 20
"""Bytes of the largest request: twice a transaction in hex."""
MAX_ARGUMENTS: Final = 256
SECONDS: Final = 30.0
"""How long a request may wait for its answer."""
_STACK: Final = 64 << 20
"""Bytes of stack for the chain's thread: contracts nest deep."""

_T = TypeVar("_T")


class Api:
    """The endpoints over one node. `seconds` is how long a request may take."""

    def __init__(self, node: Node, *, seconds: float = SECONDS) -> None:
        self._node = node
        self._seconds = seconds
        before = threading.stack_size(_STACK)
        self._thread = ThreadPoolExecutor(1, "chain")
        # Threads are made when they are first needed.
        self._thread.submit(int).result()
        threading.stack_size(before)

    def close(self) -> None:
        """Wait for what is under way."""
        self._thread.shutdown(cancel_futures=True)

    def routes(self) -> list[Route]:
        """All endpoints."""
        contract = "{address}/{name}"
        get: dict[str, Callable[[Request], Awaitable[Response]]] = {
            f"/v2/contracts/source/{contract}": self._of_contract(self._node.source),
            f"/v2/contracts/interface/{contract}": self._of_contract(self._node.interface),
            f"/v2/data_var/{contract}/{{item}}": self._of_item(self._node.variable),
            f"/v2/constant_val/{contract}/{{item}}": self._of_item(self._node.constant),
            f"/v2/clarity/metadata/{contract}/{{key:path}}": self.metadata,
            "/v2/clarity/marf/{hash}": self.marf,
            f"/v2/traits/{contract}/{{address2}}/{{name2}}/{{item}}": self.traits,
            "/v2/accounts/{principal}": self.account,
            "/v2/info": self.info,
            "/v2/fees/transfer": self.transfer_fee,
            f"/v2/contracts/wasm/{contract}": self.wasm,
            "/v3/artifacts/{digest}": self.artifact,
            "/v3/transaction/{txid}": self.transaction,
        }
        post: dict[str, Callable[[Request], Awaitable[Response]]] = {
            f"/v2/contracts/call-read/{contract}/{{item}}": self.call_read,
            f"/v2/map_entry/{contract}/{{item}}": self.map_entry,
            "/v2/transactions": self.submit,
            "/v2/fees/transaction": self.estimate,
        }
        return [
            *(Route(path, endpoint, methods=["GET"]) for path, endpoint in get.items()),
            *(Route(path, endpoint, methods=["POST"]) for path, endpoint in post.items()),
        ]

    # What all have in common

    async def _ask(self, question: Callable[[], _T], *, patient: bool = False) -> _T:
        """Ask the node, in the chain's thread; who is `patient` waits for as long as it takes."""

        def locked() -> _T:
            with self._node.lock:
                return question()

        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(
                loop.run_in_executor(self._thread, locked), None if patient else self._seconds
            )
        except NotThere as error:
            raise HTTPException(404, str(error)) from None
        except Refused as error:
            raise HTTPException(400, str(error)) from None
        except TimeoutError:
            raise HTTPException(400, "Execution budget exceeded") from None

    def _place(self, request: Request) -> Place:
        query = request.query_params
        return self._node.place(query.get("tip"), query.get("proof"))

    def _of_contract(
        self, answer: Callable[[Place, str], dict[str, Any]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            identifier = _contract(request)
            row = await self._ask(lambda: answer(self._place(request), identifier))
            return JSONResponse(row)

        return endpoint

    def _of_item(
        self, answer: Callable[[Place, str, str], dict[str, Any]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            identifier, item = _contract(request), _item(request)
            row = await self._ask(lambda: answer(self._place(request), identifier, item))
            return JSONResponse(row)

        return endpoint

    # Endpoints

    async def metadata(self, request: Request) -> Response:
        """A row of a contract's metadata."""
        identifier, key = _contract(request), request.path_params["key"]
        node = self._node
        row = await self._ask(lambda: node.metadata(self._place(request), identifier, key))
        return JSONResponse(row)

    async def marf(self, request: Request) -> Response:
        """What the hash of a key holds."""
        path = request.path_params["hash"]
        if re.fullmatch("[0-9a-f]{64}", path) is None:
            raise HTTPException(400, "Invalid hash string")
        return JSONResponse(await self._ask(lambda: self._node.marf(self._place(request), path)))

    async def traits(self, request: Request) -> Response:
        """Whether a contract implements a trait."""
        identifier, trait = _contract(request), _item(request)
        definer = _contract(request, "address2", "name2")
        node = self._node
        row = await self._ask(
            lambda: node.implements(self._place(request), identifier, definer, trait)
        )
        return JSONResponse(row)

    async def account(self, request: Request) -> Response:
        """An account."""
        principal = _principal(request.path_params["principal"], "principal")
        row = await self._ask(lambda: self._node.account(self._place(request), principal))
        return JSONResponse(row)

    async def info(self, request: Request) -> Response:
        """The chain."""
        del request
        return JSONResponse(await self._ask(self._node.info))

    async def call_read(self, request: Request) -> Response:
        """Run a function without writing."""
        identifier, function = _contract(request), _item(request)
        body = await _json(request)
        if not isinstance(body, dict):
            raise HTTPException(400, "Failed to parse JSON body")
        sender = _principal(body.get("sender"), "sender")
        if body.get("sponsor") is not None:
            _principal(body["sponsor"], "sponsor")
        given = body.get("arguments")
        if not isinstance(given, list):
            raise HTTPException(400, "Failed to parse JSON body")
        if len(given) > MAX_ARGUMENTS:
            raise HTTPException(400, f"More than {MAX_ARGUMENTS} arguments")
        values = [_value(text, "argument") for text in given]
        node = self._node
        row = await self._ask(
            lambda: node.read(self._place(request), identifier, function, values, sender)
        )
        return JSONResponse(row)

    async def map_entry(self, request: Request) -> Response:
        """An entry of a map."""
        identifier, name = _contract(request), _item(request)
        key = _value(await _json(request), "key")
        node = self._node
        row = await self._ask(lambda: node.entry(self._place(request), identifier, name, key))
        return JSONResponse(row)

    async def submit(self, request: Request) -> Response:
        """Take a transaction, and mine it."""
        data = await _body(request)
        if _content_type(request) == "application/json":
            row = _parsed(data)
            text = row.get("tx") if isinstance(row, dict) else None
            data = _bytes(text, "Failed to parse transaction: it is no hex")
        elif _content_type(request) != "application/octet-stream":
            raise HTTPException(400, "Invalid content-type: expected application/octet-stream")
        try:
            # What is mined is mined: nobody is told that it took too long.
            txid = await self._ask(lambda: self._node.submit(data), patient=True)
        except TransactionFault as error:
            return _rejected(error, data)
        return JSONResponse(txid)

    async def transaction(self, request: Request) -> Response:
        """The receipt of a transaction."""
        txid = request.path_params["txid"].removeprefix("0x")
        if re.fullmatch("[0-9a-f]{64}", txid) is None:
            raise HTTPException(400, "Invalid txid")
        return JSONResponse(await self._ask(lambda: self._node.transaction(txid)))

    async def transfer_fee(self, request: Request) -> Response:
        """What a byte of a transfer costs."""
        del request
        return JSONResponse(FEE_PER_BYTE)

    async def estimate(self, request: Request) -> Response:
        """What a transaction may cost: nothing but its length matters here."""
        body = await _json(request)
        if not isinstance(body, dict):
            raise HTTPException(400, "Failed to parse JSON body")
        payload = _bytes(body.get("transaction_payload"), "Failed to parse transaction payload")
        length = body.get("estimated_len")
        if length is None:
            length = len(payload)
        if type(length) is not int or not 0 <= length <= MAX_SIZE:
            raise HTTPException(400, "Failed to parse estimated length")
        try:
            parse_payload(payload)
        except TransactionFault as error:
            raise HTTPException(400, str(error)) from None
        size = max(length, len(payload))
        fees = [max(LEAST_FEE, size * FEE_PER_BYTE * times) for times in (1, 2, 4)]
        nothing = ("read_count", "read_length", "write_count", "write_length", "runtime")
        return JSONResponse(
            {
                "estimated_cost": dict.fromkeys(nothing, 0),
                "estimated_cost_scalar": size,
                "cost_scalar_change_by_byte": 1.0,
                "estimations": [{"fee_rate": fee / max(size, 1), "fee": fee} for fee in fees],
            }
        )

    async def wasm(self, request: Request) -> Response:
        """The Wasm that runs a contract."""
        identifier = _contract(request)
        form = request.query_params.get("format", "json")
        if form not in ("json", "wasm", "wat"):
            raise HTTPException(400, "Invalid format: expected json, wasm or wat")
        row, data = await self._ask(lambda: self._node.wasm(self._place(request), identifier))
        if form == "wasm":
            return Response(data, media_type="application/wasm")
        if form == "wat":
            from compiler.wasm.disassembler import disassemble

            return PlainTextResponse(await self._ask(lambda: disassemble(data)))
        return JSONResponse(row)

    async def artifact(self, request: Request) -> Response:
        """Wasm by its digest."""
        digest = request.path_params["digest"].removeprefix("blake3:")
        if re.fullmatch("[0-9a-f]{64}", digest) is None:
            raise HTTPException(400, "Invalid digest")
        data = await self._ask(lambda: self._node.artifact(digest))
        return Response(data, media_type="application/wasm")


def application(api: Api) -> Starlette:
    """The application of an API."""
    made = Starlette(
        routes=api.routes(),
        exception_handlers={HTTPException: _told, Exception: _fault},
    )
    made.router.redirect_slashes = False
    return made


async def _told(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, HTTPException)
    return PlainTextResponse(error.detail, error.status_code, error.headers)


async def _fault(request: Request, error: Exception) -> Response:
    del request
    return PlainTextResponse(f"Internal error: {type(error).__name__}", 500)


def _rejected(error: TransactionFault, data: bytes) -> Response:
    from runtime.hashing import sha512_256

    row: dict[str, Any] = {"error": "transaction rejected", "reason": error.reason}
    row["reason_data"] = error.data or {"message": str(error)}
    row["txid"] = f"0x{sha512_256(data).hex()}"
    return JSONResponse(row, 400)


# What a request holds


def _contract(request: Request, address: str = "address", name: str = "name") -> str:
    identifier = f"{request.path_params[address]}.{request.path_params[name]}"
    try:
        split_contract(identifier)
    except ValueError as error:
        raise HTTPException(400, f"Failed to parse contract: {error}") from None
    if not is_contract_name(request.path_params[name]):
        raise HTTPException(400, "Failed to parse contract name")
    return identifier


def _item(request: Request) -> str:
    name: str = request.path_params["item"]
    if not is_clarity_name(name):
        raise HTTPException(400, "Failed to parse Clarity name")
    return name


def _principal(given: object, what: str) -> str:
    if isinstance(given, str):
        try:
            split_principal(given)
        except ValueError:
            pass
        else:
            return given
    raise HTTPException(400, f"Failed to parse {what} principal")


def _value(given: object, what: str) -> Value:
    data = _bytes(given, f"Failed to deserialize {what} value")
    try:
        return deserialize(data)
    except SerializationError:
        raise HTTPException(400, f"Failed to deserialize {what} value") from None


def _bytes(given: object, message: str) -> bytes:
    if isinstance(given, str) and re.fullmatch("(0x)?([0-9a-fA-F]{2})*", given):
        return bytes.fromhex(given.removeprefix("0x"))
    raise HTTPException(400, message)


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _body(request: Request) -> bytes:
    """The body, as long as it is within the limit; nothing beyond is read."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > MAX_BODY:
                    raise HTTPException(400, f"Invalid Http request: more than {MAX_BODY} bytes")
                parts.append(part)
    except TimeoutError:
        raise HTTPException(400, "Invalid Http request: the body took too long") from None
    if not size:
        raise HTTPException(400, "Invalid Http request: expected a body")
    return b"".join(parts)


async def _json(request: Request) -> Any:
    if _content_type(request) != "application/json":
        raise HTTPException(400, "Invalid content-type: expected application/json")
    return _parsed(await _body(request))


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise HTTPException(400, "Failed to parse JSON body") from None
