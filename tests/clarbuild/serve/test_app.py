"""Every endpoint over HTTP: what it answers, and that hostile input is a 400 or a 404 with a text."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import wasmtime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clarbuild.serve.app import application
from clarbuild.serve.keeping import keep_contract
from clarbuild.serve.node import Node
from clarbuild.serve.requests import MAX_BODY
from clarbuild.serve.server import opened
from clarbuild.serve.service import Service
from compiler.consensus import serialize
from compiler.values import Buffer, List, Ok, Principal, Some, UInt
from compiler.versions import ClarityVersion, Epoch
from runtime.hashing import sha512_256
from runtime.marf.forest import path_of
from runtime.modules import CompileInMemory
from runtime.stores import StoredContract, store_contract

DEPLOYER = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
WALLET = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5"
TRAIT = "(define-trait counting ((get-count () (response uint uint))))"
SOURCE = """
(define-constant LIMIT u5)
(define-constant DOUBLE (* LIMIT u2))
(define-constant SELF .box)
(define-data-var count uint u3)
(define-map names uint (buff 4))
(map-set names u1 0x0102)
(define-read-only (get-count) (ok (var-get count)))
(define-read-only (plus (n uint)) (+ n (var-get count)))
(define-public (set-count (n uint)) (ok (var-set count n)))
(define-public (look (n uint)) (ok n))
(define-private (hidden) u1)
(define-read-only (fails) (/ u1 u0))
(define-private (again (n uint) (sum uint)) (+ n (var-get count) sum))
(define-read-only (often (list-of (list 120 uint))) (fold again list-of u0))
(define-public (write-then-fail) (begin (var-set count u9) (ok (/ u1 u0))))
"""


def deploy(node: Node, name: str, source: str) -> None:
    """Deploy without a signature, with all rows."""
    chain = node.chain
    identifier = f"{DEPLOYER}.{name}"
    receipt = chain.deploy(identifier, source, ClarityVersion.CLARITY_3)
    assert receipt.ok, receipt
    artifact = chain.artifact(identifier)
    assert artifact is not None
    stored = StoredContract(source, b"clarbuild", 3, "3.1", chain.block_height)
    store_contract(chain.state, identifier, stored, keep_contract(chain, identifier, artifact.wasm))
    chain.state.end_block(chain.block_height)


class Client:
    """Requests to an application, without a network."""

    def __init__(self, node: Node, seconds: float = 20.0, password: str | None = None) -> None:
        self.node = node
        self.api = Service(node, seconds=seconds, password=password)
        self._app = application(self.api)

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://node") as client:
                return await client.request(method, path, **more)

        return asyncio.run(once())

    def get(self, path: str) -> httpx.Response:
        return self.ask("GET", path)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("POST", path, **more)

    def call(self, function: str, *arguments: str, tip: str = "") -> Any:
        body = {"sender": WALLET, "arguments": list(arguments)}
        return self.post(f"/v2/contracts/call-read/{BOX}/{function}{tip}", json=body).json()


BOX = f"{DEPLOYER}/box"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with opened(
        None,
        CompileInMemory("debug"),
        epoch=Epoch.EPOCH_3_1,
        balances={},
        profile="debug",
        genesis_time=1_700_000_000,
    ) as node:
        deploy(node, "counting", TRAIT)
        deploy(node, "box", SOURCE)
        made = Client(node)
        yield made
        made.api.close()


def hexed(value: Any) -> str:
    return f"0x{serialize(value).hex()}"


def test_source_and_interface(client: Client) -> None:
    row = client.get(f"/v2/contracts/source/{BOX}").json()
    assert row["source"] == SOURCE
    assert row["publish_height"] == client.node.chain.block_height
    assert row["proof"].startswith("0x")
    for query in ("?proof=0", "?proof=true", "?proof="):
        assert "proof" not in client.get(f"/v2/contracts/source/{BOX}{query}").json()
    interface = client.get(f"/v2/contracts/interface/{BOX}").json()
    functions = {row["name"]: row for row in interface["functions"]}
    assert functions["plus"] == {
        "name": "plus",
        "access": "read_only",
        "args": [{"name": "n", "type": "uint128"}],
        "outputs": {"type": "uint128"},
    }
    assert functions["hidden"]["access"] == "private"
    assert interface["maps"] == [
        {"name": "names", "key": "uint128", "value": {"buffer": {"length": 4}}}
    ]
    assert (interface["epoch"], interface["clarity_version"]) == ("Epoch31", "Clarity3")


def test_variables_maps_and_constants(client: Client) -> None:
    assert client.get(f"/v2/data_var/{BOX}/count?proof=0").json() == {"data": hexed(UInt(3))}
    entry = client.post(f"/v2/map_entry/{BOX}/names?proof=0", json=hexed(UInt(1)))
    assert entry.json() == {"data": hexed(Some(Buffer(b"\1\2")))}
    for path in (f"/v2/map_entry/{BOX}/names", f"/v2/map_entry/{BOX}/nothing"):
        missing = client.post(path, json=hexed(UInt(2)))
        assert missing.json() == {"data": "0x09", "proof": ""}
    for name, value in (
        ("LIMIT", UInt(5)),
        ("DOUBLE", UInt(10)),
        ("SELF", Principal(f"{DEPLOYER}.box")),
    ):
        assert client.get(f"/v2/constant_val/{BOX}/{name}").json() == {"data": hexed(value)}


def test_marf_and_metadata(client: Client) -> None:
    path = path_of(f"vm::{DEPLOYER}.box::1::count").hex()
    row = client.get(f"/v2/clarity/marf/{path}").json()
    variable = client.get(f"/v2/data_var/{BOX}/count").json()
    assert row == variable
    source = client.get(f"/v2/clarity/metadata/{BOX}/vm-metadata::9::contract-src")
    assert source.json() == {"data": SOURCE}
    commitment = path_of(f"clarity-contract::{DEPLOYER}.box").hex()
    data = client.get(f"/v2/clarity/marf/{commitment}?proof=0").json()["data"]
    assert data[2:66] == sha512_256(SOURCE.encode()).hex()


def test_traits_are_implemented_by_what_functions_there_are(client: Client) -> None:
    counting = f"{DEPLOYER}/counting"
    answer = client.get(f"/v2/traits/{BOX}/{counting}/counting")
    assert answer.json() == {"is_implemented": True}
    answer = client.get(f"/v2/traits/{counting}/{counting}/counting")
    assert answer.json() == {"is_implemented": False}
    assert client.get(f"/v2/traits/{BOX}/{counting}/other").status_code == 404


def test_accounts(client: Client) -> None:
    row = client.get(f"/v2/accounts/{WALLET}?proof=0").json()
    assert row == {
        "balance": f"0x{100_000_000_000_000:032x}",
        "locked": f"0x{0:032x}",
        "unlock_height": 0,
        "nonce": 0,
    }
    unknown = client.get(f"/v2/accounts/{DEPLOYER}.box").json()
    assert unknown["balance"] == f"0x{0:032x}"
    assert (unknown["balance_proof"], unknown["nonce_proof"]) == ("", "")


def test_calls_that_read(client: Client) -> None:
    assert client.call("plus", hexed(UInt(4))) == {"okay": True, "result": hexed(UInt(7))}
    assert client.call("look", hexed(UInt(4)))["okay"] is True
    assert client.call("set-count", hexed(UInt(4))) == {"okay": False, "cause": "NotReadOnly"}
    assert client.call("plus", hexed(UInt(0)))["result"] == hexed(UInt(3))
    for function, cause in (
        ("fails", "DivisionByZero"),
        ("hidden", f'RuntimeCheck(NoSuchPublicFunction("{DEPLOYER}.box", "hidden"))'),
        ("nothing", 'RuntimeCheck(UndefinedFunction("nothing"))'),
        ("plus", "RuntimeCheck(IncorrectArgumentCount(1, 0))"),
    ):
        assert client.call(function) == {"okay": False, "cause": cause}
    assert client.call("plus", hexed(Buffer(b"")))["okay"] is False


def test_a_call_has_the_budget_of_a_node_s(client: Client) -> None:
    # A hundred reads and no more; a transaction could have thousands.
    assert client.call("often", hexed(List([UInt(1)] * 90)))["okay"] is True
    assert client.call("often", hexed(List([UInt(1)] * 110))) == {
        "okay": False,
        "cause": "RuntimeCheck(CostBalanceExceeded)",
    }
    assert client.call("write-then-fail") == {"okay": False, "cause": "NotReadOnly"}


def test_calls_without_costs_are_for_who_knows_the_password(client: Client) -> None:
    path = f"/v3/contracts/fast-call-read/{BOX}/"
    ask = {"json": {"sender": WALLET, "arguments": [hexed(UInt(4))]}}
    closed = client.post(f"{path}set-count", **ask)
    assert (closed.status_code, closed.text) == (400, "Bad Request.")
    guarded = Client(client.node, password="open sesame")
    for header in ({}, {"authorization": "open"}):
        refused = guarded.post(f"{path}set-count", headers=header, **ask)
        assert (refused.status_code, refused.text) == (401, "Unauthorized")
    known = {"authorization": "open sesame"}
    written = guarded.post(f"{path}set-count", headers=known, **ask)
    assert written.json() == {"okay": True, "result": hexed(Ok(True))}
    ask["json"]["arguments"] = [hexed(List([UInt(1)] * 110))]
    assert guarded.post(f"{path}often", headers=known, **ask).json()["okay"] is True
    assert client.call("plus", hexed(UInt(0)))["result"] == hexed(UInt(3))
    guarded.api.close()


def test_a_past_block_is_read_as_it_was(client: Client) -> None:
    node = client.node
    before = client.get("/v2/info").json()["index_block_hash"]
    chain = node.chain
    assert chain.call(f"{DEPLOYER}.box", "set-count", [UInt(8)], WALLET).ok
    chain.state.end_block(chain.block_height)
    try:
        assert client.get(f"/v2/data_var/{BOX}/count?proof=0").json()["data"] == hexed(UInt(8))
        old = client.get(f"/v2/data_var/{BOX}/count?proof=0&tip={before}")
        assert old.json()["data"] == hexed(UInt(3))
        assert client.call("plus", hexed(UInt(0)))["result"] == hexed(UInt(8))
        old = client.call("plus", hexed(UInt(0)), tip=f"?tip={before}")
        assert old["result"] == hexed(UInt(3))
        for tip in ("latest", "nonsense", "AB"):
            row = client.get(f"/v2/data_var/{BOX}/count?proof=0&tip={tip}").json()
            assert row["data"] == hexed(UInt(8))
        unknown = client.get(f"/v2/data_var/{BOX}/count?tip={'00' * 32}")
        assert (unknown.status_code, unknown.text) == (404, "Chain tip not found")
    finally:
        assert chain.call(f"{DEPLOYER}.box", "set-count", [UInt(3)], WALLET).ok
        chain.state.end_block(chain.block_height)


def test_wasm_in_three_forms(client: Client) -> None:
    row = client.get(f"/v2/contracts/wasm/{BOX}").json()
    data = client.get(f"/v2/contracts/wasm/{BOX}?format=wasm").content
    assert data.startswith(b"\0asm")
    assert row["wasm"] == f"0x{data.hex()}"
    assert client.get(f"/v2/contracts/wasm/{BOX}?format=wat").text.startswith("(module")
    assert client.get(f"/v2/contracts/wasm/{BOX}?format=png").status_code == 400
    assert client.get(f"/v3/artifacts/{row['hash']}?format=wasm").content == data
    text = client.get(f"/v3/artifacts/{row['hash']}?format=wat").text
    assert wasmtime.wat2wasm(text).startswith(b"\0asm")


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        (f"/v2/contracts/source/{DEPLOYER}/none", 404, "No contract source data found"),
        (f"/v2/contracts/interface/{DEPLOYER}/none", 404, "No contract interface data found"),
        (f"/v2/data_var/{BOX}/none", 404, "Data var not found"),
        (f"/v2/constant_val/{BOX}/none", 404, "Constant not found"),
        (f"/v2/clarity/marf/{'0' * 64}", 404, "Marf key hash not found"),
        (f"/v2/clarity/marf/{'A' * 64}", 400, "Invalid hash string"),
        (f"/v2/clarity/metadata/{BOX}/vm-metadata::5::none", 404, "Metadata not found"),
        (f"/v2/clarity/metadata/{BOX}/clarbuild::values", 400, "Invalid metadata type"),
        (f"/v3/artifacts/{'0' * 64}", 404, "Artifact not found"),
        ("/v3/artifacts/zz", 400, "Invalid digest"),
        (f"/v3/transaction/{'0' * 64}", 404, "Transaction not found"),
        ("/v2/accounts/nobody", 400, "Failed to parse `principal` field"),
    ],
)
def test_what_is_not_there(client: Client, path: str, status: int, text: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"sender": 5, "arguments": []}',
        b'{"sender": "nobody", "arguments": []}',
        json.dumps({"sender": WALLET}).encode(),
        json.dumps({"sender": WALLET, "arguments": "0x"}).encode(),
        json.dumps({"sender": WALLET, "arguments": [5]}).encode(),
        json.dumps({"sender": WALLET, "arguments": ["zz"]}).encode(),
        json.dumps({"sender": WALLET, "arguments": ["0x0"]}).encode(),
        json.dumps({"sender": WALLET, "arguments": ["0x"]}).encode(),
        json.dumps({"sender": WALLET, "arguments": ["0x" + "0a" * 10_000 + "03"]}).encode(),
        json.dumps({"sender": WALLET, "arguments": ["0x03"] * 257}).encode(),
        json.dumps({"sender": WALLET, "sponsor": "x", "arguments": []}).encode(),
        b"\xff\xfe" + b"\0" * 10,
        b" " * (MAX_BODY + 1),
    ],
)
def test_a_hostile_call_is_refused_with_a_text(client: Client, body: bytes) -> None:
    header = {"content-type": "application/json"}
    answer = client.post(f"/v2/contracts/call-read/{BOX}/plus", content=body, headers=header)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    answer = client.post(f"/v2/map_entry/{BOX}/names", content=body, headers=header)
    assert answer.status_code == 400, answer.text


def test_a_body_must_say_that_it_is_json(client: Client) -> None:
    for path in (f"/v2/contracts/call-read/{BOX}/plus", f"/v2/map_entry/{BOX}/names"):
        assert client.post(path, content=b'"0x03"').status_code == 400
    assert client.post("/v2/transactions", content=b"\0", headers={}).status_code == 400


def test_who_waits_too_long_is_told(client: Client) -> None:
    hasty = Client(client.node, seconds=0.05)
    with client.node.lock:
        answer = hasty.get("/v2/info")
    assert (answer.status_code, answer.text) == (400, "Execution budget exceeded")
    assert client.get("/v2/info").status_code == 200
    hasty.api.close()


@pytest.mark.parametrize("body", [b"\0", b"\x80" + bytes(200), b"\xff" * 500])
def test_bytes_that_are_no_transaction(client: Client, body: bytes) -> None:
    header = {"content-type": "application/octet-stream"}
    answer = client.post("/v2/transactions", content=body, headers=header)
    row = answer.json()
    assert answer.status_code == 400
    assert (row["error"], row["reason"]) == ("transaction rejected", "Deserialization")
    answer = client.post("/v2/transactions", json={"tx": body.hex()})
    assert answer.json() == row
    assert client.post("/v2/transactions", json={"tx": 5}).status_code == 400


def test_a_signature_is_checked(client: Client) -> None:
    vectors = Path(__file__).parents[2] / "runtime" / "transactions" / "vectors.json"
    for row in json.loads(vectors.read_text("utf-8")):
        if row["name"] == "transfer":
            data = bytearray.fromhex(row["hex"])
            data[50] ^= 1
            answer = client.post("/v2/transactions", json={"tx": data.hex()})
            assert answer.json()["reason"] == "SignatureValidation"


SEGMENT = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40),
    st.sampled_from([DEPLOYER, "box", "count", "..", "%00", "a" * 500, f"{DEPLOYER}.box"]),
)
PATHS = (
    ("GET", "/v2/contracts/source/{}/{}", 2),
    ("GET", "/v2/contracts/interface/{}/{}", 2),
    ("GET", "/v2/contracts/wasm/{}/{}", 2),
    ("GET", "/v2/data_var/{}/{}/{}", 3),
    ("GET", "/v2/constant_val/{}/{}/{}", 3),
    ("GET", "/v2/clarity/marf/{}", 1),
    ("GET", "/v2/clarity/metadata/{}/{}/{}", 3),
    ("GET", "/v2/traits/{}/{}/{}/{}/{}", 5),
    ("GET", "/v2/accounts/{}", 1),
    ("GET", "/v3/artifacts/{}", 1),
    ("GET", "/v3/transaction/{}", 1),
    ("POST", "/v2/contracts/call-read/{}/{}/{}", 3),
    ("POST", "/v2/map_entry/{}/{}/{}", 3),
    ("POST", "/v2/fees/transaction", 0),
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_path_is_answered(client: Client, data: st.DataObject) -> None:
    method, form, count = data.draw(st.sampled_from(PATHS))
    from urllib.parse import quote

    parts = [quote(data.draw(SEGMENT), safe="%") for _ in range(count)]
    path = form.format(*parts)
    more: dict[str, Any] = {}
    if method == "POST":
        words = st.one_of(st.none(), st.integers(), st.text(max_size=10), st.just("0x03"))
        keys = st.sampled_from(["sender", "arguments", "transaction_payload", "estimated_len"])
        body = st.one_of(words, st.dictionaries(keys, st.one_of(words, st.lists(words))))
        more["json"] = data.draw(body)
    answer = client.ask(method, path, **more)
    # A path of dots is another path, which may have another method.
    assert answer.status_code in (200, 400, 404, 405), (path, answer.status_code, answer.text)
