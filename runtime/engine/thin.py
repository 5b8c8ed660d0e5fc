"""The thin path: instances and host functions over the unchecked calls of wasmtime's C API.

Nothing on the path of a call or a host call allocates beyond what ctypes itself does: pointers are
prepared by `byref`, arguments and results lie in buffers made once.
"""

from __future__ import annotations

import ctypes
import dis
import sys
import threading
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from runtime.engine import capi
from runtime.engine.engine import Engine
from runtime.engine.faults import EngineError, GuestTrap, TrapCode, guest_trap
from runtime.engine.module import VALUE_TYPES, Module
from runtime.engine.shape import (
    I32,
    MEMORY,
    SLOT_BYTES,
    Function,
    Global,
    HostFunction,
    HostTable,
    Instance,
    Linked,
    Signature,
    Slots,
    Types,
    check_functions,
    host_format,
    memory_access,
    slot_view,
)
from runtime.engine.stack import HOST_MARGIN, has_room

if TYPE_CHECKING:
    import wasmtime

RECURSION_LIMIT: Final = 5_000
"""Where Python's limit is hit on entry to a callback, ctypes returns garbage to wasmtime. Contracts
nest 64 deep at a few Python frames each: with this limit that can't come near it."""

MAX_VIEWS: Final = 1 << 16

_pending = threading.local()
"""`_pending.error`: what a host function raised, on its way past the guest that called it."""


class ThinHostTable(HostTable):
    """Host functions as C callbacks in one linker."""

    def __init__(
        self,
        engine: Engine,
        signatures: Mapping[str, Signature],
        functions: Mapping[str, HostFunction],
        namespace: str,
    ) -> None:
        check_functions(signatures, functions)
        if sys.getrecursionlimit() < RECURSION_LIMIT:
            sys.setrecursionlimit(RECURSION_LIMIT)
        self.engine = engine
        self._linker = ctypes.c_void_p(capi.linker_new(engine.native))
        slots = max((len(s.params) + len(s.results) for s in signatures.values()), default=1)
        room = engine.settings.max_wasm_stack + HOST_MARGIN
        views = {format: _Views(format, slots, room) for format in ("I", "q")}
        self._callbacks = []
        module = namespace.encode()
        for name, function in functions.items():
            row = signatures[name]
            callback = _callback(function, views[host_format(row.params, row.results)])
            self._callbacks.append(callback)
            # A type belongs to the engine that first uses it: hence a new one each time.
            kind = _function_type(row)
            encoded = name.encode()
            error = capi.linker_define_func_unchecked(
                self._linker,
                module,
                ctypes.c_size_t(len(module)),
                encoded,
                ctypes.c_size_t(len(encoded)),
                kind,
                callback,
                None,
                None,
            )
            capi.functype_delete(kind)
            if error:
                raise EngineError(capi.message(error))

    def __del__(self, delete: Callable[[Any], None] = capi.linker_delete) -> None:
        # One that failed to be made may have none.
        linker = getattr(self, "_linker", None)
        if linker is not None:
            delete(linker)

    def link(self, module: Module) -> ThinLinked:
        """Resolves the imports of a module of the table's engine."""
        if module.engine is not self.engine:
            raise EngineError("module and host functions belong to different engines")
        pre = ctypes.c_void_p()
        error = capi.linker_instantiate_pre(self._linker, module.native, ctypes.byref(pre))
        if error:
            raise EngineError(capi.message(error))
        return ThinLinked(self, pre)


class ThinLinked(Linked):
    """Wasmtime's pre-instantiated module."""

    __slots__ = ("_engine", "_interruptible", "_pre", "signatures", "table")

    def __init__(self, table: ThinHostTable, pre: ctypes.c_void_p) -> None:
        self.table = table
        self.signatures: dict[str, tuple[Types, Types]] = {}
        self._pre = pre
        self._engine = table.engine.native
        self._interruptible = table.engine.settings.interruptible

    def __del__(self, delete: Callable[[Any], None] = capi.instance_pre_delete) -> None:
        delete(self._pre)

    def instantiate(self) -> ThinInstance:
        """A fresh instance in a store of its own."""
        store = _Store(capi.store_new(self._engine, None, None), self)
        if self._interruptible:
            capi.context_set_epoch_deadline(store.context, ctypes.c_uint64(1))
        instance = capi.struct("wasmtime_instance_t")
        error = capi.instance_pre_instantiate(
            self._pre, store.context, ctypes.byref(instance), store.trap_pointer
        )
        if error or store.trap:
            raise _failure(error, store.trap)
        return ThinInstance(store, instance)


class _Store:
    """Owns a wasmtime store. All that points into it holds it, and the last of these frees it."""

    __slots__ = ("_pointer", "context", "linked", "trap", "trap_pointer")

    def __init__(self, pointer: int, linked: ThinLinked) -> None:
        self._pointer = capi.pointee(pointer)
        self.linked = linked
        self.context = capi.pointee(capi.store_context(self._pointer))
        self.trap = ctypes.c_void_p()
        self.trap_pointer = ctypes.byref(self.trap)

    def __del__(self, delete: Callable[[Any], None] = capi.store_delete) -> None:
        delete(self._pointer)


