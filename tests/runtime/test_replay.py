"""A log is answered line by line, whatever is in it."""

from __future__ import annotations

import json

from runtime.chain import Chain
from runtime.replay import replay
from runtime.simnet import DEPLOYER, WALLET_1

LOG = [
    {"op": "epoch", "epoch": "3.1"},
    {"op": "mint", "to": WALLET_1, "amount": "5"},
    {
        "op": "deploy",
        "contract": f"{DEPLOYER}.a",
        "code": "(define-public (f (n uint)) (ok n))",
        "clarity": 3,
    },
    {"op": "mine", "burn": 2},
    {
        "op": "call",
        "contract": f"{DEPLOYER}.a",
        "function": "f",
        "args": ["0x0100000000000000000000000000000007"],
        "sender": WALLET_1,
    },
    {"op": "deploy", "contract": f"{DEPLOYER}.b", "source": "b.clar", "clarity": 3},
    {"op": "deploy", "contract": f"{DEPLOYER}.c", "source": "missing.clar", "clarity": 3},
    {"op": "dance"},
    {"op": "reset"},
    {
        "op": "read",
        "contract": f"{DEPLOYER}.a",
        "function": "f",
        "args": [],
        "sender": WALLET_1,
    },
]


def run(tmp_path, lines):
    (tmp_path / "b.clar").write_text("(+ 1 2)")
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(lines) + "\n")
    return [json.loads(a.to_json()) for a in replay(log, lambda: Chain(genesis_time=1))]


def test_every_line_that_asks_is_answered(tmp_path):
    answers = run(tmp_path, [json.dumps(line) for line in LOG])
    assert [answer["line"] for answer in answers] == [3, 5, 6, 7, 8, 10]
    by_line = {answer["line"]: answer for answer in answers}
    assert by_line[3]["result"] == "0x03"
    assert by_line[5]["result"] == "0x070100000000000000000000000000000007"
    assert by_line[6]["result"] == "0x0000000000000000000000000000000003"
    assert by_line[7]["error"]["kind"] == "panic"
    assert by_line[8]["error"]["kind"] == "panic"
    assert by_line[10]["error"] == {
        "kind": "message",
        "message": f"Contract '{DEPLOYER}.a' does not exist",
    }


def test_what_cannot_be_done_to_a_chain_is_answered(tmp_path):
    lines = [
        {"op": "epoch", "epoch": "2.4"},
        {"op": "mine", "stacks": 1},
        {"op": "mint", "to": "nobody", "amount": "5"},
        {"op": "mint", "to": WALLET_1, "amount": "-5"},
        {"op": "mine", "burn": 1},
    ]
    answers = run(tmp_path, [json.dumps(line) for line in lines])
    assert [(answer["line"], answer["error"]) for answer in answers] == [
        (2, {"kind": "message", "message": "before epoch 3.0 only burn blocks can be mined"}),
        (3, {"kind": "message", "message": "Invalid recipient address 'nobody'."}),
        (4, {"kind": "message", "message": "can't mint -5 micro-STX"}),
    ]


def test_a_line_that_is_no_json_is_answered_too(tmp_path):
    answers = run(tmp_path, ["{", json.dumps(LOG[0]), json.dumps(LOG[2])])
    assert [answer["ok"] for answer in answers] == [False, True]


def test_a_stretch_of_a_log(tmp_path):
    log = tmp_path / "log.jsonl"
    log.write_text("".join(f"{json.dumps(line)}\n" for line in LOG))
    assert [answer.line for answer in replay(log, first=1, last=3)] == [3]
    assert [answer.line for answer in replay(log, first=4, last=5)] == [5]


def test_a_boot_contract_that_is_none_is_told_of_in_the_log_alone(tmp_path, caplog):
    log = tmp_path / "log.jsonl"
    boot = {"op": "deploy", "contract": f"{DEPLOYER}.boot", "code": "(bad", "clarity": 1}
    log.write_text(json.dumps({**boot, "boot": True, "epoch": "2.05"}) + "\n")
    assert list(replay(log)) == []
    assert caplog.records[0].message.startswith("boot contract ST1")
