"""Calls from contract to contract that were made before: what stays the same is prepared once, and
values go from memory to memory as they lie there.

A crossing does what `Session` does on the long way, for calls whose types lie alike on both sides. It
gives up, having done nothing, where it can't tell at a glance that it may go on.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from compiler.costs.limits import MEMORY_LIMIT
from compiler.layout import I64, Layout, layout_of
from compiler.type_relations import admits
from compiler.types import (
    BoolType,
    BufferType,
    CallablePrincipalType,
    CallableTraitType,
    IntType,
    ListType,
    NoType,
    OptionalType,
    PrincipalType,
    ResponseType,
    StringAsciiType,
    StringUtf8Type,
    TraitReferenceType,
    TupleType,
    Type,
    UIntType,
)
from runtime.carry import shape
from runtime.codecs import Memory, Mismatch
from runtime.effects import admit, take
from runtime.engine import GuestTrap, Slots
from runtime.instance import (
    CALLERS_AT,
    CALLERS_END,
    COSTS,
    COSTS_AT,
    COUNTERS,
    DEPTH,
    HEAP,
    MAX_KEPT_MEMORY,
    NONE_ACTIVE,
    ROOMS_AT,
    ROOMS_END,
    BoundSite,
    Export,
    Guest,
)
from runtime.memory import HELD, KEPT, NO_LIMIT
from runtime.pox import POX
from runtime.written_out import Lines

if TYPE_CHECKING:
    from runtime.session import Session

Crossing: TypeAlias = Callable[[Slots], bool]
"""Makes the call of a host function's slots; False: nothing was done."""
Bring: TypeAlias = Callable[[int, Memory, Memory], None]
"""`(pointer, source, target)`: copies arguments in slot form into a function's slots."""
Fetch: TypeAlias = Callable[[Memory, Memory], int]
"""`(source, target) -> pointer`: copies a function's result out of its slots, into slot form."""

_WIDE: Final = {"Q": "Q8x", "I": "I12x"}
"""Formats of the numbers in a function's slots."""
_TRAITS: Final = (CallableTraitType, TraitReferenceType)
_PRINCIPALS: Final = (PrincipalType, CallablePrincipalType, *_TRAITS)


def once(_: Slots) -> bool:
    """What stands for a call that was made only once so far: preparing takes longer than that."""
    return False


