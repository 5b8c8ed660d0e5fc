"""`clarbuild serve` as a process: @stacks/transactions deploys, calls, reads and asks for fees; what
it reads is proved to whoever knows the blocks' roots; the chain is there again after a restart."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compiler.consensus import serialize
from compiler.values import Principal
from runtime.marf import decode, verify
from runtime.marf.forest import leaf_value, path_of
from runtime.stores import MarfBacking, open_chain

REPO = Path(__file__).absolute().parents[3]
MODULES = REPO / ".reference-vm" / "node_modules"
DEPLOYER = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
WALLET = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "@stacks" / "transactions").is_dir(),
    reason="needs node, and @stacks/transactions as `make reference-vm` installs it",
)


def proof_checker(server: Any, tip: str | None = None) -> Callable[[str, str, str], bool]:
    """What checks proofs of a key's text against a block's root, knowing only what is asked of the
    blocks: that of a tip, or the newest."""
    blocks = server.get("/v3/browse/blocks?count=100").json()["blocks"]
    known = {
        bytes.fromhex(block["state_index_root"]): bytes.fromhex(block["index_block_hash"])
        for block in blocks
    }
    (root,) = (
        bytes.fromhex(block["state_index_root"])
        for block in blocks
        if block["index_block_hash"] == (tip or blocks[0]["index_block_hash"])
    )

    def check(proof: str, key: str, text: str) -> bool:
        items = decode(bytes.fromhex(proof.removeprefix("0x")))
        return verify(items, path_of(key), leaf_value(text), root, known.get)

    return check


def test_a_stock_client_works_and_what_it_did_lasts(serve: Any, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(MODULES)
    script = tmp_path / "client.mjs"
    shutil.copy(Path(__file__).parent / "client.mjs", script)
    chain = tmp_path / "chain"
    with serve("--epoch", "3.1", "--chain", str(chain)) as server:
        ran = subprocess.run(
            ["node", str(script), server.url, str(REPO / "sample_projects")],
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        out = json.loads(ran.stdout)
        sent = ("deploy-counter", "deploy-ft-trait", "deploy-token", "add", "transfer", "sponsored")
        assert {name: out[name] for name in sent} == dict.fromkeys(sent, "sent")
        receipts = [out[f"{name}-receipt"] for name in sent]
        assert all(row["ok"] and not row["post_condition_aborted"] for row in receipts)
        assert out["add-receipt"]["result"] == "0x070100000000000000000000000000000005"
        assert out["bad-nonce"]["reason"] == "BadNonce"
        assert out["bad-nonce"]["reason_data"]["expected"] == 2
        assert (out["total"], out["mine"]) == ("u6", "u6")
        assert (out["entry"], out["missing"]) == ("(some u6)", "none")
        assert out["nonce"] == 3
        # One micro-STX a byte, twice and four times as much for who is in a hurry.
        assert out["fees"] == [300, 600, 1200]
        assert out["transferFee"] == out["size"]
        assert out["estimated"] == 2 * out["size"]
        assert "NotReadOnly" in out["refused"]
        assert out["abi"] == sorted(
            ["get-total", "get-count", "get-summary", "increment", "add", "decrement", "reset"]
        )
        check_proofs(server)
        info = server.get("/v2/info").json()
        variable = server.get(f"/v2/data_var/{DEPLOYER}/counter/total").json()
    with open_chain(chain) as held:
        backing = held.store.backing
        assert isinstance(backing, MarfBacking)
        proof = decode(bytes.fromhex(variable["proof"].removeprefix("0x")))
        root = bytes.fromhex(info["state_index_root"])
        path = path_of(f"vm::{DEPLOYER}.counter::1::total")
        shown = leaf_value(variable["data"].removeprefix("0x"))
        assert verify(proof, path, shown, root, backing.block_of_root)
        backing.audit(held.store.blocks.number(held.store.tip))

    with serve("--chain", str(chain)) as server:
        again = server.get("/v2/info").json()
        assert again["state_index_root"] == info["state_index_root"]
        body = {"sender": WALLET, "arguments": []}
        assert server.post(
            f"/v2/contracts/call-read/{DEPLOYER}/counter/get-total", body
        ).json() == {"okay": True, "result": "0x0100000000000000000000000000000006"}
        known = server.get(f"/v2/constant_val/{DEPLOYER}/counter/ERR_NOT_OWNER").json()
        assert known == {"data": "0x080100000000000000000000000000000065"}
        wasm = server.get(f"/v2/contracts/wasm/{DEPLOYER}/counter").json()
        artifact = server.get(f"/v3/artifacts/{wasm['hash']}?format=wasm")
        assert artifact.content.hex() == wasm["wasm"].removeprefix("0x")
        second = subprocess.run(
            [sys.executable, "-m", "clarbuild", "serve", "--port", "0", "--chain", str(chain)],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=REPO,
            check=False,
        )
        assert second.returncode == 1
        assert "is in use by process" in second.stderr


def check_proofs(server: Any) -> None:
    """What is read is proved, as of the newest block and of one before, and nothing else is."""
    counter = f"{DEPLOYER}.counter"
    check = proof_checker(server)
    variable = server.get(f"/v2/data_var/{DEPLOYER}/counter/total").json()
    assert variable["data"] == "0x0100000000000000000000000000000006"
    key = f"vm::{counter}::1::total"
    assert check(variable["proof"], key, "0100000000000000000000000000000006")
    assert not check(variable["proof"], key, "0100000000000000000000000000000007")
    assert not check(variable["proof"], f"vm::{counter}::1::owner", variable["data"][2:])

    map_key = serialize(Principal(WALLET)).hex()
    entry = server.post(f"/v2/map_entry/{DEPLOYER}/counter/counts", f"0x{map_key}").json()
    assert check(entry["proof"], f"vm::{counter}::0::counts::{map_key}", entry["data"][2:])

    account = server.get(f"/v2/accounts/{WALLET}").json()
    assert check(account["nonce_proof"], f"vm-account::{WALLET}::18", "3")
    marf = server.get(f"/v2/clarity/marf/{path_of(f'vm-account::{WALLET}::19').hex()}").json()
    assert marf["proof"] == account["balance_proof"]
    assert check(marf["proof"], f"vm-account::{WALLET}::19", marf["data"][2:])

    source = server.get(f"/v2/contracts/source/{DEPLOYER}/counter").json()
    committed = path_of(f"clarity-contract::{counter}").hex()
    text = server.get(f"/v2/clarity/marf/{committed}").json()["data"][2:]
    assert int(text[64:], 16) == source["publish_height"]
    assert check(source["proof"], f"clarity-contract::{counter}", text)

    # The block that `add` is in: the total was five.
    (before,) = (
        block["index_block_hash"]
        for block in server.get("/v3/browse/blocks?count=100").json()["blocks"]
        if [row.get("function") for row in block["transactions"]] == ["add"]
    )
    old = server.get(f"/v2/data_var/{DEPLOYER}/counter/total?tip={before}").json()
    assert old["data"] == "0x0100000000000000000000000000000005"
    assert proof_checker(server, before)(old["proof"], key, old["data"][2:])
    assert not check(old["proof"], key, old["data"][2:])