class ThinInstance(Instance):
    """An instance, its store and its memory."""

    __slots__ = ("_current", "_instance", "_store")

    def __init__(self, store: _Store, instance: Any) -> None:
        super().__init__()
        self._store = store
        self._instance = ctypes.byref(instance)
        self._current = _memory(store, self._find(MEMORY, capi.EXTERN_MEMORY, "wasmtime_memory_t"))
        self.read, self.write = memory_access(self._current)

    @property
    def memory(self) -> memoryview:
        """Guest memory in its size of now."""
        return self._current()

    def _prepare(self, name: str) -> Function:
        store = self._store
        function = self._find(name, capi.EXTERN_FUNC, "wasmtime_func_t")
        pointer = ctypes.byref(function)
        known = store.linked.signatures.get(name)
        if known is None:
            known = _signature(capi.func_type(store.context, pointer))
            store.linked.signatures[name] = known
        params, results = known
        slots = max(len(params), len(results), 1)
        buffer = (ctypes.c_uint8 * (slots * SLOT_BYTES))()
        prepared = (store.context, pointer, ctypes.byref(buffer), slots, store.trap_pointer)
        return Function(name, params, results, slot_view(buffer, "q"), _call(prepared, store))

    def global_(self, name: str) -> Global:
        """The exported global of that name."""
        store = self._store
        value = capi.struct("wasmtime_val_t")
        found = self._find(name, capi.EXTERN_GLOBAL, "wasmtime_global_t")
        prepared = (store.context, ctypes.byref(found), ctypes.byref(value))
        load, keep = capi.global_get, capi.global_set
        load(*prepared)
        # The kind of value stands in front of the value and stays.
        whole = memoryview(value).cast("B")
        bits = whole[capi.VALUE_OFFSET :][:8]
        number = bits.cast("i") if whole[0] == capi.I32 else bits.cast("q")

        def get() -> int:
            load(*prepared)
            return number[0]

        def set(new: int) -> None:
            number[0] = new
            error = keep(*prepared)
            if error:
                raise EngineError(capi.message(error))

        return Global(get, set, store)

    def _find(self, name: str, kind: int, struct: str) -> Any:
        """The C struct of an export of that kind."""
        encoded = name.encode()
        extern = capi.struct("wasmtime_extern_t")
        if not capi.instance_export_get(
            self._store.context,
            self._instance,
            encoded,
            ctypes.c_size_t(len(encoded)),
            ctypes.byref(extern),
        ):
            raise EngineError(f"the module has no export {name!r}")
        if memoryview(extern).cast("B")[0] != kind:
            raise EngineError(f"the export {name!r} is not a {_KINDS[kind]}")
        found = capi.struct(struct)
        ctypes.memmove(found, ctypes.byref(extern, capi.EXTERN_OFFSET), ctypes.sizeof(found))
        return found


_KINDS: Final = {
    capi.EXTERN_FUNC: "func",
    capi.EXTERN_GLOBAL: "global",
    capi.EXTERN_MEMORY: "memory",
}


def _memory(store: _Store, found: Any) -> Callable[[], memoryview]:
    """A function that gives guest memory in its size of now."""
    prepared = (store.context, ctypes.byref(found))
    base = capi.memory_data(*prepared)
    known = -1
    view = memoryview(bytearray())
    data_size = capi.memory_data_size

    def current() -> memoryview:
        nonlocal known, view
        size = data_size(*prepared)
        if size != known:
            known = size
            if size:  # the base stays: memories don't move, by the engine's settings
                block = (ctypes.c_uint8 * size).from_address(base)
                block.store = store
                view = memoryview(block).cast("B")
        return view

    return current


def _call(prepared: tuple[Any, ...], store: _Store) -> Callable[[], None]:
    """The prepared call. It holds the store, so that a function alone keeps its instance alive."""
    trap = store.trap
    invoke = capi.func_call_unchecked

    def call() -> None:
        try:
            error = invoke(*prepared)
            if not (error or trap):
                return
        except BaseException:  # a signal's handler raised between the call and the look at the trap
            _discard(store.trap)
            raise
        raise _failure(error, trap)

    return call


def _failure(error: int | None, trap: ctypes.c_void_p) -> BaseException:
    """What to raise for a failed call: what a host function raised, else what the guest did."""
    raised: BaseException | None = getattr(_pending, "error", None)
    if raised is not None:
        if error:
            capi.error_delete(ctypes.c_void_p(error))
        _discard(trap)
        return raised
    if error:
        return EngineError(capi.message(error))
    return _Trap(trap).exception()


