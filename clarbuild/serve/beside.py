"""The interpreter beside a served chain, or in the place of our VM: what it repeats when the chain is
opened, whose answers count, and what is kept of a difference.

The interpreter keeps its state in its own process. From the block on that it answers alone, our
store holds blocks, nonces and receipts, but nothing that contracts and accounts did.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, field

from clarbuild.serve.history import History
from clarbuild.serve.keeping import begun_with, epochs_entered, note_epochs
from compiler.values import Tuple, UInt, Value
from compiler.versions import Epoch
from runtime.accounts import Account
from runtime.arguments import Argument
from runtime.chain import Chain
from runtime.engines import Discrepancy, EngineChains, EngineName, Metrics, Schedule
from runtime.engines.chain import INTERPRETER
from runtime.engines.ledger_chain import Known, LedgerChain, Past
from runtime.engines.signed import operation_of
from runtime.receipts import Receipt
from runtime.stores import ChainError, Store, metadata_key
from runtime.transactions import Applied, Describe, Transaction, parse, txid

_INTERPRETER: Final = metadata_key("clarbuild", "interpreter")


class Engines(Struct, frozen=True):
    """Who is to answer: what `serve` is asked for."""

    engine: EngineName = "wasm"
    schedule: Schedule = field(default_factory=Schedule)
    reports: Path | None = None
    stop: bool = False

    @property
    def ours_alone(self) -> bool:
        """Whether the interpreter has nothing to do, and epochs stay."""
        return self.engine == "wasm" and self.schedule == Schedule()


class Beside:
    """A chain with the interpreter beside it. All calls must come from one thread at a time."""

    def __init__(
        self,
        chain: Chain,
        chains: EngineChains,
        since: int | None,
        entered: list[tuple[int, Epoch]],
    ) -> None:
        self._entered = entered
        self._epochs_noted = len(entered)
        self._chain = chain
        self._chains = chains
        self.engines: LedgerChain = chains.over(chain, set_aside=since is not None)
        self.since = since
        """The first block that the interpreter answered alone, if it has answered one."""
        if since is None and chains.engine == "reference":
            self.since = chain.block_height + 1
        self.listener: Callable[[dict[str, Any]], None] = lambda _: None
        """Is told of a difference, in the thread that finds it."""
        self.found: dict[str, Any] | None = None
        """The difference that set our VM aside, as listeners are told of it."""
        self._noted = since is not None
        chains.tell = self._tell

    @property
    def metrics(self) -> Metrics:
        """What is counted."""
        return self._chains.metrics

    @property
    def answers(self) -> str:
        """Who answers the next transaction."""
        return self.engines.answers

    @property
    def alone(self) -> bool:
        """Whether the interpreter answers alone: the newest state is its."""
        return not self.engines.ours_runs

    @property
    def listens(self) -> bool:
        """Whether the interpreter hears what is asked; it is let go of where nobody needs it."""
        return self._chains.reference is not None

    def keeps(self, height: int) -> bool:
        """Whether the state of a block is the interpreter's and not in our store."""
        return self.since is not None and height >= self.since

    def apply(
        self,
        transaction: Transaction,
        describe: Describe,
        record: Callable[[Applied, str, dict[str, Any] | None], None],
    ) -> Applied:
        """Mine a transaction. `record` is told of it, of who answered, and of how ours differed."""
        self._follow_schedule()
        counts, before = self.answers, self.found

        def noted(applied: Applied) -> None:
            found = None
            if len(self._entered) > self._epochs_noted:
                note_epochs(self._chain, self._entered)
            if self.alone and not self._noted:
                self._note()
            if self.found is not before:
                found = self.found
            record(applied, INTERPRETER if self.alone else counts, found)

        applied = self.engines.apply(transaction, describe, noted)
        self._noted = self._noted or self.alone
        self._epochs_noted = len(self._entered)
        return applied

    def _follow_schedule(self) -> None:
        """Enter the epoch that is due; that is written down with the next block."""
        height, before = self._chain.block_height, self.engines.epoch
        self.engines.follow_schedule()
        if self.engines.epoch != before:
            self._entered.append((height, self.engines.epoch))

    def _note(self) -> None:
        """Write, with the block, that our VM is set aside from here on."""
        row = {"since": self.since, "found": self.found}
        self._chain.state.put(_INTERPRETER, json.dumps(row, sort_keys=True).encode())

    def _tell(self, found: Discrepancy) -> None:
        operation = found.operation
        asked = operation.get("does", operation)
        height = self._chain.block_height
        signed = "tx" in operation
        self.since = height + 1
        self.found = {
            "height": height + signed,
            "txid": f"0x{txid(parse(bytes.fromhex(operation['tx']))).hex()}" if signed else None,
            "operation": asked["op"],
            "contract": asked.get("contract"),
            "function": asked.get("function"),
            "kind": found.kind,
            "cause": found.cause,
            "report": None if found.folder is None else str(found.folder),
        }
        self.listener(self.found)

    def to_json(self) -> dict[str, Any]:
        """Who answers, since when, and how the two differed."""
        return {"answers": self.answers, "since": self.since, "discrepancy": self.found}

    def close(self) -> None:
        """End the interpreter."""
        self._chains.let_go()

    # What is asked

    def look(
        self,
        contract: str,
        function: str,
        arguments: list[Value],
        sender: str,
        run: Callable[[], Receipt] | None,
    ) -> Receipt:
        """Have a read-only function answered; `run` is how our VM answers it, if it does."""
        given: list[Argument] = list(arguments)
        return self.engines.look(
            contract, function, given, sender, lambda _: None if run is None else run()
        )

    def account(self, principal: str) -> Account:
        """An account as the interpreter has it."""
        value = self.engines.ask("account", principal=principal)
        assert isinstance(value, Tuple)  # as `stx-account` has it
        of = {name: one.value for name, one in value.fields.items() if isinstance(one, UInt)}
        return Account(of["unlocked"], of["locked"], of["unlock-height"])

    def supply(self) -> int:
        """Liquid micro-STX as the interpreter has them."""
        value = self.engines.ask("supply")
        assert isinstance(value, UInt)
        return value.value

    def variable(self, contract: str, name: str) -> Value | None:
        """A data variable as the interpreter has it."""
        return self.engines.ask("variable", contract=contract, name=name)

    def entry(self, contract: str, name: str, key: bytes) -> Value | None:
        """An entry of a map, by its key's bytes, as the interpreter has it."""
        return self.engines.ask("entry", contract=contract, name=name, key=f"0x{key.hex()}")


