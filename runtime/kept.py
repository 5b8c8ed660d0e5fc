"""Chains whose store holds all that it takes to open them again; with the rows of their contracts.

What a block's rows say is committed with the block, so a chain is found as its last finished block
left it: what was done since is lost, together. Knows no folders.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Self

from cache.digest import Digest
from compiler.consensus import deserialize, serialize
from compiler.interface_bytes import StoredInterface
from compiler.values import Value
from compiler.versions import ClarityVersion, Epoch
from runtime.chain import Chain
from runtime.contracts import Contract
from runtime.errors import TransactionError
from runtime.hashing import sha512_256
from runtime.keepsake import Keepsake
from runtime.modules import Artifact
from runtime.state import Get
from runtime.stores import (
    ChainError,
    DamagedChain,
    Store,
    StoredArtifact,
    StoredContract,
    load_artifact,
    load_contract,
    metadata_key,
    store_artifact,
    store_contract,
)

_CHAIN: Final = metadata_key("clarbuild", "kept")
_MOVES: Final = metadata_key("clarbuild", "moves")
_COUNT: Final = metadata_key("clarbuild", "contracts")
_VALUES: Final = "clarbuild::values"
"""Constants that a deployment computed, and the limits of its tokens."""
_FORMAT: Final = 1


class KeptChain(Chain):
    """A simnet on a store: a new one, or the one that the store holds, as of its last block.

    `compiler` is the fingerprint of the compiler that `modules` come from. A block is finished when
    the next begins, or by `finish`.
    """

    def __init__(
        self, store: Store, *, compiler: bytes, genesis_time: int | None = None, **options: Any
    ) -> None:
        begun = _begun(store)
        if begun is not None:
            genesis_time = int(begun["genesis_time"])
        self._store = store
        self._compiler = compiler
        super().__init__(state=store, genesis_time=genesis_time, **options)
        if begun is None:
            row = {"format": _FORMAT, "genesis_time": self.blocks.burn[0].time}
            store.put(_CHAIN, json.dumps(row, sort_keys=True).encode())
        else:
            # What a new chain begins with was given to this one long ago.
            store.drop_block()
            self._find_again()

    @property
    def tip(self) -> bytes | None:
        """The last finished block, as `fork_at` takes it; `None` before the first."""
        return self._store.tip

    def finish(self) -> None:
        """Finish the open block: what was done until now is found when the chain is opened again.

        Only a transaction may come next, which begins a block of its own.
        """
        self.state.end_block(self.blocks.height)

    # What is noted

    def advance_epoch(self, epoch: Epoch | str) -> None:
        """Enter an epoch; from 3.0 on that mines a burn block."""
        super().advance_epoch(epoch)
        self._note("epoch", str(self.epoch))

    def mine(self, count: int = 1) -> None:
        """Mine Stacks blocks (from epoch 3.0 on)."""
        super().mine(count)
        self._note("stacks", count)

    def mine_burn(self, count: int = 1) -> None:
        """Mine burn blocks, each with a Stacks block."""
        super().mine_burn(count)
        self._note("burn", count)

    def _next_block(self) -> None:
        super()._next_block()
        self._note("next", 1)

    def _write_epoch(self, epoch: Epoch) -> bool:
        new = super()._write_epoch(epoch)
        if new:
            self._note("state", str(epoch))
        return new

    def _note(self, move: str, what: str | int) -> None:
        # In the state, so that it follows places and forks; of this block, if it says so.
        on = (self._store.tip or b"").hex()
        moves = [*_moves(self._store.get, on), [move, what]]
        self._store.put(_MOVES, json.dumps({"on": on, "moves": moves}).encode())

    def fork(self) -> Self:
        """Another chain that goes on from here by itself; its blocks are kept, not where it stands."""
        other = super().fork()
        assert isinstance(other.state, Store)  # as this one's is
        other._store = other.state
        return other

    def fork_at(self, block: bytes) -> Self:
        """Another chain that goes on from a finished block, of whatever line and of whatever run of
        the program; `ChainError` where the store has no such block.

        It takes as long as opening a chain does. `reorganise` puts this chain there.
        """
        if block not in self._store.blocks:
            raise ChainError(f"there is no block {block.hex()}")
        store = self._store.fork()
        store.drop_block()
        store.open_block(block)
        return type(self)(
            store,
            compiler=self._compiler,
            modules=self.modules,
            profile=self.profile,
            engine=self.engine,
            boot=self._boot,
            isolation=self.session.isolation,
        )

    def _deploy(self, identifier: str, *arguments: Any, **options: Any) -> Value:
        before = self.contracts.get(identifier)
        value = super()._deploy(identifier, *arguments, **options)
        contract = self.contracts.get(identifier)
        if contract is not None and contract is not before:
            (artifact,) = contract.artifacts.values()
            stored = StoredContract(
                contract.source,
                contract.stored_interface.data,
                int(contract.version),
                str(contract.epoch),
                self.block_height,
            )
            kept = keep_contract(self, identifier, artifact.wasm, self._compiler)
            store_contract(self.state, identifier, stored, kept)
        return value

    # Finding it again

    def _find_again(self) -> None:
        store, blocks = self._store, self.blocks
        tip = store.tip
        assert tip is not None  # there was a row
        on = store.block_at(0)
        for height in range(1, store.height(tip) + 1):
            block = store.block_at(height)
            assert on is not None  # both are below the tip
            assert block is not None
            for move, what in _moves(store.at_block(block), on.hex()):
                match move:
                    case "epoch":
                        blocks.set_epoch(Epoch.parse(what))
                    case "state":
                        blocks.write_epoch(Epoch.parse(what))
                    case "stacks":
                        blocks.mine_stacks(what)
                    case "burn":
                        blocks.mine_burn(what)
                    case _:
                        blocks.mine(what)
            on = block
        restore_contracts(self, self._compiler)


def _moves(get: Get, on: str) -> list[list[Any]]:
    """The moves of the block that stands on this one."""
    row = json.loads(get(_MOVES) or b"{}")
    return row["moves"] if row.get("on") == on else []


def keep_contract(chain: Chain, identifier: str, wasm: bytes, compiler: bytes) -> StoredArtifact:
    """Write what `restore_contracts` needs beside the rows of `store_contract`, in the same
    transaction; what those are to say of the Wasm."""
    state, contract = chain.state, chain.contracts[identifier]
    count = _count(state.get)
    state.put(_contract_key(count), contract.id.encode())
    state.put(_COUNT, str(count + 1).encode())
    values = {
        "compiler": compiler.hex(),
        "constants": {
            name: {"value": serialize(kept.value).hex(), "slots": kept.to_bytes().hex()}
            for name, kept in contract.constants.items()
        },
        "limits": {
            name: None if limit is None else str(limit) for name, limit in contract.limits.items()
        },
    }
    row = json.dumps(values, sort_keys=True).encode()
    state.put(metadata_key(contract.id, _VALUES), sha512_256(row) + row)
    return StoredArtifact(Digest.of(wasm).hex, chain.profile, compiler.hex())


def restore_contracts(chain: Chain, compiler: bytes) -> None:
    """Put the contracts back on a chain that is opened again; `DamagedChain` says what doesn't fit.

    Modules come from the cache, or are compiled again. The same compiler gives the same Wasm;
    another's is noted in the open block, and takes the place of what was deployed.
    """
    get = chain.state.get
    for number in range(_count(get)):
        row = get(_contract_key(number))
        if row is None:
            raise DamagedChain(f"contract {number} was deployed and is not there")
        _restore(chain, row.decode(), compiler)


def _restore(chain: Chain, identifier: str, compiler: bytes) -> None:
    get = chain.state.get
    stored = load_contract(get, identifier)
    if stored is None:
        raise DamagedChain(f"{identifier} was deployed and is not there")
    values = _values(get, identifier)
    contract = Contract(
        identifier,
        stored.source,
        ClarityVersion(stored.clarity_version),
        Epoch.parse(stored.epoch),
        StoredInterface(stored.interface),
    )
    contract.limits = {
        name: None if limit is None else int(limit) for name, limit in values["limits"].items()
    }
    chain.contracts[identifier] = contract
    try:
        artifact = chain.artifact(identifier)
    except TransactionError as error:
        raise ChainError(f"this version does not compile {identifier}: {error}") from error
    assert artifact is not None  # the contract was just put there
    _check_wasm(chain, contract, artifact, compiler)
    same = values["compiler"] == compiler.hex()
    if not same:
        contract.stored_interface = artifact.stored_interface
    for name, of, _ in artifact.description.constants:
        kept = values["constants"][name]
        contract.constants[name] = (
            Keepsake.from_bytes(of, bytes.fromhex(kept["slots"]))
            if same
            else Keepsake.of_value(of, deserialize(bytes.fromhex(kept["value"])))
        )


def _check_wasm(chain: Chain, contract: Contract, artifact: Artifact, compiler: bytes) -> None:
    """Refuse Wasm that is not what the same compiler made; note another compiler's."""
    epoch = str(chain.epoch)
    found = StoredArtifact(Digest.of(artifact.wasm).hex, chain.profile, compiler.hex())
    known = load_artifact(chain.state.get, contract.id, epoch)
    if known == found:
        return
    if known is not None and (known.profile, known.compiler) == (found.profile, found.compiler):
        raise DamagedChain(
            f"{contract.id} compiles to other Wasm than it was deployed as: {found.digest}, not "
            f"{known.digest}; the cache or the chain is damaged"
        )
    # It never ran in this epoch so far, or was compiled by another version or in another profile.
    store_artifact(chain.state, contract.id, epoch, found)


