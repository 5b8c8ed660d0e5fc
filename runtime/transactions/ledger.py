"""Signed transactions on a chain: admitted or refused, paid for, run, and held to their conditions.

    applied = apply(chain, parse(data))

Fees and nonces as from epoch 2.1 on: what a transaction costs is paid before it runs, and stays
paid where it fails. Each is mined at once, in a block of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from compiler.addresses import decode_address
from compiler.values import Ok, Value
from runtime import accounts
from runtime.arguments import argument_values
from runtime.chain import Chain
from runtime.codecs import principal_bytes
from runtime.errors import TransactionError, VmPanic
from runtime.events import Event
from runtime.receipts import Receipt
from runtime.simnet import CHAIN_ID
from runtime.state import Get
from runtime.stores import StoredArtifact, StoredContract, store_contract
from runtime.transactions.auth import txid, verify
from runtime.transactions.conditions import check_supported, violated
from runtime.transactions.model import (
    ContractCall,
    Deploy,
    TokenTransfer,
    Transaction,
    TransactionFault,
)
from runtime.transactions.wire import serialize

log = logging.getLogger(__name__)

LEAST_FEE: Final = 180
FEE_PER_BYTE: Final = 1
"""What a node asks for at least, in micro-STX."""

_TESTNET_VERSIONS: Final = (26, 21)


class Applied(Struct, frozen=True):
    """What came of a transaction; `aborted` says which post-condition undid it."""

    txid: str
    transaction: Transaction
    receipt: Receipt
    height: int
    aborted: str | None = None


Describe = Callable[[str, bytes], StoredArtifact]
"""What is kept of a contract's Wasm, by its identifier and its bytes."""
Record = Callable[[Applied], None]
"""Is told before a block is finished: what it writes is in it."""
Witness = Callable[[Receipt, int], None]
"""Is told what a payload gave, and the runtime that simnet's tracer would have added to it."""


def nonce_key(principal: str) -> str:
    """The state's key of an account's nonce."""
    return f"vm-account::{principal}::18"


def nonce(get: Get, principal: str) -> int:
    """The nonce that an account's next transaction has."""
    data = get(nonce_key(principal))
    return 0 if data is None else int.from_bytes(data, "big")


def admit(
    chain: Chain, transaction: Transaction, balance: Callable[[str], int] | None = None
) -> None:
    """Refuse what a node does not take into its mempool; `TransactionFault` says why.

    With `balance` accounts and contracts are kept elsewhere: it says what a principal can spend,
    and contracts are not looked at, as whoever has them answers for them.
    """
    size = len(serialize(transaction))
    fee = transaction.payer.fee
    least = max(LEAST_FEE, size * FEE_PER_BYTE)
    if fee < least:
        raise _refused("FeeTooLow", f"the fee is less than {least}", expected=least, actual=fee)
    if transaction.mainnet or transaction.chain_id != CHAIN_ID:
        message = f"Invalid tx: for chain {transaction.chain_id:#x}, expected {CHAIN_ID:#x}"
        raise _refused("ServerFailureOther", message, message=message)
    verify(transaction, chain.epoch)
    check_supported(transaction, chain.epoch)
    _check_nonces(chain.state.get, transaction)
    _check_funds(transaction, balance or chain.balance)
    match transaction.payload:
        case TokenTransfer(recipient, amount):
            _check_transfer(transaction, recipient.value, amount)
        case ContractCall():
            if balance is None:
                _call_values(chain, transaction.payload)
        case Deploy(name, _, version):
            if version is not None and version > chain.epoch.newest_clarity:
                message = f"Invalid tx: {version} is not supported in Epoch {chain.epoch}"
                raise _refused("ServerFailureOther", message, message=message)
            identifier = f"{transaction.origin_address}.{name}"
            if identifier in chain.contracts:
                raise _refused(
                    "ContractAlreadyExists",
                    f"there is a contract {identifier}",
                    contract_identifier=identifier,
                )


def apply(
    chain: Chain,
    transaction: Transaction,
    describe: Describe | None = None,
    record: Record | None = None,
) -> Applied:
    """Admit a transaction and run it in a block of its own, which is finished then.

    With `describe`, contracts that are deployed get the rows of `runtime.stores`.
    """
    admit(chain, transaction)
    return run_admitted(chain, transaction, describe, record)


