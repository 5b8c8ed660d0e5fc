"""A chain that is answered by our Wasm, by the interpreter, or by both side by side.

The chain is its log of operations. Each engine makes its own state of it, and neither takes state
from the other: what one got wrong can't get into the other's. So the hand-over at the activation
height, and the one back when the two differ, is only a matter of whose answer counts.

- Until the activation height both run, the interpreter's answer counts, ours is compared.
- From there on ours counts. With "wasm" the interpreter is let go of; with "both" it goes on.
- Where a receipt of ours is not the interpreter's, ours is taken back to before the transaction
  and set aside: it runs nothing more, so nothing is built on a state that may be wrong. The
  interpreter, which has run the same log from the beginning, answers from that transaction on.
- `resume` ends that: our VM, mended, runs the whole log on a new chain, and counts again only if
  every receipt is the interpreter's. Nothing of the chain that was set aside is used: a wrong
  write shows only when it is read, so its state may have been wrong for long.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from compiler.versions import ClarityVersion, Epoch
from runtime.arguments import Argument
from runtime.chain import NO_RESULT, Chain, Snapshot
from runtime.crosscheck.pair import cause_of, comparable, is_crash
from runtime.engines.answers import receipt_of
from runtime.engines.discrepancy import Discrepancy, Json, kind_of, write_report
from runtime.engines.signed import compared_as
from runtime.engines.watchdog import Overdue
from runtime.errors import VmPanic
from runtime.receipts import Receipt
from runtime.reference import Operation, ReferenceBroken, ReferenceVM, invocation
from runtime.replay import ChainStopped, apply_operation

if TYPE_CHECKING:
    from runtime.engines.chains import EngineChains

log = logging.getLogger(__name__)

OURS: Final = "wasm"
INTERPRETER: Final = "reference"

Run = Callable[[Chain], Receipt | None]


class Stopped(ChainStopped):
    """Our VM and the interpreter differ, and the chain was told to stop then."""

    def __init__(self, found: Discrepancy) -> None:
        where = "" if found.folder is None else f"; {found.folder} repeats it"
        super().__init__(f"not the interpreter's answer: {found.cause}{where}")
        self.found = found


class EnginePlace(Struct, frozen=True):
    """A place in a chain's history to `revert` to."""

    operations: int
    reference: int
    chain: Snapshot | None
    epoch: Epoch


