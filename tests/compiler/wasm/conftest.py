"""Running what the builder emits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import wasmtime

Instantiate = Callable[..., Mapping[str, Callable[..., object]]]


@pytest.fixture(scope="session")
def engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.wasm_wide_arithmetic = True
    return wasmtime.Engine(config)


@pytest.fixture
def instantiate(engine: wasmtime.Engine) -> Instantiate:
    """Validate and instantiate: exported functions by name, called with Python integers."""

    def run(
        wasm: bytes, imports: Mapping[str, Callable[..., object]] | None = None
    ) -> Mapping[str, Callable[..., object]]:
        wasmtime.Module.validate(engine, wasm)
        module = wasmtime.Module(engine, wasm)
        store = wasmtime.Store(engine)
        linker = wasmtime.Linker(engine)
        for one in module.imports:
            assert isinstance(one.type, wasmtime.FuncType)
            assert one.name is not None
            linker.define_func(one.module, one.name, one.type, (imports or {})[one.name])
        exports = linker.instantiate(store, module).exports(store)

        def bind(what: object) -> Callable[..., object]:
            if isinstance(what, wasmtime.Memory):
                return lambda start, end: bytes(what.read(store, start, end))
            if isinstance(what, wasmtime.Global):
                return lambda: what.value(store)
            assert isinstance(what, wasmtime.Func)
            return lambda *args: what(store, *args)

        return {name: bind(exports[name]) for name in (e.name for e in module.exports)}

    return run
