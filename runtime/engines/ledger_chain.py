"""A chain of engines that takes the network's signed transactions, and that others may serve.

Our chain keeps its blocks and nonces also where our VM is set aside: there the interpreter has the
state, and is asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from compiler.values import Tuple, UInt, Value
from runtime.arguments import Argument
from runtime.chain import Snapshot
from runtime.crosscheck.pair import cause_of
from runtime.engines.answers import receipt_of
from runtime.engines.chain import OURS, EngineChain, Run, Stopped
from runtime.engines.discrepancy import Discrepancy, Json
from runtime.engines.signed import (
    aborted_operation,
    as_network,
    compared_as,
    incomparable,
    moved,
    operation_of,
)
from runtime.receipts import Receipt
from runtime.reference import Operation, ReferenceVM, invocation
from runtime.transactions import (
    Applied,
    Describe,
    Record,
    Transaction,
    admit,
    parse,
    record_elsewhere,
    run_admitted,
    violated,
)


class Known(NamedTuple):
    """A signed transaction's receipt, and whether a post-condition undid it."""

    txid: str
    receipt: Json
    aborted: bool


Past = tuple[Operation, Known | None]
"""An operation that was done, and what came of it where it is a signed transaction."""


class _Differs(Exception):
    def __init__(self, found: Discrepancy) -> None:
        super().__init__(found.cause)
        self.found = found


class LedgerChain(EngineChain):
    """A chain with signed transactions besides simnet's."""

    def apply(
        self,
        transaction: Transaction,
        describe: Describe | None = None,
        record: Record | None = None,
    ) -> Applied:
        """Admit a signed transaction and run it in a block of its own; `TransactionFault` where a
        node, or the interpreter, does not take it.
        """
        self.follow_schedule()
        reference, chain = self._needed(), self.chain
        if chain.epoch != self._epoch:
            chain.advance_epoch(self._epoch)
        admit(chain, transaction, None if self.ours_runs else self._spendable)
        operation = operation_of(transaction, self._epoch)
        if reference is None:
            self._operations.append(operation)
            self._metrics.transactions[OURS] += 1
            return run_admitted(chain, transaction, describe, record)
        refused = incomparable(transaction, alone=not self.ours_runs)
        if refused is not None:
            raise refused
        before, count, place = len(self._operations), reference.count, chain.snapshot()
        try:
            applied = self._signed(reference, operation, transaction, describe, record, place)
            if applied.aborted is not None:
                # Simnet knows no post-conditions.
                reference.rewind(count)
                reference.apply(aborted_operation(operation))
                self._answers[before + 1] = {**self._answers[before + 1], "events": []}
            return applied
        except Stopped:
            raise
        except BaseException:
            # A fault in none of the two: as if the transaction had never come.
            chain.host.tx.unwind(0)
            chain.revert(place)
            reference.rewind(count)
            self._answers.pop(before + 1, None)
            del self._operations[before:]
            raise

    def _signed(
        self,
        reference: ReferenceVM,
        operation: Operation,
        transaction: Transaction,
        describe: Describe | None,
        record: Record | None,
        place: Snapshot,
    ) -> Applied:
        counts = self.answers
        self._begin(operation)
        self._metrics.transactions[counts] += 1
        answer: Json | None = None

        def witness(mine: Receipt, traced: int) -> None:
            nonlocal answer
            heard = self._hear(reference, operation, mine)
            answer = as_network(heard, transaction, traced if mine.ok else 0)
            found = self._compare(operation, mine, answer)
            if found is not None:
                raise _Differs(found)

        if self.ours_runs:
            try:
                return run_admitted(self.chain, transaction, describe, record, witness)
            except _Differs as differs:
                self._lose(differs.found, place, counts)
        else:
            answer = as_network(self._hear(reference, operation, None), transaction)
            self._answers[len(self._operations)] = answer
        assert answer is not None  # one of the two has heard it
        receipt = receipt_of(answer)
        aborted = None
        if receipt.ok:
            aborted = violated(transaction, moved(receipt.events), self._epoch)
        return record_elsewhere(self.chain, transaction, receipt, aborted, record)

    def look(
        self,
        contract: str,
        function: str,
        arguments: Sequence[Argument],
        sender: str,
        run: Run,
    ) -> Receipt:
        """Have a read-only function answered, by ours with `run`; nothing is kept of it, unless
        there is a difference."""
        row = invocation("read", contract, function, arguments, sender)
        before, known = len(self._operations), self.discrepancy
        receipt = self._transact(row, run)
        if self.discrepancy is known:
            del self._operations[before:]
            self._answers.pop(before + 1, None)
        return receipt

    def ask(self, what: str, **about: str) -> Value | None:
        """What the interpreter's state holds: the "account" of a `principal`, the "supply" of
        STX, a "variable" of a `contract` by its `name`, or an "entry" of a map by its `key` in hex;
        `None` for nothing."""
        assert self._reference is not None  # it answers
        answer = self._reference.apply({"op": "look", "what": what, **about})
        assert answer is not None  # a question is answered
        return receipt_of({"events": [], **answer}).value

    def follow(self, past: Iterable[Past]) -> str | None:
        """Have the interpreter repeat what was done on the chain before it was opened.

        What is not its answer, in words; `None` if all is. The runtime of calls is not compared:
        what simnet's tracer adds to it is known only where a call runs.
        """
        reference = self._needed()
        assert reference is not None  # or there is nobody to repeat it
        for operation, known in past:
            self._operations.append(operation)
            undone = known is not None and known.aborted
            answer = reference.apply(aborted_operation(operation) if undone else operation)
            if known is None or undone:
                if answer is not None:
                    return f"{operation['op']}: {answer['error']}"
                continue
            assert answer is not None  # a transaction is answered
            transaction = parse(bytes.fromhex(operation["tx"]))
            theirs = receipt_of(as_network(answer, transaction)).to_json()
            cause = cause_of(compared_as(operation), known.receipt, theirs)
            if cause is not None and cause != "call: cost runtime":
                return f"transaction {known.txid}: {cause}"
            self._answers[len(self._operations)] = known.receipt
        return None

    def _spendable(self, principal: str) -> int:
        account = self.ask("account", principal=principal)
        assert isinstance(account, Tuple)  # as `stx-account` has it
        unlocked = account.fields["unlocked"]
        assert isinstance(unlocked, UInt)
        return unlocked.value