class _Trap:
    """Owns a trap of wasmtime's, taken out of the place where calls leave them."""

    __slots__ = ("_pointer", "_public")

    def __init__(self, place: ctypes.c_void_p) -> None:
        self._pointer = ctypes.c_void_p(place.value)
        self._public: wasmtime.Trap | None = None
        place.value = None

    def __del__(self, delete: Callable[[Any], None] = capi.trap_delete) -> None:
        if self._public is None:
            delete(self._pointer)

    def exception(self) -> GuestTrap:
        """What to raise for it."""
        code = ctypes.c_uint8()
        if capi.trap_code(self._pointer, ctypes.byref(code)):
            return guest_trap(code.value, "", self.public)
        message = capi.Vector()
        capi.trap_message(self._pointer, ctypes.byref(message))
        return guest_trap(None, capi.taken(message).decode().removesuffix("\0"), self.public)

    def public(self) -> wasmtime.Trap:
        """The trap to wasmtime's public API, which knows its frames and owns it from here on."""
        if self._public is None:
            # Imported late: hardly anybody asks.
            import wasmtime
            from wasmtime import _ffi as ffi

            owned = ctypes.cast(self._pointer, ctypes.POINTER(ffi.wasm_trap_t))
            self._public = wasmtime.Trap._from_ptr(owned)
        return self._public


def _discard(trap: ctypes.c_void_p) -> None:
    _pending.error = None
    pointer, trap.value = trap.value, None
    if pointer:
        capi.trap_delete(ctypes.c_void_p(pointer))


class _Views(dict[int, Slots]):
    """Views of the slots of host calls, by address.

    Slots lie on the native stack, so the same few addresses come back again and again. A new
    address is also the moment to see whether the stack has room for one more guest.
    """

    __slots__ = ("_bytes", "_format", "_room")

    def __init__(self, format: str, slots: int, room: int) -> None:
        super().__init__()
        self._format = format
        self._bytes = ctypes.c_uint8 * (slots * SLOT_BYTES)
        self._room = room

    def __missing__(self, address: int) -> Slots:
        if not has_room(address, self._room):
            raise GuestTrap(TrapCode.STACK_OVERFLOW, "calls between instances are nested too deep")
        if len(self) >= MAX_VIEWS:
            self.clear()
        view = self[address] = slot_view(self._bytes.from_address(address), self._format)
        return view


def _callback(function: HostFunction, views: _Views) -> Any:
    """The C callback of a host function."""

    def enter(_environment: bool, _caller: bool, slots: int) -> int | None:
        try:
            function(views[slots])
        except BaseException as error:
            try:
                return _trap_with(error)
            except BaseException as interrupt:
                return _trap_with(interrupt)
        return None

    return capi.HOST_CALLBACK(_uninterrupted(enter))


def _trap_with(error: BaseException) -> int:
    _pending.error = error
    return int(capi.trap_new_code(TrapCode.UNREACHABLE.value))


def _uninterrupted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Puts off signal handlers from the entry of a function to its first call, inside its `try`.

    A signal that came while the guest ran is handled as soon as Python runs again, which is at the
    callback's first instruction, RESUME. An exception raised there (KeyboardInterrupt) can't be
    caught, and ctypes returns garbage for it, which wasmtime takes for a pointer. RESUME looks for
    signals unless its argument says that it resumes an `await` or a `yield from`.
    """
    assert isinstance(function, FunctionType)
    code = function.__code__
    instructions = bytearray(code.co_code)
    for at in range(0, len(instructions), 2):
        if instructions[at] == dis.opmap["RESUME"]:
            instructions[at + 1] = 2
            break
    function.__code__ = code.replace(co_code=bytes(instructions))
    return function


def _function_type(row: Signature) -> ctypes.c_void_p:
    """A new C function type, which is the caller's."""
    vectors = []
    for types in (row.params, row.results):
        kinds = [capi.I32 if kind == I32 else capi.I64 for kind in types]
        values = (ctypes.c_void_p * len(kinds))(
            *(capi.valtype_new(ctypes.c_uint8(kind)) for kind in kinds)
        )
        vector = capi.Vector()
        capi.valtype_vec_new(ctypes.byref(vector), ctypes.c_size_t(len(kinds)), values)
        vectors.append(vector)
    return ctypes.c_void_p(capi.functype_new(*map(ctypes.byref, vectors)))


def _signature(found: int) -> tuple[Types, Types]:
    """The types of a C function type, which is deleted."""
    kind = ctypes.c_void_p(found)
    types = []
    for get in (capi.functype_params, capi.functype_results):
        vector = capi.Vector.from_address(get(kind))
        values = (
            (ctypes.c_void_p * vector.size).from_address(vector.data or 0) if vector.size else ()
        )
        kinds = (capi.valtype_kind(ctypes.c_void_p(value)) for value in values)
        types.append(tuple(_VALUES.get(value, 0) for value in kinds))
    capi.functype_delete(kind)
    return types[0], types[1]


_VALUES: Final = dict(enumerate(VALUE_TYPES[name] for name in ("i32", "i64", "f32", "f64")))
"""Wasm's encoding of the C API's kinds of values."""
