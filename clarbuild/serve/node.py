"""A chain as a node's RPC shows it: what each endpoint answers, without any HTTP.

All calls must come from one thread at a time; `service` sees to that.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from clarbuild.key import Profile
from clarbuild.serve import standing
from clarbuild.serve.artifacts import Artifacts
from clarbuild.serve.beside import Beside, Engines, open_beside
from clarbuild.serve.description import interface_row
from clarbuild.serve.history import History
from clarbuild.serve.keeping import keep_contract
from clarbuild.serve.reading import Answer, Reader, TooMuch, answer_of
from clarbuild.version import VERSION
from compiler.abi import HOST_INTERFACE
from compiler.check.trait_check import check_compliance
from compiler.consensus import serialize
from compiler.contracts import bind
from compiler.costs.limits import BLOCK_LIMITS, READ_ONLY_LIMIT
from compiler.syntax import build_ast
from compiler.syntax.ast import AtomNode, ListNode, LiteralNode
from compiler.type_relations import TypeFault
from compiler.types import TraitIdentifier
from compiler.values import Principal, Value
from runtime import accounts
from runtime.chain import Chain
from runtime.contracts import Contract
from runtime.marf.forest import path_of
from runtime.marf.proofs import encode
from runtime.state import Get
from runtime.stores import (
    MarfBacking,
    Store,
    StoredArtifact,
    commitment_key,
    load_contract,
    load_metadata,
)
from runtime.transactions import apply, nonce, parse
from runtime.transactions.ledger import nonce_key

_METADATA_KEY: Final = re.compile(
    r"analysis|vm-metadata::(\d{1,2})::"
    r"(contract|contract-size|contract-src|contract-data-size|[a-zA-Z][a-zA-Z0-9\-_!?+<>=/*]{0,127}"
    r"|[-+=/*]|[<>]=?)"
)


_ELSEWHERE: Final = "the state since it answers alone"


class NotThere(Exception):
    """What was asked for does not exist; the text is the node's."""


class Refused(Exception):
    """A request that makes no sense; the text says why."""


class Place(Struct, frozen=True):
    """A finished block to read as of, and whether proofs are asked for."""

    block: bytes
    number: int
    get: Get
    proof: bool
    elsewhere: bool = False
    """Whether the interpreter has the block's state, and the store has not."""