def _values(get: Get, identifier: str) -> dict[str, Any]:
    """The values that a deployment computed."""
    row = get(metadata_key(identifier, _VALUES)) or b""
    values: dict[str, Any]
    try:
        if sha512_256(row[32:]) == row[:32]:
            values = json.loads(row[32:])
            return values
        # From before they had a digest: just the values.
        values = json.loads(row)
        constants = {name: {"value": value} for name, value in values["constants"].items()}
        return {"compiler": "", "constants": constants, "limits": values["limits"]}
    except (ValueError, KeyError, AttributeError, TypeError):
        raise DamagedChain(
            f"the values of {identifier} are missing or not what was stored"
        ) from None


def _begun(store: Store) -> Mapping[str, Any] | None:
    """What the chain that the store holds began with."""
    if store.tip is None:
        return None
    row = store.get(_CHAIN)
    if row is None:
        raise DamagedChain("the store holds no chain that can be opened again")
    facts: Mapping[str, Any] = json.loads(row)
    if facts.get("format") != _FORMAT:
        raise DamagedChain("the chain was written by another version of clarbuild")
    return facts


def _contract_key(number: int) -> str:
    return metadata_key("clarbuild", f"contract::{number}")


def _count(get: Get) -> int:
    row = get(_COUNT)
    return 0 if row is None else int(row)
