"""How endpoints ask: the chain's thread and the compiler's, limits of time, and what is counted."""

from __future__ import annotations

import asyncio
import functools
import hmac
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clarbuild.serve.events import Events
from clarbuild.serve.metrics import Metrics
from clarbuild.serve.node import Node, NotThere, Place, Refused
from clarbuild.serve.requests import contract_of, item_of
from clarbuild.serve.worker import Worker
from runtime.engines import Stopped

SECONDS: Final = 30.0
"""How long a request may wait for its answer."""

_T = TypeVar("_T")
Endpoint = Callable[[Request], Awaitable[Response]]


class Service:
    """A node to ask. Everything that touches the chain runs in one thread, one request after the
    other. `seconds` is how long a request may take; `password` opens what a node keeps for those who
    know its own, and is closed without one."""

    def __init__(
        self, node: Node, *, seconds: float = SECONDS, password: str | None = None
    ) -> None:
        self.node = node
        self._password = password
        self._seconds = seconds
        self._chain = Worker("chain")
        # Compiles for those who verify, and touches nothing of the chain.
        self._compiler = Worker("compiler")
        self._compiling = False
        self.events = Events()
        chain = node.chain
        self.metrics = Metrics(
            {
                "clarbuild_block_height": ("The last block.", lambda: chain.block_height),
                "clarbuild_contracts": ("Deployed contracts.", lambda: len(chain.contracts)),
                "clarbuild_event_listeners": ("Open streams.", lambda: self.events.listeners),
            }
        )
        node.listener = self._mined
        if node.beside is not None:
            node.beside.listener = lambda found: self.events.publish("discrepancy", found)
        self.stopped: Stopped | None = None
        """The difference that the chain was told to stop at, once there is one."""
        self.stop: Callable[[], None] = lambda: None
        """Is called then, in the loop's thread, after whoever asked was answered."""

    def close(self) -> None:
        """Wait for what is under way."""
        self._chain.close()
        self._compiler.close()

    def _mined(self, block: dict[str, Any]) -> None:
        """Tell of a block, in the chain's thread."""
        row = block["transactions"][0]
        outcome = "aborted" if row["post_condition_aborted"] else "done" if row["ok"] else "failed"
        self.metrics.transaction(outcome)
        self.events.publish("block", announced(block), block["height"])

    def measures(self) -> bytes:
        """All that is counted, as OpenMetrics."""
        beside = self.node.beside
        if beside is None:
            return self.metrics.text()
        lines = list(beside.metrics.openmetrics())
        name = "clarbuild_engine_not_compared"
        lines += [
            f"# TYPE {name} counter",
            f"# HELP {name} Calls that read which the interpreter could not be asked.",
        ]
        for why, count in sorted(self.node.not_compared.items()):
            lines.append(f'{name}_total{{why="{why}"}} {count}')
        return self.metrics.text(lines)

    def timed(self, path: str, endpoint: Endpoint) -> Endpoint:
        """An endpoint that is counted."""
        count, clock = self.metrics.request, time.perf_counter

        @functools.wraps(endpoint)
        async def counted(request: Request) -> Response:
            begun = clock()
            status = 500
            try:
                response = await endpoint(request)
                status = response.status_code
            except HTTPException as error:
                status = error.status_code
                raise
            finally:
                count(path, status, clock() - begun)
            return response

        return counted

    def authorize(self, request: Request) -> None:
        """Refuse who does not know the password, in the node's words."""
        if self._password is None:
            raise HTTPException(400, "Bad Request.")
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, self._password.encode()):
            raise HTTPException(401, "Unauthorized")

    async def ask(self, question: Callable[[], _T], *, patient: bool = False) -> _T:
        """Ask the node, in the chain's thread; who is `patient` waits for as long as it takes."""

        def locked() -> _T:
            with self.node.lock:
                return question()

        future = self._chain.submit(locked)
        try:
            if patient:
                return await future
            async with asyncio.timeout(self._seconds):
                return await future
        except Stopped as error:
            self.stopped = error
            asyncio.get_running_loop().call_soon(self.stop)
            raise HTTPException(503, str(error)) from None
        except NotThere as error:
            raise HTTPException(404, str(error)) from None
        except Refused as error:
            raise HTTPException(400, str(error)) from None
        except TimeoutError:
            raise HTTPException(400, "Execution budget exceeded") from None

    async def work(self, job: Callable[[], _T]) -> _T:
        """Compile or disassemble, beside the chain; one at a time."""
        if self._compiling:
            raise HTTPException(429, "Another artifact is being worked on")
        self._compiling = True

        def done() -> _T:
            try:
                return job()
            finally:
                self._compiling = False

        try:
            return await asyncio.wait_for(
                asyncio.shield(self._compiler.submit(done)), self._seconds
            )
        except TimeoutError:
            raise HTTPException(400, "Execution budget exceeded") from None

    def place(self, request: Request) -> Place:
        """The block that a request is about."""
        query = request.query_params
        return self.node.place(query.get("tip"), query.get("proof"))

    # Endpoints by what they are about

    def of_chain(self, answer: Callable[[], dict[str, Any]]) -> Endpoint:
        """One that asks of the chain."""

        async def endpoint(request: Request) -> Response:
            del request
            return JSONResponse(await self.ask(answer))

        return endpoint

    def of_contract(self, answer: Callable[[Place, str], dict[str, Any]]) -> Endpoint:
        """One that asks of a contract."""

        async def endpoint(request: Request) -> Response:
            identifier = contract_of(request)
            row = await self.ask(lambda: answer(self.place(request), identifier))
            return JSONResponse(row)

        return endpoint

    def of_item(self, answer: Callable[[Place, str, str], dict[str, Any]]) -> Endpoint:
        """One that asks of something in a contract."""

        async def endpoint(request: Request) -> Response:
            identifier, item = contract_of(request), item_of(request)
            row = await self.ask(lambda: answer(self.place(request), identifier, item))
            return JSONResponse(row)

        return endpoint


def announced(block: dict[str, Any]) -> dict[str, Any]:
    """A block as listeners are told of it: transactions by their identifiers and outcome."""
    return {
        **{key: of for key, of in block.items() if key != "transactions"},
        "transactions": [
            {
                "txid": row["txid"],
                "ok": row["ok"],
                "aborted": row["post_condition_aborted"],
                **{name: row[name] for name in ("engine", "discrepancy") if name in row},
            }
            for row in block["transactions"]
        ],
    }