def open_beside(chain: Chain, store: Store, history: History, wanted: Engines) -> Beside | None:
    """The interpreter beside a chain that was just opened; it repeats all that was done.

    `None` where nobody asks for it. `ChainError` where it can't be had on this chain, or where what
    was answered is not the interpreter's answer.
    """
    row = store.get(_INTERPRETER)
    noted: dict[str, Any] | None = None if row is None else json.loads(row)
    if noted is not None and wanted.engine == "wasm":
        raise ChainError(
            f"the interpreter answers this chain since block {noted['since']}, and our VM has no "
            "state after that: serve it with --engine both or reference"
        )
    if wanted.ours_alone:
        return None
    _check_reached(chain, wanted.schedule)
    chains = EngineChains(
        None,
        engine=wanted.engine,
        schedule=wanted.schedule,
        reports=wanted.reports,
        stop=wanted.stop,
        genesis_time=chain.blocks.burn[0].time,
    )
    try:
        entered = epochs_entered(store)
        beside = Beside(chain, chains, None if noted is None else noted["since"], entered)
        if noted is not None:
            beside.found = noted["found"]
        if chains.reference is not None:
            wrong = beside.engines.follow(_past(chain, store, history))
            if wrong is not None:
                raise ChainError(f"the interpreter does not repeat this chain: {wrong}")
    except BaseException:
        chains.let_go()
        raise
    return beside


def _check_reached(chain: Chain, schedule: Schedule) -> None:
    """Refuse heights that no block will ever have."""
    last = chain.burn_block_height
    if not chain.epoch.tip_burn_block:
        heights = [height for height, epoch in schedule.epochs if epoch.tip_burn_block]
        if not heights:
            return
        # The epoch begins with a burn block of its own, the last.
        last = max(last + 1, heights[0])
    for height in (schedule.activation, *(height for height, _ in schedule.epochs)):
        if height > last:
            raise ChainError(
                f"burn height {height} is never reached: from epoch 3.0 on what is sent is mined in "
                f"Stacks blocks on one burn block, which is {last}"
            )


def _past(chain: Chain, store: Store, history: History) -> Iterator[Past]:
    """What was done on a chain, from its beginning on."""
    begun = begun_with(store)
    if begun.balances is None:
        raise ChainError("the folder was begun by a version that did not write down who got STX")
    for address, amount in begun.balances.items():
        yield {"op": "mint", "to": address, "amount": str(amount)}, None
    yield {"op": "epoch", "epoch": str(begun.epoch)}, None
    for identifier in begun.boot:
        contract = chain.contracts[identifier]
        yield (
            {
                "op": "deploy",
                "boot": True,
                "contract": identifier,
                "code": contract.source,
                "clarity": int(contract.version),
                "epoch": str(contract.epoch),
            },
            None,
        )
    epoch, entered = begun.epoch, epochs_entered(store)
    for data, kept in history.all():
        while entered and kept["height"] > entered[0][0]:
            _, epoch = entered.pop(0)
            yield {"op": "epoch", "epoch": str(epoch)}, None
        transaction = parse(data)
        known = Known(txid(transaction).hex(), kept["receipt"], kept["aborted"] is not None)
        yield operation_of(transaction, epoch), known
