"""A chain as a node's RPC shows it: what each endpoint answers, without any HTTP.

All calls must come from one thread at a time; `app` sees to that.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from cache.digest import Digest
from clarbuild.serve.description import interface_row
from clarbuild.serve.keeping import keep_contract
from clarbuild.version import VERSION
from compiler.check.trait_check import check_compliance
from compiler.consensus import serialize
from compiler.contracts import bind
from compiler.syntax import build_ast
from compiler.syntax.ast import AtomNode, ListNode, LiteralNode
from compiler.type_relations import TypeFault
from compiler.types import TraitIdentifier
from compiler.values import Principal, Value
from runtime import accounts
from runtime.arguments import argument_values
from runtime.chain import Chain
from runtime.codec import principal_bytes
from runtime.contracts import Contract
from runtime.errors import TransactionError
from runtime.marf.forest import path_of
from runtime.marf.proofs import encode
from runtime.simnet import CHAIN_ID
from runtime.state import Get
from runtime.stores import MarfBacking, Store, commitment_key, load_contract, load_metadata
from runtime.transactions import Applied, apply, nonce, parse
from runtime.transactions.ledger import nonce_key

READ_RUNTIME: Final = 1_000_000_000
READ_COUNT: Final = 100
READ_LENGTH: Final = 200_000
"""What a call to read may use, as nodes are set up by default."""

_MAX_RECEIPTS: Final = 10_000
_METADATA_KEY: Final = re.compile(
    r"analysis|vm-metadata::(\d{1,2})::"
    r"(contract|contract-size|contract-src|contract-data-size|[a-zA-Z][a-zA-Z0-9\-_!?+<>=/*]{0,127}"
    r"|[-+=/*]|[<>]=?)"
)


class NotThere(Exception):
    """What was asked for does not exist; the text is the node's."""


