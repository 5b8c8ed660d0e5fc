"""What a node doesn't have: provenance and verification of Wasm, events, measures, blocks in words."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest
import wasmtime
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from compiler.values import Principal, UInt
from compiler.versions import ClarityVersion
from runtime.transactions import ContractCall, Deploy, TokenTransfer

SOURCE = """
(define-data-var count uint u3)
(define-public (add (n uint))
  (begin (print n) (var-set count (+ n (var-get count))) (ok (var-get count))))
(define-public (fail) (ok (/ u1 u0)))
"""


@pytest.fixture(scope="module")
def chain(server: Any) -> Any:
    server.send(Deploy("box", SOURCE, ClarityVersion.CLARITY_3))
    # The same source at another address runs as the same Wasm.
    server.send(Deploy("box", SOURCE, ClarityVersion.CLARITY_3), wallet=True)
    return server


def test_where_wasm_comes_from(chain: Any) -> None:
    row = chain.get(f"/v2/contracts/wasm/{chain.deployer}/box").json()
    told = chain.get(f"/v3/artifacts/{row['hash']}").json()
    assert told["contracts"] == [f"{chain.deployer}.box", f"{chain.wallet}.box"]
    assert (told["clarity_version"], told["epoch"], told["profile"]) == (3, "3.1", "debug")
    labels = [line.split()[0] for line in told["inputs"]]
    assert [label for label in labels if label in ("compiler", "source", "clarity", "epoch")]
    data = chain.get(f"/v3/artifacts/{row['hash']}?format=wasm").content
    assert (f"0x{data.hex()}", told["size"]) == (row["wasm"], len(data))
    text = chain.get(f"/v3/artifacts/{row['hash']}?format=wat").text
    assert wasmtime.wat2wasm(text)[:4] == b"\0asm"


def test_wasm_is_built_anew_and_compared(chain: Any) -> None:
    digest = chain.get(f"/v2/contracts/wasm/{chain.deployer}/box").json()["hash"]
    told = chain.post(f"/v3/artifacts/{digest}/verify", {}).json()
    assert (told["verified"], told["different"], told["rebuilt"]) == (True, None, digest)
    unknown = chain.post(f"/v3/artifacts/{'0' * 64}/verify", {})
    assert (unknown.status_code, unknown.text) == (404, "Artifact not found")


def test_a_receipt_is_fetched_with_its_block(chain: Any) -> None:
    txid = chain.send(ContractCall(f"{chain.deployer}.box", "add", (UInt(4),)))
    receipt = chain.get(f"/v3/transaction/{txid}").json()
    assert receipt["result"] == "0x070100000000000000000000000000000007"
    assert receipt["events"][0]["raw_value"] == "0x0100000000000000000000000000000004"
    info = chain.get("/v2/info").json()
    assert receipt["index_block_hash"] == info["index_block_hash"]
    assert receipt["block_height"] == info["stacks_tip_height"]
    block = chain.get("/v3/browse/blocks?count=1").json()["blocks"][0]
    assert block["state_index_root"] == info["state_index_root"]
    (shown,) = block["transactions"]
    assert (shown["text"], shown["arguments"], shown["fee"]) == ("(ok u7)", ["u4"], "20000")
    assert shown["events"][0]["text"] == "u4"
    failed = chain.send(ContractCall(f"{chain.deployer}.box", "fail", ()))
    assert chain.get(f"/v3/transaction/{failed}").json()["error"]["name"] == "DivisionByZero"
    older = chain.get(f"/v3/browse/blocks?before={block['height']}&count=2").json()["blocks"]
    assert [row["height"] for row in older] == [block["height"] - 1, block["height"] - 2]


def test_what_is_wrong_with_a_number_is_said(chain: Any) -> None:
    for query in ("before=x", "before=-1", "count=1e3", "count=" + "9" * 30):
        assert chain.get(f"/v3/browse/blocks?{query}").status_code == 400


def test_blocks_are_told_as_they_are_mined(chain: Any) -> None:
    height = chain.get("/v2/info").json()["stacks_tip_height"]
    transfer = TokenTransfer(Principal(chain.wallet), 1, bytes(34))
    with httpx.stream("GET", f"{chain.url}/v3/events", timeout=20) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == "retry: 1000"
        sender = threading.Thread(target=chain.send, args=(transfer,))
        sender.start()
        told = [line for line in (next(lines) for _ in range(5)) if line][:3]
        sender.join(20)
    assert told[:2] == [f"id: {height + 1}", "event: block"]
    row = json.loads(told[2].removeprefix("data: "))
    assert (row["height"], row["transactions"][0]["ok"]) == (height + 1, True)
    # Who comes back is told what it missed.
    header = {"last-event-id": str(height)}
    with httpx.stream("GET", f"{chain.url}/v3/events", headers=header, timeout=20) as stream:
        lines = stream.iter_lines()
        missed = [next(lines) for _ in range(4)]
    assert f"id: {height + 1}" in missed
    bad = httpx.get(f"{chain.url}/v3/events", headers={"last-event-id": "x"}, timeout=20)
    assert bad.status_code == 400


def test_measures_are_openmetrics(chain: Any) -> None:
    chain.get("/v2/info")
    answer = chain.get("/metrics")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    height = chain.get("/v2/info").json()["stacks_tip_height"]
    assert families["clarbuild_block_height"].samples[0].value == height
    asked = [
        sample.value
        for sample in families["clarbuild_requests"].samples
        if sample.labels.get("path") == "/v2/info" and sample.name.endswith("_total")
    ]
    assert asked[0] >= 1
    outcomes = {row.labels["outcome"] for row in families["clarbuild_transactions"].samples}
    assert "done" in outcomes


def test_health_and_pox(chain: Any) -> None:
    height = chain.get("/v2/info").json()["stacks_tip_height"]
    assert chain.get("/v3/health").json() == {
        "difference_from_max_peer": 0,
        "max_stacks_height_of_neighbors": 0,
        "max_stacks_neighbor_address": None,
        "node_stacks_tip_height": height,
    }
    pox = chain.get("/v2/pox").json()
    assert pox["contract_id"] == "ST000000000000000000002AMW42H.pox-4"
    # Two accounts of simnet's, each with as much.
    assert pox["total_liquid_supply_ustx"] == 2 * 100_000_000_000_000


def test_pages_of_others_may_ask(chain: Any) -> None:
    asked = httpx.options(f"{chain.url}/v2/transactions", timeout=20)
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-headers"] == "origin, content-type"
    assert chain.get("/v2/info").headers["access-control-allow-origin"] == "*"


def test_arguments_are_taken_in_clarity(chain: Any) -> None:
    call = f"/v3/browse/call/{chain.deployer}/box/add"
    told = chain.post(call, {"sender": chain.wallet, "arguments": ["u1"]}).json()
    assert (told["okay"], told["cause"]) == (False, "NotReadOnly")
    for arguments in (["1"], [], ["u1", "u1"], ["(+ u1 u1)"], ["("], [5], "u1"):
        bad = chain.post(call, {"sender": chain.wallet, "arguments": arguments})
        assert bad.status_code == 400, arguments
        assert bad.text
