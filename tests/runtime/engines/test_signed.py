"""Signed transactions on two engines: fees, nonces and post-conditions, which simnet does not know,
beside an interpreter that must see the same balances."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import coincurve
import pytest
from msgspec import structs

from compiler.consensus import deserialize
from compiler.values import Err, Ok, Principal, Tuple, UInt
from compiler.versions import ClarityVersion
from runtime.chain import Chain
from runtime.engines import EngineChains, Stopped
from runtime.simnet import DEPLOYER, INITIAL_BALANCE, WALLET_1
from runtime.transactions import (
    ContractCall,
    Deploy,
    TokenTransfer,
    TransactionFault,
    nonce,
)
from runtime.transactions.auth import initial_sighash, sighash
from runtime.transactions.model import Amount, Mode, Signature, StxCondition
from runtime.transactions.signing import sign
from runtime.transactions.wire import STANDARD
from tests.runtime.engines.planted import GENESIS, Faulty

REPO = Path(__file__).absolute().parents[3]
KEYS = {
    DEPLOYER: bytes.fromhex("753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a6"),
    WALLET_1: bytes.fromhex("7287ba251d44a4d3fd9276c88ce34c5c52a038955511cccaf77e61068649c178"),
}
BANK = f"{DEPLOYER}.bank"
SOURCE = """
(define-data-var n uint u0)
(define-fungible-token coin)
(define-non-fungible-token card uint)
(define-read-only (get-n) (var-get n))
(define-public (add (by uint))
  (begin
    (var-set n (+ (var-get n) by))
    (print {by: by, mine: (stx-get-balance tx-sender), supply: stx-liquid-supply})
    (if (is-eq by u999) (err u9) (ok (var-get n)))))
