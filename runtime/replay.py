"""Runs a transaction log and gives a receipt a line; formats in the reference VM's README.

A fault of ours in one line is a `panic` receipt for it, and the chain goes on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from compiler.versions import ClarityVersion, Epoch
from runtime.arguments import Argument
from runtime.chain import Chain
from runtime.errors import Rejected, VmPanic
from runtime.receipts import Receipt, line_json
from runtime.transactions import Applied, Transaction, TransactionFault, apply, parse

log = logging.getLogger(__name__)


class ChainStopped(Exception):
    """The chain was told to end here, and answers nothing more."""


class AnyChain(Protocol):
    """A chain that operations can be done on, whichever engine answers them."""

    def advance_epoch(self, epoch: Epoch | str) -> None:
        """Enter an epoch."""

    def mint(self, principal: str, amount: int) -> None:
        """Give a principal micro-STX."""

    def mine(self, count: int = 1) -> None:
        """Mine Stacks blocks."""

    def mine_burn(self, count: int = 1) -> None:
        """Mine burn blocks."""

    def deploy(
        self, contract: str, source: str, clarity_version: ClarityVersion | int | None = None
    ) -> Receipt:
        """Deploy a contract."""

    def deploy_boot(
        self, contract: str, source: str, clarity_version: ClarityVersion | int, epoch: Epoch | str
    ) -> Receipt:
        """Deploy a contract that was always there."""

    def call(
        self, contract: str, function: str, arguments: Sequence[Argument], sender: str
    ) -> Receipt:
        """Call a public function."""

    def read(
        self, contract: str, function: str, arguments: Sequence[Argument], sender: str
    ) -> Receipt:
        """Call a read-only function."""


@runtime_checkable
class SignedChain(Protocol):
    """A chain that knows itself what to do with signed transactions."""

    def apply(self, transaction: Transaction) -> Applied:
        """Admit a transaction and run it."""


MakeChain = Callable[[], AnyChain]


class Answer(NamedTuple):
    """A line of the log that has a receipt, and the receipt."""

    line: int
    operation: Mapping[str, Any]
    receipt: Receipt

    def to_json(self) -> str:
        """The line of a receipts file."""
        return line_json(self.line, self.receipt)


def replay(
    log_path: str | Path, make_chain: MakeChain = Chain, *, first: int = 1, last: int | None = None
) -> Iterator[Answer]:
    """Run the lines `first` to `last` of a log, on a chain that `make_chain` makes anew for each
    `reset`."""
    path = Path(log_path)
    replayer = Replayer(path.parent, make_chain)
    with path.open(encoding="utf-8") as lines:
        for number, text in enumerate(lines, start=1):
            if last is not None and number > last:
                return
            if number < first or not text.strip():
                continue
            answer = replayer.apply(number, text)
            if answer is not None:
                yield answer


class Replayer:
    """Applies the lines of a log to a chain; `folder` is where its sources are relative to."""

    def __init__(self, folder: Path, make_chain: MakeChain = Chain) -> None:
        self._folder = folder
        self._make_chain = make_chain
        self.chain = make_chain()

    def apply(self, number: int, text: str) -> Answer | None:
        """Run one line."""
        try:
            operation = json.loads(text)
        except ValueError as error:
            return Answer(number, {"op": "?"}, _fault(f"line {number} is no JSON: {error}"))
        try:
            receipt = self._run(operation)
        except ChainStopped:
            raise
        except Exception as error:
            log.exception("line %d met a fault of ours", number)
            receipt = _fault(f"fault of the VM: {type(error).__name__}: {error}")
            if operation.get("op") not in _ANSWERED:
                return None
        return None if receipt is None else Answer(number, operation, receipt)

    def _run(self, operation: Mapping[str, Any]) -> Receipt | None:
        if operation["op"] == "reset":
            self.chain = self._make_chain()
            return None
        if operation["op"] == "deploy" and operation.get("code") is None:
            source = (self._folder / operation["source"]).read_bytes().decode()
            operation = {**operation, "code": source}
        return apply_operation(self.chain, operation)


def apply_operation(chain: AnyChain, operation: Mapping[str, Any]) -> Receipt | None:
    """Do what an operation says, sources in it; the receipt where it has one."""
    match operation["op"]:
        case "epoch" | "mint" | "mine":
            return _move(chain, operation)
        case "deploy":
            return _deploy(chain, operation)
        case "call" | "read" as op:
            run = chain.call if op == "call" else chain.read
            return run(
                operation["contract"],
                operation["function"],
                operation["args"],
                operation["sender"],
            )
        case "transaction":
            return _signed(chain, parse(bytes.fromhex(operation["tx"])))
        case unknown:
            return _fault(f"unknown operation {unknown}")
    return None


def _move(chain: AnyChain, operation: Mapping[str, Any]) -> Receipt | None:
    """Move a chain on; a receipt only where it can't be, as the reference VM has it."""
    try:
        match operation["op"]:
            case "epoch":
                chain.advance_epoch(operation["epoch"])
            case "mint":
                chain.mint(operation["to"], int(operation["amount"]))
            case _ if operation.get("burn"):
                chain.mine_burn(operation["burn"])
            case _:
                chain.mine(operation["stacks"])
    except ValueError as error:
        return Receipt(error=Rejected(str(error)))
    return None


def _signed(chain: AnyChain, transaction: Transaction) -> Receipt:
    try:
        if isinstance(chain, SignedChain):
            return chain.apply(transaction).receipt
        assert isinstance(chain, Chain)
        return apply(chain, transaction).receipt
    except TransactionFault as error:
        return Receipt(error=Rejected(f"{error.reason}: {error}"))


def _deploy(chain: AnyChain, operation: Mapping[str, Any]) -> Receipt | None:
    contract, source, version = (operation[name] for name in ("contract", "code", "clarity"))
    if operation.get("boot"):
        receipt = chain.deploy_boot(contract, source, version, operation["epoch"])
        if receipt.error is not None:
            log.error("boot contract %s: %s", contract, receipt.error)
        return None
    return chain.deploy(contract, source, version)


_ANSWERED = ("deploy", "call", "read", "transaction")


def _fault(detail: str) -> Receipt:
    return Receipt(error=VmPanic(detail))
