"""Signed transactions on a chain: fees and nonces, refusals, post-conditions that undo."""

from __future__ import annotations

from collections.abc import Sequence

import coincurve
import pytest
from msgspec.structs import replace

from compiler.values import Err, Ok, Principal, UInt
from compiler.versions import ClarityVersion
from runtime.chain import Chain
from runtime.hashing import hash160, sha512_256
from runtime.simnet import CHAIN_ID
from runtime.transactions import (
    ContractCall,
    Deploy,
    TokenTransfer,
    Transaction,
    TransactionFault,
    apply,
    nonce,
    serialize,
)
from runtime.transactions.auth import initial_sighash, sighash
from runtime.transactions.ledger import Applied
from runtime.transactions.model import (
    Amount,
    Condition,
    HashMode,
    Mode,
    Payload,
    Signature,
    Spending,
    StxCondition,
)
from runtime.transactions.wire import SPONSORED, STANDARD

KEY = coincurve.PrivateKey(bytes([1]) * 32)
PAYER = coincurve.PrivateKey(bytes([2]) * 32)
START = 1_000_000_000
SOURCE = """
(define-data-var calls uint u0)
(define-public (send (amount uint) (to principal))
  (begin
    (var-set calls (+ (var-get calls) u1))
    (try! (stx-transfer? amount tx-sender to))
    (ok (var-get calls))))
(define-public (refuse) (begin (var-set calls u99) (err u7)))
(define-public (fail) (begin (var-set calls u99) (ok (/ u1 u0))))
(define-read-only (get-calls) (var-get calls))
"""


def spender(key: coincurve.PrivateKey, number: int, fee: int) -> Spending:
    signer = hash160(key.public_key.format())
    return Spending(HashMode.P2PKH, signer, number, fee, (Signature(bytes(65)),))


def signed(spending: Spending, key: coincurve.PrivateKey, start: bytes, flag: int) -> Spending:
    message = sighash(start, flag, spending.fee, spending.nonce)
    data = key.sign_recoverable(message, hasher=None)
    return replace(spending, fields=(Signature(data[64:] + data[:64]),))


def make(
    payload: Payload,
    number: int,
    *,
    fee: int = 2000,
    mode: Mode = Mode.DENY,
    conditions: Sequence[Condition] = (),
) -> Transaction:
    origin = spender(KEY, number, fee)
    draft = Transaction(0x80, CHAIN_ID, origin, None, 3, mode, tuple(conditions), payload)
    return replace(draft, origin=signed(origin, KEY, initial_sighash(draft), STANDARD))


ME = spender(KEY, 0, 0).address(mainnet=False)
OTHER = spender(PAYER, 0, 0).address(mainnet=False)
CONTRACT = f"{ME}.box"


@pytest.fixture
def chain() -> Chain:
    chain = Chain(genesis_time=1_700_000_000)
    chain.advance_epoch("3.1")
    chain.mint(ME, START)
    chain.mint(OTHER, START)
    return chain


def deployed(chain: Chain) -> Applied:
    return apply(chain, make(Deploy("box", SOURCE, ClarityVersion.CLARITY_3), 0))


def call(name: str, *arguments: UInt | Principal) -> ContractCall:
    return ContractCall(CONTRACT, name, arguments)


def calls(chain: Chain) -> object:
    return chain.read(CONTRACT, "get-calls", [], ME).value


def test_a_transfer_costs_its_fee_and_raises_the_nonce(chain: Chain) -> None:
    height = chain.block_height
    applied = apply(chain, make(TokenTransfer(Principal(OTHER), 500, b"hi".ljust(34, b"\0")), 0))
    assert applied.receipt.value == Ok(True)
    assert applied.receipt.events[0].fields == (ME, OTHER, 500, b"hi".ljust(34, b"\0"))
    assert (chain.balance(ME), chain.balance(OTHER)) == (START - 2500, START + 500)
    assert nonce(chain.state.get, ME) == 1
    assert applied.height == chain.block_height == height + 1


def test_a_call_keeps_its_conditions_or_is_undone(chain: Chain) -> None:
    assert deployed(chain).receipt.ok
    send = call("send", UInt(10), Principal(OTHER))
    exact = [StxCondition(None, Amount.EQUAL, 10)]
    kept = apply(chain, make(send, 1, conditions=exact))
    assert (kept.receipt.value, kept.aborted) == (Ok(UInt(1)), None)
    undone = [
        apply(chain, make(send, 2)),
        apply(chain, make(send, 3, conditions=[StxCondition(None, Amount.LESS, 10)])),
        apply(
            chain, make(send, 4, mode=Mode.ALLOW, conditions=[StxCondition(ME, Amount.EQUAL, 9)])
        ),
    ]
    for applied in undone:
        assert applied.aborted is not None
        assert applied.receipt.value == Ok(UInt(2))
        assert applied.receipt.events == ()
    assert calls(chain) == UInt(1)
    assert chain.balance(OTHER) == START + 10
    assert chain.balance(ME) == START - 10 - 5 * 2000
    assert apply(chain, make(send, 5, mode=Mode.ALLOW)).aborted is None
    assert calls(chain) == UInt(2)


