"""`clarbuild serve` as a process: @stacks/transactions deploys, calls and reads, proofs hold, and the
chain is there again after a restart."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from runtime.marf import decode, verify
from runtime.marf.forest import leaf_value, path_of
from runtime.stores import MarfBacking, open_chain

REPO = Path(__file__).resolve().parents[3]
MODULES = REPO.parent / "refvm" / "node_modules"
DEPLOYER = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
WALLET = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "@stacks" / "transactions").is_dir(),
    reason="needs node, and @stacks/transactions in ../refvm",
)


@contextmanager
def served(chain: Path) -> Iterator[str]:
    """The address of a server on a free port."""
    command = [sys.executable, "-m", "clarbuild", "serve", "--port", "0", "--epoch", "3.1"]
    process = subprocess.Popen(
        [*command, "--chain", str(chain)], stdout=subprocess.PIPE, text=True, cwd=REPO
    )
    try:
        assert process.stdout is not None
        found = re.fullmatch(r"serving on (http://127\.0\.0\.1:\d+)\n", process.stdout.readline())
        assert found is not None
        yield found[1]
    finally:
        # The hard way: what was mined must be there all the same.
        process.kill()
        process.wait(20)


def test_a_stock_client_works_and_what_it_did_lasts(tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(MODULES)
    script = tmp_path / "client.mjs"
    shutil.copy(Path(__file__).parent / "client.mjs", script)
    chain = tmp_path / "chain"
    with served(chain) as url:
        ran = subprocess.run(
            ["node", str(script), url, str(REPO / "sample_projects")],
            capture_output=True,
            text=True,
            timeout=60,
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
        assert out["abi"] == sorted(
            ["get-total", "get-count", "get-summary", "increment", "add", "decrement", "reset"]
        )
        variable = httpx.get(f"{url}/v2/data_var/{DEPLOYER}/counter/total").json()
        root = bytes.fromhex(httpx.get(f"{url}/v2/info").json()["state_index_root"])
        with pytest.raises(httpx.HTTPError):
            httpx.get(url.replace("127.0.0.1", "127.0.0.2") + "/v2/info", timeout=2)
    assert variable["data"] == "0x0100000000000000000000000000000006"
    proof = decode(bytes.fromhex(variable["proof"].removeprefix("0x")))
    path = path_of(f"vm::{DEPLOYER}.counter::1::total")
    with open_chain(chain) as held:
        backing = held.store.backing
        assert isinstance(backing, MarfBacking)
        shown = leaf_value(variable["data"].removeprefix("0x"))
        assert verify(proof, path, shown, root, backing.block_of_root)
        other = leaf_value("0100000000000000000000000000000007")
        assert not verify(proof, path, other, root, backing.block_of_root)
        backing.audit(held.store.blocks.number(held.store.tip))

    with served(chain) as url:
        again = httpx.get(f"{url}/v2/info").json()
        assert bytes.fromhex(again["state_index_root"]) == root
        body = {"sender": WALLET, "arguments": []}
        read = f"{url}/v2/contracts/call-read/{DEPLOYER}/counter/get-total"
        assert httpx.post(read, json=body).json() == {
            "okay": True,
            "result": "0x0100000000000000000000000000000006",
        }
        known = httpx.get(f"{url}/v2/constant_val/{DEPLOYER}/counter/ERR_NOT_OWNER").json()
        assert known == {"data": "0x080100000000000000000000000000000065"}
        wasm = httpx.get(f"{url}/v2/contracts/wasm/{DEPLOYER}/counter").json()
        artifact = httpx.get(f"{url}/v3/artifacts/{wasm['hash'].removeprefix('blake3:')}")
        assert artifact.content.hex() == wasm["wasm"].removeprefix("0x")
        second = subprocess.run(
            [sys.executable, "-m", "clarbuild", "serve", "--port", "0", "--chain", str(chain)],
            capture_output=True,
            text=True,
            timeout=30,
            cwd=REPO,
            check=False,
        )
        assert second.returncode == 1
        assert "is in use by process" in second.stderr
