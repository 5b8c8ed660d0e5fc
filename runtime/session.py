"""Instances of contracts and calls between them: contexts, budgets, nested transactions.

A session serves one chain. Each contract runs in an instance of its own; what crosses between two
goes through codecs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final, Literal

from compiler import abi
from compiler.consensus_untyped import type_of
from compiler.costs import cost_table
from compiler.costs.limits import SIMNET_LIMIT
from compiler.type_relations import admits, canonicalize
from compiler.types import TraitIdentifier, Type
from compiler.values import Ok, Value
from compiler.versions import Epoch
from runtime.casts import overcharge, trait_count
from runtime.codec import Mismatch, principal_of
from runtime.contracts import Contract, canonical
from runtime.engine import Engine, GuestTrap, Linked, Slots, TrapCode, host_table
from runtime.errors import VmPanic, check, internal, runtime
from runtime.host import Host
from runtime.instance import (
    CALLER,
    CALLER_ROOM,
    CONTEXT,
    COUNTERS,
    DEPTH,
    HEAP,
    HEIGHTS,
    LIMITS,
    MAINNET,
    MAX_DEPTH,
    SENDER,
    SENDER_ROOM,
    BoundSite,
    Export,
    Guest,
)
from runtime.modules import Artifact
from runtime.simnet import CHAIN_ID
from runtime.tracer import trace_charges

Isolation = Literal["reuse", "fresh"]

MAX_GUESTS: Final = 4_000
MAX_KEPT_MEMORY: Final = 32 << 20
"""An instance whose memory grew beyond this is not kept: memory never shrinks."""

Counters = list[int]


class Session:
    """Runs functions of contracts in the chain's current epoch.

    `artifact` gives a contract's module for an epoch. `traced` is how simnet makes calls: its
    tracer looks at the contract of each `contract-call?`, and that costs.
    """

    def __init__(
        self,
        host: Host,
        contracts: Mapping[str, Contract],
        artifact: Callable[[Contract], Artifact],
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
        self._artifact = artifact
        self._table = host_table(
            engine, abi.HOST_FUNCTIONS, host.functions(self._contract_call), abi.IMPORT_MODULE
        )
        self._linked: dict[int, tuple[Artifact, Linked]] = {}
        self._guests: OrderedDict[str, Guest] = OrderedDict()
        self._running: set[tuple[str, str]] = set()
        self._epoch: Epoch | None = None
        self._checked: dict[tuple[str, TraitIdentifier, str, Epoch], Type] = {}
        self.limits = [
            SIMNET_LIMIT.runtime,
            SIMNET_LIMIT.read_count,
            SIMNET_LIMIT.read_length,
            SIMNET_LIMIT.write_count,
            SIMNET_LIMIT.write_length,
        ]
        self.metered = True

    # Instances

    def forget(self, contract: str) -> None:
        """Drop a contract's instance."""
        self._guests.pop(contract, None)

    def clear(self) -> None:
        """Drop all instances."""
        self._guests.clear()
        self._checked.clear()

    def instantiate(self, contract: Contract, artifact: Artifact) -> Guest:
        """A new instance, without the contract's constants."""
        known = self._linked.get(id(artifact))
        if known is None:
            if len(self._linked) > MAX_GUESTS:
                self._linked.clear()
            known = (artifact, self._table.link(artifact.module(self.engine)))
            self._linked[id(artifact)] = known
        return Guest(contract, artifact, known[1])

    def guest(self, contract: Contract) -> Guest:
        """The contract's instance in the current epoch."""
        epoch = self.host.epoch
        if epoch != self._epoch:
            self._epoch = epoch
            self.clear()
        guest = self._guests.get(contract.id)
        if guest is None:
            guest = self.instantiate(contract, self._artifact(contract))
            guest.restore_constants(sanitized=epoch.borrows_variables)
            if len(self._guests) >= MAX_GUESTS:
                self._drop_oldest()
            self._guests[contract.id] = guest
        else:
            self._guests.move_to_end(contract.id)
        return guest

    def _drop_oldest(self) -> None:
        for name, guest in self._guests.items():
            if not guest.active:
                del self._guests[name]
                return

    # Contexts

    def enter(
        self, guest: Guest, sender: bytes, caller: bytes, counters: Counters, depth: int
    ) -> None:
        """Fill in the context that a guest runs with."""
        host = self.host
        word, long = guest.word, guest.long
        for at in range(5):
            long[COUNTERS + at] = counters[at]
            long[LIMITS + at] = self.limits[at]
        if not guest.active:
            guest.reset()
        word[DEPTH] = depth
        word[MAX_DEPTH] = host.epoch.max_call_stack_depth
        guest.write(SENDER_ROOM, sender)
        guest.write(CALLER_ROOM, caller)
        word[SENDER] = SENDER_ROOM
        word[SENDER + 1] = len(sender)
        word[CALLER] = CALLER_ROOM
        word[CALLER + 1] = len(caller)
        host.write_heights(guest)
        long[HEIGHTS + 4] = host.blocks.stacks[-1].time
        long[HEIGHTS + 5] = CHAIN_ID
        word[MAINNET] = 0
        word[MAINNET + 1] = 0

    def load_cost(self, contract: Contract, counters: Counters) -> None:
        """Charge for loading a contract."""
        self.charge("cost_load_contract", contract.size, counters)

    def charge(self, function: str, n: int, counters: Counters, times: int = 1) -> None:
        """Charge a cost function for `n`, and check the limits."""
        if not self.metered:
            return
        cost = cost_table(self.host.epoch)[function].evaluate(n)
        for at, amount in enumerate(
            (
                cost.runtime,
                cost.read_count,
                cost.read_length,
                cost.write_count,
                cost.write_length,
            )
        ):
            counters[at] += amount * times
            if counters[at] > self.limits[at]:
                raise check("CostBalanceExceeded")

    # Running

    def execute(
        self,
        contract_id: str,
        function: str,
        values: list[Value],
        sender: bytes,
        caller: bytes,
        counters: Counters,
        site: BoundSite | None = None,
    ) -> Value:
        """Run a public or read-only function as the interpreter's `execute_contract` does.

        `counters` are charged, also where the call fails. `site` is where it is called, `None`
        for a transaction.
        """
        contract = self.contracts.get(contract_id)
        if contract is None:
            raise internal("Expect", "Failed to read non-consensus contract metadata")
        self.load_cost(contract, counters)
        guest = self.guest(contract)
        export = guest.export(function)
        if export is None:
            raise check("UndefinedFunction")
        entry = export.entry
        if entry.access == "private":
            raise check("NoSuchPublicFunction")
        running = (contract_id, function)
        if running in self._running:
            raise check("CircularReference")
        self._check_arguments(entry.parameters, values)
        too_much = self._overcharge(export, values, site)
        host = self.host
        tx = host.tx
        read_only = entry.access == "read-only"
        before = host._guest
        kept = guest.read(CONTEXT.start, CONTEXT.stop - CONTEXT.start) if guest.active else None
        heap = guest.word[HEAP]
        # A call's own level comes on top of what the caller says it is nested in.
        depth = 1 if before is None else before.word[DEPTH] + 1
        self.enter(guest, sender, caller, counters, depth)
        self._running.add(running)
        guest.active += 1
        tx.begin(read_only=read_only)
        host.guest = guest
        try:
            value = self._run(guest, lambda: export(guest, values))
            if read_only or not isinstance(value, Ok):
                tx.roll_back()
            else:
                tx.commit()
        finally:
            counters[:] = guest.counters()
            counters[0] -= too_much
            guest.active -= 1
            self._running.discard(running)
            host.guest = before
            if kept is not None:
                guest.write(CONTEXT.start, kept)
                guest.word[HEAP] = heap
            elif self.isolation == "fresh" or guest.memory_size > MAX_KEPT_MEMORY:
                self.forget(contract_id)
        return value

    def _overcharge(self, export: Export, values: list[Value], site: BoundSite | None) -> int:
        """What the function will charge too much for principals that become traits."""
        each = overcharge(self.host.epoch)
        if not each or not export.counts or not self.metered:
            return 0
        return each * sum(
            count(values[at])
            for at, count in export.counts
            if site is None or trait_count(site.arguments[at].type) is None
        )

    @staticmethod
    def _run(guest: Guest, call: Callable[[], Value]) -> Value:
        try:
            return call()
        except GuestTrap as trap:
            if trap.code is TrapCode.STACK_OVERFLOW:
                raise runtime("MaxStackDepthReached") from trap
            frames = " < ".join(str(frame.name or frame.function) for frame in trap.frames[:6])
            raise VmPanic(f"{guest.contract.id} trapped: {trap}, in {frames}") from trap
        except Mismatch as error:
            raise VmPanic(f"{guest.contract.id}: {error}") from error

    def _check_arguments(
        self, parameters: tuple[tuple[str, Type], ...], values: list[Value]
    ) -> None:
        if len(parameters) != len(values):
            raise check("IncorrectArgumentCount")
        if len({name for name, _ in parameters}) != len(parameters):
            raise check("NameAlreadyUsed")

    def run_deploy(self, guest: Guest, sender: bytes, counters: Counters) -> Value | None:
        """Run a contract's top-level forms; the value of the last expression."""
        host = self.host
        self.enter(guest, sender, sender, counters, 0)
        guest.active += 1
        host.guest = guest

        def call() -> Value:
            guest.instance.function(abi.DEPLOY_EXPORT).call()
            return True

        try:
            self._run(guest, call)
            pointer = guest.word[abi.DEPLOY_RESULT // 4]
            type_ = guest.description.deploy_result
            if not pointer or type_ is None:
                return None
            from runtime.codec import codec_of

            return codec_of(type_).read(pointer, guest)
        finally:
            counters[:] = guest.counters()
            guest.active -= 1
            host.guest = None

    # Calls of other contracts

    def _contract_call(self, s: Slots) -> None:
        host = self.host
        guest = host.guest
        site = guest.sites[s[0]]
        arguments = s[3]
        target = site.contract
        if target is None or site.trait is not None:
            target = principal_of(guest.read(s[1], s[2])).value
        counters = guest.counters()
        try:
            if self.traced:
                self._charge_trace(site, guest.contract, counters)
            values = site.read(arguments, guest)
            constraint = self._dispatch(site, target, guest.contract)
            sender = guest.sender()
            caller = sender if self.calls_directly else guest.contract.principal
            self.calls_directly = False
            value = self.execute(target, site.name, values, sender, caller, counters, site)
            if constraint is not None and not admits(constraint, type_of(value), host.epoch):
                raise check("ReturnTypesMustMatch")
        finally:
            for at in range(5):
                guest.long[COUNTERS + at] = counters[at]
        host.refresh_supply(guest)
        s[0] = site.result.write(value, guest)

    def _charge_trace(self, site: BoundSite, contract: Contract, counters: Counters) -> None:
        """Simnet's tracer evaluates a contract that is given by a name."""
        for name, n in trace_charges(
            site.kind,
            site.depth,
            contract.version,
            self.host.epoch,
            through_trait=site.trait is not None,
        ):
            self.charge(name, n, counters)

    def _dispatch(self, site: BoundSite, target: str, caller: Contract) -> Type | None:
        """What the interpreter checks of a call through a trait; the type that it must return."""
        trait = site.trait
        if trait is None:
            return None
        if target == caller.id:
            raise check("CircularReference")
        callee = self.contracts.get(target)
        if callee is None:
            raise check("NoSuchContract")
        if trait in callee.implemented:
            return None
        epoch = self.host.epoch
        key = (target, trait, site.name, epoch)
        if not self.host.tx.read_only:
            known = self._checked.get(key)
            if known is not None:
                return known
        definer = self.contracts.get(trait.contract)
        if definer is None:
            raise check("NoSuchContract")
        function = callee.signature(site.name, epoch)
        private = callee.bound.private_functions.get(site.name)
        if function is None and private is None:
            raise check("BadTraitImplementation")
        if self.host.tx.read_only:
            raise check("Unreachable", "Trait based contract call in read-only")
        if function is None:
            raise check("NoSuchPublicFunction")
        methods = definer.trait(trait.name)
        if methods is None:
            raise check("TraitReferenceUnknown")
        method = methods.get(site.name)
        if method is None:
            raise check("TraitMethodUnknown")
        wanted = canonical(method, epoch)
        if len(function.args) != len(wanted.args) or not all(
            admits(mine, asked, epoch)
            for (_, mine), (_, asked) in zip(function.args, wanted.args, strict=True)
        ):
            raise check("BadTraitImplementation")
        returns = canonicalize(wanted.returns, epoch)
        self._checked[key] = returns
        return returns
