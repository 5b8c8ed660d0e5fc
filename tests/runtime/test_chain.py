"""Transactions on a chain: effects, what undoes them, and calls between contracts.

Expected values are the reference VM's answers to the same transactions.
"""

from __future__ import annotations

import pytest

from compiler.values import NONE, Err, Int, List, Ok, Principal, Some, Tuple, UInt
from runtime.chain import Chain
from runtime.simnet import DEPLOYER, INITIAL_BALANCE, WALLET_1

COUNTER = """
(define-data-var n uint u0)
(define-map seen principal uint)
(define-public (inc (by uint))
  (begin
    (var-set n (+ (var-get n) by))
    (map-set seen tx-sender by)
    (print {n: (var-get n)})
    (if (> by u9) (err u1) (ok (var-get n)))))
(define-read-only (get-n) (var-get n))
(define-read-only (get-seen (who principal)) (map-get? seen who))
(define-private (hidden) u1)
"""


@pytest.fixture(params=["reuse", "fresh"])
def chain(request):
    made = Chain(isolation=request.param, genesis_time=1_000_000)
    made.advance_epoch("3.1")
    return made


def deploy(chain, name, source, version=3):
    receipt = chain.deploy(f"{DEPLOYER}.{name}", source, version)
    assert receipt.ok, receipt.error
    return f"{DEPLOYER}.{name}"


def test_a_call_changes_state_and_tells_of_it(chain):
    counter = deploy(chain, "counter", COUNTER)
    receipt = chain.call(counter, "inc", [UInt(2)], WALLET_1)
    assert receipt.value == Ok(UInt(2))
    assert [event.type for event in receipt.events] == ["print_event"]
    assert chain.read(counter, "get-n", [], DEPLOYER).value == UInt(2)
    seen = chain.read(counter, "get-seen", [Principal(WALLET_1)], DEPLOYER)
    assert seen.value == Some(UInt(2))
    assert receipt.costs.write_count == 2


def test_an_error_answer_undoes_writes_and_events_but_costs(chain):
    counter = deploy(chain, "counter", COUNTER)
    receipt = chain.call(counter, "inc", [UInt(10)], WALLET_1)
    assert receipt.ok
    assert receipt.value == Err(UInt(1))
    assert receipt.events == ()
    assert receipt.costs.write_count == 2
    assert chain.read(counter, "get-n", [], DEPLOYER).value == UInt(0)


def test_a_failure_undoes_everything(chain):
    counter = deploy(chain, "counter", COUNTER)
    receipt = chain.call(counter, "inc", [UInt((1 << 128) - 1)], WALLET_1)
    assert receipt.value == Err(UInt(1))
    chain.call(counter, "inc", [UInt(1)], WALLET_1)
    receipt = chain.call(counter, "inc", [UInt((1 << 128) - 1)], WALLET_1)
    assert receipt.to_json()["error"] == {"kind": "Runtime", "name": "ArithmeticOverflow"}
    assert chain.read(counter, "get-n", [], DEPLOYER).value == UInt(1)


def test_what_can_not_be_called_says_so(chain):
    counter = deploy(chain, "counter", COUNTER)

    def message(receipt):
        return receipt.to_json()["error"]["message"]

    assert message(chain.call(counter, "get-n", [], WALLET_1)) == "get-n is not a public function"
    assert (
        message(chain.read(counter, "inc", [UInt(1)], WALLET_1))
        == "inc is not a read-only function"
    )
    assert (
        message(chain.call(counter, "nope", [], WALLET_1))
        == f"Method 'nope' does not exist on contract '{counter}'"
    )
    assert (
        message(chain.call(f"{DEPLOYER}.nope", "f", [], WALLET_1))
        == f"Contract '{DEPLOYER}.nope' does not exist"
    )


def test_arguments_are_counted_and_checked(chain):
    counter = deploy(chain, "counter", COUNTER)

    def name(arguments):
        return chain.call(counter, "inc", arguments, WALLET_1).to_json()["error"]["name"]

    assert name([]) == "IncorrectArgumentCount"
    assert name([Int(1)]) == "TypeValueError"
    assert name(["0x03"]) == "TypeValueError"


def test_diagnostics_name_the_deployer(chain):
    receipt = chain.deploy(f"{DEPLOYER}.a", "(contract-call? .b f)", 3)
    assert receipt.to_json() == {
        "ok": False,
        "error": {
            "kind": "message",
            "message": f"use of unresolved contract '{DEPLOYER}.b'",
        },
    }


CALLEE = """
(define-data-var total uint u0)
(define-public (add (n uint))
  (begin (var-set total (+ (var-get total) n))
    (print contract-caller)
    (asserts! (< n u10) (err n))
    (ok {by: tx-sender, total: (var-get total)})))
(define-read-only (twice (l (list 5 uint))) (map double l))
(define-private (double (n uint)) (* u2 n))
"""
CALLER = """
(define-public (both (a uint) (b uint))
  (begin
    (try! (contract-call? .callee add a))
    (match (contract-call? .callee add b) good (ok u0) bad (ok bad))))
(define-public (as-me (n uint)) (as-contract (contract-call? .callee add n)))
(define-read-only (numbers) (contract-call? .callee twice (list u1 u2)))
"""


