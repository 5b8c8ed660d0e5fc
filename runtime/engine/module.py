"""Modules: Wasm validated, or native code loaded; knows nothing of instances."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from runtime.engine import capi
from runtime.engine.engine import Engine
from runtime.engine.faults import EngineError

if TYPE_CHECKING:
    import wasmtime

VALUE_TYPES: Final = {"i32": 0x7F, "i64": 0x7E, "f32": 0x7D, "f64": 0x7C, "v128": 0x7B}
"""Wasm's own encoding of value types; references stand as 0."""


class Extern(NamedTuple):
    """One import or export. `namespace` is empty for exports; only functions have types."""

    namespace: str
    name: str
    kind: str
    params: tuple[int, ...] = ()
    results: tuple[int, ...] = ()


class Module:
    """Native code of one Wasm module, loaded for one engine."""

    __slots__ = ("__weakref__", "_wasmtime", "engine", "native")

    def __init__(self, engine: Engine, native: Any, public: wasmtime.Module | None = None) -> None:
        self.engine = engine
        self.native = native
        """The module to the C API; `None` where that is not used."""
        self._wasmtime = public

    def __del__(self) -> None:
        if self.native is not None:
            capi.module_delete(self.native)

    @classmethod
    def compile(cls, engine: Engine, wasm: bytes) -> Module:
        """Compiles and loads at once; `serialize` gives the native code for the cache."""
        if engine.native is None:
            return cls._public(engine, "compile", wasm)
        return cls._made(engine, capi.module_new, wasm)

    @classmethod
    def deserialize(cls, engine: Engine, native: bytes) -> Module:
        """Loads native code. The bytes are trusted, tampered code would run: check seals first."""
        if engine.native is None:
            return cls._public(engine, "deserialize", native)
        return cls._made(engine, capi.module_deserialize, native)

    @classmethod
    def _made(cls, engine: Engine, make: Any, data: bytes) -> Module:
        pointer = ctypes.c_void_p()
        length = ctypes.c_size_t(len(data))
        error = make(engine.native, ctypes.c_char_p(data), length, ctypes.byref(pointer))
        if error:
            raise EngineError(capi.message(error))
        return cls(engine, pointer)

    @classmethod
    def _public(cls, engine: Engine, how: str, data: bytes) -> Module:
        import wasmtime

        make = wasmtime.Module.deserialize if how == "deserialize" else wasmtime.Module
        try:
            return cls(engine, None, make(engine.wasmtime, data))
        except wasmtime.WasmtimeError as error:
            raise EngineError(str(error)) from None

    @property
    def wasmtime(self) -> wasmtime.Module:
        """The module to the public API."""
        if self._wasmtime is None:
            import wasmtime

            self._wasmtime = wasmtime.Module.deserialize(self.engine.wasmtime, self.serialize())
        return self._wasmtime

    @staticmethod
    def validate(engine: Engine, wasm: bytes) -> None:
        """Raises `EngineError` where the module is not valid under the engine's features."""
        import wasmtime

        try:
            wasmtime.Module.validate(engine.wasmtime, wasm)
        except wasmtime.WasmtimeError as error:
            raise EngineError(str(error)) from None

    def serialize(self) -> bytes:
        """The native code, for `deserialize` in this or another process."""
        if self.native is None:
            return bytes(self.wasmtime.serialize())
        out = capi.Vector()
        error = capi.module_serialize(self.native, ctypes.byref(out))
        if error:
            raise EngineError(capi.message(error))
        return capi.taken(out)

    def imports(self) -> tuple[Extern, ...]:
        """What the module wants, in order."""
        return tuple(
            _extern(item.module, item.name or "", item.type) for item in self.wasmtime.imports
        )

    def exports(self) -> tuple[Extern, ...]:
        """What the module offers, in order."""
        return tuple(_extern("", item.name, item.type) for item in self.wasmtime.exports)


def _extern(namespace: str, name: str, kind: object) -> Extern:
    import wasmtime

    if isinstance(kind, wasmtime.FuncType):
        return Extern(namespace, name, "function", *signature(kind))
    for wanted, label in (
        (wasmtime.MemoryType, "memory"),
        (wasmtime.GlobalType, "global"),
        (wasmtime.TableType, "table"),
    ):
        if isinstance(kind, wanted):
            return Extern(namespace, name, label)
    return Extern(namespace, name, "other")


def signature(kind: wasmtime.FuncType) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Parameter and result types in Wasm's encoding."""
    return (
        tuple(VALUE_TYPES.get(str(value), 0) for value in kind.params),
        tuple(VALUE_TYPES.get(str(value), 0) for value in kind.results),
    )
