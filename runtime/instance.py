"""A contract's module at work: its memory, exports, and the context block that it runs with.

Knows no chain: who runs it fills the context in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct
from typing import TYPE_CHECKING, Final

from compiler import abi
from compiler.description import FunctionEntry, Site
from compiler.layout import passes_by_memory
from compiler.types import TraitIdentifier
from compiler.values import Value
from runtime.carry import Carried
from runtime.casts import growth
from runtime.codecs import Codec, Memory, codec_of, principal_bytes, principal_of
from runtime.contracts import Contract
from runtime.engine import Instance, Linked
from runtime.errors import aborted
from runtime.modules import Artifact
from runtime.straight import Answer, Load, answerer, loader

if TYPE_CHECKING:
    from runtime.crossing import Crossing

_WORD: Final = 4
HEAP: Final = abi.HEAP // 4
DEPTH: Final = abi.CALL_DEPTH // 4
MAX_DEPTH: Final = abi.MAX_CALL_DEPTH // 4
DEPLOY_RESULT: Final = abi.DEPLOY_RESULT // 4
SENDER: Final = abi.TX_SENDER // 4
CALLER: Final = abi.CONTRACT_CALLER // 4
SPONSOR: Final = abi.TX_SPONSOR // 4
CURRENT: Final = abi.CURRENT_CONTRACT // 4
MAINNET: Final = abi.IS_IN_MAINNET // 4
RECORDS_END: Final = abi.RECORDS_END // 4
RECORDED_END: Final = abi.RECORDED_END // 4
"""Indices of 32-bit words."""
COUNTERS: Final = abi.RUNTIME // 8
LIMITS: Final = abi.RUNTIME_LIMIT // 8
SUPPLY: Final = abi.STX_LIQUID_SUPPLY // 8
STACKS_HEIGHT: Final = abi.STACKS_BLOCK_HEIGHT // 8
STACKS_TIME: Final = abi.STACKS_BLOCK_TIME // 8
"""Indices of 64-bit words."""

SENDER_ROOM: Final = abi.PRINCIPALS
CALLER_ROOM: Final = abi.PRINCIPALS + abi.PRINCIPAL_ROOM
SPONSOR_ROOM: Final = abi.PRINCIPALS + 2 * abi.PRINCIPAL_ROOM
CURRENT_ROOM: Final = abi.PRINCIPALS + 3 * abi.PRINCIPAL_ROOM
CONTEXT: Final = slice(abi.RUNTIME, abi.ACTIVE_FUNCTIONS + abi.MAX_ACTIVE_FUNCTIONS // 8)

# Parts of the context block that are written in one go.
COSTS: Final = Struct("<5Q")
COSTS_AT: Final = abi.RUNTIME
CALLERS: Final = Struct("<3I16x6I")
"""Depth, its limit, no result yet; sender, caller and sponsor."""
CALLERS_AT: Final = abi.CALL_DEPTH
CALLERS_END: Final = CALLERS_AT + CALLERS.size
HEIGHTS: Final = Struct("<5Q")
"""The four heights and the time."""
SETTLED: Final = Struct("<3Q2I")
"""Chain id, liquid supply, and which network it is: what follows the heights."""
MOMENT_AT: Final = abi.BURN_BLOCK_HEIGHT
MOMENT_END: Final = MOMENT_AT + HEIGHTS.size + SETTLED.size
ROOMS: Final = Struct(f"<{abi.PRINCIPAL_ROOM}s{abi.PRINCIPAL_ROOM}s")
"""The bytes of sender and caller."""
ROOMS_AT: Final = SENDER_ROOM
ROOMS_END: Final = ROOMS_AT + ROOMS.size

MAX_KEPT_MEMORY: Final = 32 << 20
"""An instance whose memory grew beyond this is not kept: memory never shrinks."""

MAX_KNOWN_KEYS: Final = 1_024
"""So many keys of the state are remembered of a map or a token: they are long to make and to hash."""

ACTIVE_AT: Final = abi.ACTIVE_FUNCTIONS
ACTIVE_END: Final = ACTIVE_AT + abi.MAX_ACTIVE_FUNCTIONS // 8
NONE_ACTIVE: Final = bytes(abi.MAX_ACTIVE_FUNCTIONS // 8)


class BoundSite:
    """A site with its codecs, and its contract and trait as this contract means them."""

    __slots__ = (
        "arguments",
        "contract",
        "crossings",
        "depth",
        "kind",
        "name",
        "result",
        "site",
        "trait",
    )

    def __init__(self, site: Site, contract: Contract) -> None:
        self.site = site
        self.name = site.name
        self.arguments: tuple[Codec, ...] = tuple(codec_of(type_) for type_ in site.arguments)
        self.result: Codec = codec_of(site.result)
        self.contract = None if site.contract is None else contract.identifier(site.contract)
        self.trait: TraitIdentifier | None = None
        if site.trait is not None:
            self.trait = TraitIdentifier(contract.identifier(site.trait.contract), site.trait.name)
        # By the contract that is called.
        self.crossings: dict[str, Crossing | None] = {}
        self.kind, _, depth = site.extra.partition(" ")
        self.depth = int(depth) if depth.isdigit() else 0

    def read(self, pointer: int, guest: Guest) -> list[Value]:
        """The arguments that lie one after the other at `pointer`."""
        values = []
        for codec in self.arguments:
            values.append(codec.read(pointer, guest))
            pointer += codec.size
        return values


class BoundSites(dict[int, BoundSite]):
    """A module's sites by their numbers, each bound when it is first come to."""

    __slots__ = ("_contract", "_sites")

    def __init__(self, sites: Sequence[Site], contract: Contract) -> None:
        super().__init__()
        self._sites = sites
        self._contract = contract

    def __missing__(self, number: int) -> BoundSite:
        bound = self[number] = BoundSite(self._sites[number], self._contract)
        return bound