class EngineChain:
    """A simnet with the operations of `Chain`; `chain` is our VM's, as far as it was right."""

    def __init__(self, chain: Chain, given: EngineChains, *, set_aside: bool = False) -> None:
        self.chain = chain
        self.discrepancy: Discrepancy | None = None
        """Why our VM is set aside, if it is."""
        self._given = given
        self._metrics = given.metrics
        self._schedule = given.schedule
        self._reference = given.reference
        self._watchdog = given.watchdog
        self._epoch = chain.epoch
        # What was done, and what the interpreter answered by its place there, from 1 on.
        self._operations: list[Operation] = []
        self._answers: dict[int, Json] = {}
        self._stopped: Stopped | None = None
        # Whether the interpreter answered already when the chain was opened.
        self._set_aside = set_aside

    # Where the chain stands

    @property
    def epoch(self) -> Epoch:
        """The epoch that transactions run in."""
        return self._epoch

    @property
    def block_height(self) -> int:
        """Height of the last Stacks block."""
        if self.ours_runs or self._reference is None:
            return self.chain.block_height
        return self._reference.where().block_height

    @property
    def burn_block_height(self) -> int:
        """Height of the last burn block."""
        if self.ours_runs or self._reference is None:
            return self.chain.burn_block_height
        return self._reference.where().burn_block_height

    @property
    def answers(self) -> str:
        """The engine that the next transaction's receipt is from: "wasm" or "reference"."""
        return OURS if self.ours_runs and self._is_active else INTERPRETER

    @property
    def operations(self) -> Sequence[Operation]:
        """What was done on the chain, as a transaction log has it."""
        return tuple(self._operations)

    @property
    def ours_runs(self) -> bool:
        """Whether our VM runs what is done: it is not set aside, and was asked for."""
        return (
            not self._set_aside and self.discrepancy is None and self._given.engine != "reference"
        )

    @property
    def _is_active(self) -> bool:
        """Whether the next transaction's block is above the activation height."""
        if not self._schedule.activation:
            return True
        return self._schedule.is_active(self._next_burn_height)

    @property
    def _next_burn_height(self) -> int:
        """Before epoch 3.0 each transaction has a burn block of its own."""
        return self.burn_block_height + (not self._epoch.tip_burn_block)

    # Moving on

    def advance_epoch(self, epoch: Epoch | str) -> None:
        """Enter an epoch; from 3.0 on that mines a burn block."""
        entered = Epoch.parse(epoch) if isinstance(epoch, str) else epoch
        self._move(
            {"op": "epoch", "epoch": str(entered)}, lambda chain: chain.advance_epoch(entered)
        )
        self._epoch = entered

    def mine(self, count: int = 1) -> None:
        """Mine Stacks blocks (from epoch 3.0 on)."""
        if not self._epoch.tip_burn_block:
            raise ValueError("before epoch 3.0 only burn blocks can be mined")
        self._move({"op": "mine", "stacks": count}, lambda chain: chain.mine(count))

    def mine_burn(self, count: int = 1) -> None:
        """Mine burn blocks, each with a Stacks block."""
        self._move({"op": "mine", "burn": count}, lambda chain: chain.mine_burn(count))

    def mint(self, principal: str, amount: int) -> None:
        """Give a principal micro-STX out of nothing."""
        row = {"op": "mint", "to": principal, "amount": str(amount)}
        self._move(row, lambda chain: chain.mint(principal, amount))

    def snapshot(self) -> EnginePlace:
        """A place to revert to; taking one costs next to nothing."""
        return EnginePlace(
            len(self._operations),
            0 if self._reference is None else self._reference.count,
            self.chain.snapshot() if self.ours_runs else None,
            self._epoch,
        )

    def revert(self, place: EnginePlace) -> None:
        """Make the chain what it was. The interpreter takes as long for it as it took to get there.

        Where our VM is set aside it stays so.
        """
        if self._reference is not None:
            self._reference.rewind(place.reference)
        if self.ours_runs and place.chain is not None:
            self.chain.revert(place.chain)
        for line in range(place.operations + 1, len(self._operations) + 1):
            self._answers.pop(line, None)
        del self._operations[place.operations :]
        self._epoch = place.epoch

    # Transactions

    def deploy(
        self, contract: str, source: str, clarity_version: ClarityVersion | int | None = None
    ) -> Receipt:
        """Deploy `source` as `contract` ("ADDRESS.name"), in a block of its own."""
        self.follow_schedule()
        version = self._epoch.newest_clarity if clarity_version is None else clarity_version
        row = {"op": "deploy", "contract": contract, "code": source, "clarity": int(version)}
        return self._transact(row, lambda chain: chain.deploy(contract, source, int(version)))

    def call(
        self, contract: str, function: str, arguments: Sequence[Argument], sender: str
    ) -> Receipt:
        """Call a public function, in a block of its own."""
        self.follow_schedule()
        row = invocation("call", contract, function, arguments, sender)
        return self._transact(row, lambda chain: chain.call(contract, function, arguments, sender))

    def read(
        self, contract: str, function: str, arguments: Sequence[Argument], sender: str
    ) -> Receipt:
        """Call a read-only function; no block is mined."""
        row = invocation("read", contract, function, arguments, sender)
        return self._transact(row, lambda chain: chain.read(contract, function, arguments, sender))

    def deploy_boot(
        self, contract: str, source: str, clarity_version: ClarityVersion | int, epoch: Epoch | str
    ) -> Receipt:
        """Deploy a contract that was always there; the interpreter has its own."""
        version = int(clarity_version)
        row = {
            "op": "deploy",
            "boot": True,
            "contract": contract,
            "code": source,
            "clarity": version,
            "epoch": str(Epoch.parse(epoch) if isinstance(epoch, str) else epoch),
        }
        receipt = Receipt(NO_RESULT)

        def run(chain: Chain) -> None:
            nonlocal receipt
            receipt = chain.deploy_boot(contract, source, version, epoch)

        self._move(row, run)
        return receipt

    # Our VM, mended

    def resume(self, chain: Chain) -> Discrepancy | None:
        """Run all that was done on a new chain of ours; it counts again if nothing differs.

        Otherwise it stays as it is, and the difference is what is returned.
        """
        if self.discrepancy is None:
            raise ValueError("our VM is not set aside")
        for line, operation in enumerate(self._operations, start=1):
            mine = self._answer_of(chain, partial(apply_operation, operation=operation))
            theirs = self._answers.get(line)
            if theirs is None:
                continue
            assert mine is not None  # the interpreter answered this one
            ours = comparable(mine)
            cause = cause_of(operation, ours, theirs)
            if cause is not None:
                kind = kind_of(cause, ours, theirs)
                return Discrepancy(line, operation, cause, kind, ours, theirs)
        self.chain = chain
        self.discrepancy = None
        return None

    # How they run

    def follow_schedule(self) -> None:
        """Enter the epoch that the next transaction's block is in."""
        if self._schedule.epochs:
            due = self._schedule.epoch_at(self._next_burn_height)
            if due is not None and due > self._epoch:
                self.advance_epoch(due)

    def _needed(self) -> ReferenceVM | None:
        """The interpreter, if it runs and is still needed."""
        if self._stopped is not None:
            raise self._stopped
        if (
            self._given.engine == "wasm"
            and self._reference is not None
            and self.ours_runs
            and self._is_active
        ):
            # Our VM has answered as the interpreter did so far: nobody needs that any more.
            self._reference = self._watchdog = None
            self._given.let_go()
        return self._reference

    def _begin(self, operation: Operation) -> ReferenceVM | None:
        """Note an operation, and hand it to the interpreter if that runs."""
        reference = self._needed()
        self._operations.append(operation)
        if reference is not None:
            reference.send((operation,))
        return reference

    def _move(self, operation: Operation, run: Callable[[Chain], None]) -> None:
        reference = self._begin(operation)
        answer = None
        try:
            if self.ours_runs:
                run(self.chain)
        finally:
            if reference is not None:
                (answer,) = reference.receive()
        if answer is not None:
            raise ReferenceBroken(f"{operation['op']}: {answer['error']}")

    def _transact(self, operation: Operation, run: Run) -> Receipt:
        counts = self.answers
        place = self.chain.snapshot() if self.ours_runs else None
        reference = self._begin(operation)
        mine = None if place is None else self._answer_of(self.chain, run)
        self._metrics.transactions[counts] += 1
        if reference is None:
            assert mine is not None  # one of the two runs
            return mine
        theirs = self._hear(reference, operation, mine)
        if mine is None or place is None:
            self._answers[len(self._operations)] = theirs
            return receipt_of(theirs)
        found = self._compare(operation, mine, theirs)
        if found is None:
            return mine if counts == OURS else receipt_of(theirs)
        self._lose(found, place, counts)
        return receipt_of(theirs)

    def _hear(self, reference: ReferenceVM, operation: Operation, mine: Receipt | None) -> Json:
        """What the interpreter answers."""
        (theirs,) = reference.receive()
        assert theirs is not None  # a transaction is answered
        if is_crash(theirs):
            self._metrics.interpreter_crashes += 1
            if mine is None or mine.ok:
                return self._ask_again(reference, operation, theirs)
        return theirs

    def _compare(self, operation: Operation, mine: Receipt, theirs: Json) -> Discrepancy | None:
        """Note the interpreter's answer to the last operation; how ours differs, if it does."""
        line = len(self._operations)
        self._answers[line] = theirs
        self._metrics.compared += 1
        ours = comparable(mine)
        cause = cause_of(compared_as(operation), ours, theirs)
        if cause is None:
            return None
        kind = kind_of(cause, ours, theirs)
        return Discrepancy(line, operation, cause, kind, ours, theirs)

    def _lose(self, found: Discrepancy, place: Snapshot, counts: str) -> None:
        """Go on with the interpreter, from before the last operation on."""
        if counts == OURS:
            self._metrics.transactions.update({OURS: -1, INTERPRETER: 1})
        self._fall_back(found, place)

    def _answer_of(self, chain: Chain, run: Run) -> Receipt | None:
        """What our VM answers, whatever happens to it."""
        try:
            if self._watchdog is None:
                return run(chain)
            with self._watchdog.limited():
                return run(chain)
        except Overdue:
            detail = "our VM did not answer in time"
        except Exception as error:
            log.exception("a transaction met a fault of ours")
            detail = f"fault of the VM: {type(error).__name__}: {error}"
        chain.host.tx.unwind(0)
        chain.session.clear()
        return Receipt(error=VmPanic(detail))

    def _ask_again(self, reference: ReferenceVM, operation: Operation, first: Json) -> Json:
        """A crash that comes from outside, of the process, doesn't happen twice."""
        if operation["op"] != "read":
            # The empty block that stands for it.
            reference.rewind(reference.count - 1)
        answer = reference.apply(operation)
        return first if answer is None else answer

    def _fall_back(self, found: Discrepancy, place: Snapshot) -> None:
        self.chain.host.tx.unwind(0)
        self.chain.session.clear()
        self.chain.revert(place)
        given = self._given
        if given.reports is not None:
            try:
                folder = write_report(
                    given.reports,
                    found,
                    self._operations,
                    self._answers,
                    given.boot_sources(self.chain),
                    given.genesis_time,
                )
            except OSError as error:
                log.error("no report of a difference could be written: %s", error)
            else:
                found = replace(found, folder=folder)
        self.discrepancy = found
        self._metrics.differences[found.kind] += 1
        self._metrics.fallbacks += 1
        log.error("not the interpreter's answer, which counts from here on: %s", found.cause)
        if given.tell is not None:
            given.tell(found)
        if given.stop:
            self._stopped = Stopped(found)
            raise self._stopped
