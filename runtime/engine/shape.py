"""What the thin path and its fall-back both look like: tables of host functions, instances, calls.

Slots are wasmtime's: one of 16 bytes for each parameter, and the results over them from the first
on. A view shows one number a slot, in the format asked for.

An i32 occupies the low half of its slot and leaves the rest as it was: read it through a view of
format `I` (or `i`), or mask it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from runtime.engine.faults import EngineError
from runtime.engine.module import VALUE_TYPES, Module

I32: Final = VALUE_TYPES["i32"]
I64: Final = VALUE_TYPES["i64"]
MEMORY: Final = "memory"
SLOT_BYTES: Final = 16

Slots = memoryview
"""A view of slots, one number each; indexable by the number of the slot."""

HostFunction = Callable[[Slots], None]
"""Reads its parameters from the slots and writes its results over them, from the first on.

The format of the view is `I` where all parameters and results are i32, else `q`.
"""

Types = Sequence[int]


class Signature(Protocol):
    """Parameter and result types in Wasm's encoding (0x7f: i32, 0x7e: i64)."""

    @property
    def params(self) -> Types:
        """Types of the parameters."""

    @property
    def results(self) -> Types:
        """Types of the results."""


def host_format(params: Types, results: Types) -> str:
    """The format of the view that a host function of this signature is given."""
    return "I" if all(value == I32 for value in (*params, *results)) else "q"


def slot_view(block: Any, format: str) -> Slots:
    """One number of `format` a slot, over a writable buffer of whole slots."""
    numbers = memoryview(block).cast("B").cast(format)  # type: ignore[call-overload]
    view: Slots = numbers[:: SLOT_BYTES // numbers.itemsize]
    return view


class Function:
    """An export, prepared: write parameters to `raw`, `call()`, read results from `raw`.

    `raw` has format `q`; other formats come from `view`. The buffer is the function's own. Calls
    may nest, also into the same function: each reads its parameters before anything else runs.
    """

    __slots__ = ("call", "name", "params", "raw", "results")

    def __init__(
        self, name: str, params: Types, results: Types, raw: Slots, call: Callable[[], None]
    ) -> None:
        self.name = name
        self.params = params
        self.results = results
        self.raw = raw
        self.call = call

    def view(self, format: str) -> Slots:
        """The same slots in another format: `Q`, `I` or `i`."""
        return slot_view(self.raw.obj, format)

    @property
    def block(self) -> memoryview:
        """The slots as bytes."""
        return memoryview(self.raw.obj).cast("B")

    def __call__(self, *arguments: int) -> tuple[int, ...]:
        """A call by the signature's types, values signed: for tests and tools, not for speed."""
        if len(arguments) != len(self.params):
            raise EngineError(
                f"{self.name} takes {len(self.params)} arguments, got {len(arguments)}"
            )
        raw, low = self.raw, self.view("I")
        for slot, (kind, value) in enumerate(zip(self.params, arguments, strict=True)):
            if kind == I32:
                low[slot] = value & 0xFFFF_FFFF
            else:
                raw[slot] = value
        self.call()
        signed = self.view("i")
        return tuple(
            signed[slot] if kind == I32 else raw[slot] for slot, kind in enumerate(self.results)
        )


class Global:
    """An exported global: `get()`, and `set(value)` where it is mutable. Values are signed."""

    __slots__ = ("_owner", "get", "set")

    def __init__(
        self, get: Callable[[], int], set: Callable[[int], None], owner: object = None
    ) -> None:
        self.get = get
        self.set = set
        self._owner = owner


class Instance(ABC):
    """A module at work, with memory and globals of its own.

    `read(pointer, length)` gives bytes of guest memory, `write(pointer, data)` changes them. Both
    raise `EngineError` outside of memory. An instance lives as long as anything that came from it;
    it must not be used by two threads at once.
    """

    __slots__ = ("_functions", "read", "write")

    read: Callable[[int, int], bytes]
    write: Callable[[int, bytes], None]

    def __init__(self) -> None:
        self._functions: dict[str, Function] = {}

    @property
    @abstractmethod
    def memory(self) -> memoryview:
        """Guest memory, writable, in its size of now. An older view stays good but doesn't grow."""

    def function(self, name: str) -> Function:
        """The export of that name, prepared once."""
        known = self._functions.get(name)
        if known is None:
            known = self._functions[name] = self._prepare(name)
        return known

    @abstractmethod
    def _prepare(self, name: str) -> Function: ...

    @abstractmethod
    def global_(self, name: str) -> Global:
        """The exported global of that name."""


class Linked(ABC):
    """A module with its imports resolved: makes instances quickly."""

    __slots__ = ()

    @abstractmethod
    def instantiate(self) -> Instance:
        """A fresh instance in a store of its own."""


class HostTable(ABC):
    """Host functions that modules can be linked with. Make one a session: a row costs some 20 µs.

    A host function knows its caller only by what the session keeps. An exception that it raises
    traps the guest and arrives, unchanged, at the Python code that made the call: through any
    number of instances that called one another.
    """

    @abstractmethod
    def link(self, module: Module) -> Linked:
        """Resolves a module's imports; `EngineError` where one is missing or of another type."""

    def instantiate(self, module: Module) -> Instance:
        """Links and instantiates at once."""
        return self.link(module).instantiate()


def check_functions(
    signatures: Mapping[str, Signature], functions: Mapping[str, HostFunction]
) -> None:
    """Host functions that nobody can import are a mistake."""
    unknown = functions.keys() - signatures.keys()
    if unknown:
        raise EngineError(f"host functions without a signature: {', '.join(sorted(unknown))}")


def memory_access(
    current: Callable[[], memoryview],
) -> tuple[Callable[[int, int], bytes], Callable[[int, bytes], None]]:
    """`read` and `write` over the view last known, which `current()` renews.

    Memory only grows, so the view need be renewed only where an access goes beyond it.
    """
    view = current()
    size = len(view)

    def renew(pointer: int, end: int) -> None:
        nonlocal view, size
        view = current()
        size = len(view)
        if not 0 <= pointer <= end <= size:
            raise EngineError(f"bytes {pointer} to {end} are outside of memory (size {size})")

    def read(pointer: int, length: int) -> bytes:
        end = pointer + length
        if not 0 <= pointer <= end <= size:
            renew(pointer, end)
        return view[pointer:end].tobytes()

    def write(pointer: int, data: bytes) -> None:
        end = pointer + len(data)
        if not 0 <= pointer <= end <= size:
            renew(pointer, end)
        view[pointer:end] = data

    return read, write
