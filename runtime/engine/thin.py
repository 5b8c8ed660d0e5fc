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
from typing import Any, Final, NamedTuple

import wasmtime
from wasmtime import TrapCode
from wasmtime import _ffi as ffi

from runtime.engine import capi
from runtime.engine.engine import Engine
from runtime.engine.faults import EngineError, GuestTrap, guest_trap
from runtime.engine.module import Module, signature
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
        self._linker = wasmtime.Linker(engine.wasmtime)
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
            kind = wasmtime.FuncType(_value_types(row.params), _value_types(row.results))
            encoded = name.encode()
            error = capi.linker_define_func_unchecked(
                self._linker.ptr(),
                module,
                ctypes.c_size_t(len(module)),
                encoded,
                ctypes.c_size_t(len(encoded)),
                kind.ptr(),
                callback,
                None,
                None,
            )
            if error:
                raise _engine_error(error)

    def link(self, module: Module) -> ThinLinked:
        """Resolves the imports of a module of the table's engine."""
        if module.engine is not self.engine:
            raise EngineError("module and host functions belong to different engines")
        try:
            return ThinLinked(self, self._linker.instantiate_pre(module.wasmtime))
        except wasmtime.WasmtimeError as error:
            raise EngineError(str(error)) from None


class ThinLinked(Linked):
    """Wasmtime's pre-instantiated module."""

    __slots__ = ("_engine", "_interruptible", "_pre", "_pre_pointer", "signatures", "table")

    def __init__(self, table: ThinHostTable, pre: wasmtime.InstancePre) -> None:
        self.table = table
        self.signatures: dict[str, tuple[Types, Types]] = {}
        self._pre = pre
        self._pre_pointer = ctypes.byref(pre.ptr().contents)
        self._engine = ctypes.byref(table.engine.wasmtime.ptr().contents)
        self._interruptible = table.engine.settings.interruptible

    def instantiate(self) -> ThinInstance:
        """A fresh instance in a store of its own."""
        store = _Store(capi.store_new(self._engine, None, None), self)
        if self._interruptible:
            capi.context_set_epoch_deadline(store.context, ctypes.c_uint64(1))
        instance = ffi.wasmtime_instance_t()
        error = capi.instance_pre_instantiate(
            self._pre_pointer, store.context, ctypes.byref(instance), store.trap_pointer
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
        self._current = _memory(store, self._find(MEMORY, "memory"))
        self.read, self.write = memory_access(self._current)

    @property
    def memory(self) -> memoryview:
        """Guest memory in its size of now."""
        return self._current()

    def _prepare(self, name: str) -> Function:
        store = self._store
        function = ffi.wasmtime_func_t.from_buffer_copy(self._find(name, "func"))
        pointer = ctypes.byref(function)
        known = store.linked.signatures.get(name)
        if known is None:
            found = capi.func_type(store.context, pointer)
            owned = ctypes.cast(found, ctypes.POINTER(ffi.wasm_functype_t))
            known = signature(wasmtime.FuncType._from_ptr(owned, None))
            store.linked.signatures[name] = known
        params, results = known
        slots = max(len(params), len(results), 1)
        buffer = (ctypes.c_uint8 * (slots * SLOT_BYTES))()
        prepared = (store.context, pointer, ctypes.byref(buffer), slots, store.trap_pointer)
        return Function(name, params, results, slot_view(buffer, "q"), _call(prepared, store))

    def global_(self, name: str) -> Global:
        """The exported global of that name."""
        store = self._store
        value = ffi.wasmtime_val_t()
        found = ffi.wasmtime_global_t.from_buffer_copy(self._find(name, "global"))
        prepared = (store.context, ctypes.byref(found), ctypes.byref(value))
        load, keep = capi.global_get, capi.global_set
        load(*prepared)
        # The kind of value stands in front of the value and stays.
        bits = memoryview(value).cast("B")[capi.VALUE_OFFSET :][:8]
        number = bits.cast("i") if int(value.kind) == ffi.WASMTIME_I32.value else bits.cast("q")

        def get() -> int:
            load(*prepared)
            return number[0]

        def set(new: int) -> None:
            number[0] = new
            error = keep(*prepared)
            if error:
                raise _engine_error(error)

        return Global(get, set, store)

    def _find(self, name: str, kind: str) -> Any:
        """The C struct of an export."""
        encoded = name.encode()
        extern = ffi.wasmtime_extern_t()
        if not capi.instance_export_get(
            self._store.context,
            self._instance,
            encoded,
            ctypes.c_size_t(len(encoded)),
            ctypes.byref(extern),
        ):
            raise EngineError(f"the module has no export {name!r}")
        if int(extern.kind) != _KINDS[kind].number:
            raise EngineError(f"the export {name!r} is not a {kind}")
        return getattr(extern.of, _KINDS[kind].field)


class _Kind(NamedTuple):
    """How C tells one kind of export from another."""

    number: int
    field: str


_KINDS: Final = {
    "func": _Kind(ffi.WASMTIME_EXTERN_FUNC.value, "func"),
    "global": _Kind(ffi.WASMTIME_EXTERN_GLOBAL.value, "global_"),
    "memory": _Kind(ffi.WASMTIME_EXTERN_MEMORY.value, "memory"),
}


def _memory(store: _Store, found: Any) -> Callable[[], memoryview]:
    """A function that gives guest memory in its size of now."""
    memory = ffi.wasmtime_memory_t.from_buffer_copy(found)
    prepared = (store.context, ctypes.byref(memory))
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
        return _engine_error(error)
    owned = ctypes.cast(trap.value or 0, ctypes.POINTER(ffi.wasm_trap_t))
    trap.value = None
    return guest_trap(wasmtime.Trap._from_ptr(owned))


def _discard(trap: ctypes.c_void_p) -> None:
    _pending.error = None
    pointer, trap.value = trap.value, None
    if pointer:
        capi.trap_delete(ctypes.c_void_p(pointer))


def _engine_error(error: int) -> EngineError:
    owned = ctypes.cast(error, ctypes.POINTER(ffi.wasmtime_error_t))
    return EngineError(str(wasmtime.WasmtimeError._from_ptr(owned)))


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


def _value_types(types: Types) -> list[wasmtime.ValType]:
    return [wasmtime.ValType.i32() if t == I32 else wasmtime.ValType.i64() for t in types]
