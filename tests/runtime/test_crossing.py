"""Calls between contracts that were made before go another way, and answer the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.values import (
    NONE,
    Buffer,
    Err,
    Int,
    List,
    Ok,
    Principal,
    Some,
    StringAscii,
    StringUtf8,
    Tuple,
    UInt,
)
from runtime.chain import Chain
from runtime.simnet import DEPLOYER, WALLET_1

CALLEE = f"{DEPLOYER}.callee"
LOOSE = f"{DEPLOYER}.loose"
CALLER = f"{DEPLOYER}.caller"

TRAITS = """
(define-trait echo ((say ((buff 40) (optional principal)) (response (buff 40) uint))
  (count (uint) (response uint uint))))
"""
SOURCE = """
(impl-trait .traits.echo)
(define-data-var calls uint u0)
(define-read-only (all
    (a (optional principal)) (b {x: (string-utf8 9), y: (list 4 int), z: (optional (buff 9))})
    (c (response (string-ascii 9) (list 3 {p: bool, q: uint}))))
  {a: a, b: b, c: c, n: (var-get calls), who: tx-sender, by: contract-caller})
(define-public (say (text (buff 40)) (who (optional principal)))
  (begin
    (var-set calls (+ (var-get calls) u1))
    (print {text: text, who: who, by: contract-caller})
    (asserts! (not (is-eq (len text) u3)) (err (len text)))
    (asserts! (not (is-eq (len text) u4)) (err (/ u1 (- (len text) u4))))
    (ok text)))
(define-public (count (n uint)) (begin (var-set calls n) (ok n)))
(define-private (size (bytes (buff 5))) (len bytes))
(define-read-only (many (items (list 2 (buff 5)))) (map size items))
"""
# As the trait wants it, but nobody says so; it never answers with an error.
LOOSE_SOURCE = """
(define-public (say (text (buff 50)) (who (optional principal))) (ok 0x0102))
(define-read-only (count (n uint)) (ok (+ n u1)))
"""
CALLER_SOURCE = """
(use-trait echo .traits.echo)
(define-map kept uint uint)
(define-public (ask (one <echo>) (text (buff 40)) (who (optional principal)))
  (begin
    (map-set kept u1 (len text))
    (let ((answer (contract-call? one say text who)) (n (contract-call? one count (len text))))
      (print {answer: answer, n: n, kept: (map-get? kept u1)})
      (as-contract (contract-call? one say text (some tx-sender))))))
(define-public (pass (one <echo>) (text (buff 40)) (who (optional principal)))
  (contract-call? .caller-2 hand-on one text who))
(define-read-only (all
    (a (optional principal)) (b {x: (string-utf8 9), y: (list 4 int), z: (optional (buff 9))})
    (c (response (string-ascii 9) (list 3 {p: bool, q: uint}))))
  (contract-call? .callee all a b c))
(define-read-only (many (items (list 2 (buff 5)))) (contract-call? .callee many items))
"""
PASSING = """
(use-trait echo .traits.echo)
(define-public (hand-on (one <echo>) (text (buff 40)) (who (optional principal)))
  (begin (try! (contract-call? one say text who)) (contract-call? one say text who)))
"""

optional_principals = st.one_of(
    st.just(NONE), st.sampled_from([WALLET_1, CALLEE]).map(lambda who: Some(Principal(who)))
)
tuples = st.builds(
    lambda x, y, z: Tuple({"x": StringUtf8(x), "y": List(y), "z": z}),
    st.text(st.sampled_from("aß☃🦊"), max_size=9),
    st.lists(st.integers(-9, 9).map(Int), max_size=4),
    st.one_of(st.just(NONE), st.binary(max_size=9).map(lambda b: Some(Buffer(b)))),
)
responses = st.one_of(
    st.text("abc", max_size=9).map(lambda text: Ok(StringAscii(text))),
    st.lists(
        st.builds(lambda p, q: Tuple({"p": p, "q": UInt(q)}), st.booleans(), st.integers(0, 9)),
        max_size=3,
    ).map(lambda items: Err(List(items))),
)
asked = st.tuples(
    st.sampled_from([CALLEE, LOOSE]).map(Principal),
    st.binary(max_size=6).map(Buffer),
    optional_principals,
)
calls = st.one_of(
    st.tuples(st.just("all"), st.tuples(optional_principals, tuples, responses)),
    st.tuples(
        st.just("many"),
        st.tuples(st.lists(st.binary(max_size=5).map(Buffer), max_size=2).map(List)),
    ),
    st.tuples(st.just("ask"), asked),
    st.tuples(st.just("pass"), asked),
)


def _chain(isolation, epoch):
    chain = Chain(isolation=isolation, genesis_time=1_000_000)
    chain.advance_epoch(epoch)
    for name, source in (
        ("traits", TRAITS),
        ("callee", SOURCE),
        ("loose", LOOSE_SOURCE),
        ("caller-2", PASSING),
        ("caller", CALLER_SOURCE),
    ):
        receipt = chain.deploy(f"{DEPLOYER}.{name}", source, 2)
        assert receipt.ok, receipt.error
    return chain


@pytest.mark.parametrize("epoch", ["2.3", "2.5", "3.4"])
@settings(max_examples=12, deadline=None)
@given(made=st.lists(calls, min_size=1, max_size=12))
def test_the_short_way_answers_as_the_long_one(epoch, made):
    """Fresh instances have made no call before."""
    reused, fresh = _chain("reuse", epoch), _chain("fresh", epoch)
    for function, arguments in made * 3:
        answers = [
            (chain.read if function in ("all", "many") else chain.call)(
                CALLER, function, list(arguments), WALLET_1
            ).to_json()
            for chain in (reused, fresh)
        ]
        assert answers[0] == answers[1]
    assert list(reused.state._log) == list(fresh.state._log)
