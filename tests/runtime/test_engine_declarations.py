"""What the product declares of wasmtime's C API is what the installed package says of it."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest
import wasmtime
from wasmtime import _bindings, _ffi

from runtime.engine import Module, Settings, TrapCode, capi, engine_for, select
from runtime.engine.engine import _configuration

WASM = bytes(
    wasmtime.wat2wasm(
        '(module (memory (export "memory") 1) (func (export "f") (result i32) (i32.const 7)))'
    )
)


def _size(kind):
    return 0 if kind is None else ctypes.sizeof(kind)


def test_it_is_the_library_of_the_package():
    assert capi.library() == str(_ffi.filename)


@pytest.mark.parametrize("name", sorted(capi._RESULTS))
def test_functions_give_what_the_package_says(name):
    declared = getattr(_bindings, f"_{name}")
    # Of types that ctypes has two names for, and of pointers, only the size matters.
    assert _size(capi._RESULTS[name]) == _size(declared.restype)


@pytest.mark.parametrize("name", sorted(capi.SETTINGS))
def test_settings_are_of_the_types_that_the_package_says(name):
    _, kind = getattr(_bindings, f"_wasmtime_config_{name}_set").argtypes
    assert ctypes.sizeof(capi.SETTINGS[name]) == ctypes.sizeof(kind)


@pytest.mark.parametrize("name", sorted(capi.SIZES))
def test_structs_have_the_sizes_that_the_package_says(name):
    assert capi.SIZES[name] == ctypes.sizeof(getattr(_ffi, name))


def test_parts_of_structs_are_where_the_package_says():
    assert _ffi.wasmtime_val_t.of.offset == capi.VALUE_OFFSET
    assert _ffi.wasmtime_extern_t.of.offset == capi.EXTERN_OFFSET
    for vector in (_ffi.wasm_byte_vec_t, _ffi.wasm_valtype_vec_t):
        assert ctypes.sizeof(capi.Vector) == ctypes.sizeof(vector)
        assert (capi.Vector.size.offset, capi.Vector.data.offset) == (
            vector.size.offset,
            vector.data.offset,
        )


def test_kinds_are_those_of_the_package():
    assert (_ffi.WASM_I32.value, _ffi.WASM_I64.value) == (capi.I32, capi.I64)
    assert (_ffi.WASMTIME_I32.value, _ffi.WASMTIME_I64.value) == (capi.I32, capi.I64)
    assert _ffi.WASMTIME_EXTERN_FUNC.value == capi.EXTERN_FUNC
    assert _ffi.WASMTIME_EXTERN_GLOBAL.value == capi.EXTERN_GLOBAL
    assert _ffi.WASMTIME_EXTERN_MEMORY.value == capi.EXTERN_MEMORY
    assert {code.name: code.value for code in TrapCode}.items() <= {
        code.name: code.value for code in wasmtime.TrapCode
    }.items()


def test_the_probe_is_what_it_says():
    assert bytes(wasmtime.wat2wasm(select._PROBE)) == select._PROBE_WASM


@pytest.mark.parametrize("settings", [Settings(), Settings("none"), Settings(interruptible=True)])
def test_both_apis_make_the_same_engine(settings):
    """Native code says which settings it was compiled under: each loads the other's."""
    engine = engine_for(settings)
    assert engine.native is not None
    native = Module.compile(engine, WASM).serialize()
    assert bytes(wasmtime.Module(engine.wasmtime, WASM).serialize()) == native
    assert wasmtime.Module.deserialize(engine.wasmtime, native).exports[1].name == "f"
    assert set(_configuration(settings)) == set(capi.SETTINGS)


def _ran(code):
    ran = subprocess.run(
        [sys.executable, "-c", code, WASM.hex()],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ran.stdout or ran.stderr


CALL = """
import sys
from runtime.engine import EngineError, Module, backend, capi, engine_for, host_table
capi.problem = ""
engine = engine_for("release")
module = Module.compile(engine, bytes.fromhex(sys.argv[1]))
linked = host_table(engine, {}, {}).link(Module.deserialize(engine, module.serialize()))
print(*linked.instantiate().function("f")())
try:
    Module.compile(engine, b"no module")
except EngineError:
    print("refused")
print(*backend(engine), "wasmtime" in sys.modules)
"""


def test_a_call_needs_nothing_of_the_package():
    """Its import would take a tenth of a first call in a fresh process."""
    assert _ran(CALL) == "7\nrefused\nthin  False\n"


def test_the_package_does_all_where_the_declarations_do_not_fit():
    assert _ran(CALL.replace('capi.problem = ""', 'capi.problem = "unknown"')) == (
        "7\nrefused\npublic unknown True\n"
    )
