"""The host functions of generated modules (`compiler.abi`), with the interpreter's semantics.

One `Host` serves all instances of a chain; `guest` is the one that is running. What moves tokens
and STX is in `runtime.tokens`, calls of other contracts are in `runtime.session`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from compiler import abi
from compiler.types import OptionalType
from compiler.versions import Epoch
from runtime import accounts, effects, hashing
from runtime.codecs import principal_of
from runtime.engine import HostFunction, Slots
from runtime.errors import TransactionError, VmPanic, aborted, check, internal, runtime
from runtime.instance import (
    COUNTERS,
    HEIGHTS,
    LIMITS,
    MOMENT_AT,
    MOMENT_END,
    SETTLED,
    SUPPLY,
    Guest,
)
from runtime.memory import UncountedMemoryError
from runtime.simnet import CHAIN_ID, Blocks, View
from runtime.state import Get, State
from runtime.tokens import DONE, LOW, NONE, SOME, Tokens, amount_at
from runtime.transaction import Transaction
from runtime.view import ChainView
from runtime.words import WORDS
from runtime.words.allowances import Allowances, body_of

_U32: Final = (1 << 32) - 1
_NEGATIVE: Final = 1 << 31
_HASHES: Final = tuple(hashing.HASHES[name] for name in abi.HASHES)

# The network's `StoreType` of definitions' metadata.
_MAP_META: Final = 5
_VARIABLE_META: Final = 6
_FT_META: Final = 7
_NFT_META: Final = 8


class Host:
    """What instances call."""

    def __init__(self, state: State, blocks: Blocks) -> None:
        self.state = state
        self.blocks = blocks
        self.get: Get = state.get
        self.tx = Transaction(state)
        # As of the tip, where nothing else is said.
        self._view: View | None = None
        self.past: list[tuple[Get, View]] = []
        # Whether modules run that count memory, and tell at its place that calls go too deep.
        self.exact = False
        self.supply_changed = False
        # The instance that is running: None outside of a transaction, when no function is called.
        self.guest: Guest = None  # type: ignore[assignment]
        # What the contexts of instances say of the chain, and what that was made from.
        self._moment: tuple[View, bytes | None, bytes] | None = None
        # What of it only changes with the liquid supply.
        self._settled = b""
        # What the contracts of a chain need besides: set by the caller of contracts.
        self.contract_hash: Callable[[str], bytes | None] = lambda _: None
        # What modules that are traced tell: the instance, the application, its line.
        self.tracer: Callable[[Guest, int, int], None] = lambda _guest, _node, _line: None

    @property
    def epoch(self) -> Epoch:
        """The epoch that transactions run in."""
        return self.blocks.epoch

    def functions(self, contract_call: HostFunction) -> dict[str, HostFunction]:
        """All functions by their names in `abi.HOST_FUNCTIONS`."""
        others = {**Tokens(self).functions(), "contract_call": contract_call}
        return {
            name: effects.heeding(self, name, others.get(name) or getattr(self, f"_{name}"))
            for name in abi.HOST_FUNCTIONS
        }

    @property
    def view(self) -> View:
        """Heights as contracts see them."""
        view = self._view
        if view is None:
            view = self._view = self.blocks.view()
        return view

    @view.setter
    def view(self, view: View) -> None:
        self._view = view

    def start(self) -> None:
        """Begin a transaction."""
        # It may come to look at another block, or be run by other instances than the last one.
        self.start_at_tip(None)

    def start_at_tip(self, keeper: object) -> None:
        """Begin one at the tip, run by the instances that `keeper` keeps."""
        self.tx.renew(keeper)
        self.get = self.state.get
        self._view = None
        if self.past:
            self.past.clear()
        self.supply_changed = False
        self.guest = None  # type: ignore[assignment]

    def check_limits(self, guest: Guest) -> None:
        """Fail if a counter is over its limit."""
        long = guest.long
        for at in range(5):
            if long[COUNTERS + at] > long[LIMITS + at]:
                raise check("CostBalanceExceeded")

    def _trace(self, s: Slots) -> None:
        node = s[0]
        self.tracer(self.guest, node if node < _NEGATIVE else node - _U32 - 1, s[1])

    # Leaving

    def _abort(self, s: Slots) -> None:
        guest = self.guest
        guest.long[COUNTERS] = min(guest.long[COUNTERS] + (s[1] & LOW), LOW)
        self.check_limits(guest)
        raise aborted(s[0] & _U32)

    # Data variables and maps

    def _write(self, key: str, value: bytes) -> None:
        if self.tx.read_only:
            raise check("Unreachable", "Write attempted in read-only")
        self.state.put(key, value)

    def _var_get(self, s: Slots) -> None:
        guest = self.guest
        value = self.get(guest.keys.variables[s[0]])
        if value is None:
            # A variable that was not there yet, seen by at-block: the interpreter reads `none`,
            # whatever the variable's type, and most words that meet it there say the same.
            if not isinstance(guest.description.variables[s[0]][1], OptionalType):
                raise check("UnionTypeValueError")
            value = NONE
        s[0] = guest.put(value)
        s[1] = len(value)

    def _var_set(self, s: Slots) -> None:
        guest = self.guest
        self._write(guest.keys.variables[s[0]], guest.read(s[1], s[2]))

    def _map_get(self, s: Slots) -> None:
        guest = self.guest
        value = self.get(guest.keys.maps[s[0]][guest.read(s[1], s[2])])
        if value is None:
            s[0] = s[1] = 0
        elif value == NONE:
            s[0] = 0
            s[1] = 1
        else:
            s[0] = guest.put(value[1:])
            s[1] = len(value)

    def _map_set(self, s: Slots) -> None:
        guest = self.guest
        key = guest.keys.maps[s[0]][guest.read(s[1], s[2])]
        self._write(key, SOME + guest.read(s[3], s[4]))

    def _map_insert(self, s: Slots) -> None:
        guest = self.guest
        key = guest.keys.maps[s[0]][guest.read(s[1], s[2])]
        known = self.get(key)
        if known is None or known == NONE:
            self._write(key, SOME + guest.read(s[3], s[4]))
            s[0] = 1
        else:
            if self.tx.read_only:
                raise check("Unreachable", "Write attempted in read-only")
            s[0] = 0

    def _map_delete(self, s: Slots) -> None:
        guest = self.guest
        key = guest.keys.maps[s[0]][guest.read(s[1], s[2])]
        known = self.get(key)
        if self.tx.read_only:
            raise check("Unreachable", "Write attempted in read-only")
        if known is None or known == NONE:
            s[0] = 0
        else:
            self._write(key, NONE)
            s[0] = 1

    # Definitions

    def _define_once(self, guest: Guest, kind: int, name: str) -> None:
        """Keep the definition's metadata, which a contract that was not kept leaves behind."""
        key = f"clr-meta::{guest.contract.id}::vm-metadata::{kind}::{name}"
        if self.get(key) is not None:
            raise internal("Expect", f"{name} is defined already")
        self.state.put(key, b"")

    def _define_var(self, s: Slots) -> None:
        guest = self.guest
        self._define_once(guest, _VARIABLE_META, guest.description.variables[s[0]][0])
        self.state.put(guest.keys.variables[s[0]], guest.read(s[1], s[2]))

    def _define(self, s: Slots) -> None:
        guest = self.guest
        if s[0] == abi.Define.MAP:
            self._define_once(guest, _MAP_META, guest.description.maps[s[1]][0])
        else:
            self._define_once(guest, _NFT_META, guest.keys.nft_names[s[1]])

    def _define_ft(self, s: Slots) -> None:
        guest = self.guest
        token = s[0] & _U32
        self._define_once(guest, _FT_META, guest.keys.tokens[token])
        limit = amount_at(s, 2) if s[1] & _U32 else None
        guest.contract.limits[guest.keys.tokens[token]] = limit
        self.state.put(guest.keys.supplies[token], bytes(16))

    # Supplies

    def refresh_supply(self, guest: Guest) -> None:
        """Write the liquid supply as it is now into a guest's context."""
        if self.supply_changed:
            supply = accounts.supply(self.get)
            guest.long[SUPPLY] = supply & LOW
            guest.long[SUPPLY + 1] = supply >> 64

    # Events and nested transactions

    def _print(self, s: Slots) -> None:
        guest = self.guest
        effects.add_print(guest, self.tx, guest.read(s[0], s[1]))

    def _require_contract(self, s: Slots) -> None:
        contract = principal_of(self.guest.read(s[0], s[1])).value
        if self.contract_hash(contract) is None:
            raise check("NoSuchContract")

    def _begin(self, s: Slots) -> None:
        self.tx.begin(read_only=s[0] != 0)

    def _end(self, s: Slots) -> None:
        if s[0]:
            self.tx.commit()
        else:
            self.tx.roll_back()
            self.refresh_supply(self.guest)

    def _protect(self, s: Slots) -> None:
        guest = self.guest
        site = guest.sites[s[0]]
        block = s[2]
        tx = self.tx
        allowances = Allowances(site.site, site.read(s[1], guest))
        depth, past = tx.depth, len(self.past)
        tx.begin()
        failure: TransactionError | None = None
        left = 0
        active = guest.active_functions()
        try:
            (left,) = guest.instance.function(body_of(site.site))(block)
            effects.take(guest, tx)
        except VmPanic:
            raise
        except TransactionError as error:
            if error.name == "MaxStackDepthReached" and not self.exact:
                # Raised too early to know what was moved before (`compiler.lower.depth`).
                raise UncountedMemoryError from error
            # Generated code puts the sender back.
            failure = error
            self.guest = guest
            guest.set_active_functions(active)
            if len(self.past) > past:
                self.get, self.view = self.past[past]
                del self.past[past:]
                self.write_moment(guest)
            tx.unwind(depth + 1)
        violated = allowances.violated(tx.assets.moved, self.epoch)
        if violated is not None:
            tx.roll_back()
            self.refresh_supply(guest)
            s[0] = violated
            return
        # What was done before an error counts for the allowances around these.
        tx.commit()
        if failure is not None:
            raise failure
        s[0] = (abi.PROTECT_LEFT if left else abi.PROTECT_DONE) & _U32

    # Hashes and signatures

    def _hash(self, s: Slots) -> None:
        guest = self.guest
        guest.write(s[3], _HASHES[s[0]](guest.read(s[1], s[2])))

    def _secp256k1_recover(self, s: Slots) -> None:
        guest = self.guest
        found = hashing.secp256k1_recover(guest.read(s[0], 32), guest.read(s[1], s[2]))
        if isinstance(found, int):
            s[0] = found
        else:
            guest.write(s[3], found)
            s[0] = DONE

    def _secp256k1_verify(self, s: Slots) -> None:
        guest = self.guest
        message, signature = guest.read(s[0], 32), guest.read(s[1], s[2])
        s[0] = int(hashing.secp256k1_verify(message, signature, guest.read(s[3], s[4])))

    # Past blocks

    def _at_block(self, s: Slots) -> None:
        guest = self.guest
        block_id = guest.read(s[0], s[1])
        if len(block_id) != 32:
            raise runtime("BadBlockHash")
        height = self.blocks.height_of(block_id)
        self.tx.begin(read_only=True)
        self.tx.generation += 1
        self.past.append((self.get, self.view))
        self.get = self.state.at(height)
        self.view = self.blocks.view(height)
        self.write_moment(guest)

    def _at_block_end(self, _: Slots) -> None:
        self.get, self.view = self.past.pop()
        self.tx.roll_back()
        self.tx.generation += 1
        self.write_moment(self.guest)

    def write_moment(self, guest: Guest) -> None:
        """Write heights and supply, of now or of the past, into a guest's context."""
        guest.context[MOMENT_AT:MOMENT_END] = self.moment()

    def moment(self) -> bytes:
        """Heights and supply, of now or of the past: the same object until they change."""
        view, supply = self.view, self.get(accounts.SUPPLY_KEY)
        moment = self._moment
        if moment is None or moment[0] is not view or moment[1] is not supply:
            if moment is None or moment[1] is not supply:
                amount = accounts.supply(self.get)
                self._settled = SETTLED.pack(CHAIN_ID, amount & LOW, amount >> 64, 0, 0)
            moment = self._moment = (view, supply, self._packed_moment(view))
        return moment[2]

    def _packed_moment(self, view: View) -> bytes:
        stacks, tenure, burn = view
        blocks = self.blocks
        block = tenure if blocks.epoch.tip_burn_block else stacks
        return HEIGHTS.pack(burn, stacks, tenure, block, blocks.time) + self._settled

    # Words on values

    def _word(self, s: Slots) -> None:
        guest = self.guest
        site = guest.sites[s[0]]
        context = ChainView(self, guest.contract.version)
        result = WORDS[site.name](context, site.site, site.read(s[1], guest))
        s[0] = site.result.write(result, guest)