(define-public (pay (amount uint)) (stx-transfer? amount tx-sender (as-contract tx-sender)))
(define-public (give (id uint))
  (begin
    (try! (ft-mint? coin u5 tx-sender))
    (try! (nft-mint? card id tx-sender))
    (try! (ft-transfer? coin u2 tx-sender 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG))
    (try! (nft-transfer? card id tx-sender 'ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG))
    (stx-burn? u3 tx-sender)))
"""
CALLER = f"{DEPLOYER}.caller"
CALLER_SOURCE = """
(define-public (through (by uint))
  (let ((c .bank)) (try! (contract-call? .bank add by)) (inside by)))
(define-trait adds ((add (uint) (response uint uint))))
(define-public (by-trait (c <adds>) (by uint)) (contract-call? c add by))
(define-private (inside (by uint)) (contract-call? .bank add by))
"""


@pytest.fixture
def begun(reference):
    opened = []

    def make(fault=("", ""), epoch="3.1", **options):
        made = EngineChains(
            lambda genesis: Chain(modules=Faulty(*fault), genesis_time=genesis),
            genesis_time=GENESIS,
            reference=reference,
            **options,
        )
        opened.append(made)
        reference.reset()
        chain = made.chain()
        chain.advance_epoch(epoch)
        return made, chain

    yield make
    for one in opened:
        one.let_go()


class Sender:
    """Signs and applies."""

    def __init__(self, chain):
        self.chain = chain

    def __call__(self, payload, who=WALLET_1, fee=1_000, conditions=(), mode=Mode.ALLOW):
        number = nonce(self.chain.chain.state.get, who)
        made = sign(payload, KEYS[who], number, fee, mode)
        if conditions:
            draft = structs.replace(made, conditions=conditions)
            blank = structs.replace(draft.origin, fields=(Signature(bytes(65)),))
            draft = structs.replace(draft, origin=blank)
            key = coincurve.PrivateKey(KEYS[who])
            message = sighash(initial_sighash(draft), STANDARD, fee, number)
            data = key.sign_recoverable(message, hasher=None)
            fields = (Signature(data[64:] + data[:64]),)
            made = structs.replace(draft, origin=structs.replace(blank, fields=fields))
        return self.chain.apply(made)


def deployed(chain):
    send = Sender(chain)
    assert send(Deploy("bank", SOURCE, ClarityVersion.CLARITY_3), DEPLOYER).receipt.ok
    assert send(Deploy("caller", CALLER_SOURCE, ClarityVersion.CLARITY_3), DEPLOYER).receipt.ok
    return send


def add(by):
    return ContractCall(BANK, "add", (UInt(by),))


def printed(receipt):
    (event,) = (row for row in receipt.to_json()["events"] if row["type"] == "print_event")
    value = deserialize(bytes.fromhex(event["raw_value"][2:]))
    assert isinstance(value, Tuple)
    return value.fields


def everything(send):
    """One of each, with what came of it."""
    bank = Principal(BANK)
    return [
        send(add(2)),
        send(ContractCall(CALLER, "through", (UInt(3),))),
        send(ContractCall(CALLER, "by-trait", (bank, UInt(4)))),
        send(ContractCall(BANK, "pay", (UInt(70),))),
        send(ContractCall(BANK, "pay", (UInt(INITIAL_BALANCE),))),
        send(add((1 << 128) - 1)),
        send(TokenTransfer(bank, 9, b"memo".ljust(34, b"\0"))),
        send(ContractCall(BANK, "give", (UInt(1),))),
        send(ContractCall(BANK, "give", (UInt(2),)), mode=Mode.DENY),
        send(Deploy("broken", "(define-public (f) (ok nothing))", ClarityVersion.CLARITY_2)),
        send(add(1)),
    ]


@pytest.mark.parametrize("epoch", ["2.1", "3.4"])
def test_the_interpreter_says_the_same_of_signed_transactions(begun, reference, epoch):
    made, chain = begun(epoch=epoch)
    send = Sender(chain)
    version = ClarityVersion.CLARITY_2 if epoch.startswith("2") else ClarityVersion.CLARITY_3
    assert send(Deploy("bank", SOURCE, version), DEPLOYER).receipt.ok
    assert send(Deploy("caller", CALLER_SOURCE, version), DEPLOYER).receipt.ok
    told = everything(send)
    assert chain.discrepancy is None
    assert made.metrics.to_json()["compared"] == 13
    assert made.metrics.to_json()["transactions"] == {"wasm": 13}
    values = [one.receipt.value for one in told]
    assert values[:5] == [Ok(UInt(2)), Ok(UInt(8)), Ok(UInt(12)), Ok(True), Err(UInt(1))]
    assert [one.aborted is not None for one in told] == [False] * 8 + [True] + [False] * 2
    assert values[-1] == Ok(UInt(13))
    assert [len(one.receipt.events) for one in told[7:9]] == [5, 0]
    # Eleven fees, ten of them before the last: what a contract sees is what is left.
    left = INITIAL_BALANCE - 11 * 1_000 - 70 - 9 - 3
    assert printed(told[-1].receipt)["mine"] == UInt(left)
    assert chain.chain.balance(WALLET_1) == left
    account = chain.ask("account", principal=WALLET_1)
    assert isinstance(account, Tuple)
    assert account.fields["unlocked"] == UInt(left)
    # The costs are the network's: nothing for a transfer, nothing for a tracer.
    assert told[6].receipt.costs.runtime == 0
    where = reference.where()
    assert (where.block_height, where.burn_block_height) == (
        chain.chain.block_height,
        chain.chain.burn_block_height,
    )


FAULTS = {
    "value": (("(ok (var-get n))", "(ok (+ u1 (var-get n)))"), "value"),
    "cost": (("(print {by: by,", "(print {by: (+ by u0),"), "cost"),
    "panic": (("(ok (var-get n))", "(ok (/ u1 u0))"), "failure"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_reported_and_the_interpreter_goes_on(begun, name, tmp_path):
    fault, kind = FAULTS[name]
    made, chain = begun(fault, reports=tmp_path / "reports")
    send = deployed(chain)
    assert send(ContractCall(BANK, "pay", (UInt(70),))).receipt.value == Ok(True)
    told = everything(send)
    found = chain.discrepancy
    assert found is not None
    assert found.kind == kind
    assert (found.line, found.operation["does"]["function"]) == (5, "add")
    assert made.metrics.differences == {kind: 1}
    values = [one.receipt.value for one in told]
    assert values[:5] == [Ok(UInt(2)), Ok(UInt(8)), Ok(UInt(12)), Ok(True), Err(UInt(1))]
    assert told[5].receipt.to_json()["error"] == {"kind": "Runtime", "name": "ArithmeticOverflow"}
    # Also without our VM: what moved is known by the interpreter's events.
    assert [one.aborted is not None for one in told] == [False] * 8 + [True] + [False] * 2
    left = INITIAL_BALANCE - 12 * 1_000 - 70 - 70 - 9 - 3
    assert printed(told[-1].receipt)["mine"] == UInt(left)
    assert chain.block_height == chain.chain.block_height
    # Nothing of what it did alone is in our state, but nonces are.
    assert nonce(chain.chain.state.get, WALLET_1) == 12
    assert chain.chain.state.get(f"vm::{BANK}::1::n") == bytes.fromhex("01" + "00" * 16)
    variable = chain.ask("variable", contract=BANK, name="n")
    assert variable == UInt(13)
    assert chain.ask("variable", contract=BANK, name="m") is None
    # The report repeats it, on a clarbuild without the fault.
    assert found.folder is not None
    rows = [json.loads(line) for line in (found.folder / "log.jsonl").read_text().splitlines()]
    assert [row["op"] for row in rows] == ["epoch"] + ["transaction"] * 4
    command = [sys.executable, "-m", "clarbuild", "replay", "log.jsonl"]
    command += ["--against", "receipts.jsonl", "--genesis-time", str(GENESIS)]
    ran = subprocess.run(
        command,
        cwd=found.folder,
        env={**os.environ, "PYTHONPATH": str(REPO)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "same costs    4 of 4" in ran.stdout


def test_conditions_are_kept_to_by_the_interpreter_alone(begun):
    made, chain = begun(engine="reference")
    send = deployed(chain)
    pay = ContractCall(BANK, "pay", (UInt(70),))
    kept = send(pay, conditions=(StxCondition(None, Amount.EQUAL, 70),), mode=Mode.DENY)
    assert kept.aborted is None
    broken = send(pay, conditions=(StxCondition(None, Amount.LESS, 70),), mode=Mode.DENY)
    assert broken.aborted == (
        f"Post-condition check failure on STX owned by {WALLET_1}: 70 SentLt 70"
    )
    account = chain.ask("account", principal=BANK)
    assert isinstance(account, Tuple)
    assert account.fields["unlocked"] == UInt(70)
    with pytest.raises(TransactionFault) as refused:
        send(TokenTransfer(Principal(BANK), INITIAL_BALANCE, bytes(34)))
    assert refused.value.reason == "NotEnoughFunds"
    assert made.metrics.to_json()["compared"] == 0


REFUSED = {
    "no function": (Deploy("box", "(define-data-var x uint u0)"), {}, "take"),
    "in a comment": (Deploy("box", ";(define-public (f) (ok 1))\n(+ 1 2)"), {}, "take"),
    "a large fee": (add(1), {"fee": 1 << 53}, "amounts above 9007199254740991 micro-STX"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_interpreter_can_not_do_is_refused(begun, name):
    payload, options, says = REFUSED[name]
    _, chain = begun()
    chain.mint(WALLET_1, 1 << 60)
    send = deployed(chain)
    height = chain.block_height
    with pytest.raises(TransactionFault) as refused:
        send(payload, **options)
    assert "The interpreter runs beside this chain" in str(refused.value)
    assert says in str(refused.value)
    assert chain.block_height == height == chain.chain.block_height
    assert send(add(1)).receipt.value == Ok(UInt(1))
    assert chain.discrepancy is None


def test_a_chain_that_is_to_stop_stops_before_the_transaction(begun):
    _, chain = begun(FAULTS["value"][0], stop=True)
    send = deployed(chain)
    height = chain.chain.block_height
    with pytest.raises(Stopped):
        send(add(1))
    assert chain.chain.block_height == height
    assert nonce(chain.chain.state.get, WALLET_1) == 0
    with pytest.raises(Stopped):
        send(add(1))


def test_reads_leave_nothing_behind(begun):
    made, chain = begun(("(define-read-only (get-n) (var-get n))", "(define-read-only (get-n) u7)"))
    send = deployed(chain)
    send(add(2))
    before = chain.operations
    read = chain.look(BANK, "get-n", [], WALLET_1, lambda on: on.read(BANK, "get-n", [], WALLET_1))
    assert read.value == UInt(2)
    assert chain.discrepancy is not None
    assert chain.discrepancy.kind == "value"
    assert len(chain.operations) == len(before) + 1
    again = chain.look(BANK, "get-n", [], WALLET_1, lambda on: on.read(BANK, "get-n", [], WALLET_1))
    assert again.value == UInt(2)
    assert len(chain.operations) == len(before) + 1
    assert made.metrics.fallbacks == 1
