"""Locks of accounts: how they are stored, when they end, and what the interpreter refuses."""

from __future__ import annotations

import pytest

from compiler.versions import Epoch
from runtime import accounts
from runtime.accounts import Account
from runtime.boot import TESTNET
from runtime.chain import Chain
from runtime.errors import TransactionError
from runtime.pox import locks
from runtime.pox.ledger import Ledger
from runtime.simnet import DEPLOYER, INITIAL_BALANCE
from runtime.state import MemoryState

POX_4 = f"{TESTNET}.pox-4"


@pytest.fixture
def ledger():
    chain = Chain(genesis_time=1)
    chain.advance_epoch("3.1")
    chain.host.start()
    return Ledger(chain.host, POX_4)


@pytest.mark.parametrize(("pox", "stored"), [(1, ""), (2, "00"), (3, "01"), (4, "02"), (5, "03")])
def test_a_lock_is_stored_with_its_contract(pox, stored):
    state = MemoryState()
    account = Account(7, 5, 9, pox)
    accounts.write(state, DEPLOYER, account)
    plain = f"{7:032x}{5:032x}{9:016x}"
    assert state.get(accounts.key(DEPLOYER)).hex() == stored + plain
    assert accounts.read(state.get, DEPLOYER) == account


@pytest.mark.parametrize(
    ("pox", "last"),
    [(2, Epoch.EPOCH_2_1), (3, Epoch.EPOCH_2_4), (4, Epoch.EPOCH_3_4), (5, Epoch.EPOCH_4_0)],
)
def test_a_lock_ends_with_its_height_or_its_contract(pox, last):
    account = Account(7, 5, 9, pox)
    free = Account(12)
    assert account.at(8, last) == account
    assert account.at(9, last) == free
    later = [epoch for epoch in Epoch if epoch > last]
    assert [account.at(8, epoch) for epoch in later] == [free] * len(later)


def test_a_height_beyond_the_end_of_a_contract_is_not_shown():
    far = 1 << 40
    assert Account(7, 5, far, 4).shown_unlock_height == (1 << 32) - 1
    assert Account(7, 5, far, 5).shown_unlock_height == far


def test_locking_extending_and_increasing(ledger):
    locks.lock(ledger, DEPLOYER, 100, 50, 4)
    assert ledger.account(DEPLOYER) == Account(INITIAL_BALANCE - 100, 100, 50, 4)
    assert locks.extend(ledger, DEPLOYER, 70, 4).unlock_height == 70
    raised = Account(INITIAL_BALANCE - 150, 150, 70, 4)
    assert locks.increase(ledger, DEPLOYER, 150, 4) == raised
    with pytest.raises(TransactionError, match="PoxAlreadyLocked"):
        locks.lock(ledger, DEPLOYER, 1, 50, 4)


def test_a_position_is_carried_over(ledger):
    locks.lock(ledger, DEPLOYER, 100, 50, 5)
    locks.carry_over(ledger, DEPLOYER, 40, 60, 5)
    assert ledger.account(DEPLOYER) == Account(INITIAL_BALANCE - 40, 40, 60, 5)


@pytest.mark.parametrize(
    "change",
    [
        lambda ledger: locks.lock(ledger, DEPLOYER, 0, 50, 4),
        lambda ledger: locks.lock(ledger, DEPLOYER, 1, 0, 4),
        lambda ledger: locks.lock(ledger, DEPLOYER, INITIAL_BALANCE + 1, 50, 4),
        lambda ledger: locks.lock(ledger, DEPLOYER, 1, 1, 4),
        lambda ledger: locks.extend(ledger, DEPLOYER, 50, 4),
        lambda ledger: locks.increase(ledger, DEPLOYER, 50, 4),
        lambda ledger: locks.carry_over(ledger, DEPLOYER, 50, 50, 5),
    ],
)
def test_what_a_contract_should_never_answer(ledger, change):
    with pytest.raises(locks.Violation):
        change(ledger)


@pytest.mark.parametrize(
    "change",
    [
        lambda ledger: locks.increase(ledger, DEPLOYER, 99, 4),
        lambda ledger: locks.increase(ledger, DEPLOYER, INITIAL_BALANCE + 1, 4),
        lambda ledger: locks.increase(ledger, DEPLOYER, 200, 5),
        lambda ledger: locks.carry_over(ledger, DEPLOYER, 200, 50, 4),
        lambda ledger: locks.carry_over(ledger, DEPLOYER, 200, 60, 5),
        lambda ledger: locks.extend(ledger, DEPLOYER, 1, 4),
    ],
)
def test_what_a_contract_should_never_answer_of_a_lock(ledger, change):
    locks.lock(ledger, DEPLOYER, 100, 50, 4)
    with pytest.raises(locks.Violation):
        change(ledger)
