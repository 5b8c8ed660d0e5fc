"""Entries of maps and balances that modules keep are invisible: receipts, and the order in which keys
are written, are as if every word had gone to the host at once."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compiler.values import Buffer, Ok, Principal, UInt
from runtime.chain import Chain
from runtime.simnet import DEPLOYER, WALLET_1
from tests.runtime.player import check_agreement

FIRST = f"{DEPLOYER}.first"
SECOND = f"{DEPLOYER}.{'n' * 40}"

# Keys and values on both sides of the longest that are kept (128 and 168 bytes), and more entries than
# places in the table.
SOURCE = """
(define-map numbers uint uint)
(define-map texts (buff 201) (buff 300))
(define-map people {who: principal, at: uint} {total: uint, last: (optional principal)})
(define-fungible-token coin)
(define-fungible-token other u1000)

(define-private (add (n uint) (total uint))
  (+ total (default-to u0 (map-get? numbers n))))
(define-private (put (n uint) (by uint))
  (begin (map-set numbers n (+ by (default-to u0 (map-get? numbers n)))) by))
(define-constant ALL (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15 u16 u17 u18 u19 u20
  u21 u22 u23 u24 u25 u26 u27 u28 u29 u30 u31 u32 u33 u34 u35 u36 u37 u38 u39 u40 u41 u42 u43 u44 u45
  u46 u47 u48 u49 u50 u51 u52 u53 u54 u55 u56 u57 u58 u59 u60 u61 u62 u63 u64 u65 u66 u67 u68 u69 u70))
(define-read-only (sum) (fold add ALL u0))
(define-public (put-all (by uint)) (begin (fold put ALL by) (ok (sum))))

(define-read-only (texts-of (key (buff 200)))
  {one: (map-get? texts key), two: (map-get? texts (concat 0x00 key))})
(define-public (write (key (buff 199)) (text (buff 300)))
  (let ((before (texts-of key)) (new (map-insert texts key text)))
    (map-set texts (concat 0x00 key) text)
    (print {before: before, new: new, after: (texts-of key)})
    (asserts! (not (is-eq (len text) u7)) (err (len text)))
    (ok (len key))))
(define-public (remove (key (buff 200)))
  (let ((before (map-get? texts key)) (gone (map-delete texts key)))
    (print {before: before, gone: gone, again: (map-delete texts key), now: (map-get? texts key)})
    (ok (map-insert texts key 0x01))))

(define-read-only (balances (who principal))
  {coin: (ft-get-balance coin who), other: (ft-get-balance other who),
   supply: (ft-get-supply coin), seen: (map-get? people {who: who, at: u0})})
(define-public (mint (n uint) (to principal))
  (begin
    (print (balances to))
    (try! (ft-mint? coin n to))
    (print (balances to))
    (ft-mint? other n to)))
(define-public (move (n uint) (to principal))
  (let ((seen (map-get? people {who: to, at: u0})))
    (try! (ft-transfer? coin n tx-sender to))
    (map-set people {who: to, at: u0}
      {total: (+ n (default-to u0 (get total seen))), last: (some tx-sender)})
    (print {from: (balances tx-sender), to: (balances to)})
    (match (ft-transfer? other n tx-sender to) good (ok n) bad (err (+ bad u100)))))
(define-public (burn (n uint))
  (begin (try! (ft-burn? coin n tx-sender)) (print (balances tx-sender)) (ok n)))
(define-public (back-and-forth (n uint) (to principal))
  (begin
    (try! (move n to))
    (match (move u0 to) good false bad (begin (print bad) true))
    (match (own n to) good false bad (begin (print {kept: (balances to)}) true))
    (ft-transfer? coin n to tx-sender)))
(define-private (moved (n uint) (to principal)) (begin (is-ok (ft-transfer? coin n tx-sender to)) to))
(define-public (own (n uint) (to principal))
  (begin (fold moved (list u1 u2 u3 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1
      u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1 u1) to)
    (map-set numbers u1 n)
    (asserts! (> n u3) (err (ft-get-balance coin to)))
    (ok n)))
(define-read-only (before (who principal) (back uint))
  {now: (balances who), one: (map-get? numbers u1),
   then: (at-block
     (unwrap-panic (get-stacks-block-info? id-header-hash (- stacks-block-height back u1)))
     {all: (balances who), one: (map-get? numbers u1)}),
   again: (balances who)})
