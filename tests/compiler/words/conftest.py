"""Running single expressions as the compiler emits them, without the runtime."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import wasmtime

from compiler import abi
from compiler.description import ModuleDescription
from compiler.layout import DATA, I64, layout_of
from compiler.pipeline import CompileOptions, compile_contract
from compiler.types import (
    BoolType,
    IntType,
    ListType,
    NoType,
    OptionalType,
    ResponseType,
    StringAsciiType,
    StringUtf8Type,
    TupleType,
    Type,
    UIntType,
)
from compiler.versions import ClarityVersion, Epoch

_EPOCHS = {1: "2.05", 2: "2.1", 3: "3.1", 4: "3.3", 5: "3.4", 6: "4.0"}


class Outcome(NamedTuple):
    """What an expression came to.

    Buffers and principals are bytes, `(some x)` is `("some", x)`, `(ok x)` is `("ok", x)`.
    """

    value: Any
    error: str | None
    runtime: int


Evaluate = Callable[..., Outcome]


class _AbortError(Exception):
    pass


@pytest.fixture(scope="session")
def wasm_engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.wasm_wide_arithmetic = True
    return wasmtime.Engine(config)


@pytest.fixture
def evaluate(wasm_engine: wasmtime.Engine) -> Evaluate:
    """Evaluate `expression`, after `definitions`, with host functions that `hosts` has."""

    def run(
        expression: str,
        clarity: int = 5,
        definitions: str = "",
        hosts: dict[str, Callable[..., Any]] | None = None,
        mainnet: bool = False,
    ) -> Outcome:
        source = f"{definitions} (define-private (f) {expression})"
        epoch = Epoch.parse(_EPOCHS[clarity])
        compiled = compile_contract(
            source, ClarityVersion(clarity), epoch, {}, CompileOptions(checked=True)
        )
        description = ModuleDescription.from_bytes(compiled.metadata)
        instance = _Instance(wasm_engine, compiled.wasm, description, hosts or {})
        instance.write(abi.IS_IN_MAINNET, struct.pack("<i", mainnet))
        try:
            slots = instance.call(f"{abi.FUNCTION_PREFIX}f")
        except _AbortError as abort:
            return Outcome(None, str(abort), instance.runtime)
        value = instance.decode(description.functions["f"].result, slots)
        return Outcome(value, None, instance.runtime)

    return run


class _Instance:
    def __init__(
        self,
        engine: wasmtime.Engine,
        wasm: bytes,
        description: ModuleDescription,
        hosts: dict[str, Callable[..., Any]],
    ) -> None:
        self.description = description
        self._store = wasmtime.Store(engine)
        module = wasmtime.Module(engine, wasm)
        linker = wasmtime.Linker(engine)
        self._aborted: str | None = None
        for one in module.imports:
            assert isinstance(one.type, wasmtime.FuncType)
            assert one.name is not None
            function = self._abort if one.name == "abort" else self._bind(one.name, hosts)
            linker.define_func(one.module, one.name, one.type, function)
        self._exports = linker.instantiate(self._store, module).exports(self._store)
        memory = self._exports[abi.MEMORY_EXPORT]
        assert isinstance(memory, wasmtime.Memory)
        self._memory = memory
        self.write(abi.HEAP, struct.pack("<I", description.heap))
        # Nothing is deferred.
        self.write(abi.RECORDED_END, struct.pack("<I", abi.STATIC_DATA))
        self.write(abi.RUNTIME_LIMIT, struct.pack("<5q", *[1 << 60] * 5))
        self.write(abi.MAX_CALL_DEPTH, struct.pack("<i", Epoch.EPOCH_3_3.max_call_stack_depth))

    def _bind(self, name: str, hosts: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
        def call(*arguments: int) -> Any:
            return hosts[name](self, *arguments)

        return call

    def _abort(self, code: int, runtime: int) -> None:
        charged = self.runtime + runtime
        self.write(abi.RUNTIME, struct.pack("<q", charged))
        self._aborted = abi.ABORTS[abi.Abort(code)][1]
        raise _AbortError(self._aborted)

    @property
    def runtime(self) -> int:
        return int(struct.unpack("<q", self.read(abi.RUNTIME, 8))[0])

    def read(self, address: int, length: int) -> bytes:
        return bytes(self._memory.read(self._store, address, address + length))

    def write(self, address: int, contents: bytes) -> None:
        self._memory.write(self._store, contents, address)

    def call(self, name: str) -> list[int]:
        function = self._exports[name]
        assert isinstance(function, wasmtime.Func)
        try:
            results = function(self._store)
        except Exception:
            if self._aborted is not None:
                raise _AbortError(self._aborted) from None
            raise
        if results is None:
            return []
        return list(results) if isinstance(results, list | tuple) else [results]

    def decode(self, type_: Type, slots: list[int]) -> Any:
        """A value from the slots that a function returned, or, boxed, from where they point."""
        layout = layout_of(type_)
        if layout.boxed:
            return self.decode_at(type_, slots[0])
        return self._value(type_, iter(slots))

    def decode_at(self, type_: Type, pointer: int) -> Any:
        """A value in slot form."""
        layout = layout_of(type_)
        return self._value(
            type_, iter([self._slot(pointer + s.offset, s.wasm) for s in layout.natural])
        )

    def _slot(self, address: int, wasm: int) -> int:
        if wasm == I64:
            return int(struct.unpack("<q", self.read(address, 8))[0])
        return int(struct.unpack("<i", self.read(address, 4))[0])

    def _value(self, type_: Type, slots: Iterator[int]) -> Any:
        match type_:
            case NoType():
                return None
            case BoolType():
                return bool(next(slots))
            case IntType() | UIntType():
                low, high = next(slots), next(slots)
                number = low & (1 << 64) - 1 | (high & (1 << 64) - 1) << 64
                signed = isinstance(type_, IntType) and number >> 127
                return number - (1 << 128) if signed else number
            case OptionalType(inner=inner):
                tag, value = next(slots), self._value(inner, slots)
                return ("some", value) if tag else None
            case ResponseType(ok=ok, err=err):
                tag = next(slots)
                good, bad = self._value(ok, slots), self._value(err, slots)
                return ("ok", good) if tag else ("err", bad)
            case TupleType(fields=fields):
                values = {name: self._value(field, slots) for name, field in fields}
                if layout_of(type_).dimensions:
                    next(slots)
                return values
            case ListType(entry=entry):
                pointer, length, _ = next(slots), next(slots), next(slots)
                size = layout_of(entry).element_size
                return [self._element(entry, pointer + i * size) for i in range(length)]
            case _:
                pointer, length = next(slots), next(slots)
                wide = isinstance(type_, StringUtf8Type)
                contents = self.read(pointer, 4 * length if wide else length)
                if wide:
                    return contents.decode("utf-32-le")
                return contents.decode() if isinstance(type_, StringAsciiType) else contents

    def _element(self, type_: Type, pointer: int) -> Any:
        slots = [
            self._slot(pointer + s.element_offset, s.wasm) if s.kind == DATA else 0
            for s in layout_of(type_).natural
        ]
        return self._value(type_, iter(slots))
