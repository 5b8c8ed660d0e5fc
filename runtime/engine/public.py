"""The fall-back: the same instances and host functions over wasmtime's public Python API.

Some ten times slower a call. For versions of wasmtime that the thin path doesn't know, and to check
the thin path against.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import wasmtime

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
    Types,
    check_functions,
    host_format,
    memory_access,
    slot_view,
)


class PublicHostTable(HostTable):
    """Host functions in a linker, with their arguments copied into slots and back."""

    def __init__(
        self,
        engine: Engine,
        signatures: Mapping[str, Signature],
        functions: Mapping[str, HostFunction],
        namespace: str,
    ) -> None:
        check_functions(signatures, functions)
        self.engine = engine
        self._linker = wasmtime.Linker(engine.wasmtime)
        for name, function in functions.items():
            row = signatures[name]
            self._linker.define_func(
                namespace,
                name,
                wasmtime.FuncType(_value_types(row.params), _value_types(row.results)),
                _adapted(function, row.params, row.results),
            )

    def link(self, module: Module) -> PublicLinked:
        """Resolves the imports of a module of the table's engine."""
        if module.engine is not self.engine:
            raise EngineError("module and host functions belong to different engines")
        try:
            return PublicLinked(self.engine, self._linker.instantiate_pre(module.wasmtime))
        except wasmtime.WasmtimeError as error:
            raise EngineError(str(error)) from None


class PublicLinked(Linked):
    """Wasmtime's pre-instantiated module."""

    __slots__ = ("_engine", "_pre")

    def __init__(self, engine: Engine, pre: wasmtime.InstancePre) -> None:
        self._engine = engine
        self._pre = pre

    def instantiate(self) -> PublicInstance:
        """A fresh instance in a store of its own."""
        store = wasmtime.Store(self._engine.wasmtime)
        if self._engine.settings.interruptible:
            store.set_epoch_deadline(1)
        try:
            return PublicInstance(store, self._pre.instantiate(store).exports(store))
        except wasmtime.Trap as trap:
            raise _guest_trap(trap) from None


class PublicInstance(Instance):
    """An instance and its store."""

    __slots__ = ("_current", "_exports", "_store")

    def __init__(self, store: wasmtime.Store, exports: Mapping[str, Any]) -> None:
        super().__init__()
        self._store = store
        self._exports = exports
        memory: wasmtime.Memory = self._find(MEMORY, wasmtime.Memory)

        def current() -> memoryview:
            if not memory.data_len(store):
                return memoryview(bytearray())
            block: Any = memory.get_buffer_ptr(store)
            block.store = store  # what is seen of memory keeps it alive
            return memoryview(block).cast("B")

        self._current = current
        self.read, self.write = memory_access(current)

    @property
    def memory(self) -> memoryview:
        """Guest memory in its size of now."""
        return self._current()

    def _prepare(self, name: str) -> Function:
        function: wasmtime.Func = self._find(name, wasmtime.Func)
        params, results = signature(function.type(self._store))
        block = bytearray(max(len(params), len(results), 1) * SLOT_BYTES)
        store = self._store
        load, keep = _reader(block, params), _writer(block, results)

        def call() -> None:
            try:
                keep(function(store, *load()))
            except wasmtime.Trap as trap:
                raise _guest_trap(trap) from None
            except wasmtime.WasmtimeError as error:
                raise EngineError(str(error)) from None

        return Function(name, params, results, slot_view(block, "q"), call)

    def global_(self, name: str) -> Global:
        """The exported global of that name."""
        store = self._store
        found: wasmtime.Global = self._find(name, wasmtime.Global)

        def set(new: int) -> None:
            try:
                found.set_value(store, new)
            except wasmtime.WasmtimeError as error:
                raise EngineError(str(error)) from None

        return Global(lambda: int(found.value(store)), set)

    def _find(self, name: str, kind: type) -> Any:
        try:
            found = self._exports[name]
        except KeyError:
            raise EngineError(f"the module has no export {name!r}") from None
        if not isinstance(found, kind):
            raise EngineError(f"the export {name!r} is not a {kind.__name__.lower()}")
        return found


def _adapted(function: HostFunction, params: Types, results: Types) -> Callable[..., Any]:
    format = host_format(params, results)
    size = max(len(params), len(results), 1) * SLOT_BYTES

    def enter(*arguments: int) -> int | list[int] | None:
        block = bytearray(size)
        _writer(block, params)(list(arguments))
        function(slot_view(block, format))
        values = _reader(block, results)()
        return values if len(values) > 1 else values[0] if values else None

    return enter


def _reader(block: bytearray, types: Types) -> Callable[[], list[int]]:
    low, whole = slot_view(block, "i"), slot_view(block, "q")
    columns = [(low if kind == I32 else whole, slot) for slot, kind in enumerate(types)]
    return lambda: [view[slot] for view, slot in columns]


def _writer(block: bytearray, types: Types) -> Callable[[Any], None]:
    low, whole = slot_view(block, "i"), slot_view(block, "q")
    columns = [(low if kind == I32 else whole, slot) for slot, kind in enumerate(types)]

    def write(values: Any) -> None:
        for (view, slot), value in zip(
            columns, values if isinstance(values, list) else [values], strict=False
        ):
            view[slot] = value

    return write


def _guest_trap(trap: wasmtime.Trap) -> GuestTrap:
    code = trap.trap_code
    return guest_trap(None if code is None else code.value, trap.message, lambda: trap)


def _value_types(types: Types) -> list[wasmtime.ValType]:
    return [wasmtime.ValType.i32() if t == I32 else wasmtime.ValType.i64() for t in types]
