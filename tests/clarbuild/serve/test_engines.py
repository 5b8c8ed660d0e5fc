"""A served chain with the interpreter beside it: what is compared, told of and refused, over loopback.

Faults are planted in the compiler of the server's process; the interpreter is the real one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from compiler.consensus import serialize
from compiler.values import Principal, UInt
from compiler.versions import ClarityVersion
from runtime.transactions import ContractCall, Deploy, TokenTransfer
from tests.interpreter import interpreter_folder

SOURCE = """
(define-data-var n uint u0)
(define-map seen principal uint)
(define-public (add (by uint))
  (begin
    (var-set n (+ (var-get n) by))
    (map-set seen tx-sender by)
    (if (> by u99) (err u1) (ok (stx-get-balance tx-sender)))))
(define-read-only (get-n) (var-get n))
"""
USER = """
(define-public (twice (by uint))
  (begin (try! (contract-call? .box add by)) (again by)))
(define-private (again (by uint)) (contract-call? .box add by))
"""
INITIAL = 100_000_000_000_000
FEE = 20_000
PLANTED = """
import sys
from msgspec import structs
from clarbuild import provider
meant, made, *arguments = sys.argv[1:]
plain = provider.CachedModules.__call__
def faulty(self, request):
    source = request.source.replace(meant, made)
    return plain(self, structs.replace(request, source=source))