class Export:
    """A function of the contract, prepared: codecs of its parameters and its result."""

    __slots__ = (
        "_answer",
        "_load",
        "_pack",
        "_pull",
        "_push",
        "_unpack",
        "block",
        "by_memory",
        "codecs",
        "entry",
        "growths",
        "names_repeat",
        "read_only",
        "result",
        "run",
        "running",
    )

    def __init__(self, guest: Guest, name: str, entry: FunctionEntry) -> None:
        function = guest.instance.function(abi.FUNCTION_PREFIX + name)
        self.entry = entry
        types = tuple(type_ for _, type_ in entry.parameters)
        self.codecs = tuple(codec_of(type_) for type_ in types)
        self.result = codec_of(entry.result)
        found = [(at, growth(type_)) for at, type_ in enumerate(types)]
        self.growths = tuple((at, grows) for at, grows in found if grows is not None)
        self.names_repeat = len(dict(entry.parameters)) != len(types)
        self.read_only = entry.access == "read-only"
        self.running = False
        self.by_memory = passes_by_memory(types)
        slots = 1 if self.by_memory else sum(len(codec.widths) for codec in self.codecs)
        self.block = function.block
        self._pack = Struct("<" + "Q8x" * slots).pack_into
        formats = ("Q8x" if wide else "I12x" for wide in self.result.widths)
        self._unpack = Struct("<" + "".join(formats)).unpack_from
        self._push = tuple(codec.push for codec in self.codecs)
        self._pull = self.result.pull
        self.run: Callable[[], None] = function.call
        self._load: Load | None = None
        self._answer: Answer | None = None

    def __call__(
        self, guest: Guest, values: Sequence[Value], carried: Carried | None = None
    ) -> Value:
        """Call with values that are of the parameters' types; the context is filled in.

        `carried` are the same values as they lie in another guest's memory.
        """
        if self.by_memory:
            size = sum(codec.size for codec in self.codecs)
            block = guest.alloc(size)
            at = block
            for codec, value in zip(self.codecs, values, strict=True):
                codec.write_at(at, value, guest)
                at += codec.size
            self._pack(self.block, 0, block)
        elif values:
            slots: list[int] = []
            if carried is None:
                for push, value in zip(self._push, values, strict=True):
                    push(value, slots, guest)
            else:
                for at, (codec, value) in enumerate(zip(self.codecs, values, strict=True)):
                    carried.push(at, codec, value, slots, guest)
            self._pack(self.block, 0, *slots)
        self.run()
        return self._pull(self._unpack(self.block), 0, guest)

    def slots(self) -> tuple[int, ...]:
        """The slots of the last result."""
        return self._unpack(self.block)

    @property
    def load(self) -> Load:
        """Puts arguments into the function's slots; code is generated for it when it is wanted."""
        if self._load is None:
            self._load = _refused if self.by_memory else loader(self.codecs, self.block)
        return self._load

    @property
    def answer(self) -> Answer:
        """Takes the result out of the function's slots, likewise."""
        if self._answer is None:
            self._answer = answerer(self.result, self.block)
        return self._answer