def run_admitted(
    chain: Chain,
    transaction: Transaction,
    describe: Describe | None = None,
    record: Record | None = None,
    witness: Witness | None = None,
) -> Applied:
    """Run what was admitted. What `witness` raises leaves the block open, for the caller to undo."""
    _begin_block(chain)
    payer, fee = transaction.payer_address, transaction.payer.fee
    if not accounts.debit(chain.state, payer, fee, chain.burn_block_height, chain.epoch):
        raise VmPanic("a fee that was there is gone")
    traced = None if witness is None else _traced_runtime(chain, transaction)
    ran, aborted = _run(chain, transaction, describe)
    if witness is not None:
        witness(ran, 0 if traced is None else traced - ran.costs.runtime)
    receipt = ran if aborted is None else without_events(ran)
    return _finish_block(chain, transaction, receipt, aborted, record)


def without_events(receipt: Receipt) -> Receipt:
    """The receipt of what a post-condition undid: its events never were."""
    return Receipt(receipt.value, (), receipt.spent, receipt.error)


def record_elsewhere(
    chain: Chain,
    transaction: Transaction,
    receipt: Receipt,
    aborted: str | None,
    record: Record | None = None,
) -> Applied:
    """Write down, in a block of its own, what was run on another chain: nonces and what `record`
    writes, but nothing that it did to accounts and contracts."""
    if aborted is not None:
        receipt = without_events(receipt)
    _begin_block(chain)
    return _finish_block(chain, transaction, receipt, aborted, record)


def _begin_block(chain: Chain) -> None:
    chain.state.end_block(chain.blocks.height)
    chain.blocks.mine()


def _finish_block(
    chain: Chain,
    transaction: Transaction,
    receipt: Receipt,
    aborted: str | None,
    record: Record | None,
) -> Applied:
    state = chain.state
    payer = transaction.payer_address
    spenders = {transaction.origin_address: transaction.origin, payer: transaction.payer}
    for address, spending in spenders.items():
        state.put(nonce_key(address), (spending.nonce + 1).to_bytes(8, "big"))
    height = chain.block_height
    applied = Applied(txid(transaction).hex(), transaction, receipt, height, aborted)
    if record is not None:
        record(applied)
    state.end_block(height)
    return applied


def _refused(reason: str, message: str, /, **data: object) -> TransactionFault:
    return TransactionFault(reason, message, **data)


def _check_nonces(get: Get, transaction: Transaction) -> None:
    spenders = [(transaction.origin, transaction.origin_address, True)]
    if transaction.sponsor is not None:
        spenders.append((transaction.sponsor, transaction.payer_address, False))
    for spending, address, is_origin in spenders:
        expected = nonce(get, address)
        if spending.nonce != expected:
            raise _refused(
                "BadNonce",
                f"nonce {spending.nonce} where {expected} is next",
                expected=expected,
                actual=spending.nonce,
                is_origin=is_origin,
                principal=address,
            )


def _check_funds(transaction: Transaction, balance: Callable[[str], int]) -> None:
    needs = {transaction.payer_address: transaction.payer.fee}
    if isinstance(transaction.payload, TokenTransfer):
        origin = transaction.origin_address
        needs[origin] = needs.get(origin, 0) + transaction.payload.amount
    for address, needed in needs.items():
        has = balance(address)
        if has < needed:
            raise _refused(
                "NotEnoughFunds",
                f"{address} has {has}, which is less than {needed}",
                expected=f"0x{needed:032x}",
                actual=f"0x{has:032x}",
            )


def _check_transfer(transaction: Transaction, recipient: str, amount: int) -> None:
    if transaction.conditions:
        message = "TokenTransfer transactions do not support post-conditions"
        raise _refused("ServerFailureOther", message, message=message)
    if recipient == transaction.origin_address:
        raise _refused("TransferRecipientCannotEqualSender", "sent to oneself", recipient=recipient)
    if not amount:
        raise _refused("TransferAmountMustBePositive", "nothing is sent")
    version, _ = decode_address(recipient.partition(".")[0])
    if version not in _TESTNET_VERSIONS:
        raise _refused(
            "BadAddressVersionByte",
            "an address of another network",
            expected=list(_TESTNET_VERSIONS),
            actual=version,
        )