"""
CALLER = """
(define-public (twice (n uint) (to principal))
  (begin
    (print (contract-call? .first balances to))
    (try! (contract-call? .first move n to))
    (match (as-contract (contract-call? .first move n to)) good false bad (begin (print bad) true))
    (try! (as-contract (contract-call? .first own n to)))
    (asserts! (not (is-eq n u5)) (err u5))
    (ok (contract-call? .first balances to))))
"""

HUGE = 1 << 127
amounts = st.one_of(
    st.integers(0, 6),
    st.sampled_from([100, 1 << 64, (1 << 96) - 1, 1 << 96, HUGE - 1, HUGE, 2 * HUGE - 7]),
).map(UInt)
people = st.sampled_from([DEPLOYER, WALLET_1, FIRST, SECOND])
who = people.map(Principal)
keys = st.sampled_from([b"", b"k", bytes(7), bytes(8), bytes(122), bytes(123), bytes(124)]).map(
    Buffer
)
texts = st.sampled_from(
    [b"", b"text", bytes(7), bytes(162), bytes(163), bytes(164), bytes(300)]
).map(Buffer)


def _calls(kind, contract, function, *arguments):
    return st.tuples(*map(st.just, (kind, contract, function)), st.tuples(*arguments))


calls = st.one_of(
    _calls("read", FIRST, "sum"),
    _calls("call", FIRST, "put-all", amounts),
    _calls("read", FIRST, "texts-of", keys),
    _calls("call", FIRST, "write", keys, texts),
    _calls("call", FIRST, "remove", keys),
    _calls("read", FIRST, "balances", who),
    _calls("call", FIRST, "mint", amounts, who),
    _calls("call", FIRST, "move", amounts, who),
    _calls("call", FIRST, "burn", amounts),
    _calls("call", FIRST, "back-and-forth", amounts, who),
    _calls("call", FIRST, "own", amounts, who),
    _calls("read", FIRST, "before", who, st.integers(0, 3).map(UInt)),
    _calls("call", SECOND, "twice", amounts, who),
)
steps = st.one_of(
    st.tuples(calls, st.sampled_from([DEPLOYER, WALLET_1])),
    st.sampled_from(["mine", "epoch", "snapshot", "revert"]),
)


def _made(kind, contract, function, *arguments, sender=DEPLOYER):
    return ((kind, contract, function, arguments), sender)


def _twice(*arguments, sender=DEPLOYER):
    """The second time it is prepared, and finds what the first one left."""
    return [_made(*arguments, sender=sender)] * 2


SCRIPT = [
    *_twice("call", FIRST, "put-all", UInt(2)),
    _made("read", FIRST, "sum"),
    *(
        step
        for size in (4, 7, 162, 163, 164, 300)
        for step in _twice("call", FIRST, "write", Buffer(bytes(122)), Buffer(bytes(size)))
    ),
    *_twice("call", FIRST, "write", Buffer(bytes(123)), Buffer(b"a")),
    *_twice("call", FIRST, "remove", Buffer(bytes(122))),
    _made("read", FIRST, "texts-of", Buffer(bytes(123))),
    *_twice("call", FIRST, "mint", UInt(400), Principal(DEPLOYER)),
    _made("call", FIRST, "mint", UInt(300), Principal(SECOND)),
    *_twice("call", FIRST, "move", UInt(5), Principal(WALLET_1)),
    *_twice("call", FIRST, "back-and-forth", UInt(2), Principal(SECOND)),
    *_twice("call", FIRST, "back-and-forth", UInt(6), Principal(WALLET_1)),
    *_twice("call", FIRST, "burn", UInt(1)),
    "mine",
    *_twice("read", FIRST, "before", Principal(WALLET_1), UInt(1)),
    *_twice("call", SECOND, "twice", UInt(4), Principal(WALLET_1)),
    *_twice("call", SECOND, "twice", UInt(5), Principal(WALLET_1)),
    "snapshot",
    *_twice("call", FIRST, "own", UInt(9), Principal(FIRST)),
    "revert",
    *_twice("read", FIRST, "balances", Principal(FIRST)),
    "epoch",
    *_twice("call", FIRST, "move", UInt(1), Principal(WALLET_1)),
    *_twice("call", FIRST, "move", UInt(10_000), Principal(WALLET_1)),
]
CONTRACTS = ((FIRST, SOURCE), (SECOND, CALLER))


@pytest.mark.parametrize("isolation", ["reuse", "fresh"])
@settings(max_examples=15, deadline=None)
@example(played=SCRIPT)
@given(played=st.lists(steps, min_size=1, max_size=20))
def test_kept_and_direct_agree(direct, isolation, played):
    check_agreement(direct, isolation, CONTRACTS, played)


LARGE = """
(define-fungible-token coin)
(ft-mint? coin u340282366920938463463374607431768211455 tx-sender)
(define-public (there (n uint) (to principal)) (ft-transfer? coin n tx-sender to))
(define-public (again (n uint) (m uint) (to principal))
  (begin
    (try! (ft-transfer? coin n tx-sender to))
    (try! (ft-transfer? coin n to tx-sender))
    (print (ft-get-balance coin to))
    (try! (ft-transfer? coin m tx-sender to))
    (ok (ft-get-balance coin to))))