def _refused(_values: Sequence[object], _memory: Memory, _typed: bool) -> bool:
    """Arguments that go by memory: so many are left to their codecs."""
    return False


class Guest:
    """An instance of a contract's module, which is also a codec's memory."""

    __slots__ = (
        "_memory",
        "_size",
        "active",
        "bloated",
        "callers",
        "calls_others",
        "context",
        "contract",
        "description",
        "exports",
        "instance",
        "keys",
        "long",
        "prepared",
        "read",
        "sites",
        "used",
        "word",
        "write",
    )

    def __init__(self, contract: Contract, artifact: Artifact, linked: Linked) -> None:
        self.contract = contract
        self.description = artifact.description
        self.instance: Instance = linked.instantiate()
        self.read = self.instance.read
        self.write = self.instance.write
        self._memory = memory = self.instance.memory
        self._size = len(memory)
        # The start of memory never moves: views of its words stay good.
        self.context = memory[: abi.STATIC_DATA]
        self.word = self.context.cast("I")
        self.long = self.context.cast("Q")
        self.active = 0
        # Whether its memory has grown so much that it is better not kept.
        self.bloated = False
        # Which of its functions are prepared (by contract, function and sender), and whether one
        # of these was called lately.
        self.prepared: set[tuple[str, str, str]] = set()
        self.used = False
        # Who has called which of its functions, of late.
        self.callers: set[tuple[str, str]] = set()
        # Those that have been called.
        self.exports: dict[str, Export] = {}
        self.sites = BoundSites(self.description.sites, contract)
        self.calls_others = any(site.kind == "call" for site in self.description.sites)
        self.keys = Keys(contract.id, artifact)
        for identifier, address in self.description.principals:
            self.write(address, principal_bytes(contract.identifier(identifier)))
        self.write(CURRENT_ROOM, contract.principal)
        self.word[CURRENT] = CURRENT_ROOM
        self.word[CURRENT + 1] = len(contract.principal)
        self.word[HEAP] = self.description.heap

    def restore_constants(self, *, sanitized: bool) -> None:
        """Write the constants that deployment computed."""
        for name, _, address in self.description.constants:
            kept = self.contract.constants[name]
            if sanitized:
                kept.restore_sanitized(address, self)
            else:
                kept.restore(address, self)
        # What constants point to lies below the heap from here on.
        self.keep_allocated()

    def keep_allocated(self) -> None:
        """Keep what was allocated so far out of the heap's way."""
        self.keys.heap = self.word[HEAP]

    def active_functions(self) -> bytes:
        """Which functions that call other contracts are running."""
        return bytes(self.context[ACTIVE_AT:ACTIVE_END])

    def set_active_functions(self, active: bytes) -> None:
        """Put that back as it was."""
        self.context[ACTIVE_AT:ACTIVE_END] = active

    def alloc(self, size: int) -> int:
        """The address of `size` new bytes on the guest's heap."""
        pointer = self.word[HEAP]
        end = pointer + size
        if end > self._size:
            self._grow(end)
        self.word[HEAP] = end
        return pointer

    def put(self, data: bytes) -> int:
        """Write bytes to new memory; their address."""
        word = self.word
        pointer = word[HEAP]
        end = pointer + len(data)
        if end > self._size:
            self._grow(end)
        word[HEAP] = end
        self._memory[pointer:end] = data
        return pointer

    def _grow(self, end: int) -> None:
        self._look_at_size()
        if end <= self._size:
            return
        start = self.word[HEAP]
        try:
            self.instance.function(abi.ALLOC_EXPORT)(end - start)
        finally:
            self.word[HEAP] = start
        self._look_at_size()
        if end > self._size:
            raise aborted(abi.Abort.HEAP_EXHAUSTED)

    def _look_at_size(self) -> None:
        self._memory = self.instance.memory
        self._size = len(self._memory)

    def export(self, name: str) -> Export | None:
        """A function by its name in the source."""
        known = self.exports.get(name)
        if known is None:
            entry = self.description.functions.get(name)
            if entry is None:
                return None
            known = self.exports[name] = Export(self, name, entry)
        return known

    def sender(self) -> bytes:
        """Who `tx-sender` is at the moment, in consensus bytes."""
        word = self.word
        return self.read(word[SENDER], word[SENDER + 1])

    def counters(self) -> list[int]:
        """The five costs so far, in the order of the context block."""
        return list(COSTS.unpack_from(self.context, COSTS_AT))