def _call_values(chain: Chain, call: ContractCall) -> list[Value]:
    """The arguments of a call, of their parameters' types."""
    contract = chain.contracts.get(call.contract)
    if contract is None:
        raise _refused("NoSuchContract", f"there is no contract {call.contract}")
    if contract.access.get(call.function) != "public":
        raise _refused("NoSuchPublicFunction", f"there is no public function {call.function}")
    signature = contract.signature(call.function, chain.epoch)
    types = () if signature is None else tuple(type_ for _, type_ in signature.args)
    if len(types) != len(call.arguments):
        message = f"{len(call.arguments)} arguments where {len(types)} are wanted"
        raise _refused("BadFunctionArgument", message, message=message)
    try:
        return argument_values(call.arguments, types, contract.version, chain.epoch)
    except TransactionError as error:
        raise _refused("BadFunctionArgument", str(error), message=str(error)) from None


def _run(
    chain: Chain, transaction: Transaction, describe: Describe | None
) -> tuple[Receipt, str | None]:
    """Run the payload; all that it did is undone where it fails, or breaks a post-condition, but
    not what the receipt says of it."""
    host = chain.host
    host.start()
    counters = [0] * 5
    host.tx.begin()
    try:
        value = _payload(chain, transaction, counters, describe)
        chain.session.check_limits(counters)
        aborted = violated(transaction, host.tx.assets.moved, chain.epoch)
    except TransactionError as error:
        _undo(chain, transaction)
        return Receipt(error=error), None
    except Exception as error:
        _undo(chain, transaction)
        chain.session.clear()
        log.exception("a transaction met a fault of ours")
        return Receipt(error=VmPanic(f"fault of the VM: {type(error).__name__}: {error}")), None
    receipt = Receipt(value, tuple(host.tx.events), counters)
    if aborted is not None:
        _undo(chain, transaction)
    else:
        host.tx.commit()
    return receipt, aborted


def _traced_runtime(chain: Chain, transaction: Transaction) -> int | None:
    """The runtime of a call as simnet makes it, all of it undone; `None` where it has none."""
    if not isinstance(transaction.payload, ContractCall):
        return None
    host, session = chain.host, chain.session
    host.start()
    counters = [0] * 5
    host.tx.begin()
    session.traced = True
    try:
        _payload(chain, transaction, counters, None)
    except TransactionError:
        return None
    except Exception:
        # Met again, and told of, where the call is run to stay.
        session.clear()
        return None
    finally:
        session.traced = False
        host.tx.unwind(0)
    return counters[0]


def _payload(
    chain: Chain, transaction: Transaction, counters: list[int], describe: Describe | None
) -> Value:
    origin = transaction.origin_address
    match transaction.payload:
        case TokenTransfer(recipient, amount, memo):
            return _transfer(chain, origin, recipient.value, amount, memo)
        case ContractCall() as call:
            values = _call_values(chain, call)
            sender = principal_bytes(origin)
            return chain.session.execute(
                call.contract, call.function, values, sender, sender, counters
            )
        case Deploy(name, source, version):
            identifier = f"{origin}.{name}"
            chosen = chain.epoch.newest_clarity if version is None else version
            value = chain.deploy_within(identifier, source, chosen, counters)
            if describe is not None:
                _keep(chain, identifier, describe)
            return value


def _transfer(chain: Chain, sender: str, recipient: str, amount: int, memo: bytes) -> Value:
    # Nothing is told of what moves: the payload says it all, and no mode denies it.
    state = chain.state
    if not accounts.debit(state, sender, amount, chain.burn_block_height, chain.epoch):
        raise VmPanic("an amount that was there is gone")
    accounts.credit(state, recipient, amount)
    fields = (sender, recipient, amount, memo)
    chain.host.tx.events.append(Event("stx_transfer_event", fields))
    return Ok(True)


def _keep(chain: Chain, identifier: str, describe: Describe) -> None:
    """Write the rows of a contract that was deployed."""
    contract = chain.contracts.get(identifier)
    found = chain.artifact(identifier)
    if contract is None or found is None:
        return
    stored = StoredContract(
        contract.source,
        contract.stored_interface.data,
        int(contract.version),
        str(contract.epoch),
        chain.block_height,
    )
    store_contract(chain.state, identifier, stored, describe(identifier, found.wasm))


def _undo(chain: Chain, transaction: Transaction) -> None:
    chain.host.tx.unwind(0)
    if isinstance(transaction.payload, Deploy):
        identifier = f"{transaction.origin_address}.{transaction.payload.name}"
        # It was not there before, or it would not have been admitted.
        chain.forget(identifier)