class Node:
    """A chain on a MARF store. `profile` is that of the modules that it gets."""

    def __init__(
        self,
        chain: Chain,
        store: Store,
        backing: MarfBacking,
        profile: Profile = "debug",
        engines: Engines | None = None,
    ) -> None:
        self.chain = chain
        self.lock = threading.Lock()
        self.artifacts = Artifacts(chain, chain.modules, profile)
        self.history = History(chain, store, backing)
        self.listener: Callable[[dict[str, Any]], None] = lambda _: None
        """Is told of each block that is mined, in the thread that mines it."""
        self.beside = open_beside(chain, store, self.history, engines or Engines())
        """The interpreter, where it answers too."""
        if self.beside is not None:
            self.history.elsewhere = self.beside.keeps
        self.not_compared: Counter[str] = Counter()
        """Calls that the interpreter could not be asked, by why."""
        self._reader = Reader(chain, READ_ONLY_LIMIT)
        # The node counts no costs here, only time: what a whole block may use bounds that.
        self._fast = chain.epoch, Reader(chain, BLOCK_LIMITS[chain.epoch])
        self._store = store
        self._backing = backing

    def close(self) -> None:
        """End the interpreter, where there is one."""
        if self.beside is not None:
            self.beside.close()

    # Where

    def place(self, tip: str | None, proof: str | None) -> Place:
        """The block that a request is about: `tip` and `proof` as a node treats them."""
        block = self._store.tip
        assert block is not None  # the first block was there before anybody could ask
        if tip is not None and re.fullmatch("[0-9a-f]{64}", tip):
            block = bytes.fromhex(tip)
            if block not in self._store.blocks:
                raise NotThere("Chain tip not found")
        number = self._store.blocks.number(block)
        elsewhere = self.beside is not None and self.beside.keeps(self._backing.label(number))
        get = self._store.at_block(block)
        return Place(block, number, get, proof in (None, "1"), elsewhere)

    def _interpreter(self, place: Place) -> Beside | None:
        """The interpreter, where it has the state of a block; it knows the newest one's alone."""
        if not place.elsewhere:
            return None
        if place.block != self._store.tip:
            raise Refused(f"The interpreter keeps {_ELSEWHERE}, and of the newest block only")
        return self.beside

    def _missing(self, place: Place, message: str) -> NotThere | Refused:
        """What to say of a contract that is not known in a block."""
        if place.elsewhere:
            return Refused(f"{message}: what is deployed now is in {_ELSEWHERE}")
        return NotThere(message)

    def _prove(self, place: Place, path: bytes) -> str | None:
        found = self._backing.prove(place.number, path)
        return None if found is None else f"0x{encode(found).hex()}"

    def _proved(self, place: Place, key: str, row: dict[str, Any]) -> dict[str, Any]:
        """The answer, with a proof where one is asked for; "" where there is nothing to prove."""
        if place.proof:
            if place.elsewhere:
                raise Refused(f"No proof: the interpreter keeps {_ELSEWHERE}; ask with proof=0")
            row["proof"] = self._prove(place, path_of(key)) or ""
        return row

    # Contracts

    def contract(self, place: Place, identifier: str, missing: str) -> Contract:
        """A contract that was there in a block."""
        contract = self.chain.contracts.get(identifier)
        if contract is None or place.get(commitment_key(identifier)) is None:
            raise self._missing(place, missing)
        return contract

    def source(self, place: Place, identifier: str) -> dict[str, Any]:
        """A contract's source."""
        stored = load_contract(place.get, identifier)
        if stored is None:
            raise self._missing(place, "No contract source data found")
        row = {"source": stored.source, "publish_height": stored.height}
        return self._proved(place, commitment_key(identifier), row)

    def interface(self, place: Place, identifier: str) -> dict[str, Any]:
        """A contract's interface."""
        contract = self.contract(place, identifier, "No contract interface data found")
        return interface_row(contract.interface)

    def constant(self, place: Place, identifier: str, name: str) -> dict[str, Any]:
        """The value of a constant."""
        contract = self.contract(place, identifier, "Constant not found")
        kept = contract.constants.get(name)
        value = _literal(contract, name) if kept is None else kept.value
        if value is None:
            raise NotThere("Constant not found")
        return {"data": hexed(value)}

    def implements(
        self, place: Place, identifier: str, trait_contract: str, trait: str
    ) -> dict[str, Any]:
        """Whether a contract has what a trait asks for, or says so."""
        missing = "No contract analysis found or trait definition not found"
        contract = self.contract(place, identifier, missing)
        methods = self.contract(place, trait_contract, missing).trait(trait)
        if methods is None:
            raise NotThere(missing)
        wanted = TraitIdentifier(trait_contract, trait)
        implemented = wanted in contract.implemented
        if not implemented:
            try:
                check_compliance(contract.bound, wanted, methods, self.chain.epoch)
                implemented = True
            except TypeFault:
                pass
        return {"is_implemented": implemented}

    def metadata(self, place: Place, identifier: str, key: str) -> dict[str, Any]:
        """A row of a contract's metadata."""
        if _METADATA_KEY.fullmatch(key) is None:
            raise Refused("Invalid metadata type")
        text = load_metadata(place.get, identifier, key)
        if text is None:
            raise self._missing(place, "Metadata not found")
        return {"data": text}

    # State

    def variable(self, place: Place, identifier: str, name: str) -> dict[str, Any]:
        """The value of a data variable."""
        key = f"vm::{identifier}::1::{name}"
        beside = self._interpreter(place)
        if beside is None:
            value = place.get(key)
        else:
            has = beside.variable(identifier, name)
            value = None if has is None else serialize(has)
        if value is None:
            raise NotThere("Data var not found")
        return self._proved(place, key, {"data": f"0x{value.hex()}"})

    def entry(self, place: Place, identifier: str, name: str, key: Value) -> dict[str, Any]:
        """An entry of a map; `none` where there is none."""
        where = f"vm::{identifier}::0::{name}::{serialize(key).hex()}"
        beside = self._interpreter(place)
        if beside is None:
            value = place.get(where)
        else:
            has = beside.entry(identifier, name, serialize(key))
            value = None if has is None else serialize(has)
        if value is None:
            value = b"\x09"
        return self._proved(place, where, {"data": f"0x{value.hex()}"})

    def marf(self, place: Place, path: str) -> dict[str, Any]:
        """What the hash of a key holds."""
        if place.elsewhere:
            raise Refused(f"The interpreter keeps {_ELSEWHERE}, which has no keys to ask for")
        text = self._backing.text_at(place.number, bytes.fromhex(path))
        if text is None:
            raise NotThere("Marf key hash not found")
        row = {"data": f"0x{text}"}
        if place.proof:
            row["proof"] = self._prove(place, bytes.fromhex(path)) or ""
        return row

    def account(self, place: Place, principal: str) -> dict[str, Any]:
        """Balance, lock and nonce of an account."""
        chain = self.chain
        beside = self._interpreter(place)
        if beside is not None:
            account = beside.account(principal)
        else:
            account = accounts.read(place.get, principal).at(chain.burn_block_height, chain.epoch)
        row = {
            "balance": f"0x{account.unlocked:032x}",
            "locked": f"0x{account.locked:032x}",
            "unlock_height": account.shown_unlock_height,
            "nonce": nonce(place.get, principal),
        }
        if place.proof and beside is not None:
            raise Refused(f"No proof: the interpreter keeps {_ELSEWHERE}; ask with proof=0")
        if place.proof:
            row["balance_proof"] = self._prove(place, path_of(accounts.key(principal))) or ""
            row["nonce_proof"] = self._prove(place, path_of(nonce_key(principal))) or ""
        return row

    # Calls and transactions

    def read(
        self,
        place: Place,
        identifier: str,
        function: str,
        arguments: list[Value],
        sender: str,
        *,
        fast: bool = False,
    ) -> Answer:
        """Run a function with nothing to write; or, `fast`, whatever it does, as far as a block may
        go. Nothing that it does stays."""
        past = None
        if place.block != self._store.tip:
            past = place.get, self.chain.blocks.view(self._backing.label(place.number))
        if self._fast[0] != self.chain.epoch:
            self._fast = self.chain.epoch, Reader(self.chain, BLOCK_LIMITS[self.chain.epoch])
        reader = self._fast[1] if fast else self._reader
        beside = self._interpreter(place) or self.beside
        try:
            if beside is None or not beside.listens:
                return reader.call(identifier, function, arguments, sender, past)
            why = self._incomparable(identifier, function, arguments, sender, past is not None)
            if beside.alone and past is None:
                if why is not None:
                    raise Refused(f"The interpreter answers, and it can not run {why}")
                return answer_of(beside.look(identifier, function, arguments, sender, None))
            answer = reader.call(identifier, function, arguments, sender, past)
            if answer.error is not None and answer.error.name == "CostBalanceExceeded":
                why = why or "what is beyond the budget"
            if why is not None:
                self.not_compared[why] += 1
                return answer
            # As simnet runs it, whose tracer costs.
            traced = reader.call(identifier, function, arguments, sender, traced=True)
            heard = beside.look(identifier, function, arguments, sender, traced.receipt)
            return answer_of(heard) if beside.alone else answer
        except TooMuch as error:
            raise Refused(str(error)) from None

    def _incomparable(
        self, identifier: str, function: str, arguments: list[Value], sender: str, past: bool
    ) -> str | None:
        """Why a call that reads can't be put to the interpreter, if it can't."""
        contract = self.chain.contracts.get(identifier)
        if past:
            return "calls as of past blocks"
        if "." in sender:
            return "calls whose sender is a contract"
        if contract is None:
            # Deployed since it answers alone, perhaps.
            return None if self.beside is not None and self.beside.alone else "unknown contracts"
        if contract.access.get(function) != "read-only":
            return "functions that are not read-only"
        types = contract.parameters(function, self.chain.epoch)
        if types is None or len(types) != len(arguments):
            return "calls with arguments that do not fit"
        return None

    def submit(self, data: bytes) -> str:
        """Mine a transaction; its identifier. `TransactionFault` where it is refused."""
        chain, transaction = self.chain, parse(data)

        def describe(identifier: str, wasm: bytes) -> StoredArtifact:
            return keep_contract(chain, identifier, wasm)

        if self.beside is None:
            applied = apply(chain, transaction, describe, self.history.record)
        else:
            applied = self.beside.apply(transaction, describe, self.history.record)
        self.listener(self.history.blocks(None, 1)[0])
        return applied.txid

    def transaction(self, txid: str) -> dict[str, Any]:
        """A transaction and what came of it."""
        row = self.history.transaction(txid)
        if row is None:
            raise NotThere("Transaction not found")
        return row

    # Wasm

    def wasm(self, place: Place, identifier: str) -> tuple[dict[str, Any], bytes]:
        """The Wasm that runs a contract, and what is known of it."""
        contract = self.contract(place, identifier, "No contract wasm found")
        artifact = self.artifacts.artifact(identifier)
        stored = load_contract(place.get, identifier)
        assert stored is not None
        row = {
            "contract": contract.id,
            "wasm": f"0x{artifact.wasm.hex()}",
            "hash": f"blake3:{self.artifacts.digest(identifier).hex}",
            "compiler": VERSION,
            "host_interface": HOST_INTERFACE,
            "clarity_version": int(contract.version),
            "epoch": str(self.chain.epoch),
            "publish_height": stored.height,
        }
        return self._proved(place, commitment_key(identifier), row), artifact.wasm

    def runs(self, digest: str) -> str:
        """A contract that runs as Wasm of a digest."""
        found = self.artifacts.contracts(digest)
        if not found:
            raise NotThere("Artifact not found")
        return found[0]

    # The chain

    def info(self) -> dict[str, Any]:
        """What clients ask first."""
        tip = self._store.tip
        assert tip is not None  # the first block was there before anybody could ask
        elsewhere = self.history.elsewhere(self.chain.block_height)
        return standing.info(self.chain, tip, None if elsewhere else self._store.root(tip))

    def health(self) -> dict[str, Any]:
        """How far behind its peers the chain is."""
        return standing.health(self.chain)

    def pox(self, place: Place) -> dict[str, Any]:
        """Cycles and thresholds of PoX."""
        contract = standing.pox_contract(self.chain.epoch)
        told = None
        if contract in self.chain.contracts:
            sender = contract.partition(".")[0]
            told = self.read(place, contract, "get-pox-info", [], sender).value
        beside = self._interpreter(place)
        has = accounts.supply(self.chain.state.get) if beside is None else beside.supply()
        return standing.pox(self.chain, told, has)


def hexed(value: Value) -> str:
    """A value as RPC has it."""
    return f"0x{serialize(value).hex()}"


def _literal(contract: Contract, name: str) -> Value | None:
    """The value of a constant that is a literal, which deployment doesn't compute."""
    if name not in contract.interface.constants:
        return None
    for node in build_ast(contract.source, contract.version, contract.epoch).top_level:
        match node:
            case ListNode(children=[AtomNode(name="define-constant"), AtomNode() as atom, body]):
                if atom.name == name and isinstance(body, LiteralNode):
                    value = body.value
                    if isinstance(value, Principal):
                        return Principal(bind(value.value, contract.address, contract.name))
                    return value
    return None
