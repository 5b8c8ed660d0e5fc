"""Deferred effects and kept variables are invisible: receipts, and the order in which keys are
written, are as if every word had gone to the host at once."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compiler import abi
from compiler.costs.limits import EVENTS_LIMIT
from compiler.values import Buffer, Principal, UInt
from runtime import effects
from runtime.chain import Chain
from runtime.codecs import principal_bytes
from runtime.errors import TransactionError
from runtime.simnet import DEPLOYER, WALLET_1
from runtime.stores.marf import MarfBacking
from runtime.stores.store import Store
from tests.runtime.player import Player, check_agreement

FIRST = f"{DEPLOYER}.first"
SECOND = f"{DEPLOYER}.second"

SOURCE = """
(define-data-var total uint u0)
(define-data-var text (buff 40) 0x00)
(define-data-var owner principal tx-sender)
(define-data-var large (list 200 uint) (list))
(define-map seen uint {at: uint, by: principal})
(define-fungible-token coin)
(define-non-fungible-token piece uint)
(var-set total u1)
(map-set seen u0 {at: (var-get total), by: tx-sender})
(print {total: (var-get total)})

(define-read-only (all)
  {total: (var-get total), text: (var-get text), owner: (var-get owner),
   large: (var-get large), seen: (map-get? seen (var-get total))})
(define-read-only (shout) (begin (print (var-get total)) (var-get total)))
(define-read-only (before (back uint))
  {
    now: (var-get total),
    then: (at-block
      (unwrap-panic (get-stacks-block-info? id-header-hash (- stacks-block-height back u1)))
      (begin (print (var-get total)) (list (var-get total) (len (var-get text))))),
    again: (var-get total),
  })

(define-private (set-one (n uint) (by uint))
  (begin
    (map-set seen n {at: by, by: (var-get owner)})
    (var-set total (+ (var-get total) by))
    (print n)
    by))
(define-public (loop (by uint))
  (begin
    (fold set-one (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15 u16 u17 u18 u19 u20
      u21 u22 u23 u24 u25 u26 u27 u28 u29 u30 u31 u32 u33 u34 u35 u36 u37 u38 u39 u40 u41 u42 u43
      u44 u45 u46 u47 u48 u49 u50 u51 u52 u53 u54 u55 u56 u57 u58 u59 u60) by)
    (ok (var-get total))))

(define-public (change (n uint) (bytes (buff 40)))
  (let ((old (var-get text)) (was (var-get owner)))
    (var-set text bytes)
    (var-set owner contract-caller)
    (var-set total (+ (var-get total) n))
    (var-set large (unwrap-panic (as-max-len? (append (var-get large) n) u200)))
    (print {old: old, new: (var-get text), was: was, is: (var-get owner)})
    (asserts! (< n u5) (err (var-get total)))
    (ok (concat old (var-get text)))))

(define-public (entries (n uint))
  (let ((one (map-insert seen n {at: n, by: tx-sender}))
        (two (map-get? seen n)))
    (map-set seen n {at: (+ n u1), by: tx-sender})
    (print {inserted: one, before: two, after: (map-get? seen n)})
    (asserts! (not (is-eq n u7)) (err u7))
    (ok (and (> n u3) (map-delete seen n)))))

(define-public (tokens (n uint) (to principal))
  (begin
    (print "before")
    (try! (ft-mint? coin n tx-sender))
    (print (ft-get-balance coin tx-sender))
    (map-set seen n {at: (ft-get-supply coin), by: to})
    (try! (ft-transfer? coin n tx-sender to))
    (try! (nft-mint? piece (var-get total) to))
    (print "after")
    (stx-transfer? u1 tx-sender to)))

(define-public (own (n uint))
  (begin
    (var-set total u3)
    (let ((answer (match (change n 0x0102) good u0 bad bad)))
      (print {answer: answer, total: (var-get total), shouted: (shout)})
      (ok (+ answer (var-get total))))))

(define-public (fail (n uint))
  (begin (var-set total u99) (print "lost") (map-set seen u5 {at: u5, by: tx-sender})
    (ok (/ u1 n))))
"""
CALLER = """
(define-data-var count uint u0)
(define-public (both (n uint))
  (begin
    (var-set count (+ (var-get count) n))
    (print "in between")
    (let ((first (contract-call? .first change n 0xff))
          (second (as-contract (contract-call? .first own n))))
      (print {first: first, second: second, count: (var-get count)})
      (try! (contract-call? .first tokens n .first))
      (asserts! (< (var-get count) u12) (err u1))
      (ok (contract-call? .first all)))))
(define-public (careless (n uint))
  (begin (var-set count u1) (ok (unwrap-panic (contract-call? .first fail n)))))