def test_calls_between_contracts(chain):
    deploy(chain, "callee", CALLEE, 2)
    caller = deploy(chain, "caller", CALLER, 2)
    receipt = chain.call(caller, "both", [UInt(1), UInt(50)], WALLET_1)
    assert receipt.value == Ok(UInt(50))
    assert len(receipt.events) == 1
    receipt = chain.call(caller, "as-me", [UInt(2)], WALLET_1)
    assert receipt.value == Ok(Tuple({"by": Principal(caller), "total": UInt(3)}))
    assert chain.read(caller, "numbers", [], WALLET_1).value == List([UInt(2), UInt(4)])


TRAIT = "(define-trait t ((f (uint) (response uint uint))))"
GOOD = "(define-public (f (n uint)) (ok (+ n u1)))"
BAD = "(define-public (f (n int)) (ok n))"
USER = """
(use-trait t .trait.t)
(define-public (go (c <t>)) (contract-call? c f u1))
"""


def test_calls_through_traits_are_checked_when_they_happen(chain):
    deploy(chain, "trait", TRAIT)
    good, bad = deploy(chain, "good", GOOD), deploy(chain, "bad", BAD)
    user = deploy(chain, "user", USER)
    assert chain.call(user, "go", [Principal(good)], WALLET_1).value == Ok(UInt(2))

    def name(contract):
        return chain.call(user, "go", [Principal(contract)], WALLET_1).to_json()["error"]["name"]

    assert name(bad) == "BadTraitImplementation"
    assert name(user) == "CircularReference"
    assert name(f"{DEPLOYER}.nobody") == "NoSuchContract"
    assert name(WALLET_1) == "TypeValueError"


TOKENS = """
(define-fungible-token coin u100)
(define-non-fungible-token thing uint)
(define-public (mint (n uint) (to principal)) (ft-mint? coin n to))
(define-public (send (n uint) (to principal)) (ft-transfer? coin n tx-sender to))
(define-public (make (id uint)) (nft-mint? thing id tx-sender))
(define-public (give (id uint) (to principal)) (nft-transfer? thing id tx-sender to))
(define-public (pay (n uint) (to principal)) (stx-transfer? n tx-sender to))
(define-public (burn (n uint)) (begin (try! (stx-burn? n tx-sender)) (ok stx-liquid-supply)))
"""


def test_tokens(chain):
    tokens = deploy(chain, "tokens", TOKENS)

    def call(function, *arguments):
        return chain.call(tokens, function, list(arguments), WALLET_1).value

    other = Principal(DEPLOYER)
    assert call("mint", UInt(0), other) == Err(UInt(1))
    assert call("mint", UInt(60), Principal(WALLET_1)) == Ok(True)
    assert call("send", UInt(0), other) == Err(UInt(3))
    assert call("send", UInt(1), Principal(WALLET_1)) == Err(UInt(2))
    assert call("send", UInt(61), other) == Err(UInt(1))
    assert call("send", UInt(60), other) == Ok(True)
    over = chain.call(tokens, "mint", [UInt(41), other], WALLET_1)
    assert over.to_json()["error"] == {"kind": "Runtime", "name": "SupplyOverflow"}
    assert call("make", UInt(1)) == Ok(True)
    assert call("make", UInt(1)) == Err(UInt(1))
    assert call("give", UInt(2), other) == Err(UInt(3))
    assert call("give", UInt(1), other) == Ok(True)
    assert call("give", UInt(1), other) == Err(UInt(1))


def test_stx(chain):
    tokens = deploy(chain, "tokens", TOKENS)
    receipt = chain.call(tokens, "pay", [UInt(5), Principal(DEPLOYER)], WALLET_1)
    assert receipt.value == Ok(True)
    assert chain.balance(WALLET_1) == INITIAL_BALANCE - 5
    too_much = [UInt(INITIAL_BALANCE), Principal(DEPLOYER)]
    assert chain.call(tokens, "pay", too_much, WALLET_1).value == Err(UInt(1))
    burned = chain.call(tokens, "burn", [UInt(7)], WALLET_1)
    assert burned.value == Ok(UInt(2 * INITIAL_BALANCE - 7))


def test_constants_keep_the_values_of_their_deployment(chain):
    source = """
    (define-constant when burn-block-height)
    (define-constant who tx-sender)
    (define-constant table (list {a: "x"} {a: "yy"}))
    (define-read-only (get-all) {when: when, who: who, table: (len table)})
    """
    contract = deploy(chain, "constants", source)
    chain.mine_burn(3)
    value = chain.read(contract, "get-all", [], WALLET_1).value
    expected = {"when": UInt(1), "who": Principal(DEPLOYER), "table": UInt(2)}
    assert value == Tuple(expected)