provider.CachedModules.__call__ = faulty
sys.argv[1:] = arguments
from clarbuild.__main__ import main
main()
"""
WRONG = "(ok (stx-get-balance tx-sender))", "(ok (+ u1 (stx-get-balance tx-sender)))"
WRONG_READ = "(define-read-only (get-n) (var-get n))", "(define-read-only (get-n) u7)"


@pytest.fixture(autouse=True, scope="module")
def _interpreter() -> None:
    interpreter_folder()


def planted(fault: tuple[str, str]) -> tuple[str, ...]:
    """What is run instead of `-m clarbuild`: the same, with a fault."""
    return "-c", PLANTED, *fault


def sent(server: Any, function: str, by: int, **options: Any) -> dict[str, Any]:
    """Call a function of the box; the receipt."""
    name = "user" if function == "twice" else "box"
    call = ContractCall(f"{server.deployer}.{name}", function, (UInt(by),))
    row: dict[str, Any] = server.get(f"/v3/transaction/{server.send(call, **options)}").json()
    return row


def read(server: Any, function: str = "get-n", **more: Any) -> httpx.Response:
    path = f"/v2/contracts/call-read/{server.deployer}/box/{function}"
    answer: httpx.Response = server.post(path, {"sender": server.wallet, "arguments": [], **more})
    return answer


def uint(value: int) -> str:
    return f"0x01{value:032x}"


def counted(server: Any) -> dict[str, str]:
    """The metrics of the engines."""
    text = server.get("/metrics").text
    assert text.endswith("# EOF\n")
    rows = (line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
    return {name: value for name, value in rows if name.startswith("clarbuild_engine")}


def listening(server: Any, kind: str) -> tuple[Thread, list[dict[str, Any]]]:
    """Wait for an event of a kind."""
    heard: list[dict[str, Any]] = []
    begun = []

    def listen() -> None:
        with httpx.stream("GET", f"{server.url}/v3/events", timeout=60) as stream:
            lines = stream.iter_lines()
            begun.append(next(lines))
            for line in lines:
                if line == f"event: {kind}":
                    heard.append(json.loads(next(lines).removeprefix("data: ")))
                    return

    thread = Thread(target=listen, daemon=True)
    thread.start()
    return thread, heard


def test_both_say_the_same_and_a_folder_is_repeated_when_it_is_opened(
    serve: Any, tmp_path: Path
) -> None:
    chain = ("--chain", str(tmp_path / "chain"))
    with serve(*chain, "--epoch", "3.1", "--engine", "both") as server:
        server.send(Deploy("box", SOURCE, ClarityVersion.CLARITY_3))
        server.send(Deploy("user", USER, ClarityVersion.CLARITY_3))
        assert sent(server, "add", 2)["result"] == "0x07" + uint(INITIAL - 3 * FEE)[2:]
        row = sent(server, "twice", 3, wallet=True)
        assert (row["ok"], row["engine"]) == (True, "wasm")
        server.send(TokenTransfer(Principal(server.deployer), 5, bytes(34)), wallet=True)
        assert read(server).json() == {"okay": True, "result": uint(8)}
        # A public function can be read, but not by simnet.
        assert read(server, "add", arguments=[uint(1)]).json() == {
            "okay": False,
            "cause": "NotReadOnly",
        }
        told = counted(server)
        assert told["clarbuild_engine_compared_total"] == "6"
        assert told["clarbuild_engine_fallbacks_total"] == "0"
        uncompared = 'clarbuild_engine_not_compared_total{why="functions that are not read-only"}'
        assert told[uncompared] == "1"
        blocks = server.get("/v3/browse/blocks").json()
        assert server.get("/v3/browse").json()["engines"] == {
            "answers": "wasm",
            "since": None,
            "discrepancy": None,
        }
    # Killed. All is there, and the interpreter, begun anew, knows it.
    with serve(*chain, "--engine", "both") as server:
        server.nonces = dict(zip(server.nonces, (3, 2), strict=True))
        assert server.get("/v3/browse/blocks").json() == blocks
        assert sent(server, "add", 1)["result"] == "0x07" + uint(INITIAL - 4 * FEE + 5)[2:]
        assert read(server).json() == {"okay": True, "result": uint(9)}
        assert server.stop() == 0
    # Our Wasm alone has it all, too.
    with serve(*chain) as server:
        assert read(server).json() == {"okay": True, "result": uint(9)}
        assert server.get("/v3/browse").json()["engines"] is None


def test_a_fault_is_told_of_and_the_interpreter_goes_on(serve: Any, tmp_path: Path) -> None:
    chain = ("--chain", str(tmp_path / "chain"))
    reports = tmp_path / "reports"
    options = (*chain, "--engine", "both", "--reports", str(reports))
    with serve(*options, "--epoch", "3.1", program=planted(WRONG)) as server:
        server.send(Deploy("box", SOURCE, ClarityVersion.CLARITY_3))
        server.send(Deploy("user", USER, ClarityVersion.CLARITY_3))
        agreed = server.get("/v2/info").json()
        thread, heard = listening(server, "discrepancy")
        while "clarbuild_event_listeners 1.0" not in server.get("/metrics").text:
            assert thread.is_alive()
        row = sent(server, "add", 2)
        # The interpreter's answer; ours was one more.
        assert row["result"] == "0x07" + uint(INITIAL - 3 * FEE)[2:]
        assert row["engine"] == "reference"
        thread.join(20)
        expected = {
            "height": row["block_height"],
            "txid": row["txid"],
            "operation": "call",
            "contract": f"{server.deployer}.box",
            "function": "add",
            "kind": "value",
            "cause": "call: value",
            "report": str(reports / "0001"),
        }
        assert heard == [expected] == [row["discrepancy"]]
        told = counted(server)
        assert told['clarbuild_engine_differences_total{kind="value"}'] == "1"
        assert told["clarbuild_engine_fallbacks_total"] == "1"
        # What is asked is answered by the interpreter from here on.
        row = sent(server, "twice", 3, wallet=True)
        assert row["result"] == "0x07" + uint(INITIAL - FEE)[2:]
        assert (row["engine"], "discrepancy" in row) == ("reference", False)
        server.send(TokenTransfer(Principal(f"{server.deployer}.box"), 7, bytes(34)), wallet=True)
        check_answers(server, agreed)
        newest, *_ = server.get("/v3/browse/blocks").json()["blocks"]
        assert newest["state_index_root"] is None
        assert server.stop() == 0
    repeated = subprocess.run(
        [sys.executable, "-m", "clarbuild", "replay", "log.jsonl", "--against", "receipts.jsonl"],
        cwd=reports / "0001",
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert repeated.returncode == 0, repeated.stderr
    # The interpreter still answers after a new beginning; our VM alone can't go on.
    with serve(*options, program=planted(WRONG)) as server:
        server.nonces = dict(zip(server.nonces, (3, 2), strict=True))
        check_answers(server, agreed)
        assert sent(server, "add", 1)["engine"] == "reference"
        assert read(server).json() == {"okay": True, "result": uint(9)}
    ran = refused(*chain, program=planted(WRONG))
    assert "the interpreter answers this chain since block " in ran
    assert "serve it with --engine both or reference" in ran


def check_answers(server: Any, agreed: dict[str, Any]) -> None:
    """What is answered, and refused, where the interpreter has the state."""
    box = f"{server.deployer}/box"
    assert read(server).json() == {"okay": True, "result": uint(8)}
    assert server.get(f"/v2/data_var/{box}/n?proof=0").json() == {"data": uint(8)}
    assert server.get(f"/v2/data_var/{box}/m?proof=0").status_code == 404
    refusal = server.get(f"/v2/data_var/{box}/n")
    assert refusal.status_code == 400
    assert refusal.text.startswith("No proof: the interpreter keeps the state")
    key = f"0x{serialize(Principal(server.wallet)).hex()}"
    entry = f"/v2/map_entry/{box}/seen?proof=0"
    assert server.post(entry, key).json() == {"data": f"0x0a{uint(3)[2:]}"}
    nobody = f"0x{serialize(Principal(f'{server.deployer}.box')).hex()}"
    assert server.post(entry, nobody).json() == {"data": "0x09"}
    assert server.get(f"/v2/accounts/{server.wallet}?proof=0").json() == {
        "balance": f"0x{INITIAL - 2 * FEE - 7:032x}",
        "locked": f"0x{0:032x}",
        "unlock_height": 0,
        "nonce": 2,
    }
    assert server.get(f"/v2/accounts/{server.wallet}").status_code == 400
    assert server.get(f"/v2/clarity/marf/{'00' * 32}").status_code == 400
    assert read(server, "add", arguments=[uint(1)]).status_code == 400
    info = server.get("/v2/info").json()
    assert info["state_index_root"] is None
    # The past up to the difference is ours, with proofs.
    tip = agreed["index_block_hash"]
    past = server.get(f"/v2/data_var/{box}/n?tip={tip}").json()
    assert past["data"] == uint(0)
    assert len(past["proof"]) > 2
    engines = server.get("/v3/browse").json()["engines"]
    assert (engines["answers"], engines["discrepancy"]["cause"]) == ("reference", "call: value")
    shown = server.get(f"/v3/browse/contract/{box}").json()
    assert [row["value"] for row in shown["variables"]] == ["u8"]


def test_a_read_that_differs_sets_our_vm_aside(serve: Any, tmp_path: Path) -> None:
    options = ("--epoch", "3.1", "--engine", "both", "--reports", str(tmp_path / "reports"))
    with serve(*options, program=planted(WRONG_READ)) as server:
        server.send(Deploy("box", SOURCE, ClarityVersion.CLARITY_3))
        assert sent(server, "add", 2)["engine"] == "wasm"
        assert read(server).json() == {"okay": True, "result": uint(2)}
        found = server.get("/v3/browse").json()["engines"]["discrepancy"]
        assert (found["operation"], found["cause"], found["txid"]) == ("read", "read: value", None)
        assert (tmp_path / "reports" / "0001" / "difference.json").is_file()
        assert sent(server, "add", 2)["engine"] == "reference"
        assert read(server).json() == {"okay": True, "result": uint(4)}


def test_it_can_stop_at_a_difference(serve: Any, tmp_path: Path) -> None:
    chain = ("--chain", str(tmp_path / "chain"))
    options = (*chain, "--engine", "both", "--stop", "--reports", str(tmp_path / "reports"))
    with serve(*options, "--epoch", "3.1", program=planted(WRONG)) as server:
        server.send(Deploy("box", SOURCE, ClarityVersion.CLARITY_3))
        with pytest.raises(AssertionError, match="not the interpreter's answer: call: value"):
            sent(server, "add", 2)
        assert server.process.wait(30) == 70
    # The transaction never was.
    with serve(*chain, "--engine", "both", program=planted(WRONG)) as server:
        assert server.get(f"/v2/accounts/{server.deployer}?proof=0").json()["nonce"] == 1
        assert read(server).json() == {"okay": True, "result": uint(0)}
        assert server.get("/v3/browse").json()["engines"]["answers"] == "wasm"


def test_below_the_activation_height_the_interpreter_answers(serve: Any) -> None:
    with serve("--epoch", "2.1", "--activation", "4") as server:
        server.send(Deploy("box", SOURCE, ClarityVersion.CLARITY_2))
        told = [sent(server, "add", 1)["engine"] for _ in range(4)]
        assert told == ["reference", "reference", "wasm", "wasm"]
        assert counted(server)["clarbuild_engine_compared_total"] == "3"
        assert read(server).json() == {"okay": True, "result": uint(4)}


def test_epochs_begin_at_their_heights_and_have_begun_when_it_is_opened_again(
    serve: Any, tmp_path: Path
) -> None:
    chain = ("--chain", str(tmp_path / "chain"))
    options = (*chain, "--epoch", "2.1", "--epoch-at", "4=2.4", "--epoch-at", "6=3.1")
    source = SOURCE + "(define-read-only (burn) burn-block-height)"

    def where(server: Any) -> tuple[str, int, int]:
        row = server.get("/v3/browse").json()
        return row["epoch"], row["burn_block_height"], row["block_height"]

    with serve(*options, "--engine", "both") as server:
        server.send(Deploy("box", source, ClarityVersion.CLARITY_2))
        told = []
        for _ in range(6):
            assert sent(server, "add", 1)["engine"] == "wasm"
            told.append(where(server))
        assert told == [
            ("2.1", 2, 2),
            ("2.1", 3, 3),
            ("2.4", 4, 4),
            ("2.4", 5, 5),
            # An epoch of tenures begins with a burn block; what was sent is in the next block.
            ("3.1", 6, 7),
            ("3.1", 6, 8),
        ]
        assert counted(server)["clarbuild_engine_fallbacks_total"] == "0"
        assert read(server).json() == {"okay": True, "result": uint(6)}
    with serve(*chain, "--engine", "both") as server:
        assert where(server) == ("3.1", 6, 8)
        server.nonces = dict(zip(server.nonces, (7, 0), strict=True))
        assert sent(server, "add", 1)["engine"] == "wasm"
        assert read(server, "burn").json() == {"okay": True, "result": uint(6)}
        assert counted(server)["clarbuild_engine_compared_total"] == "2"
    # The epochs alone, without the interpreter.
    with serve("--epoch", "2.4", "--epoch-at", "2=3.1") as server:
        server.send(Deploy("box", source, ClarityVersion.CLARITY_2))
        assert where(server) == ("2.4", 1, 1)
        sent(server, "add", 1)
        assert where(server) == ("3.1", 2, 3)


def refused(*options: str, program: Sequence[str] = ("-m", "clarbuild")) -> str:
    """What a server that does not begin says."""
    ran = subprocess.run(
        [sys.executable, *program, "serve", "--port", "0", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    return ran.stderr


def test_what_can_not_be_is_refused(serve: Any) -> None:
    never = "burn height 5 is never reached"
    assert never in refused("--epoch", "3.1", "--activation", "5")
    assert never in refused("--epoch", "2.4", "--epoch-at", "3=3.0", "--epoch-at", "5=3.1")
    with serve("--epoch", "3.1", "--engine", "reference") as server:
        with pytest.raises(AssertionError, match="deployments without a function or a trait"):
            server.send(Deploy("box", "(define-data-var n uint u0)", ClarityVersion.CLARITY_3))
        server.send(Deploy("box", SOURCE, ClarityVersion.CLARITY_3))
        assert sent(server, "add", 2)["result"] == "0x07" + uint(INITIAL - 2 * FEE)[2:]
        source = server.get(f"/v2/contracts/source/{server.deployer}/box?proof=0")
        assert source.status_code == 400
        assert source.text.startswith("No contract source data found: what is deployed now is in")