class Entries(dict[bytes, str]):
    """The state's keys of a map's entries, by the bytes of their keys, as they are asked for."""

    __slots__ = ("_prefix",)

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def __missing__(self, key: bytes) -> str:
        if len(self) >= MAX_KNOWN_KEYS:
            self.clear()
        made = self[key] = self._prefix + key.hex()
        return made


class Balances(dict[bytes, tuple[str, str]]):
    """Owners of a token and the state's keys of their balances, by their consensus bytes."""

    __slots__ = ("_prefix",)

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def __missing__(self, owner: bytes) -> tuple[str, str]:
        if len(self) >= MAX_KNOWN_KEYS:
            self.clear()
        text = principal_of(owner).value
        made = self[owner] = (text, self._prefix + text)
        return made


class Keys:
    """The state's keys of a contract's definitions, by the ids that its module uses."""

    __slots__ = (
        "asset_names",
        "assets",
        "balances",
        "heap",
        "maps",
        "nft_names",
        "supplies",
        "token_names",
        "tokens",
        "variables",
        "written",
    )

    def __init__(self, contract: str, artifact: Artifact) -> None:
        description = artifact.description
        self.heap = description.heap
        self.variables = [f"vm::{contract}::1::{name}" for name, _ in description.variables]
        self.maps = [Entries(f"vm::{contract}::0::{name}::") for name, _, _ in description.maps]
        # By the numbers in records of what was deferred; a variable is an entry without a key.
        self.written = [*map(Entries, self.variables), *self.maps]
        self.tokens = list(description.fungible_tokens)
        self.token_names = [f"{contract}::{name}" for name in description.fungible_tokens]
        self.balances = [
            Balances(f"vm::{contract}::2::{name}::") for name in description.fungible_tokens
        ]
        self.supplies = [f"vm::{contract}::3::{name}" for name in description.fungible_tokens]
        self.nft_names = [name for name, _ in description.non_fungible_tokens]
        self.asset_names = [f"{contract}::{name}" for name, _ in description.non_fungible_tokens]
        self.assets = [
            f"vm::{contract}::4::{name}::" for name, _ in description.non_fungible_tokens
        ]