(define-read-only (look) {count: (var-get count), all: (contract-call? .first all)})
(define-read-only (listen) (contract-call? .first shout))
"""

numbers = st.integers(0, 8).map(UInt)
bytes_ = st.binary(max_size=42).map(Buffer)
people = st.sampled_from([DEPLOYER, WALLET_1, SECOND])


def _calls(kind, contract, function, *arguments):
    return st.tuples(*map(st.just, (kind, contract, function)), st.tuples(*arguments))


calls = st.one_of(
    _calls("read", FIRST, "all"),
    _calls("read", FIRST, "shout"),
    _calls("read", FIRST, "before", st.integers(0, 3).map(UInt)),
    _calls("call", FIRST, "loop", numbers),
    _calls("call", FIRST, "change", numbers, bytes_),
    _calls("call", FIRST, "entries", numbers),
    _calls("call", FIRST, "tokens", numbers, people.map(Principal)),
    _calls("call", FIRST, "own", numbers),
    _calls("call", FIRST, "fail", st.integers(0, 1).map(UInt)),
    _calls("call", SECOND, "both", numbers),
    _calls("call", SECOND, "careless", st.integers(0, 1).map(UInt)),
    _calls("read", SECOND, "look"),
    _calls("read", SECOND, "listen"),
)
steps = st.one_of(
    st.tuples(calls, st.sampled_from([DEPLOYER, WALLET_1])),
    st.sampled_from(["mine", "epoch", "snapshot", "revert"]),
)


def _made(kind, contract, function, *arguments):
    return ((kind, contract, function, arguments), DEPLOYER)


# Each of them, after what makes a difference to it.
SCRIPT = [
    _made("call", FIRST, "loop", UInt(2)),
    "mine",
    _made("call", FIRST, "change", UInt(1), Buffer(b"abc")),
    _made("read", FIRST, "before", UInt(0)),
    _made("read", FIRST, "all"),
    _made("call", FIRST, "entries", UInt(2)),
    _made("call", FIRST, "entries", UInt(7)),
    _made("call", FIRST, "tokens", UInt(1), Principal(WALLET_1)),
    _made("call", FIRST, "own", UInt(1)),
    _made("call", FIRST, "own", UInt(6)),
    _made("read", FIRST, "shout"),
    _made("call", FIRST, "fail", UInt(0)),
    _made("call", FIRST, "fail", UInt(1)),
    *[_made("call", SECOND, "both", UInt(number)) for number in (2, 6, 3)],
    _made("read", SECOND, "look"),
    _made("read", SECOND, "look"),
    _made("call", SECOND, "both", UInt(4)),
    _made("read", SECOND, "look"),
    _made("call", SECOND, "careless", UInt(0)),
    _made("call", SECOND, "careless", UInt(1)),
    _made("read", SECOND, "look"),
    _made("read", SECOND, "listen"),
    "snapshot",
    _made("call", FIRST, "loop", UInt(3)),
    _made("call", FIRST, "change", UInt(2), Buffer(b"d")),
    "revert",
    _made("read", FIRST, "all"),
    "epoch",
    _made("call", SECOND, "both", UInt(1)),
]


CONTRACTS = ((FIRST, SOURCE), (SECOND, CALLER))


@pytest.mark.parametrize("isolation", ["reuse", "fresh"])
@settings(max_examples=15, deadline=None)
@example(played=SCRIPT)
@given(played=st.lists(steps, min_size=1, max_size=20))
def test_deferred_and_direct_agree(direct, isolation, played):
    check_agreement(direct, isolation, CONTRACTS, played)


def test_tries_grow_in_the_same_order(direct):
    """A node's root hashes depend on the order in which keys were first written."""
    direct.clear()
    deferring, other = (
        Player(isolation, CONTRACTS, Store(MarfBacking())) for isolation in ("reuse", "fresh")
    )
    direct.append(other.chain.host.tx)
    for player in (deferring, other):
        for function in ("loop", "entries", "own"):
            player.play((("call", FIRST, function, (UInt(2),)), DEPLOYER))
        for number in (2, 7, 4):
            player.play((("call", SECOND, "both", (UInt(number),)), WALLET_1))
        player.chain.mine()
    assert deferring.receipts == other.receipts
    roots = [player.chain.state.root(player.chain.state.tip) for player in (deferring, other)]
    assert roots[0] is not None
    assert roots[0] == roots[1]


def test_writes_are_refused_where_they_stand(direct):
    """What is read-only fails at its first write, though that needs no answer."""
    direct.clear()
    chain = Chain(genesis_time=1_000_000)
    chain.advance_epoch("3.0")
    source = "(define-data-var a int 0) (define-public (f) (ok (var-set a 1)))"
    assert chain.deploy(FIRST, source, 3).ok
    host, sender = chain.host, principal_bytes(DEPLOYER)
    host.start()
    host.tx.begin(read_only=True)
    with pytest.raises(TransactionError, match="Write attempted in read-only"):
        chain.session.execute(FIRST, "f", [], sender, sender, [0] * 5)
    host.tx.unwind(0)
    assert chain.call(FIRST, "f", [], DEPLOYER).ok


def test_prints_may_not_add_up_to_too_much(direct):
    """Near the limit they go to the host at once, which knows where it is passed."""
    direct.clear()
    chain = Chain(genesis_time=1_000_000)
    chain.advance_epoch("3.0")
    assert chain.deploy(FIRST, "(define-public (say (a (buff 100))) (ok (print a)))", 3).ok
    said = Buffer(bytes(100))
    assert chain.call(FIRST, "say", [said], DEPLOYER).ok
    guest = chain.session.guest(chain.contracts[FIRST])
    for printed, room in (
        (0, abi.RECORDED),
        (EVENTS_LIMIT - 10_000, abi.RECORDED),
        (EVENTS_LIMIT - 100, abi.STATIC_DATA),
    ):
        chain.host.tx.printed = printed
        effects.admit(guest, chain.host.tx)
        assert guest.word[abi.RECORDED_END // 4] == room
