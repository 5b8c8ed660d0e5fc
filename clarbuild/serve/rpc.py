"""A node's endpoints: what is read of requests, and how answers are written."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clarbuild.serve.node import hexed
from clarbuild.serve.requests import (
    arguments_of,
    body_of,
    bytes_of,
    content_type,
    contract_of,
    hash_of,
    item_of,
    json_of,
    object_of,
    parsed,
    principal_of,
    value_of,
)
from clarbuild.serve.service import Endpoint, Service
from runtime.hashing import sha512_256
from runtime.transactions import TransactionFault, parse_payload
from runtime.transactions.ledger import FEE_PER_BYTE, LEAST_FEE
from runtime.transactions.wire import MAX_SIZE


class NodeRpc:
    """The endpoints that a node of the network has, too."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._node = service.node

    def get(self) -> dict[str, Endpoint]:
        """Those that are asked with GET, by their paths."""
        service, node, contract = self._service, self._node, "{address}/{name}"
        return {
            f"/v2/contracts/source/{contract}": service.of_contract(node.source),
            f"/v2/contracts/interface/{contract}": service.of_contract(node.interface),
            f"/v2/data_var/{contract}/{{item}}": service.of_item(node.variable),
            f"/v2/constant_val/{contract}/{{item}}": service.of_item(node.constant),
            f"/v2/clarity/metadata/{contract}/{{key:path}}": self.metadata,
            "/v2/clarity/marf/{hash}": self.marf,
            f"/v2/traits/{contract}/{{address2}}/{{name2}}/{{item}}": self.traits,
            "/v2/accounts/{principal}": self.account,
            "/v2/info": service.of_chain(node.info),
            "/v2/pox": self.pox,
            "/v2/fees/transfer": self.transfer_fee,
            "/v3/health": service.of_chain(node.health),
            "/v3/transaction/{txid}": self.transaction,
        }

    def post(self) -> dict[str, Endpoint]:
        """Those that are asked with POST, by their paths."""
        contract = "{address}/{name}"
        return {
            f"/v2/contracts/call-read/{contract}/{{item}}": self.call_read,
            f"/v2/map_entry/{contract}/{{item}}": self.map_entry,
            f"/v3/contracts/fast-call-read/{contract}/{{item}}": self.fast_call_read,
            "/v2/transactions": self.submit,
            "/v2/fees/transaction": self.estimate,
        }

    async def metadata(self, request: Request) -> Response:
        """A row of a contract's metadata."""
        identifier, key = contract_of(request), request.path_params["key"]
        node = self._node
        row = await self._service.ask(
            lambda: node.metadata(self._service.place(request), identifier, key)
        )
        return JSONResponse(row)

    async def marf(self, request: Request) -> Response:
        """What the hash of a key holds."""
        path = hash_of(request, "hash", "Invalid hash string")
        return JSONResponse(
            await self._service.ask(lambda: self._node.marf(self._service.place(request), path))
        )

    async def traits(self, request: Request) -> Response:
        """Whether a contract implements a trait."""
        identifier, trait = contract_of(request), item_of(request)
        definer = contract_of(request, "address2", "name2")
        node = self._node
        row = await self._service.ask(
            lambda: node.implements(self._service.place(request), identifier, definer, trait)
        )
        return JSONResponse(row)

    async def account(self, request: Request) -> Response:
        """An account."""
        message = "Failed to parse `principal` field"
        principal = principal_of(request.path_params["principal"], message)
        row = await self._service.ask(
            lambda: self._node.account(self._service.place(request), principal)
        )
        return JSONResponse(row)

    async def pox(self, request: Request) -> Response:
        """Cycles of PoX."""
        return JSONResponse(
            await self._service.ask(lambda: self._node.pox(self._service.place(request)))
        )

    async def call_read(self, request: Request) -> Response:
        """Run a function without writing."""
        return await self._call(request, fast=False)

    async def fast_call_read(self, request: Request) -> Response:
        """Run a function without counting what it costs, for who knows the password."""
        self._service.authorize(request)
        return await self._call(request, fast=True)

    async def _call(self, request: Request, *, fast: bool) -> Response:
        identifier, function = contract_of(request), item_of(request)
        body = await object_of(request)
        sender = principal_of(body.get("sender"), "Failed to parse sender principal")
        if body.get("sponsor") is not None:
            principal_of(body["sponsor"], "Failed to parse sponsor principal")
        values = [value_of(text, "argument") for text in arguments_of(body)]
        node = self._node

        def read() -> dict[str, Any]:
            place = self._service.place(request)
            answer = node.read(place, identifier, function, values, sender, fast=fast)
            if answer.value is None:
                return {"okay": False, "cause": answer.cause}
            return {"okay": True, "result": hexed(answer.value)}

        return JSONResponse(await self._service.ask(read))

    async def map_entry(self, request: Request) -> Response:
        """An entry of a map."""
        identifier, name = contract_of(request), item_of(request)
        key = value_of(await json_of(request), "key")
        node = self._node
        row = await self._service.ask(
            lambda: node.entry(self._service.place(request), identifier, name, key)
        )
        return JSONResponse(row)

    async def submit(self, request: Request) -> Response:
        """Take a transaction, and mine it."""
        kind = content_type(request)
        if kind not in ("application/json", "application/octet-stream"):
            raise HTTPException(
                400,
                "Wrong Content-Type for transaction; expected application/json or "
                "application/octet-stream"
                if kind
                else "Missing Content-Type for transaction",
            )
        data = await body_of(request)
        if kind == "application/json":
            row = parsed(data)
            text = row.get("tx") if isinstance(row, dict) else None
            data = bytes_of(text, "Failed to parse tx")
        try:
            # What is mined is mined: nobody is told that it took too long.
            txid = await self._service.ask(lambda: self._node.submit(data), patient=True)
        except TransactionFault as error:
            self._service.metrics.transaction(error.reason)
            return _rejected(error, data)
        return JSONResponse(txid)

    async def transaction(self, request: Request) -> Response:
        """A transaction and its receipt."""
        txid = hash_of(request, "txid", "Invalid txid", "0x")
        return JSONResponse(await self._service.ask(lambda: self._node.transaction(txid)))

    async def transfer_fee(self, request: Request) -> Response:
        """What a byte of a transfer costs."""
        del request
        return JSONResponse(FEE_PER_BYTE)

    async def estimate(self, request: Request) -> Response:
        """What a transaction may cost: nothing but its length matters here."""
        body = await object_of(request)
        message = "Bad hex string supplied for transaction payload"
        payload = bytes_of(body.get("transaction_payload"), message)
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


def _rejected(error: TransactionFault, data: bytes) -> Response:
    row: dict[str, Any] = {"error": "transaction rejected", "reason": error.reason}
    row["reason_data"] = error.data or {"message": str(error)}
    row["txid"] = f"0x{sha512_256(data).hex()}"
    return JSONResponse(row, 400)
