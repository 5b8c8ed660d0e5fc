"""Movements of assets: nested transactions keep or forget them, and sums must fit in a uint."""

from __future__ import annotations

import pytest

from compiler.values import UINT_MAX
from runtime.assets import Asset, AssetLog
from runtime.errors import TransactionError

COIN = Asset("ST.token", "coin")


def test_a_nested_transaction_that_is_kept_adds_to_the_one_around_it() -> None:
    log = AssetLog()
    log.begin()
    log.stx("A", 5)
    log.begin()
    log.stx("A", 7)
    log.token("B", *COIN, 3)
    log.asset("B", "ST.token", "art", b"\x01")
    assert log.moved.stx == {"A": 7}
    log.commit()
    log.burn("A", 1)
    moved = log.moved
    assert moved.stx == {"A": 12}
    assert moved.burned == {"A": 1}
    assert moved.fungible == {"B": {COIN: 3}}
    assert moved.non_fungible == {"B": {Asset("ST.token", "art"): [b"\x01"]}}


def test_a_nested_transaction_that_is_undone_is_forgotten() -> None:
    log = AssetLog()
    log.begin()
    log.token("A", *COIN, 1)
    log.begin()
    log.token("A", *COIN, 2)
    log.pox("A")
    log.roll_back()
    assert log.moved.fungible == {"A": {COIN: 1}}
    assert log.moved.pox == set()


def test_stacking_replaces_what_was_stacked_before() -> None:
    log = AssetLog()
    log.begin()
    log.stack("A", 10)
    log.begin()
    log.stack("A", 4)
    log.commit()
    assert log.moved.stacked == {"A": 4}


def test_a_sum_that_does_not_fit_fails_at_the_movement() -> None:
    log = AssetLog()
    log.begin()
    log.token("A", *COIN, UINT_MAX)
    log.token("B", *COIN, UINT_MAX)
    with pytest.raises(TransactionError, match="ArithmeticOverflow"):
        log.token("A", *COIN, 1)


def test_sums_of_nested_transactions_meet_when_they_are_kept() -> None:
    log = AssetLog()
    log.begin()
    log.token("A", *COIN, 1)
    log.begin()
    log.token("A", *COIN, UINT_MAX)
    with pytest.raises(TransactionError, match="ArithmeticOverflow"):
        log.commit()
    log.roll_back()
    assert log.moved.fungible == {"A": {COIN: 1}}