def test_a_snapshot_brings_everything_back(chain):
    counter = deploy(chain, "counter", COUNTER)
    chain.call(counter, "inc", [UInt(1)], WALLET_1)
    place, height = chain.snapshot(), chain.block_height
    chain.call(counter, "inc", [UInt(1)], WALLET_1)
    deploy(chain, "other", COUNTER)
    chain.mine_burn()
    chain.revert(place)
    assert chain.block_height == height
    assert chain.read(counter, "get-n", [], WALLET_1).value == UInt(1)
    assert not chain.read(f"{DEPLOYER}.other", "get-n", [], WALLET_1).ok
    deploy(chain, "other", COUNTER)


def test_snippets_are_evaluated_and_not_kept(chain):
    receipt = chain.deploy(f"{DEPLOYER}.s", "(+ 1 2)", 3)
    assert receipt.value == Int(3)
    receipt = chain.deploy(f"{DEPLOYER}.s", "(define-data-var a int 0)", 3)
    assert receipt.value == NONE
    assert not chain.contracts


def test_costs_follow_the_epoch_of_the_call():
    chain = Chain(genesis_time=1_000_000)
    chain.advance_epoch("2.1")
    counter = deploy(chain, "counter", COUNTER, 2)
    before = chain.call(counter, "inc", [UInt(1)], WALLET_1).costs
    chain.advance_epoch("3.4")
    after = chain.call(counter, "inc", [UInt(1)], WALLET_1)
    assert after.value == Ok(UInt(2))
    assert after.costs != before


def test_a_past_block():
    chain = Chain(genesis_time=1_000_000)
    chain.advance_epoch("2.1")
    source = """
    (define-data-var n uint u1)
    (define-public (set (v uint)) (ok (var-set n v)))
    (define-read-only (then (h uint))
      (at-block (unwrap-panic (get-block-info? id-header-hash h)) (var-get n)))
    """
    contract = deploy(chain, "past", source, 2)
    height = chain.block_height
    chain.call(contract, "set", [UInt(2)], WALLET_1)
    chain.mine_burn()
    assert chain.read(contract, "then", [UInt(height)], WALLET_1).value == UInt(1)
    assert chain.read(contract, "then", [UInt(height + 1)], WALLET_1).value == UInt(2)


def test_the_same_contract_twice_is_the_crash_that_it_is_in_simnet(chain):
    good = deploy(chain, "good", GOOD)
    assert chain.deploy(good, BAD, 3).to_json()["error"]["kind"] == "panic"
    assert chain.call(good, "f", [UInt(1)], WALLET_1).value == Ok(UInt(2))
    counter = deploy(chain, "counter", COUNTER)
    error = {"kind": "Internal", "name": "Expect"}
    assert chain.deploy(counter, COUNTER, 3).to_json()["error"] == error


REENTERED = """
(use-trait t .hop.t)
(define-map seen uint uint)
(define-private (act (c <t>) (n uint))
  (begin (map-set seen n n) (if (> n u1) (ok n) (contract-call? .bounce go c u7))))
(define-public (hop (n uint)) (act .other n))
(define-public (start (c <t>)) (act c u0))
(define-read-only (was-seen (n uint)) (map-get? seen n))
"""


def test_a_function_that_runs_can_not_be_come_back_to_by_another_way(chain):
    deploy(chain, "hop", "(define-trait t ((hop (uint) (response uint uint))))")
    bounce = "(use-trait t .hop.t)(define-public (go (c <t>) (n uint)) (contract-call? c hop n))"
    deploy(chain, "bounce", bounce)
    other = deploy(chain, "other", "(define-public (hop (n uint)) (ok (+ n u1)))")
    contract = deploy(chain, "reentered", REENTERED)
    for _ in range(2):
        receipt = chain.call(contract, "start", [Principal(contract)], WALLET_1)
        assert receipt.to_json()["error"]["name"] == "CircularReference"
        assert chain.call(contract, "start", [Principal(other)], WALLET_1).value == Ok(UInt(8))
    assert chain.read(contract, "was-seen", [UInt(7)], WALLET_1).value == NONE


def test_contract_of_wants_a_contract_that_exists(chain):
    deploy(chain, "trait", TRAIT)
    source = "(use-trait t .trait.t)(define-public (of (c <t>)) (ok (contract-of c)))"
    contract = deploy(chain, "of", source)
    assert chain.call(contract, "of", [Principal(contract)], WALLET_1).ok
    receipt = chain.call(contract, "of", [Principal(f"{DEPLOYER}.nobody")], WALLET_1)
    assert receipt.to_json()["error"]["name"] == "NoSuchContract"


@pytest.mark.parametrize(("version", "ok"), [(1, False), (2, True)])
def test_traits_inside_of_arguments_came_with_clarity_2(chain, version, ok):
    deploy(chain, "trait", TRAIT)
    good = deploy(chain, "good", GOOD)
    source = "(use-trait t .trait.t)(define-public (f (l (list 3 <t>))) (ok (len l)))"
    contract = deploy(chain, "lists", source, version)
    assert chain.call(contract, "f", [List([Principal(good)])], WALLET_1).ok is ok
