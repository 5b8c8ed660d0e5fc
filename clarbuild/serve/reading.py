"""Calls that read: run with the budget of a node's RPC, and told of as a node tells of them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from compiler.costs import Cost
from compiler.values import Value
from runtime.arguments import argument_values
from runtime.chain import Chain
from runtime.codecs import principal_bytes
from runtime.contracts import Contract
from runtime.errors import Rejected, TransactionError, VmPanic
from runtime.memory import UncountedMemoryError
from runtime.receipts import Costs, Receipt, costs_of
from runtime.simnet import View
from runtime.state import Get


class TooMuch(Exception):
    """A call wants more than it may use at all; the text is the node's."""


class Answer(Struct, frozen=True):
    """A value, or the cause of there being none, and what it cost."""

    value: Value | None
    cause: str | None
    costs: Costs
    error: TransactionError | None = None
    """What the cause is the text of."""
    ran: Receipt | None = None
    """The receipt of what had a value, with its events."""

    def receipt(self) -> Receipt:
        """The same as a receipt."""
        return self.ran or Receipt(error=self.error)


def answer_of(receipt: Receipt) -> Answer:
    """A receipt of the interpreter's as an answer; of an error it knows the kind and the name."""
    error = receipt.error
    if error is None:
        return Answer(receipt.value, None, receipt.costs)
    if isinstance(error, Rejected):
        return Answer(None, error.message, receipt.costs, error)
    cause = error.name if error.kind == "Runtime" else f"{error.kind}({error.name})"
    return Answer(None, cause, receipt.costs, error)


class Reader:
    """Runs functions of a chain with nothing to write.

    The instances are its own: they have the reader's limits, so that the first instruction beyond
    the budget, or the first write where none is in it, ends a call.
    """

    def __init__(self, chain: Chain, limits: Cost) -> None:
        self._chain = chain
        self._writes = limits.write_count > 0
        self._session = chain.another_session(limits)

    def call(
        self,
        identifier: str,
        function: str,
        arguments: Sequence[Value],
        sender: str,
        past: tuple[Get, View] | None = None,
        *,
        traced: bool = False,
    ) -> Answer:
        """Run a function, as of a past block if one is given; nothing that it does stays. If it is
        `traced`, it costs what it costs on simnet.

        `TooMuch` where it goes beyond a budget that has writes in it.
        """
        chain = self._chain
        host = chain.host
        contract = chain.contracts.get(identifier)
        host.start()
        session, counters = self._session, [0] * 5
        caller = principal_bytes(sender)

        def run() -> Value:
            counters[:] = [0] * 5
            host.tx.begin()
            if past is not None:
                host.get, host.view = past
            return session.execute(identifier, function, values, caller, caller, counters)

        session.traced = traced
        try:
            values = arguments
            if contract is not None:
                types = contract.parameters(function, chain.epoch)
                if types is not None and len(types) == len(arguments):
                    values = argument_values(arguments, types, contract.version, chain.epoch)
            try:
                value = run()
            except UncountedMemoryError:
                with session.counting(0):
                    value = run()
            ran = Receipt(value, tuple(host.tx.events), counters)
        except TransactionError as error:
            if isinstance(error, VmPanic):
                # It may have left an instance in the middle of something.
                session.clear()
            if error.name == "CostBalanceExceeded" and self._writes:
                raise TooMuch("Execution resource budget exceeded") from None
            if error.name == "CostBalanceExceeded" and counters[3]:
                return Answer(None, "NotReadOnly", costs_of(counters), error)
            cause = _cause(error, contract, function, len(arguments), chain)
            return Answer(None, cause, costs_of(counters), error)
        except BaseException:
            # A fault of ours: instances that it left in the middle of a call are not used again.
            session.clear()
            raise
        finally:
            session.traced = False
            host.tx.unwind(0)
            host.start()
        return Answer(value, None, costs_of(counters), None, ran)


def _cause(
    error: TransactionError,
    contract: Contract | None,
    function: str,
    given: int,
    chain: Chain,
) -> str:
    """The text of an error as a node writes it, as far as an error's parameters are known here."""
    if error.kind == "Runtime":
        return error.name
    inside = f'("{error.detail}")' if error.kind == "Internal" and error.detail else ""
    if contract is not None:
        access = contract.access.get(function)
        if access is None and error.name == "UndefinedFunction":
            inside = f'("{function}")'
        elif access == "private" and error.name == "NoSuchPublicFunction":
            inside = f'("{contract.id}", "{function}")'
        elif error.name == "IncorrectArgumentCount":
            types = contract.parameters(function, chain.epoch)
            if types is not None and len(types) != given:
                inside = f"({len(types)}, {given})"
    return f"{error.kind}({error.name}{inside})"