class Refused(Exception):
    """A request that makes no sense; the text says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """A finished block to read as of, and whether proofs are asked for."""

    block: bytes
    number: int
    get: Get
    proof: bool


class Node:
    """A chain on a MARF store, and what is remembered of its transactions."""

    def __init__(self, chain: Chain, store: Store, backing: MarfBacking) -> None:
        self.chain = chain
        self.lock = threading.Lock()
        self._store = store
        self._backing = backing
        self._applied: OrderedDict[str, Applied] = OrderedDict()

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
        return Place(block, number, self._store.at_block(block), proof in (None, "1"))

    def _prove(self, place: Place, path: bytes) -> str | None:
        found = self._backing.prove(place.number, path)
        return None if found is None else f"0x{encode(found).hex()}"

    def _proved(self, place: Place, key: str, row: dict[str, Any]) -> dict[str, Any]:
        """The answer, with a proof where one is asked for; "" where there is nothing to prove."""
        if place.proof:
            row["proof"] = self._prove(place, path_of(key)) or ""
        return row

    # Contracts

    def _contract(self, place: Place, identifier: str, missing: str) -> Contract:
        """A contract that was there in a block."""
        contract = self.chain.contracts.get(identifier)
        if contract is None or place.get(commitment_key(identifier)) is None:
            raise NotThere(missing)
        return contract

    def source(self, place: Place, identifier: str) -> dict[str, Any]:
        """A contract's source."""
        stored = load_contract(place.get, identifier)
        if stored is None:
            raise NotThere("No contract source data found")
        row = {"source": stored.source, "publish_height": stored.height}
        return self._proved(place, commitment_key(identifier), row)

    def interface(self, place: Place, identifier: str) -> dict[str, Any]:
        """A contract's interface."""
        contract = self._contract(place, identifier, "No contract interface data found")
        return interface_row(contract.interface)

    def constant(self, place: Place, identifier: str, name: str) -> dict[str, Any]:
        """The value of a constant."""
        contract = self._contract(place, identifier, "Constant not found")
        kept = contract.constants.get(name)
        value = _literal(contract, name) if kept is None else kept.value
        if value is None:
            raise NotThere("Constant not found")
        return {"data": _hex(value)}

    def implements(
        self, place: Place, identifier: str, trait_contract: str, trait: str
    ) -> dict[str, Any]:
        """Whether a contract has what a trait asks for, or says so."""
        missing = "No contract analysis found or trait definition not found"
        contract = self._contract(place, identifier, missing)
        methods = self._contract(place, trait_contract, missing).trait(trait)
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
            raise NotThere("Metadata not found")
        return {"data": text}

    # State

    def variable(self, place: Place, identifier: str, name: str) -> dict[str, Any]:
        """The value of a data variable."""
        key = f"vm::{identifier}::1::{name}"
        value = place.get(key)
        if value is None:
            raise NotThere("Data var not found")
        return self._proved(place, key, {"data": f"0x{value.hex()}"})

    def entry(self, place: Place, identifier: str, name: str, key: Value) -> dict[str, Any]:
        """An entry of a map; `none` where there is none."""
        where = f"vm::{identifier}::0::{name}::{serialize(key).hex()}"
        value = place.get(where)
        if value is None:
            value = b"\x09"
        return self._proved(place, where, {"data": f"0x{value.hex()}"})

    def marf(self, place: Place, path: str) -> dict[str, Any]:
        """What the hash of a key holds."""
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
        account = accounts.read(place.get, principal).at(chain.burn_block_height, chain.epoch)
        row = {
            "balance": f"0x{account.unlocked:032x}",
            "locked": f"0x{account.locked:032x}",
            "unlock_height": account.shown_unlock_height,
            "nonce": nonce(place.get, principal),
        }
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
    ) -> dict[str, Any]:
        """Run a function with nothing to write; nothing that it does stays."""
        chain = self.chain
        host = chain.host
        host.start()
        if place.block != self._store.tip:
            host.get = place.get
            host.view = chain.blocks.view(self._backing.label(place.number))
        counters = [0] * 5
        host.tx.begin()
        cause: str | None = None
        value: Value | None = None
        try:
            contract = self.chain.contracts.get(identifier)
            values = arguments
            if contract is not None:
                signature = contract.signature(function, chain.epoch)
                if signature is not None and len(signature.args) == len(arguments):
                    types = [of for _, of in signature.args]
                    values = argument_values(arguments, types, contract.version, chain.epoch)
            caller = principal_bytes(sender)
            value = chain.session.execute(identifier, function, values, caller, caller, counters)
        except TransactionError as error:
            cause = str(error)
        except BaseException:
            # A fault of ours: instances that it left in the middle of a call are not used again.
            chain.session.clear()
            raise
        finally:
            host.tx.unwind(0)
            host.start()
        runtime, read_count, read_length, write_count, write_length = counters
        if write_count or write_length:
            return {"okay": False, "cause": "NotReadOnly"}
        if cause is None and (
            runtime > READ_RUNTIME or read_count > READ_COUNT or read_length > READ_LENGTH
        ):
            cause = "RuntimeCheck(CostBalanceExceeded)"
        if cause is not None or value is None:
            return {"okay": False, "cause": cause}
        return {"okay": True, "result": _hex(value)}

    def submit(self, data: bytes) -> str:
        """Mine a transaction; its identifier. `TransactionFault` where it is refused."""
        applied = apply(
            self.chain,
            parse(data),
            lambda identifier, wasm: keep_contract(self.chain, identifier, wasm),
        )
        self._applied[applied.txid] = applied
        if len(self._applied) > _MAX_RECEIPTS:
            self._applied.popitem(last=False)
        return applied.txid

    def transaction(self, txid: str) -> dict[str, Any]:
        """What came of a transaction that was mined since the server began."""
        applied = self._applied.get(txid)
        if applied is None:
            raise NotThere("Transaction not found")
        return {
            "txid": f"0x{applied.txid}",
            "block_height": applied.height,
            "is_canonical": True,
            "post_condition_aborted": applied.aborted is not None,
            "vm_error": applied.aborted,
            **applied.receipt.to_json(),
        }

    # Wasm

    def wasm(self, place: Place, identifier: str) -> tuple[dict[str, Any], bytes]:
        """The Wasm that runs a contract, and what is known of it."""
        contract = self._contract(place, identifier, "No contract wasm found")
        artifact = self.chain.artifact(identifier)
        stored = load_contract(place.get, identifier)
        assert artifact is not None  # the contract is there
        assert stored is not None
        row = {
            "contract": contract.id,
            "wasm": f"0x{artifact.wasm.hex()}",
            "hash": f"blake3:{Digest.of(artifact.wasm).hex}",
            "compiler": VERSION,
            "clarity_version": int(contract.version),
            "epoch": str(self.chain.epoch),
            "publish_height": stored.height,
        }
        return row, artifact.wasm

    def artifact(self, digest: str) -> bytes:
        """The Wasm of a digest, if a contract here runs it."""
        for identifier in self.chain.contracts:
            found = self.chain.artifact(identifier)
            if found is not None and Digest.of(found.wasm).hex == digest:
                return found.wasm
        raise NotThere("Artifact not found")

    # The chain

    def info(self) -> dict[str, Any]:
        """What clients ask first."""
        chain = self.chain
        tip = self._store.tip
        assert tip is not None
        root = self._store.root(tip)
        height, burn = chain.block_height, chain.burn_block_height
        consensus = chain.blocks.id_hash(height).hex()[:40]
        return {
            "peer_version": 0x1800_0000 | (chain.epoch >> 8 & 0xFF) << 8 | chain.epoch & 0xFF,
            "pox_consensus": consensus,
            "burn_block_height": burn,
            "stable_pox_consensus": consensus,
            "stable_burn_block_height": burn,
            "server_version": f"clarbuild {VERSION}",
            "network_id": CHAIN_ID,
            "parent_network_id": 0xDAB5BFFA,
            "stacks_tip_height": height,
            "stacks_tip": chain.blocks.header_hash(height).hex(),
            "stacks_tip_consensus_hash": consensus,
            "genesis_chainstate_hash": bytes(32).hex(),
            "unanchored_tip": None,
            "unanchored_seq": None,
            "tenure_height": chain.blocks.view().tenure_height,
            "exit_at_block_height": None,
            "is_fully_synced": True,
            "node_public_key": None,
            "node_public_key_hash": None,
            "last_pox_anchor": None,
            "stackerdbs": [],
            "index_block_hash": tip.hex(),
            "state_index_root": None if root is None else root.hex(),
            "time": int(time.time()),
        }


def _hex(value: Value) -> str:
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