def crossing(
    session: Session, caller: Guest, site: BoundSite, target: str, constraint: Type | None
) -> Crossing | None:
    """Prepares a call that was just made the long way; None where that is the only one.

    `constraint` is what the answer must be, as a trait says that the target doesn't implement.
    """
    host, metered, traced = session.host, session.metered, session.traced
    callee = session.kept_guest(target)
    export = None if callee is None else callee.exports.get(site.name)
    if callee is None or export is None or target in POX or session.isolation != "reuse":
        return None
    bring, fetch = _bringing(site, export), _fetching(site, export)
    if bring is None or fetch is None or not host.epoch.sanitizes_values:
        return None
    if not all(isinstance(export.codecs[at].type, _TRAITS) for at, _ in export.growths):
        return None
    # Each of these is one contract, whatever the value.
    too_much = session.overcharged(callee.contract, export, [None] * len(export.codecs), site)
    if constraint is not None and not admits(constraint, export.result.type, host.epoch):
        return None
    more = [0] * 5
    if traced:
        session.charge_trace(site, caller.contract, more)
    session.charge("cost_load_contract", callee.contract.size, more)
    more_runtime, more_reads, more_read, more_writes, more_written = more
    most_runtime, most_reads, most_read, most_writes, most_written = session.limits
    bound = export.entry.memory
    more_held, more_kept = callee.contract.size + bound.held, bound.kept
    most_memory = MEMORY_LIMIT if metered else NO_LIMIT
    principal = caller.contract.principal
    mine, word, long = callee.context, callee.word, callee.long
    theirs, their_word, their_long = caller.context, caller.word, caller.long
    costs, set_costs = COSTS.unpack_from, COSTS.pack_into
    read_only, is_response = export.read_only, isinstance(export.result.type, ResponseType)
    run, answered, heap = export.run, export.block.cast("I"), callee.keys

    def cross(s: Slots) -> bool:
        tx = host.tx
        if (
            session.kept_guest(target) is not callee
            or session.traced is not traced
            or session.metered is not metered
        ):
            # The long way prepares another.
            del site.crossings[target]
            return False
        if (
            callee.active
            or session.counts_memory
            or session.calls_directly
            or (constraint is not None and tx.read_only)
        ):
            return False
        runtime, reads, length_read, writes, length_written = costs(theirs, COSTS_AT)
        runtime += more_runtime
        reads += more_reads
        length_read += more_read
        writes += more_writes
        length_written += more_written
        held, kept = their_long[HELD] + more_held, their_long[KEPT] + more_kept
        if (
            runtime > most_runtime
            or reads > most_reads
            or length_read > most_read
            or writes > most_writes
            or length_written > most_written
            or held + kept > most_memory
        ):
            return False
        callee.used = True
        set_costs(mine, COSTS_AT, runtime, reads, length_read, writes, length_written)
        word[HEAP] = heap.heap
        callee.set_active_functions(NONE_ACTIVE)
        packed = session.packed_callers(caller.sender(), principal, their_word[DEPTH] + 1)
        mine[CALLERS_AT:CALLERS_END], mine[ROOMS_AT:ROOMS_END] = packed
        host.write_moment(callee)
        long[HELD], long[KEPT] = held, kept
        tx.begin(read_only=read_only)
        host.guest = callee
        admit(callee, tx)
        export.running = True
        callee.active = 1
        try:
            try:
                bring(s[3], caller, callee)
                run()
                take(callee, tx)
            except (GuestTrap, Mismatch) as error:
                raise session.fault(callee, error) from error
            finally:
                if too_much:
                    long[COUNTERS] -= too_much
            session.check_limits(list(costs(mine, COSTS_AT)))
            if read_only or not (is_response and answered[0]):
                tx.roll_back()
            else:
                tx.commit()
        finally:
            theirs[COSTS_AT : COSTS_AT + COSTS.size] = mine[COSTS_AT : COSTS_AT + COSTS.size]
            their_long[KEPT] = long[KEPT]
            export.running = False
            callee.active = 0
            host.guest = caller
            if word[HEAP] > MAX_KEPT_MEMORY:
                callee.bloated = True
            if callee.bloated:
                session.forget(target)
        host.refresh_supply(caller)
        s[0] = fetch(callee, caller)
        return True

    return cross


class _NotAlikeError(Exception):
    """The types lie differently on both sides, or can't be copied straight."""


def _bringing(site: BoundSite, export: Export) -> Bring | None:
    """How the arguments of a call get into an export's slots; `None`: not straight."""
    if export.by_memory:
        return None
    copy = _Copy()
    try:
        for mine, codec in zip(site.arguments, export.codecs, strict=True):
            copy.add(mine.type, codec.type)
    except _NotAlikeError:
        return None
    source = Struct("<" + "".join(copy.source))
    bring: Bring = copy.made(
        "bring(pointer, source, target)",
        f"unpack(source.read(pointer, {source.size}))",
        "pack(block, 0, {})",
        unpack=source.unpack,
        pack=Struct("<" + "Q8x" * len(copy.target)).pack_into,
        block=export.block,
    )
    return bring


def _fetching(site: BoundSite, export: Export) -> Fetch | None:
    """How an export's result gets to the caller; `None`: not straight."""
    copy = _Copy()
    try:
        copy.add(export.result.type, site.result.type)
    except _NotAlikeError:
        return None
    fetch: Fetch = copy.made(
        "fetch(source, target)",
        "unpack(block)",
        "return target.put(pack({}))",
        unpack=Struct("<" + "".join(_WIDE[f] for f in copy.source)).unpack_from,
        pack=Struct("<" + "".join(copy.target_formats)).pack,
        block=export.block,
    )
    return fetch