def test_a_deployment_that_is_undone_can_be_made_again(chain: Chain) -> None:
    source = SOURCE + f"(stx-transfer? u5 tx-sender '{OTHER})"
    applied = apply(chain, make(Deploy("box", source), 0))
    assert applied.aborted is not None
    assert CONTRACT not in chain.contracts
    assert apply(chain, make(Deploy("box", SOURCE), 1)).receipt.ok
    assert calls(chain) == UInt(0)


def test_what_fails_is_paid_for_and_undone(chain: Chain) -> None:
    deployed(chain)
    assert apply(chain, make(call("refuse"), 1)).receipt.value == Err(UInt(7))
    failed = apply(chain, make(call("fail"), 2)).receipt
    assert failed.error is not None
    assert failed.error.name == "DivisionByZero"
    broken = apply(chain, make(Deploy("bad", "(define-public (f) u1)"), 3)).receipt
    assert broken.error is not None
    assert calls(chain) == UInt(0)
    assert nonce(chain.state.get, ME) == 4
    assert chain.balance(ME) == START - 4 * 2000


def test_a_sponsor_pays(chain: Chain) -> None:
    deployed(chain)
    origin, payer = spender(KEY, 1, 0), spender(PAYER, 0, 3000)
    payload = call("send", UInt(10), Principal(OTHER))
    draft = Transaction(0x80, CHAIN_ID, origin, payer, 3, Mode.ALLOW, (), payload)
    start = initial_sighash(draft)
    origin = signed(origin, KEY, start, STANDARD)
    message = sighash(start, STANDARD, 0, 1)
    after = sha512_256(message + b"\0" + origin.fields[0].data)
    transaction = replace(draft, origin=origin, sponsor=signed(payer, PAYER, after, SPONSORED))
    assert apply(chain, transaction).receipt.ok
    assert chain.balance(OTHER) == START - 3000 + 10
    assert chain.balance(ME) == START - 2000 - 10
    assert (nonce(chain.state.get, ME), nonce(chain.state.get, OTHER)) == (2, 1)


@pytest.mark.parametrize(
    ("transaction", "reason"),
    [
        (make(call("send", UInt(1), Principal(OTHER)), 2), "BadNonce"),
        (make(call("send", UInt(1), Principal(OTHER)), 1, fee=10), "FeeTooLow"),
        (make(call("send", UInt(1), Principal(OTHER)), 1, fee=START), "NotEnoughFunds"),
        (make(TokenTransfer(Principal(OTHER), START, bytes(34)), 1), "NotEnoughFunds"),
        (make(TokenTransfer(Principal(ME), 1, bytes(34)), 1), "TransferRecipientCannotEqualSender"),
        (make(TokenTransfer(Principal(OTHER), 0, bytes(34)), 1), "TransferAmountMustBePositive"),
        (
            make(TokenTransfer(Principal("SP000000000000000000002Q6VF78"), 1, bytes(34)), 1),
            "BadAddressVersionByte",
        ),
        (
            make(
                TokenTransfer(Principal(OTHER), 1, bytes(34)),
                1,
                conditions=[StxCondition(None, Amount.EQUAL, 1)],
            ),
            "ServerFailureOther",
        ),
        (make(call("send", UInt(1)), 1), "BadFunctionArgument"),
        (make(call("send", UInt(1), UInt(1)), 1), "BadFunctionArgument"),
        (make(call("nothing"), 1), "NoSuchPublicFunction"),
        (make(call("get-calls"), 1), "NoSuchPublicFunction"),
        (make(ContractCall(f"{ME}.none", "f", ()), 1), "NoSuchContract"),
        (make(Deploy("box", SOURCE), 1), "ContractAlreadyExists"),
        (make(Deploy("new", SOURCE, ClarityVersion.CLARITY_5), 1), "ServerFailureOther"),
        (make(call("fail"), 1, mode=Mode.ORIGINATOR), "ServerFailureOther"),
        (replace(make(call("fail"), 1), anchor=1), "SignatureValidation"),
        (replace(make(call("fail"), 1), chain_id=1), "ServerFailureOther"),
    ],
)
def test_what_is_refused_changes_nothing(
    chain: Chain, transaction: Transaction, reason: str
) -> None:
    deployed(chain)
    height, balance = chain.block_height, chain.balance(ME)
    with pytest.raises(TransactionFault) as caught:
        apply(chain, transaction)
    assert caught.value.reason == reason
    assert serialize(transaction)
    assert (chain.block_height, chain.balance(ME)) == (height, balance)
    assert nonce(chain.state.get, ME) == 1
