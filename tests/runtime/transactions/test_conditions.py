"""Post-conditions on what a transaction moved: each code at its edge, each mode, each kind."""

from __future__ import annotations

import pytest

from compiler.consensus import serialize
from compiler.values import Principal, UInt
from compiler.versions import Epoch
from runtime.assets import Asset, AssetLog
from runtime.transactions import TokenTransfer, Transaction, TransactionFault, check_supported
from runtime.transactions.conditions import violated
from runtime.transactions.model import (
    Amount,
    AssetCondition,
    Condition,
    HashMode,
    Mode,
    Performed,
    PoxCondition,
    Sent,
    Signature,
    Spending,
    StakingCondition,
    StxCondition,
    TokenCondition,
)

ORIGIN = Spending(HashMode.P2PKH, bytes(20), 0, 0, (Signature(bytes(65)),))
ME = ORIGIN.address(mainnet=False)
OTHER = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5"
COIN = Asset(f"{OTHER}.coins", "coin")
ART = Asset(f"{OTHER}.art", "piece")
LATEST = Epoch.EPOCH_4_0


def broken(log: AssetLog, mode: Mode, *conditions: Condition, epoch: Epoch = LATEST) -> str | None:
    payload = TokenTransfer(Principal(OTHER), 1, bytes(34))
    transaction = Transaction(0x80, 0x80000000, ORIGIN, None, 3, mode, conditions, payload)
    return violated(transaction, log.moved, epoch)


@pytest.mark.parametrize(
    ("code", "holds"),
    [
        (Amount.EQUAL, (False, True, False)),
        (Amount.GREATER, (False, False, True)),
        (Amount.GREATER_OR_EQUAL, (False, True, True)),
        (Amount.LESS, (True, False, False)),
        (Amount.LESS_OR_EQUAL, (True, True, False)),
    ],
)
def test_amounts_compare(code: Amount, holds: tuple[bool, ...]) -> None:
    for sent, expected in zip((9, 10, 11), holds, strict=True):
        log = AssetLog()
        log.stx(ME, sent - 4)
        log.burn(ME, 4)
        log.token(ME, *COIN, sent)
        log.stack(ME, sent)
        for condition in (
            StxCondition(None, code, 10),
            StxCondition(ME, code, 10),
            TokenCondition(ME, COIN, code, 10),
            StakingCondition(None, code, 10),
        ):
            assert (broken(log, Mode.ALLOW, condition) is None) is expected


def test_what_nobody_sent_is_zero() -> None:
    log = AssetLog()
    assert broken(log, Mode.DENY, StxCondition(OTHER, Amount.EQUAL, 0)) is None
    assert broken(log, Mode.DENY, TokenCondition(OTHER, COIN, Amount.GREATER, 0)) is not None


def test_non_fungible_tokens_were_sent_or_not() -> None:
    log = AssetLog()
    log.asset(ME, *ART, serialize(UInt(1)))
    for value, sent in ((UInt(1), True), (UInt(2), False)):
        for code, holds in ((Sent.SENT, sent), (Sent.NOT_SENT, not sent), (Sent.MAYBE_SENT, True)):
            found = broken(log, Mode.ALLOW, AssetCondition(None, ART, value, code))
            assert (found is None) is holds


def test_actions_in_pox_were_performed_or_not() -> None:
    log = AssetLog()
    log.pox(ME)
    for who, done in ((ME, True), (OTHER, False)):
        assert (broken(log, Mode.ALLOW, PoxCondition(who, Performed.PERFORMED)) is None) is done
        found = broken(log, Mode.ALLOW, PoxCondition(who, Performed.NOT_PERFORMED))
        assert (found is None) is not done
        assert broken(log, Mode.ALLOW, PoxCondition(who, Performed.MAYBE_PERFORMED)) is None


@pytest.mark.parametrize("owner", [ME, OTHER])
@pytest.mark.parametrize("kind", ["stx", "burn", "token", "asset", "stack", "pox"])
def test_modes_look_at_what_no_condition_names(owner: str, kind: str) -> None:
    log = AssetLog()
    match kind:
        case "stx":
            log.stx(owner, 5)
        case "burn":
            log.burn(owner, 5)
        case "token":
            log.token(owner, *COIN, 5)
        case "asset":
            log.asset(owner, *ART, serialize(UInt(1)))
        case "stack":
            log.stack(owner, 5)
        case "pox":
            log.pox(owner)
    at_least = Amount.GREATER_OR_EQUAL
    named: dict[str, Condition] = {
        "stx": StxCondition(owner, at_least, 0),
        "burn": StxCondition(owner, at_least, 0),
        "token": TokenCondition(owner, COIN, at_least, 0),
        "asset": AssetCondition(owner, ART, UInt(1), Sent.MAYBE_SENT),
        "stack": StakingCondition(owner, at_least, 0),
        "pox": PoxCondition(owner, Performed.MAYBE_PERFORMED),
    }
    assert broken(log, Mode.ALLOW) is None
    assert broken(log, Mode.DENY) is not None
    assert (broken(log, Mode.ORIGINATOR) is None) is (owner == OTHER)
    for mode in Mode:
        assert broken(log, mode, named[kind]) is None
    # Before epoch 4.0 nobody looks at what is staked.
    assert (broken(log, Mode.DENY, epoch=Epoch.EPOCH_3_4) is None) is (kind in ("stack", "pox"))


def test_another_token_of_the_same_kind_is_not_covered() -> None:
    log = AssetLog()
    log.asset(ME, *ART, serialize(UInt(1)))
    log.asset(ME, *ART, serialize(UInt(2)))
    assert broken(log, Mode.DENY, AssetCondition(None, ART, UInt(1), Sent.SENT)) is not None


def test_what_an_epoch_does_not_know_is_refused() -> None:
    payload = TokenTransfer(Principal(OTHER), 1, bytes(34))
    for epoch, mode, condition in (
        (Epoch.EPOCH_3_3, Mode.ORIGINATOR, StxCondition(None, Amount.EQUAL, 0)),
        (Epoch.EPOCH_3_3, Mode.DENY, AssetCondition(None, ART, UInt(1), Sent.MAYBE_SENT)),
        (Epoch.EPOCH_3_4, Mode.DENY, StakingCondition(None, Amount.EQUAL, 0)),
        (Epoch.EPOCH_3_4, Mode.DENY, PoxCondition(None, Performed.PERFORMED)),
    ):
        transaction = Transaction(0x80, 0x80000000, ORIGIN, None, 3, mode, (condition,), payload)
        with pytest.raises(TransactionFault):
            check_supported(transaction, epoch)
        check_supported(transaction, LATEST)