class _Copy:
    """Python's source of a copy: of the slots `v0`, `v1`, … the expressions of those on the other
    side, and the lines that make them."""

    def __init__(self) -> None:
        self.source: list[str] = []
        self.target: list[str] = []
        self.target_formats: list[str] = []
        self._lines = Lines()

    def add(self, source: Type, target: Type) -> None:
        """Add a value of `source`, which becomes one of `target`."""
        here, there = layout_of(source), layout_of(target)
        if here.boxed or there.boxed:
            raise _NotAlikeError
        at = len(self.source)
        self.source += _formats(here)
        self.target_formats += _formats(there)
        self._part(source, target, at)

    def made(self, head: str, taken: str, given: str, **names: object) -> Any:
        """The function, with these names to speak of."""
        slots = "".join(f"v{at}, " for at in range(len(self.source)))
        if slots:
            self._lines.add(f"{slots}= {taken}", 0)
        self._lines.add(given.format(", ".join(self.target)))
        return self._lines.function(head, names)

    def _set(self, value: str) -> None:
        """Give the next slot a value."""
        name = f"w{len(self.target)}"
        self._lines.add(f"{name} = {value}")
        self.target.append(name)

    def _zeros(self, first: int, last: int) -> None:
        for at in range(first, last):
            self._lines.add(f"w{at} = 0")

    def _part(self, source: Type, target: Type, at: int) -> int:
        """Copy the part whose slots begin at `at`; where the next one begins."""
        width = len(layout_of(source).natural)
        match source, target:
            case NoType(), _:
                # No value of it can be there to be copied.
                for _ in layout_of(target).natural:
                    self._set("0")
            case (BoolType(), BoolType()) | (IntType(), IntType()) | (UIntType(), UIntType()):
                for slot in range(at, at + width):
                    self._set(f"v{slot}")
            case (BufferType(), BufferType()) | (StringAsciiType(), StringAsciiType()):
                self._bytes(at, 1)
            case StringUtf8Type(), StringUtf8Type():
                self._bytes(at, 4)
            case OptionalType(inner), OptionalType(other):
                self._set(f"v{at}")
                self._branch(f"if v{at}:", inner, other, at + 1)
            case ResponseType(ok, err), ResponseType(other_ok, other_err):
                self._set(f"v{at}")
                self._branch(f"if v{at}:", ok, other_ok, at + 1)
                start = at + 1 + len(layout_of(ok).natural)
                self._branch(f"if not v{at}:", err, other_err, start)
            case ListType(entry), ListType(other):
                self._list(entry, other, at)
            case TupleType(fields), TupleType(others):
                if [name for name, _ in fields] != [name for name, _ in others]:
                    raise _NotAlikeError
                place = at
                for (_, field), (_, other) in zip(fields, others, strict=True):
                    place = self._part(field, other, place)
                if layout_of(target).dimensions:
                    # Sanitised: the type that its contents say.
                    self._set("0")
            case _ if isinstance(source, _PRINCIPALS) and isinstance(target, _PRINCIPALS):
                self._bytes(at, 1)
            case _:
                raise _NotAlikeError
        return at + width

    def _bytes(self, at: int, unit: int) -> None:
        length = f"v{at + 1}" if unit == 1 else f"v{at + 1} * {unit}"
        self._set(f"target.put(source.read(v{at}, {length})) if v{at + 1} else 0")
        self._set(f"v{at + 1}")

    def _branch(self, condition: str, source: Type, target: Type, at: int) -> None:
        """Copy a part that is there on a condition; else it is zeros."""
        first = len(self.target)
        with self._lines.inner(condition):
            before = len(self._lines)
            self._part(source, target, at)
            if len(self._lines) == before:
                self._lines.add("pass")
        if len(self.target) > first:
            with self._lines.inner("else:"):
                self._zeros(first, len(self.target))

    def _list(self, entry: Type, other: Type, at: int) -> None:
        """Elements that point nowhere are copied in one piece."""
        if not _is_flat(entry) or shape(entry) != shape(other):
            raise _NotAlikeError
        size = layout_of(entry).element_size
        self._set(f"target.put(source.read(v{at}, v{at + 1} * {size})) if v{at + 1} else 0")
        self._set(f"v{at + 1}")
        self._set(f"v{at + 1}")


def _formats(layout: Layout) -> list[str]:
    return ["Q" if slot.wasm == I64 else "I" for slot in layout.natural]


def _is_flat(of: Type) -> bool:
    """Whether values hold no addresses, whatever they are."""
    if isinstance(of, TupleType):
        return all(_is_flat(field) for _, field in of.fields)
    return isinstance(of, BoolType | IntType | UIntType)
