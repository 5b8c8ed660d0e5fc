"""Instances of contracts and calls between them: contexts, budgets, nested transactions.

A session serves one chain. Each contract runs in an instance of its own; what crosses between two
goes through codecs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal

from compiler import abi
from compiler.consensus_untyped import type_of
from compiler.costs import Cost, cost_table
from compiler.costs.limits import MEMORY_LIMIT, SIMNET_LIMIT
from compiler.type_relations import admits
from compiler.values import Ok, Value
from compiler.versions import Epoch
from runtime import effects
from runtime.carry import Carried, bring_result
from runtime.casts import growth, overcharge
from runtime.codecs import Mismatch, codec_of, principal_bytes, principal_of
from runtime.contracts import Contract
from runtime.crossing import crossing, once
from runtime.engine import Engine, GuestTrap, HostTable, Linked, Slots, TrapCode, host_table
from runtime.errors import TransactionError, VmPanic, check, internal, runtime
from runtime.host import Host
from runtime.instance import (
    CALLER_ROOM,
    CALLERS,
    CALLERS_AT,
    CALLERS_END,
    CONTEXT,
    COSTS,
    COSTS_AT,
    DEPTH,
    HEAP,
    LIMITS,
    MAX_KEPT_MEMORY,
    NONE_ACTIVE,
    ROOMS,
    ROOMS_AT,
    ROOMS_END,
    SENDER_ROOM,
    BoundSite,
    Export,
    Guest,
)
from runtime.memory import KEPT, NO_LIMIT, UncountedMemoryError, Usage, counting_functions
from runtime.modules import Artifact
from runtime.pox import POX
from runtime.prepared import Prepared, prepared
from runtime.receipts import Receipt
from runtime.tracer import trace_charges
from runtime.trait_calls import TraitCalls

Isolation = Literal["reuse", "fresh"]

MAX_GUESTS: Final = 4_000
MAX_AMOUNTS: Final = 10_000
MAX_CALLERS: Final = 10_000
MAX_CROSSINGS: Final = 100
"""Of one place that calls."""
MAX_NOTED_CALLERS: Final = 1_000
MAX_PREPARED: Final = 10_000

Counters = list[int]


class Session:
    """Runs functions of contracts in the chain's current epoch.

    `artifact` gives a contract's module for the epoch, one that counts memory or not. `traced` is
    how simnet makes calls: its tracer looks at the contract of each `contract-call?`, and that costs.
    """

    def __init__(
        self,
        host: Host,
        contracts: Mapping[str, Contract],
        artifact: Callable[[Contract, bool], Artifact],
        engine: Engine,
        *,
        isolation: Isolation = "reuse",
    ) -> None:
        self.host = host
        self.contracts = contracts
        self.engine = engine
        self.isolation = isolation
        self.traced = False
        # Whether a deployment's one call is made as its sender, not as the contract.
        self.calls_directly = False
        # Before epoch 2.4: arguments on their way into a call, and who has just answered one.
        self._carried: Carried | None = None
        self._answered: tuple[Export, Guest] | None = None
        self._artifact = artifact
        functions = host.functions(self._contract_call)
        self._table = host_table(engine, abi.HOST_FUNCTIONS, functions, abi.IMPORT_MODULE)
        # Whether modules run that count memory, with functions of their own.
        self.counts_memory = False
        self._counting_table: HostTable | None = None
        self._linked: dict[int, tuple[Artifact, Linked]] = {}
        self._guests: OrderedDict[str, Guest] = OrderedDict()
        self._epoch: Epoch | None = None
        self._traits = TraitCalls(host)
        self.limits = [
            SIMNET_LIMIT.runtime,
            SIMNET_LIMIT.read_count,
            SIMNET_LIMIT.read_length,
            SIMNET_LIMIT.write_count,
            SIMNET_LIMIT.write_length,
        ]
        self.metered = True
        # Of the epoch that was charged in last: amounts by cost function and size, and parts of
        # contexts by sender, caller and depth.
        self._charged: Epoch | None = None
        # Of the instances that are kept, by contract, function and sender: what transactions call,
        # and what is read.
        self.prepared_calls: dict[tuple[str, str, str], Prepared] = {}
        self.prepared_reads: dict[tuple[str, str, str], Prepared] = {}
        self._amounts: dict[tuple[str, int], Counters] = {}
        self._callers: dict[tuple[bytes, bytes, int], tuple[bytes, bytes]] = {}

    def limit(self, limits: Cost) -> None:
        """Change what transactions may use from here on."""
        self.limits = [
            limits.runtime,
            limits.read_count,
            limits.read_length,
            limits.write_count,
            limits.write_length,
        ]
        # Instances have a copy.
        self.clear()

    # Instances

    def forget(self, contract: str) -> None:
        """Drop a contract's instance, and what is prepared of it."""
        guest = self._guests.pop(contract, None)
        if guest is not None:
            for key in guest.prepared:
                self.prepared_calls.pop(key, None)
                self.prepared_reads.pop(key, None)

    def clear(self) -> None:
        """Drop all instances."""
        self._forget_prepared()
        self._guests.clear()
        self._traits.clear()

    def instantiate(self, contract: Contract, artifact: Artifact) -> Guest:
        """A new instance, without the contract's constants."""
        known = self._linked.get(id(artifact))
        if known is None:
            if len(self._linked) > MAX_GUESTS:
                self._linked.clear()
            table = self._counting() if self.counts_memory else self._table
            known = (artifact, table.link(artifact.module(self.engine)))
            self._linked[id(artifact)] = known
        guest = Guest(contract, artifact, known[1])
        for at, most in enumerate(self.limits):
            guest.long[LIMITS + at] = most
        return guest

    def guest(self, contract: Contract) -> Guest:
        """The contract's instance in the current epoch."""
        epoch = self.host.blocks.epoch
        if epoch is not self._epoch:
            self._epoch = epoch
            self.clear()
        guest = self._guests.get(contract.id)
        if guest is None:
            guest = self.instantiate(contract, self._artifact(contract, self.counts_memory))
            guest.restore_constants(sanitized=epoch.borrows_variables)
            if len(self._guests) >= MAX_GUESTS:
                self._drop_oldest()
            self._guests[contract.id] = guest
        else:
            self._guests.move_to_end(contract.id)
        return guest

    def _counting(self) -> HostTable:
        """The host functions of modules that count memory."""
        if self._counting_table is None:
            functions = counting_functions(self.host, self.host.functions(self._contract_call))
            self._counting_table = host_table(
                self.engine, abi.HOST_FUNCTIONS, functions, abi.IMPORT_MODULE
            )
        return self._counting_table

    @contextmanager
    def counting(self, depth: int) -> Iterator[None]:
        """Begin again what was begun at `depth` marks, with modules that count memory."""
        host = self.host
        host.tx.unwind(depth)
        if host.past:
            host.get, host.view = host.past[0]
            host.past.clear()
        others, self._guests = self._guests, OrderedDict()
        self.counts_memory = host.exact = True
        try:
            yield
        finally:
            self.counts_memory = host.exact = False
            self._guests = others

    def kept_guest(self, contract: str) -> Guest | None:
        """The contract's instance if there is one."""
        return self._guests.get(contract)

    def _drop_oldest(self) -> None:
        """Make room for an instance: the one goes that was not used for longest."""
        for name, guest in list(self._guests.items()):
            if guest.used:
                # Prepared calls don't put it in its place: they only note that there was one.
                guest.used = False
                self._guests.move_to_end(name)
            elif not guest.active:
                self.forget(name)
                return

    # Contexts

    def enter(
        self, guest: Guest, sender: bytes, caller: bytes, counters: Counters, depth: int
    ) -> None:
        """Fill in the context that a guest runs with."""
        context = guest.context
        COSTS.pack_into(context, COSTS_AT, *counters)
        if not guest.active:
            guest.word[HEAP] = guest.keys.heap
            guest.set_active_functions(NONE_ACTIVE)
        if self.host.blocks.epoch is not self._charged:
            self._follow_epoch()
        packed = self.packed_callers(sender, caller, depth)
        context[CALLERS_AT:CALLERS_END], context[ROOMS_AT:ROOMS_END] = packed
        self.host.write_moment(guest)

    def _follow_epoch(self) -> None:
        self._charged = self.host.epoch
        self._amounts.clear()
        self._callers.clear()

    def _known_amounts(self, function: str, n: int) -> Counters:
        known = cost_table(self.host.epoch).get(function)
        if known is None:
            raise check("UndefinedFunction", function)
        cost = known.evaluate(n)
        amounts = [
            cost.runtime,
            cost.read_count,
            cost.read_length,
            cost.write_count,
            cost.write_length,
        ]
        if len(self._amounts) >= MAX_AMOUNTS:
            self._amounts.clear()
        self._amounts[function, n] = amounts
        return amounts

    def packed_callers(self, sender: bytes, caller: bytes, depth: int) -> tuple[bytes, bytes]:
        """Depth, sender and caller as they stand in contexts: the words, and the principals."""
        packed = self._callers.get((sender, caller, depth))
        if packed is None:
            if len(self._callers) >= MAX_CALLERS:
                self._callers.clear()
            packed = self._pack_callers(sender, caller, depth)
            self._callers[sender, caller, depth] = packed
        return packed

    def _pack_callers(self, sender: bytes, caller: bytes, depth: int) -> tuple[bytes, bytes]:
        words = CALLERS.pack(
            depth,
            self.host.epoch.max_call_stack_depth,
            0,
            SENDER_ROOM,
            len(sender),
            CALLER_ROOM,
            len(caller),
            0,
            0,
        )
        return words, ROOMS.pack(sender, caller)

    def charge(self, function: str, n: int, counters: Counters, times: int = 1) -> None:
        """Charge a cost function for `n`, and check the limits."""
        if not self.metered:
            return
        if self.host.blocks.epoch is not self._charged:
            self._follow_epoch()
        amounts = self._amounts.get((function, n))
        if amounts is None:
            amounts = self._known_amounts(function, n)
        if times == 1:
            # Spelt out: this is on the way of every call.
            counters[0] += amounts[0]
            counters[1] += amounts[1]
            counters[2] += amounts[2]
            counters[3] += amounts[3]
            counters[4] += amounts[4]
        else:
            counters[:] = [
                have + times * more for have, more in zip(counters, amounts, strict=True)
            ]
        self.check_limits(counters)

    def check_limits(self, counters: Counters) -> None:
        """Fail if a counter is over its limit."""
        limits = self.limits
        if (
            counters[0] > limits[0]
            or counters[1] > limits[1]
            or counters[2] > limits[2]
            or counters[3] > limits[3]
            or counters[4] > limits[4]
        ):
            raise check("CostBalanceExceeded")

    # Running

    def execute(
        self,
        contract_id: str,
        function: str,
        values: Sequence[Value],
        sender: bytes,
        caller: bytes,
        counters: Counters,
        site: BoundSite | None = None,
    ) -> Value:
        """Run a public or read-only function as the interpreter's `execute_contract` does.

        `counters` are charged, also where the call fails. `site` is where it is called, `None`
        for a transaction.
        """
        if self.host.guest is not None:
            return self._execute(contract_id, function, values, sender, caller, counters, site)
        depth, before = self.host.tx.depth, tuple(counters)
        try:
            return self._execute(contract_id, function, values, sender, caller, counters, None)
        except UncountedMemoryError:
            with self.counting(depth):
                counters[:] = before
                return self._execute(contract_id, function, values, sender, caller, counters, None)

    def _execute(
        self,
        contract_id: str,
        function: str,
        values: Sequence[Value],
        sender: bytes,
        caller: bytes,
        counters: Counters,
        site: BoundSite | None,
    ) -> Value:
        contract = self.contracts.get(contract_id)
        if contract is None:
            raise internal("Expect", "Failed to read non-consensus contract metadata")
        self.charge("cost_load_contract", contract.size, counters)
        before: Guest | None = self.host.guest
        usage = self._usage(before)
        usage.load(contract.size, before)
        guest = self.guest(contract)
        export = guest.exports.get(function) or guest.export(function)
        if export is None:
            raise check("UndefinedFunction")
        entry = export.entry
        if entry.access == "private":
            raise check("NoSuchPublicFunction")
        if export.running:
            raise check("CircularReference")
        if len(entry.parameters) != len(values):
            raise check("IncorrectArgumentCount")
        if export.names_repeat:
            raise check("NameAlreadyUsed")
        too_much = self.overcharged(contract, export, values, site) if export.growths else 0
        kept = guest.read(CONTEXT.start, CONTEXT.stop - CONTEXT.start) if guest.active else None
        heap = guest.word[HEAP]
        # A call's own level comes on top of what the caller says it is nested in.
        depth = 1 if before is None else before.word[DEPTH] + 1
        self.enter(guest, sender, caller, counters, depth)
        try:
            usage.enter(guest, entry.memory)
            if contract_id not in POX:
                return self._run(guest, export, values, counters, too_much)
            # Imported late: most chains never call one of these.
            from runtime.pox.contracts import PoxCall, settle

            # What becomes of the answer, and the call, succeed or fail together.
            self.host.tx.begin()
            value = self._run(guest, export, values, counters, too_much)
            made = PoxCall(contract_id, function, values, principal_of(sender).value, value)
            settle(made, self.host, lambda name, n: self.charge(name, n, counters))
            self.host.tx.commit()
            return value
        finally:
            used = guest.long[KEPT]
            if kept is not None:
                guest.write(CONTEXT.start, kept)
                guest.word[HEAP] = heap
            elif self.isolation == "fresh":
                self.forget(contract_id)
            if before is not None:
                before.long[KEPT] = used

    def _usage(self, caller: Guest | None) -> Usage:
        limit = MEMORY_LIMIT if self.metered else NO_LIMIT
        return Usage(caller, counts=self.counts_memory, limit=limit)

    def transact(
        self,
        contract_id: str,
        function: str,
        values: Sequence[Value],
        sender: str,
        counters: Counters,
    ) -> Value:
        """Run a function for a transaction of the sender's."""
        caller = principal_bytes(sender)
        return self.execute(contract_id, function, values, caller, caller, counters)

    def prepare(
        self,
        contract_id: str,
        function: str,
        sender: str,
        mine: Callable[[], None],
        failed: Callable[[Exception, Sequence[object]], Receipt],
    ) -> None:
        """Prepare a function for the next transaction of a sender who has just called it again."""
        guest = self._guests.get(contract_id)
        if guest is None or self.counts_memory or contract_id in POX:
            return
        # Preparing takes longer than it saves the one who calls only twice.
        if (function, sender) not in guest.callers:
            if len(guest.callers) >= MAX_NOTED_CALLERS:
                guest.callers.clear()
            guest.callers.add((function, sender))
            return
        export = guest.exports[function]
        caller = principal_bytes(sender)
        loaded = [0] * 5
        self.charge("cost_load_contract", guest.contract.size, loaded)
        self.enter(guest, caller, caller, loaded, 1)
        usage = self._usage(None)
        try:
            usage.load(guest.contract.size, None)
            usage.enter(guest, export.entry.memory)
        except UncountedMemoryError:
            return
        if len(self.prepared_calls) + len(self.prepared_reads) >= MAX_PREPARED:
            self._forget_prepared()
        known = self.prepared_reads if export.read_only else self.prepared_calls
        key = (contract_id, function, sender)
        guest.prepared.add(key)
        known[key] = prepared(self, guest, export, mine, failed)

    def _forget_prepared(self) -> None:
        self.prepared_calls.clear()
        self.prepared_reads.clear()
        for guest in self._guests.values():
            guest.prepared.clear()

    def _run(
        self,
        guest: Guest,
        export: Export,
        values: Sequence[Value],
        counters: Counters,
        too_much: int,
    ) -> Value:
        """Run a function in a context that is filled in."""
        host = self.host
        tx = host.tx
        read_only = export.read_only
        before = host.guest
        export.running = True
        guest.active += 1
        # Nothing is written in a read-only transaction: it needs no mark to return to.
        marked = not read_only or before is not None
        if marked:
            tx.begin(read_only=read_only)
        else:
            tx.read_only = True
        host.guest = guest
        effects.admit(guest, tx)
        try:
            try:
                if self._carried is None:
                    value = export(guest, values)
                else:
                    carried, self._carried = self._carried, None
                    value = export(guest, values, carried)
                    self._answered = (export, guest)
                effects.take(guest, tx)
            except (GuestTrap, Mismatch) as error:
                raise self.fault(guest, error) from error
            finally:
                counters[:] = COSTS.unpack_from(guest.context, COSTS_AT)
                counters[0] -= too_much
            # While all can still be undone.
            self.check_limits(counters)
            if not marked:
                tx.events.clear()
            elif read_only or value.__class__ is not Ok:
                tx.roll_back()
            else:
                tx.commit()
        finally:
            guest.active -= 1
            export.running = False
            host.guest = before
            if guest.word[HEAP] > MAX_KEPT_MEMORY:
                guest.bloated = True
            if guest.bloated and not guest.active:
                self.forget(guest.contract.id)
        return value

    def overcharged(
        self,
        callee: Contract,
        export: Export,
        values: Sequence[Any],
        site: BoundSite | None = None,
    ) -> int:
        """What a function will charge too much for contracts that stand for traits.

        It charges them as traits, or, in Clarity 1, as principals. No `site`: for a transaction.
        """
        each = overcharge(self.host.epoch)
        if not each or not self.metered:
            return 0
        caller = self.host.guest
        as_traits = callee.version.casts_traits
        # In Clarity 1 a trait that is passed on is a principal again.
        passes_traits = caller is not None and caller.contract.version.casts_traits
        total = 0
        for at, grows in export.growths:
            is_trait = (
                passes_traits and site is not None and growth(site.arguments[at].type) is not None
            )
            if is_trait != as_traits:
                total += grows(values[at]) if as_traits else -grows(values[at])
        return each * total

    @staticmethod
    def fault(guest: Guest, error: GuestTrap | Mismatch) -> TransactionError:
        """What to tell of a trap, or of a value that is not of its type."""
        if isinstance(error, Mismatch):
            return VmPanic(f"{guest.contract.id}: {error}")
        if error.code is TrapCode.STACK_OVERFLOW:
            return runtime("MaxStackDepthReached")
        frames = " < ".join(str(frame.name or frame.function) for frame in error.frames[:6])
        return VmPanic(f"{guest.contract.id} trapped: {error}, in {frames}")

    def run_deploy(
        self, guest: Guest, sender: bytes, counters: Counters, held: int = 0
    ) -> Value | None:
        """Run a contract's top-level forms; the value of the last expression.

        `held` is what is held in memory meanwhile.
        """
        host = self.host
        self.enter(guest, sender, sender, counters, 0)
        usage = self._usage(None)
        usage.load(held, None)
        usage.enter(guest, guest.description.deploy_memory)
        guest.active += 1
        host.guest = guest
        effects.admit(guest, host.tx)
        try:
            try:
                guest.instance.function(abi.DEPLOY_EXPORT).call()
                effects.take(guest, host.tx)
            except GuestTrap as error:
                raise self.fault(guest, error) from error
            pointer = guest.word[abi.DEPLOY_RESULT // 4]
            type_ = guest.description.deploy_result
            if not pointer or type_ is None:
                return None
            return codec_of(type_).read(pointer, guest)
        finally:
            counters[:] = guest.counters()
            guest.active -= 1
            host.guest = None  # type: ignore[assignment]

    # Calls of other contracts

    def _contract_call(self, s: Slots) -> None:
        host = self.host
        guest = host.guest
        site = guest.sites[s[0]]
        arguments = s[3]
        target = site.contract
        if target is None or site.trait is not None:
            target = principal_of(guest.read(s[1], s[2])).value
        cross = site.crossings.get(target)
        if cross is not None and cross(s):
            return
        counters = guest.counters()
        try:
            if self.traced:
                self.charge_trace(site, guest.contract, counters)
            values = site.read(arguments, guest)
            constraint = self._traits.returns(self.contracts, site, target, guest.contract)
            sender = guest.sender()
            caller = sender if self.calls_directly else guest.contract.principal
            self.calls_directly = False
            self._answered = None
            if not host.epoch.sanitizes_values:
                self._carried = Carried(site, arguments, guest)
            value = self.execute(target, site.name, values, sender, caller, counters, site)
            if constraint is not None and not admits(constraint, type_of(value), host.epoch):
                raise check("ReturnTypesMustMatch")
        finally:
            self._carried = None
            COSTS.pack_into(guest.context, COSTS_AT, *counters)
        host.refresh_supply(guest)
        if self._answered is None:
            s[0] = site.result.write(value, guest)
        else:
            export, callee = self._answered
            self._answered = None
            s[0] = bring_result(site, export, callee, guest, value)
        if cross is not once and target in site.crossings:
            return
        if len(site.crossings) >= MAX_CROSSINGS:
            site.crossings.clear()
        again = cross is once
        site.crossings[target] = crossing(self, guest, site, target, constraint) if again else once

    def charge_trace(self, site: BoundSite, contract: Contract, counters: Counters) -> None:
        """Simnet's tracer evaluates a contract that is given by a name."""
        for name, n in trace_charges(
            site.kind,
            site.depth,
            contract.version,
            self.host.epoch,
            through_trait=site.trait is not None,
        ):
            self.charge(name, n, counters)
