"""Modules: Wasm validated, or native code loaded; knows nothing of instances."""

from __future__ import annotations

from typing import Final, NamedTuple

import wasmtime

from runtime.engine.engine import Engine
from runtime.engine.faults import EngineError

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

    __slots__ = ("__weakref__", "engine", "wasmtime")

    def __init__(self, engine: Engine, module: wasmtime.Module) -> None:
        self.engine = engine
        self.wasmtime = module

    @classmethod
    def compile(cls, engine: Engine, wasm: bytes) -> Module:
        """Compiles and loads at once; `serialize` gives the native code for the cache."""
        try:
            return cls(engine, wasmtime.Module(engine.wasmtime, wasm))
        except wasmtime.WasmtimeError as error:
            raise EngineError(str(error)) from None

    @classmethod
    def deserialize(cls, engine: Engine, native: bytes) -> Module:
        """Loads native code. The bytes are trusted, tampered code would run: check seals first."""
        try:
            return cls(engine, wasmtime.Module.deserialize(engine.wasmtime, native))
        except wasmtime.WasmtimeError as error:
            raise EngineError(str(error)) from None

    @staticmethod
    def validate(engine: Engine, wasm: bytes) -> None:
        """Raises `EngineError` where the module is not valid under the engine's features."""
        try:
            wasmtime.Module.validate(engine.wasmtime, wasm)
        except wasmtime.WasmtimeError as error:
            raise EngineError(str(error)) from None

    def serialize(self) -> bytes:
        """The native code, for `deserialize` in this or another process."""
        return bytes(self.wasmtime.serialize())

    def imports(self) -> tuple[Extern, ...]:
        """What the module wants, in order."""
        return tuple(
            _extern(item.module, item.name or "", item.type) for item in self.wasmtime.imports
        )

    def exports(self) -> tuple[Extern, ...]:
        """What the module offers, in order."""
        return tuple(_extern("", item.name, item.type) for item in self.wasmtime.exports)


def _extern(namespace: str, name: str, kind: object) -> Extern:
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