"""


@pytest.mark.parametrize(
    ("first", "then", "name"),
    [
        ((1 << 128) - 1, 1, "ArithmeticOverflow"),
        ((1 << 128) - 6, 5, None),
        ((1 << 128) - 6, 6, "ArithmeticOverflow"),
        (1 << 96, 5, None),
        ((1 << 96) - 1, (1 << 96) - 1, None),
    ],
)
def test_what_a_transaction_moves_adds_up(first, then, name):
    """The sums of what one owner moves may not pass a uint (stacks-core's AssetMap): that fails at
    the transfer that does it, kept or not."""
    chain = Chain(genesis_time=1_000_000)
    chain.advance_epoch("3.0")
    assert chain.deploy(FIRST, LARGE, 3).ok
    for _ in range(3):
        receipt = chain.call(
            FIRST, "again", [UInt(first), UInt(then), Principal(WALLET_1)], DEPLOYER
        )
        if name is None:
            assert receipt.error is None
            assert len(receipt.events) == 4
            assert chain.call(FIRST, "there", [UInt(then), Principal(DEPLOYER)], WALLET_1).ok
        else:
            assert (receipt.error.kind, receipt.error.name) == ("Runtime", name)
            assert receipt.events == ()


def test_transfers_ask_the_host_no_more():
    """The second transfer between two owners finds both balances in memory; a mint changes them."""
    asked = []
    chain = Chain(genesis_time=1_000_000)
    chain.advance_epoch("3.0")
    assert chain.deploy(FIRST, SOURCE, 3).ok
    get = chain.state.get
    transfer = [UInt(1), Principal(WALLET_1)]
    assert chain.call(FIRST, "mint", [UInt(9), Principal(DEPLOYER)], DEPLOYER).ok
    for _ in range(3):
        assert chain.call(FIRST, "move", transfer, DEPLOYER).ok

    def noting(key):
        asked.append(key)
        return get(key)

    chain.state.get = noting
    assert chain.call(FIRST, "move", transfer, DEPLOYER).ok
    assert [key for key in asked if "::2::" in key or "::0::" in key] == []
    assert chain.call(FIRST, "mint", [UInt(9), Principal(DEPLOYER)], DEPLOYER).ok
    left = chain.read(FIRST, "balances", [Principal(DEPLOYER)], DEPLOYER).value
    assert left.fields["coin"] == UInt(9 - 4 + 9)


LOOKER = """
(define-data-var looks uint u0)
(define-public (look (who principal))
  (begin
    (print (contract-call? .first balances who))
    (var-set looks (+ (var-get looks) u1))
    (ok (var-get looks))))
"""


def test_a_read_of_another_contract_forgets_nothing():
    """Its mark is undone, but nothing was written under it: what both have kept holds on."""
    chain = Chain(genesis_time=1_000_000)
    chain.advance_epoch("3.0")
    assert chain.deploy(FIRST, SOURCE, 3).ok
    assert chain.deploy(SECOND, LOOKER, 3).ok
    assert chain.call(FIRST, "mint", [UInt(9), Principal(DEPLOYER)], DEPLOYER).ok
    for _ in range(3):
        assert chain.call(SECOND, "look", [Principal(DEPLOYER)], DEPLOYER).ok
    asked = []
    get = chain.state.get

    def noting(key):
        asked.append(key)
        return get(key)

    chain.state.get = noting
    assert chain.call(SECOND, "look", [Principal(DEPLOYER)], DEPLOYER).value == Ok(UInt(4))
    assert [key for key in asked if "::1::" in key or "::2::" in key or "::0::" in key] == []
