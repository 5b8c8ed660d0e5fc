"""A chain to deploy to and call: Clarinet's simnet on compiled contracts.

    chain = Chain()
    chain.advance_epoch("3.1")
    chain.deploy("ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.counter", source)
    chain.call("ST1….counter", "increment", [UInt(1)], sender)

Every transaction is answered by a `Receipt`; what goes wrong in one never touches the chain.
"""

from __future__ import annotations

import logging
from collections.abc import (
    Callable,
    Mapping,
    MutableMapping,
    MutableSequence,
    Sequence,
)
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from msgspec import Struct
from msgspec.structs import replace

from compiler.contracts import bind
from compiler.costs import Cost
from compiler.diagnostics import ClarityError
from compiler.values import NONE, Principal, Value
from compiler.versions import ClarityVersion, Epoch
from runtime import accounts, simnet, snippets
from runtime.addressing import is_standard
from runtime.arguments import Argument, argument_values
from runtime.boot import BootContract, BootContracts
from runtime.codecs import principal_bytes
from runtime.contracts import Contract
from runtime.engine import Engine, engine_for
from runtime.errors import Rejected, TransactionError, VmPanic
from runtime.forked import forked_dict, forked_list
from runtime.hashing import sha512_256
from runtime.host import Host
from runtime.instance import Guest
from runtime.keepsake import Keepsake
from runtime.memory import UncountedMemoryError
from runtime.modules import (
    Artifact,
    CompileInMemory,
    ModuleProvider,
    ModuleRequest,
)
from runtime.prepared import Prepared
from runtime.receipts import Receipt
from runtime.session import Isolation, Session
from runtime.siblings import Siblings
from runtime.state import MemoryState, State

if TYPE_CHECKING:
    from runtime.static_costs import Deployed

log = logging.getLogger(__name__)

NO_RESULT: Final = True
"""What simnet shows for the deployment of a contract without a top-level expression."""


class Snapshot(Struct, frozen=True):
    """A place in a chain's history to `revert` to; `contracts` is how many were deployed."""

    state: object
    blocks: tuple[object, ...]
    contracts: int


