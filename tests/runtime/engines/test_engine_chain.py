"""Two engines on one chain: whose answer counts, and what happens where they differ.

Faults are planted in our VM's modules and host functions; the interpreter is the real one.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from compiler.values import Err, Int, Ok, UInt
from runtime.chain import Chain
from runtime.engines import (
    EngineChains,
    Metrics,
    PortableModules,
    Schedule,
    Stopped,
    interruptible_engine,
)
from runtime.modules import CompileInMemory
from runtime.replay import replay
from runtime.simnet import DEPLOYER, WALLET_1
from tests.runtime.engines.planted import GENESIS, Faulty

COUNTER = f"{DEPLOYER}.counter"
SOURCE = """
(define-data-var n uint u0)
(define-map seen principal uint)
(define-public (inc (by uint))
  (begin
    (var-set n (+ (var-get n) by))
    (map-set seen tx-sender by)
    (print {by: by})
    (if (> by u9) (err u1) (ok (var-get n)))))
(define-read-only (get-n) (var-get n))
(define-read-only (pair) {B: 1, a: 2})
(define-read-only (moment) {time: stacks-block-time, height: stacks-block-height})
"""


@pytest.fixture
def engines(reference):
    opened = []

    def make(fault=("", ""), **options):
        modules = Faulty(*fault)
        options.setdefault("seconds", 20.0)
        found = EngineChains(
            lambda genesis: Chain(
                modules=PortableModules(modules),
                engine=interruptible_engine("debug"),
                genesis_time=genesis,
            ),
            genesis_time=GENESIS,
            reference=reference,
            **options,
        )
        opened.append(found)
        return found

    yield make
    for one in opened:
        one.let_go()


def begun(made, epoch="3.3"):
    chain = made.chain()
    chain.advance_epoch(epoch)
    assert chain.deploy(COUNTER, SOURCE, 4).ok
    return chain


def inc(chain, by):
    return chain.call(COUNTER, "inc", [UInt(by)], WALLET_1)


@pytest.mark.parametrize("engine", ["wasm", "reference", "both"])
def test_all_engines_give_the_same_receipts(engines, engine):
    made = engines(engine=engine)
    chain = begun(made)
    rows = [inc(chain, by).to_json() for by in (2, 10, (1 << 128) - 1, 3)]
    rows.append(chain.read(COUNTER, "get-n", [], WALLET_1).to_json())
    rows.append(chain.read(COUNTER, "moment", [], WALLET_1).to_json())
    rows.append(chain.call(COUNTER, "nothing", [], WALLET_1).to_json())
    alone = Chain(genesis_time=GENESIS)
    alone.advance_epoch("3.3")
    alone.deploy(COUNTER, SOURCE, 4)
    assert rows == [
        *(inc(alone, by).to_json() for by in (2, 10, (1 << 128) - 1, 3)),
        alone.read(COUNTER, "get-n", [], WALLET_1).to_json(),
        alone.read(COUNTER, "moment", [], WALLET_1).to_json(),
        alone.call(COUNTER, "nothing", [], WALLET_1).to_json(),
    ]
    assert rows[0]["result"] == "0x070100000000000000000000000000000002"
    assert rows[2]["error"] == {"kind": "Runtime", "name": "ArithmeticOverflow"}
    assert (chain.block_height, chain.burn_block_height) == (
        alone.block_height,
        alone.burn_block_height,
    )
    answering = "reference" if engine == "reference" else "wasm"
    assert made.metrics.to_json() == {
        "transactions": {answering: 8},
        "compared": 8 if engine == "both" else 0,
        "differences": {},
        "fallbacks": 0,
        "interpreter_crashes": 0,
    }
    assert (made.reference is None) is (engine == "wasm")


FAULTS = {
    "value": (("(ok (var-get n))", "(ok (+ u1 (var-get n)))"), "value"),
    "error": (("(err u1)", "(err (/ u1 u0))"), "failure"),
    "cost": (("(print {by: by})", "(print (begin (+ u1 u2) {by: by}))"), "cost"),
    "event": (("(print {by: by})", "(print {by: (+ by u0 u0)}) (print u1)"), "events"),
    "other event": (("(print {by: by})", "(print {by: (* by u1)})"), "cost"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_told_of_and_answered_by_the_interpreter(engines, name, tmp_path):
    fault, kind = FAULTS[name]
    heard = []
    made = engines(engine="both", fault=fault, reports=tmp_path, tell=heard.append)
    chain = made.chain()
    chain.advance_epoch("3.3")
    chain.deploy(COUNTER, SOURCE, 4)
    first, second = inc(chain, 2), inc(chain, 10)
    third = inc(chain, 3)
    assert (first.value, second.value, third.value) == (Ok(UInt(2)), Err(UInt(1)), Ok(UInt(5)))
    assert chain.read(COUNTER, "get-n", [], WALLET_1).value == UInt(5)
    # The charges of a deployment tell of longer sources already; else the call does.
    assert chain.answers == "reference"
    (found,) = heard
    assert found is chain.discrepancy
    assert found.kind in (kind, "cost")
    assert made.metrics.fallbacks == 1
    assert made.metrics.differences == {found.kind: 1}
    # Ours stands before the transaction that it got wrong, and stays there.
    before = chain.operations[: found.line - 1]
    heights = sum(row["op"] in ("deploy", "call") for row in before)
    assert chain.chain.block_height == 1 + heights
    assert chain.block_height == 5


def test_a_report_repeats_the_difference(engines, tmp_path):
    fault = ("(ok (var-get n))", "(ok (bit-or (var-get n) u8))")
    made = engines(engine="both", fault=fault, reports=tmp_path)
    chain = begun(made)
    assert inc(chain, 12).value == Err(UInt(1))
    # The fields of a tuple have another order in files of receipts than on the network.
    assert chain.read(COUNTER, "pair", [], WALLET_1).ok
    assert inc(chain, 2).value == Ok(UInt(2))
    found = chain.discrepancy
    assert found is not None
    assert found.folder == tmp_path / "0001"
    told = json.loads((found.folder / "difference.json").read_text())
    assert (told["kind"], told["line"], told["cause"]) == ("value", 5, "call: value")
    assert told["ours"]["result"] == "0x07010000000000000000000000000000000a"
    assert told["interpreter"]["result"] == "0x070100000000000000000000000000000002"
    assert told["repeat"].endswith(f"--genesis-time {GENESIS}")
    log = found.folder / "log.jsonl"
    expected = {
        row["line"]: row
        for row in map(json.loads, (found.folder / "receipts.jsonl").read_text().splitlines())
    }

    def rows(modules):
        return {
            answer.line: json.loads(answer.to_json())
            for answer in replay(log, lambda: Chain(modules=modules, genesis_time=GENESIS))
        }

    assert rows(CompileInMemory()) == expected
    again = rows(Faulty(*fault))
    assert again.pop(5)["result"] == told["ours"]["result"]
    assert again == {line: row for line, row in expected.items() if line != 5}


def test_a_fault_of_the_host_is_a_panic_of_ours_only(engines, tmp_path):
    made = engines(engine="both", reports=tmp_path)
    chain = begun(made)

    def broken(*_):
        raise MemoryError("planted")

    chain.chain.session.execute = broken
    chain.chain.session.prepared_calls = {}
    assert inc(chain, 2).value == Ok(UInt(2))
    assert chain.discrepancy is not None
    assert (chain.discrepancy.kind, chain.discrepancy.ours["error"]["kind"]) == ("panic", "panic")
    assert inc(chain, 2).value == Ok(UInt(4))


def test_a_hang_in_python_is_ended(engines):
    made = engines(engine="both", seconds=1.5)
    chain = begun(made)

    def hanging(*_):
        while True:
            pass

    chain.chain.session.execute = hanging
    chain.chain.session.prepared_calls = {}
    began = time.monotonic()
    assert inc(chain, 2).value == Ok(UInt(2))
    assert time.monotonic() - began < 15
    assert chain.discrepancy is not None
    assert "in time" in chain.discrepancy.ours["error"]["detail"]
    assert inc(chain, 2).value == Ok(UInt(4))


ENDLESS = """
(define-constant LONG (list NUMBERS))
(define-private (four (a uint) (b uint)) (+ a b))
(define-private (three (a uint) (b uint)) (fold four LONG b))
(define-private (two (a uint) (b uint)) (fold three LONG b))
(define-private (one (a uint) (b uint)) (fold two LONG b))
(define-read-only (slow) (fold one LONG u0))
""".replace("NUMBERS", " ".join(f"u{n}" for n in range(400)))


def test_a_hang_in_wasm_is_ended(engines):
    meant = "(define-read-only (slow) u7)"
    chain = begun(engines(engine="both", seconds=1.5))
    assert chain.deploy(f"{DEPLOYER}.slow", meant, 4).ok
    chain.chain.contracts[f"{DEPLOYER}.slow"].artifacts.clear()
    chain.chain.modules = Faulty(meant, ENDLESS)
    # It never comes to the end of a budget.
    chain.chain.session.limits = [1 << 62] * 5
    chain.chain.session.clear()
    began = time.monotonic()
    assert chain.read(f"{DEPLOYER}.slow", "slow", [], WALLET_1).value == UInt(7)
    assert time.monotonic() - began < 20
    assert chain.discrepancy is not None
    assert chain.discrepancy.kind == "panic"
    assert inc(chain, 2).value == Ok(UInt(2))


def test_it_stops_where_it_is_told_to(engines, tmp_path):
    fault = ("(ok (var-get n))", "(ok (bit-or (var-get n) u8))")
    made = engines(engine="both", fault=fault, stop=True, reports=tmp_path)
    chain = begun(made)
    with pytest.raises(Stopped, match=r"call: value.*0001 repeats it") as caught:
        inc(chain, 2)
    assert caught.value.found is chain.discrepancy
    with pytest.raises(Stopped):
        inc(chain, 2)
    with pytest.raises(Stopped):
        chain.mine()
    assert chain.chain.block_height == 2


def test_before_the_activation_height_the_interpreter_answers(engines):
    made = engines(engine="wasm", schedule=Schedule(activation=4))
    chain = begun(made)
    assert (chain.burn_block_height, chain.answers) == (1, "reference")
    assert inc(chain, 2).value == Ok(UInt(2))
    chain.mine_burn(2)
    assert (chain.burn_block_height, chain.answers) == (3, "reference")
    assert inc(chain, 2).value == Ok(UInt(4))
    assert made.reference is not None
    chain.mine_burn()
    assert chain.answers == "wasm"
    assert inc(chain, 2).value == Ok(UInt(6))
    assert made.reference is None
    assert made.metrics.transactions == {"reference": 3, "wasm": 1}
    assert made.metrics.compared == 3


def test_before_epoch_3_each_transaction_is_a_burn_block_on_the_way_to_the_height(engines):
    chain = engines(engine="both", schedule=Schedule(activation=4)).chain()
    engine = []
    for number in range(5):
        engine.append(chain.answers)
        assert chain.deploy(f"{DEPLOYER}.c{number}", "(define-read-only (f) u1)", 1).ok
    assert engine == ["reference"] * 3 + ["wasm"] * 2
    assert chain.burn_block_height == 5


def test_a_fault_before_activation_keeps_the_interpreter_beyond_it(engines):
    fault = ("(ok (var-get n))", "(ok (bit-or (var-get n) u8))")
    made = engines(engine="wasm", fault=fault, schedule=Schedule(activation=3))
    chain = begun(made)
    assert inc(chain, 2).value == Ok(UInt(2))
    chain.mine_burn(5)
    assert chain.answers == "reference"
    assert inc(chain, 2).value == Ok(UInt(4))
    assert (made.metrics.fallbacks, made.metrics.differences) == (1, {"value": 1})
    assert chain.burn_block_height == 6


def test_epochs_begin_where_the_schedule_says(engines):
    rows = ["0=2.05", "3=2.1", "5=3.0", "9=3.3"]
    chain = engines(engine="both", schedule=Schedule.parse(rows)).chain()
    epochs = []
    for number in range(6):
        receipt = chain.deploy(f"{DEPLOYER}.c{number}", "(define-read-only (f) u1)", 1)
        assert receipt.ok, receipt.error
        epochs.append((str(chain.epoch), chain.burn_block_height))
    assert epochs == [
        ("2.05", 1),
        ("2.05", 2),
        ("2.1", 3),
        ("2.1", 4),
        ("3.0", 5),
        ("3.0", 5),
    ]
    chain.mine_burn(4)
    assert chain.deploy(f"{DEPLOYER}.last", "(define-read-only (f) u1)", 4).ok
    assert str(chain.epoch) == "3.3"
    assert chain.discrepancy is None


def test_a_mended_vm_counts_again_only_where_all_receipts_agree(engines):
    fault = ("(ok (var-get n))", "(ok (bit-or (var-get n) u8))")
    made = engines(engine="both", fault=fault)
    chain = begun(made)
    inc(chain, 2)
    inc(chain, 3)
    still = chain.resume(
        Chain(modules=Faulty(*fault), genesis_time=GENESIS, engine=interruptible_engine("debug"))
    )
    assert still is not None
    assert (still.line, still.kind) == (3, "value")
    assert chain.answers == "reference"
    mended = Chain(genesis_time=GENESIS, engine=interruptible_engine("debug"))
    assert chain.resume(mended) is None
    assert (chain.answers, chain.discrepancy, chain.chain) == ("wasm", None, mended)
    assert inc(chain, 4).value == Ok(UInt(9))
    assert made.metrics.compared == 3
    with pytest.raises(ValueError, match="not set aside"):
        chain.resume(mended)


@pytest.mark.parametrize("engine", ["wasm", "reference", "both"])
def test_reverting_takes_all_engines_back(engines, engine):
    chain = begun(engines(engine=engine))
    inc(chain, 2)
    place, height = chain.snapshot(), chain.block_height
    inc(chain, 3)
    chain.mine_burn(2)
    chain.revert(place)
    assert chain.block_height == height
    assert inc(chain, 10).value == Err(UInt(1))
    assert inc(chain, 1).value == Ok(UInt(3))
    assert chain.discrepancy is None


def test_reverting_leaves_a_vm_that_is_set_aside_where_it_is(engines):
    chain = begun(engines(engine="both", fault=("(+ (var-get n) by)", "(- (var-get n) by)")))
    place = chain.snapshot()
    assert inc(chain, 0).ok
    assert inc(chain, 2).value == Ok(UInt(2))
    assert chain.discrepancy is not None
    chain.revert(place)
    assert inc(chain, 5).value == Ok(UInt(5))
    assert not chain.ours_runs


def test_stacks_blocks_of_their_own_begin_with_epoch_3(engines):
    chain = engines(engine="both").chain()
    chain.advance_epoch("2.5")
    with pytest.raises(ValueError, match="only burn blocks"):
        chain.mine()
    chain.mint(WALLET_1, 7)
    chain.advance_epoch("3.0")
    before = chain.block_height
    chain.mine(3)
    assert chain.block_height == before + 3
    assert chain.discrepancy is None


CRASH = "(define-public (f) (ok u1))"


def test_a_crash_of_the_interpreter_leaves_both_chains_where_they_were(engines):
    made = engines(engine="both")
    chain = begun(made)
    assert chain.deploy(f"{DEPLOYER}.twice", CRASH, 4).ok
    # The interpreter's simnet crashes over a contract that is there already; so do we.
    assert not chain.deploy(f"{DEPLOYER}.twice", CRASH, 4).ok
    assert made.metrics.interpreter_crashes == 1
    assert chain.read(COUNTER, "moment", [], WALLET_1).ok
    assert inc(chain, 2).value == Ok(UInt(2))
    assert chain.discrepancy is None
    assert made.reference.where().block_height == chain.block_height == 5


def test_a_killed_interpreter_is_begun_anew(engines):
    made = engines(engine="both")
    chain = begun(made)
    inc(chain, 2)
    made.reference._process.kill()
    made.reference._process.wait(timeout=20)
    assert inc(chain, 3).value == Ok(UInt(5))
    assert chain.discrepancy is None
    assert made.metrics.interpreter_crashes == 1
    assert made.reference.where().block_height == chain.block_height


def test_reports_get_numbers_of_their_own_and_none_stops_the_chain(engines, tmp_path):
    fault = ("(ok (var-get n))", "(ok (bit-or (var-get n) u8))")
    reports = tmp_path / "reports"
    metrics = Metrics()
    made = engines(engine="both", fault=fault, reports=reports, metrics=metrics)
    for _ in range(2):
        inc(begun(made), 2)
    assert sorted(path.name for path in reports.iterdir()) == ["0001", "0002"]
    blocked = tmp_path / "file"
    blocked.write_text("")
    chain = begun(engines(engine="both", fault=fault, reports=blocked, metrics=metrics))
    assert inc(chain, 2).value == Ok(UInt(2))
    assert chain.discrepancy is not None
    assert chain.discrepancy.folder is None
    assert 'clarbuild_engine_differences_total{kind="value"} 3' in [*metrics.openmetrics()]


def test_snippets_of_both(engines):
    chain = engines(engine="both").chain()
    chain.advance_epoch("3.3")
    assert chain.deploy(f"{DEPLOYER}.s", "(+ 1 2)").value == Int(3)
    assert Path("s").name == chain.operations[-1]["contract"].partition(".")[2]
