"""Hashes in Wasm are those of the libraries, whatever the length."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable

import pytest
import wasmtime
from Crypto.Hash import RIPEMD160, SHA512, keccak

from compiler import abi
from compiler.wasm import ModuleBuilder, stdlib

LIBRARIES: dict[str, Callable[[bytes], bytes]] = {
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "sha512": lambda data: hashlib.sha512(data).digest(),
    "sha512/256": lambda data: SHA512.new(data, truncate="256").digest(),
    "keccak256": lambda data: keccak.new(data=data, digest_bits=256).digest(),
    "hash160": lambda data: RIPEMD160.new(hashlib.sha256(data).digest()).digest(),
}
HEAP = 4_096
OUT = 32_768
DATA = 33_000


@pytest.mark.parametrize("name", LIBRARIES)
def test_hashes_are_those_of_the_libraries(engine: wasmtime.Engine, name: str) -> None:
    module = ModuleBuilder(data_base=abi.STATIC_DATA)
    module.memory(1)
    module.export_function("hash", stdlib.require(module, name))
    store = wasmtime.Store(engine)
    compiled = wasmtime.Module(engine, module.finish())
    linker = wasmtime.Linker(engine)
    linker.define_unknown_imports_as_traps(compiled)
    exports = linker.instantiate(store, compiled).exports(store)
    run, memory = exports["hash"], exports["memory"]
    assert isinstance(run, wasmtime.Func)
    assert isinstance(memory, wasmtime.Memory)
    random_bytes = random.Random(7).randbytes
    heap = (abi.STATIC_DATA + HEAP).to_bytes(4, "little")
    memory.write(store, heap, abi.HEAP)
    for length in (*range(301), 1_000, 4_095, 4_096, 20_000):
        data = random_bytes(length)
        memory.write(store, data, DATA)
        run(store, DATA, length, OUT)
        wanted = LIBRARIES[name](data)
        assert bytes(memory.read(store, OUT, OUT + len(wanted))) == wanted, length
    # What they needed on the way is free again.
    assert bytes(memory.read(store, abi.HEAP, abi.HEAP + 4)) == heap