class Chain:
    """A simnet. `genesis_time` fixes its clock; `modules` says where compiled contracts come from.

    `isolation`: "reuse" keeps instances between transactions, "fresh" makes a new one for each.
    `boot` is the folder with the sources of the contracts that the network has from the start.
    """

    def __init__(
        self,
        *,
        modules: ModuleProvider | None = None,
        profile: str = "debug",
        isolation: Isolation = "reuse",
        engine: Engine | None = None,
        state: State | None = None,
        boot: BootContracts | Path | str | None = None,
        genesis_time: int | None = None,
    ) -> None:
        self.modules: ModuleProvider = modules or CompileInMemory(profile)
        self.profile = profile
        self.engine = engine or engine_for(profile)
        self.state: State = state or MemoryState()
        self.blocks = simnet.Blocks(genesis_time)
        # Plain until the chain is forked for the first time, as is the order of deployments.
        self.contracts: MutableMapping[str, Contract] = {}
        self._deployed: MutableSequence[str] = []
        self._boot = BootContracts(Path(boot)) if isinstance(boot, str | Path) else boot
        self._connect(isolation)
        for address in (simnet.DEPLOYER, simnet.WALLET_1):
            self.mint(address, simnet.INITIAL_BALANCE)

    def _connect(self, isolation: Isolation) -> None:
        """Make what runs contracts on this chain's state."""
        self.host = Host(self.state, self.blocks)
        self.host.contract_hash = self._contract_hash
        self.session = Session(
            self.host, self.contracts, self._artifact, self.engine, isolation=isolation
        )

    def another_session(self, limits: Cost) -> Session:
        """A session on the same state, with instances of its own, whose transactions may use this
        much. What runs in it and what in the chain's own must not be mixed in one transaction."""
        made = Session(self.host, self.contracts, self._artifact, self.engine)
        made.limit(limits)
        return made

    # The chain itself

    @property
    def epoch(self) -> Epoch:
        """The epoch that transactions run in."""
        return self.blocks.epoch

    @property
    def block_height(self) -> int:
        """Height of the last Stacks block."""
        return self.blocks.height

    @property
    def burn_block_height(self) -> int:
        """Height of the last burn block."""
        return self.blocks.burn_height

    def advance_epoch(self, epoch: Epoch | str) -> None:
        """Enter an epoch; from 3.0 on that mines a burn block."""
        self.state.end_block(self.blocks.height)
        self.blocks.set_epoch(Epoch.parse(epoch) if isinstance(epoch, str) else epoch)

    def mine(self, count: int = 1) -> None:
        """Mine Stacks blocks (from epoch 3.0 on)."""
        if not self.blocks.epoch.tip_burn_block:
            raise ValueError("before epoch 3.0 only burn blocks can be mined")
        self.state.end_block(self.blocks.height)
        self.blocks.mine_stacks(count)

    def mine_burn(self, count: int = 1) -> None:
        """Mine burn blocks, each with a Stacks block."""
        self.state.end_block(self.blocks.height)
        self.blocks.mine_burn(count)

    def mint(self, principal: str, amount: int) -> None:
        """Give a principal micro-STX out of nothing; `ValueError` if it is none, or gets less."""
        try:
            Principal.parse(principal)
        except ValueError:
            raise ValueError(f"Invalid recipient address '{principal}'.") from None
        if amount < 0:
            raise ValueError(f"can't mint {amount} micro-STX")
        accounts.credit(self.state, principal, amount)
        accounts.change_supply(self.state, amount)
        if self._write_epoch(max(Epoch)):
            # What is prepared would not write the chain's own.
            self.session.clear()

    def balance(self, principal: str) -> int:
        """The micro-STX that a principal can spend."""
        account = accounts.read(self.state.get, principal)
        return account.at(self.blocks.burn_height, self.epoch).unlocked

    def snapshot(self) -> Snapshot:
        """A place to revert to; taking one costs next to nothing."""
        return Snapshot(self.state.snapshot(), self.blocks.snapshot(), len(self._deployed))

    def revert(self, place: Snapshot) -> None:
        """Make the chain what it was."""
        self.state.revert(place.state)
        self.blocks.revert(place.blocks)
        gone = self._deployed[place.contracts :]
        del self._deployed[place.contracts :]
        for identifier in gone:
            del self.contracts[identifier]
        if gone:
            # What was checked of contracts by their names holds no more.
            self.session.clear()

    def fork(self) -> Self:
        """Another chain that goes on from here by itself; it costs the same on any chain.

        What was there is shared, compiled modules included. Snapshots that were taken of this
        chain are good on both.
        """
        other = copy(self)
        other.state = self.state.fork()
        other.blocks = self.blocks.fork()
        self.contracts, other.contracts = forked_dict(self.contracts)
        self._deployed, other._deployed = forked_list(self._deployed)
        self.session.contracts = self.contracts
        # What is prepared may hold on to what there was.
        self.session.clear()
        other._connect(self.session.isolation)
        other.session.limits = list(self.session.limits)
        return other

    def reorganise(self, fork: Chain) -> None:
        """Leave this line of blocks for a fork's, and stand where that stands now.

        The fork goes on by itself. Snapshots that were taken before are no good any more; to come
        back, fork first.
        """
        self.state.adopt(fork.state)
        self.blocks = self.host.blocks = fork.blocks.fork()
        fork.contracts, self.contracts = forked_dict(fork.contracts)
        fork._deployed, self._deployed = forked_list(fork._deployed)
        fork.session.contracts = fork.contracts
        self.session.contracts = self.contracts
        self.session.clear()

    # Transactions

    def deploy(
        self,
        contract: str,
        source: str,
        clarity_version: ClarityVersion | int | None = None,
    ) -> Receipt:
        """Deploy `source` as `contract` ("ADDRESS.name"), in a block of its own."""
        if self._boot is not None:
            named = self._boot.named_in(source, contract.partition(".")[0])
            for found in (*self._boot.needed(contract), *named):
                self._deploy_found(found)
        self._next_block()
        version = (
            self.epoch.newest_clarity
            if clarity_version is None
            else ClarityVersion(clarity_version)
        )
        return self._answer(lambda counters: self._deploy(contract, source, version, counters))

    def call(
        self, contract: str, function: str, arguments: Sequence[Argument], sender: str
    ) -> Receipt:
        """Call a public function, in a block of its own."""
        if self._boot is not None:
            self._find_boot(self._boot, contract, arguments)
        prepared = self.session.prepared_calls.get((contract, function, sender))
        if prepared is not None:
            receipt = prepared(arguments) or self._called(prepared, contract, function, arguments)
            if receipt is not None:
                return receipt
        known = self.contracts.get(contract)
        if known is not None and known.access.get(function, "public") != "public":
            return Receipt(error=Rejected(f"{function} is not a public function"))
        self._next_block()
        return self._call(contract, function, arguments, sender)

    def read(
        self, contract: str, function: str, arguments: Sequence[Argument], sender: str
    ) -> Receipt:
        """Call a read-only function; no block is mined."""
        if self._boot is not None:
            self._find_boot(self._boot, contract, arguments)
        prepared = self.session.prepared_reads.get((contract, function, sender))
        if prepared is not None:
            receipt = prepared(arguments) or self._called(prepared, contract, function, arguments)
            if receipt is not None:
                return receipt
        known = self.contracts.get(contract)
        if known is not None and known.access.get(function, "read-only") != "read-only":
            return Receipt(error=Rejected(f"{function} is not a read-only function"))
        return self._call(contract, function, arguments, sender)

    def prepared_functions(self, *, read_only: bool) -> Mapping[tuple[str, str, str], Prepared]:
        """Functions that a call may enter directly, by contract, function and sender: a view of
        what comes and goes. Empty where calls have to look for contracts first."""
        if self._boot is not None:
            return {}
        return self.session.prepared_reads if read_only else self.session.prepared_calls

    def deploy_boot(
        self, contract: str, source: str, clarity_version: ClarityVersion | int, epoch: Epoch | str
    ) -> Receipt:
        """Deploy a contract that was always there, under the rules of `epoch`: free, no block."""
        if contract in self.contracts:
            return Receipt(NO_RESULT)
        parsed = Epoch.parse(epoch) if isinstance(epoch, str) else epoch
        version = ClarityVersion(clarity_version)
        self.session.metered = False
        try:
            return self._answer(
                lambda counters: self._deploy(contract, source, version, counters, parsed)
            )
        finally:
            self.session.metered = True

    def _find_boot(self, boot: BootContracts, contract: str, arguments: Sequence[Argument]) -> None:
        """Deploy the boot contracts that a call names."""
        for found in (*boot.needed(contract), *boot.held_by(arguments)):
            self._deploy_found(found)

    def _deploy_found(self, found: BootContract) -> None:
        receipt = self.deploy_boot(*found)
        if receipt.error is not None:
            log.error("boot contract %s: %s", found.id, receipt.error)

    # How they run

    def _next_block(self) -> None:
        self.state.end_block(self.blocks.height)
        self.blocks.mine()

    def _write_epoch(self, epoch: Epoch) -> bool:
        """As simnet does before it runs something (`Blocks.write_epoch`)."""
        return self.blocks.write_epoch(epoch)

    def _answer(self, run: Callable[[list[int]], Value]) -> Receipt:
        """Run a transaction; all that it did is undone where it fails."""
        host = self.host
        host.start()
        counters = [0] * 5
        try:
            value = run(counters)
        except Exception as error:
            return Receipt(error=self._undo(error))
        return Receipt(value, tuple(host.tx.events), counters)

    def _undo(self, error: Exception) -> TransactionError:
        """Undo all that a transaction did; what to tell of its failure."""
        self.host.tx.unwind(0)
        if isinstance(error, TransactionError):
            return error
        self.session.clear()
        log.error("a transaction met a fault of ours", exc_info=error)
        return VmPanic(f"fault of the VM: {type(error).__name__}: {error}")

    def _call(
        self, contract: str, function: str, arguments: Sequence[Argument], sender: str
    ) -> Receipt:
        session, host = self.session, self.host
        if not is_standard(sender):
            return Receipt(error=Rejected(f"Invalid sender address '{sender}'."))
        self._write_epoch(self.epoch)

        def failed(error: Exception, values: Sequence[object] = ()) -> Receipt:
            if isinstance(error, UncountedMemoryError):
                with session.counting(0):
                    return self._call(contract, function, values, sender)  # type: ignore[arg-type]
            return Receipt(error=_told(self._undo(error), contract, function))

        host.start()
        counters = [0] * 5
        session.traced = True
        try:
            values = self._arguments(contract, function, arguments)
            value = session.transact(contract, function, values, sender, counters)
        except Exception as error:
            return failed(error)
        finally:
            session.traced = False
        receipt = Receipt(value, tuple(host.tx.events), counters)
        session.prepare(contract, function, sender, self._next_block, failed)
        return receipt

    def _called(
        self,
        prepared: Prepared,
        contract: str,
        function: str,
        arguments: Sequence[Argument],
    ) -> Receipt | None:
        """Call what is prepared with arguments that take a second look."""
        try:
            values = self._arguments(contract, function, arguments)
        except TransactionError:  # in a block of its own, where it is met again
            return None
        return prepared(values, True)

    def _arguments(
        self, contract: str, function: str, arguments: Sequence[Argument]
    ) -> Sequence[Value]:
        """The values of arguments, each of its parameter's type."""
        known = self.contracts.get(contract)
        if known is None:
            return []
        epoch = self.blocks.epoch
        types = known.parameters(function, epoch)
        if types is not None and len(types) != len(arguments):
            types = None
        return argument_values(arguments, types, known.version, epoch)

    # Deployment

    def _deploy(
        self,
        identifier: str,
        source: str,
        version: ClarityVersion,
        counters: list[int],
        epoch: Epoch | None = None,
        *,
        as_simnet: bool = True,
    ) -> Value:
        """Deploy a contract. Simnet runs one without functions, or of one expression, as a snippet
        in the session; the network (not `as_simnet`) deploys it like any other."""
        address, _, name = identifier.partition(".")
        if not is_standard(address):
            raise Rejected(f"Invalid sender address '{address}'.")
        if epoch is None and version > self.epoch.newest_clarity:
            raise Rejected(f"{version} can not be used with {self.epoch}")
        # A boot contract may be from an epoch that is yet to come. It is deployed as in that one;
        # when it is called its words may have no cost.
        rules = epoch or self.epoch
        runs_in = max(rules, self.epoch)
        siblings = Siblings(self.contracts, address)
        request = ModuleRequest(source, version, rules, runs_in, siblings, identifier)
        try:
            artifact = self.modules(request)
        except ClarityError as error:
            raise Rejected(bind(error.diagnostic.message, address, name)) from None
        if epoch is None:
            self._write_epoch(rules)
        contract = Contract(identifier, source, version, rules, artifact.stored_interface)
        saved = not as_simnet or bool(artifact.description.functions or artifact.interface.traits)
        sender = simnet.DEPLOYER if as_simnet and snippets.is_snippet(source) else address
        tx = self.host.tx
        direct = as_simnet and snippets.called(source)
        depth, before = tx.depth, tuple(counters)
        # Simnet holds no source in memory while it deploys.
        held = 0 if as_simnet else contract.size

        def run(module: Artifact) -> tuple[Guest, Value | None]:
            tx.begin()
            guest = self.session.instantiate(contract, module)
            self.session.calls_directly = direct
            try:
                sent = principal_bytes(sender)
                return guest, self.session.run_deploy(guest, sent, counters, held)
            finally:
                self.session.calls_directly = False

        ran = artifact
        try:
            guest, value = run(ran)
        except UncountedMemoryError:
            with self.session.counting(depth):
                counters[:] = before
                ran = self.modules(replace(request, counts_memory=True))
                guest, value = run(ran)
        if direct:
            self._discount_call(counters)
        if saved and identifier in self.contracts:
            raise VmPanic(f"the contract {identifier} exists already")
        self.session.check_limits(counters)
        tx.commit()
        if not saved:
            return NONE if value is None else value
        for constant, type_, where in ran.description.constants:
            contract.constants[constant] = Keepsake(type_, where, guest)
        self.contracts[identifier] = contract
        self._deployed.append(identifier)
        contract.artifacts[runs_in] = artifact
        self.session.forget(identifier)
        return NO_RESULT if value is None else value

    def deploy_within(
        self, identifier: str, source: str, version: ClarityVersion, counters: list[int]
    ) -> Value:
        """Deploy as the network does, in a transaction and a block that are the caller's; raises as
        `_answer` expects."""
        return self._deploy(identifier, source, version, counters, as_simnet=False)

    def forget(self, identifier: str) -> None:
        """Make a contract one that was never deployed; its state is the caller's to undo."""
        if self.contracts.pop(identifier, None) is not None:
            # It is the last: a transaction undoes only what it deployed itself.
            del self._deployed[-1:]
        self.session.forget(identifier)

    def _discount_call(self, counters: list[int]) -> None:
        """A snippet that is one `contract-call?` runs as a transaction: the word itself is free."""
        for function in ("cost_lookup_function", "cost_contract_call"):
            self.session.charge(function, 0, counters, -1)

    def deployed(self, identifier: str) -> Deployed | None:
        """A deployed contract and the description of its module in the current epoch."""
        contract = self.contracts.get(identifier)
        return None if contract is None else (contract, self._artifact(contract).description)

    def artifact(self, identifier: str, *, counts_memory: bool = False) -> Artifact | None:
        """The module of a deployed contract for the current epoch."""
        contract = self.contracts.get(identifier)
        return None if contract is None else self._artifact(contract, counts_memory)

    def _artifact(self, contract: Contract, counts_memory: bool = False) -> Artifact:
        """The module of a deployed contract for the current epoch."""
        artifacts = contract.counting_artifacts if counts_memory else contract.artifacts
        known = artifacts.get(self.epoch)
        if known is None:
            request = ModuleRequest(
                contract.source,
                contract.version,
                contract.epoch,
                self.epoch,
                Siblings(self.contracts, contract.address),
                contract.id,
                counts_memory,
            )
            try:
                known = artifacts[self.epoch] = self.modules(request)
            except ClarityError as error:
                raise VmPanic(f"{contract.id} no longer compiles: {error}") from error
        return known

    def _contract_hash(self, identifier: str) -> bytes | None:
        known = self.contracts.get(identifier)
        if known is not None:
            return known.hash
        # One that nothing has named so far, but which is there all the same.
        source = None if self._boot is None else self._boot.source(identifier)
        return None if source is None else sha512_256(source.encode())

    def to_json(self) -> dict[str, Any]:
        """Where the chain stands, for people."""
        return {
            "epoch": str(self.epoch),
            "block_height": self.block_height,
            "burn_block_height": self.burn_block_height,
            "contracts": len(self.contracts),
        }


def _told(error: TransactionError, contract: str, function: str) -> TransactionError:
    """The error of a call as simnet words it."""
    if error.name in ("UndefinedFunction", "NoSuchPublicFunction"):
        return Rejected(f"Method '{function}' does not exist on contract '{contract}'")
    if "Failed to read non-consensus contract metadata" in error.detail:
        return Rejected(f"Contract '{contract}' does not exist")
    return error
