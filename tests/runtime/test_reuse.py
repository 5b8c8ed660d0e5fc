"""What a session remembers between transactions is invisible: with and without, all receipts are
the same, whatever comes in between."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.values import Buffer, Err, Int, Ok, Principal, UInt
from runtime.chain import Chain
from runtime.receipts import Receipt
from runtime.simnet import DEPLOYER, WALLET_1
from tests.runtime.player import Player

FIRST = f"{DEPLOYER}.first"
SECOND = f"{DEPLOYER}.second"

SOURCE = """
(define-data-var total uint u0)
(define-map seen principal {at: uint, by: principal})
(define-fungible-token coin)
(define-read-only (peek (who principal))
  {total: (var-get total), seen: (map-get? seen who), at: stacks-block-height, me: tx-sender})
(define-read-only (digest (data (buff 40))) (sha256 data))
(define-read-only (divide (a int) (b int)) (/ a b))
(define-public (add (n uint))
  (begin
    (print {add: n, by: contract-caller})
    (var-set total (+ (var-get total) n))
    (map-set seen tx-sender {at: stacks-block-height, by: contract-caller})
    (asserts! (< (var-get total) u100) (err (var-get total)))
    (ok (var-get total))))
(define-public (pay (n uint) (to principal))
  (begin (try! (ft-mint? coin n tx-sender)) (ft-transfer? coin n tx-sender to)))
(define-public (burn (n uint)) (stx-burn? n tx-sender))
(define-public (supply) (ok stx-liquid-supply))
"""
CALLER = """
(define-public (twice (n uint))
  (begin (try! (contract-call? .first add n)) (as-contract (contract-call? .first add n))))
(define-read-only (look) (contract-call? .first peek tx-sender))
"""

amounts = st.integers(0, 60).map(UInt)
people = st.sampled_from([DEPLOYER, WALLET_1])
calls = st.one_of(
    st.tuples(st.just("read"), st.just(FIRST), st.just("peek"), st.tuples(people.map(Principal))),
    st.tuples(
        st.just("read"),
        st.just(FIRST),
        st.just("digest"),
        st.tuples(st.binary(max_size=45).map(Buffer)),
    ),
    st.tuples(
        st.just("read"),
        st.just(FIRST),
        st.just("divide"),
        st.tuples(*[st.integers(-2, 2).map(Int)] * 2),
    ),
    st.tuples(st.just("call"), st.just(FIRST), st.just("add"), st.tuples(amounts)),
    st.tuples(st.just("call"), st.just(FIRST), st.just("add"), st.just((Int(1),))),
    st.tuples(
        st.just("call"), st.just(FIRST), st.just("pay"), st.tuples(amounts, people.map(Principal))
    ),
    st.tuples(st.just("call"), st.just(FIRST), st.just("burn"), st.tuples(amounts)),
    st.tuples(st.just("call"), st.just(FIRST), st.just("supply"), st.just(())),
    st.tuples(st.just("call"), st.just(SECOND), st.just("twice"), st.tuples(amounts)),
    st.tuples(st.just("read"), st.just(SECOND), st.just("look"), st.just(())),
    st.tuples(st.just("call"), st.just(SECOND), st.just("missing"), st.just(())),
)
steps = st.one_of(
    st.tuples(calls, people),
    st.sampled_from(["mine", "burn block", "epoch", "snapshot", "revert", "mint"]),
)


CONTRACTS = ((FIRST, SOURCE), (SECOND, CALLER))


@settings(max_examples=30, deadline=None)
@given(st.lists(steps, min_size=1, max_size=25))
def test_reused_and_fresh_instances_agree(played):
    reused, fresh = Player("reuse", CONTRACTS), Player("fresh", CONTRACTS)
    for step in played:
        reused.play(step)
        fresh.play(step)
        assert reused.receipts == fresh.receipts


KEEPER = """
(define-data-var n uint u0)
(define-read-only (peek) (var-get n))
(define-read-only (peek-then (height uint))
  (at-block (unwrap-panic (get-stacks-block-info? id-header-hash height)) (var-get n)))
(define-public (add (by uint))
  (begin (var-set n (+ (var-get n) by))
    (asserts! (< (var-get n) u50) (err (var-get n)))
    (unwrap-panic (if (is-eq by u13) none (some true)))
    (ok (var-get n))))
"""


class _Stop(BaseException):
    pass


def test_variables_that_instances_keep_are_those_of_the_state() -> None:
    chain = Chain(genesis_time=1)
    chain.advance_epoch("3.1")
    assert chain.deploy(FIRST, KEEPER, 3).ok

    def add(by: int) -> object:
        return chain.call(FIRST, "add", [UInt(by)], DEPLOYER).value

    def peek() -> object:
        return chain.read(FIRST, "peek", [], DEPLOYER).value

    assert [add(1), add(1), add(1), peek(), peek()] == [*map(Ok, map(UInt, (1, 2, 3)))] + [
        UInt(3)
    ] * 2
    before, height = chain.snapshot(), chain.block_height
    assert (add(1), peek()) == (Ok(UInt(4)), UInt(4))
    # A past block, and back.
    then = chain.read(FIRST, "peek-then", [UInt(height - 1)], DEPLOYER)
    assert (then.value, peek()) == (UInt(2), UInt(4))
    # Undone by the contract, by an error, by the chain.
    assert (add(90), peek()) == (Err(UInt(94)), UInt(4))
    assert (add(13), peek()) == (None, UInt(4))
    chain.revert(before)
    assert (peek(), add(1)) == (UInt(3), Ok(UInt(4)))
    # Somebody else's change of the state.
    chain.state.put(f"vm::{FIRST}::1::n", b"\x01" + (9).to_bytes(16, "big"))
    assert (peek(), add(1), peek()) == (UInt(9), Ok(UInt(10)), UInt(10))


def test_a_call_that_is_broken_off_leaves_nothing_behind() -> None:
    chain = Chain(genesis_time=1)
    chain.advance_epoch("3.1")
    assert chain.deploy(FIRST, KEEPER, 3).ok
    for _ in range(3):
        assert chain.call(FIRST, "add", [UInt(1)], DEPLOYER).ok
    known = chain.session.guest(chain.contracts[FIRST]).exports["add"]
    run = known.run

    def broken_off() -> None:
        run()
        raise _Stop

    known.run = broken_off
    chain.session.prepare(FIRST, "add", DEPLOYER, chain._next_block, lambda _e, _v: Receipt())
    with pytest.raises(_Stop):
        chain.call(FIRST, "add", [UInt(1)], DEPLOYER)
    known.run = run
    assert chain.read(FIRST, "peek", [], DEPLOYER).value == UInt(3)
    chain.revert(chain.snapshot())
    assert chain.call(FIRST, "add", [UInt(1)], WALLET_1).value == Ok(UInt(4))
