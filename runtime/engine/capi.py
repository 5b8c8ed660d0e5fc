"""wasmtime's C API as the product calls it; the only declarations of it.

The library is loaded without the package around it, whose import takes a tenth of the time of a first
call in a fresh process. Tests compare the declarations with the package's own; where the installed
version is not one that was tested, the package's public API does all (`problem`).

Calls go through `ctypes.PyDLL`: the guest's time is bounded by its costs, and giving up the
interpreter lock for each call, and taking it back for each host function, costs 0.2 µs a time. What
compiles gives it up. Functions are declared without `argtypes`, since every argument is prepared
beforehand: numbers by ctypes' own types, pointers by `byref`.
"""

from __future__ import annotations

import ctypes
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

TESTED: Final = "50."
"""The versions of wasmtime whose C API these declarations describe."""

HOST_CALLBACK: Final = ctypes.PYFUNCTYPE(
    ctypes.c_void_p, ctypes.c_bool, ctypes.c_bool, ctypes.c_void_p
)
"""`(environment, caller, slots, count) -> trap`, of which only the slots matter.

Every C ABI that wasmtime-py is built for lets a callee ignore arguments at the end, and the low
byte of a pointer makes a Python bool without allocating.
"""

SIZES: Final = {
    "wasmtime_val_raw_t": 16,
    "wasmtime_val_t": 32,
    "wasmtime_func_t": 16,
    "wasmtime_memory_t": 24,
    "wasmtime_global_t": 24,
    "wasmtime_instance_t": 16,
    "wasmtime_extern_t": 32,
}

VALUE_OFFSET: Final = 8
"""Where the value stands in a `wasmtime_val_t`, behind its kind."""

I32: Final = 0
I64: Final = 1
"""Kinds of values."""
EXTERN_FUNC: Final = 0
EXTERN_GLOBAL: Final = 1
EXTERN_MEMORY: Final = 3
"""Kinds of exports."""
EXTERN_OFFSET: Final = 8
"""Where the export stands in a `wasmtime_extern_t`, behind its kind."""


class Vector(ctypes.Structure):
    """Any of the C API's vectors."""

    _fields_ = (("size", ctypes.c_size_t), ("data", ctypes.c_void_p))


SETTINGS: Final = {
    "cranelift_opt_level": ctypes.c_uint8,
    "parallel_compilation": ctypes.c_bool,
    "max_wasm_stack": ctypes.c_size_t,
    "epoch_interruption": ctypes.c_bool,
    "memory_may_move": ctypes.c_bool,
    "memory_reservation": ctypes.c_uint64,
    "memory_guard_size": ctypes.c_uint64,
    "native_unwind_info": ctypes.c_bool,
    "gc_support": ctypes.c_bool,
    "wasm_wide_arithmetic": ctypes.c_bool,
    "wasm_bulk_memory": ctypes.c_bool,
    "wasm_multi_value": ctypes.c_bool,
    "wasm_tail_call": ctypes.c_bool,
    "wasm_relaxed_simd": ctypes.c_bool,
    "wasm_simd": ctypes.c_bool,
    "wasm_threads": ctypes.c_bool,
    "wasm_gc": ctypes.c_bool,
    "wasm_function_references": ctypes.c_bool,
    "wasm_exceptions": ctypes.c_bool,
    "wasm_memory64": ctypes.c_bool,
    "wasm_multi_memory": ctypes.c_bool,
    "wasm_stack_switching": ctypes.c_bool,
    "wasm_custom_page_sizes": ctypes.c_bool,
    "wasm_component_model": ctypes.c_bool,
}
"""What `wasmtime_config_NAME_set` takes besides the configuration."""

_COMPILING: Final = frozenset({"wasmtime_module_new"})
"""Functions that give up the interpreter lock."""

_RESULTS: Final[dict[str, Any]] = {
    **{f"wasmtime_config_{name}_set": None for name in SETTINGS},
    "wasm_config_new": ctypes.c_void_p,
    "wasm_engine_new_with_config": ctypes.c_void_p,
    "wasmtime_engine_increment_epoch": None,
    "wasmtime_module_new": ctypes.c_void_p,
    "wasmtime_module_deserialize": ctypes.c_void_p,
    "wasmtime_module_serialize": ctypes.c_void_p,
    "wasmtime_module_delete": None,
    "wasmtime_linker_new": ctypes.c_void_p,
    "wasmtime_linker_delete": None,
    "wasmtime_linker_instantiate_pre": ctypes.c_void_p,
    "wasmtime_instance_pre_delete": None,
    "wasmtime_error_message": None,
    "wasm_byte_vec_delete": None,
    "wasm_valtype_new": ctypes.c_void_p,
    "wasm_valtype_kind": ctypes.c_uint8,
    "wasm_valtype_vec_new": None,
    "wasm_functype_new": ctypes.c_void_p,
    "wasm_functype_params": ctypes.c_void_p,
    "wasm_functype_results": ctypes.c_void_p,
    "wasm_functype_delete": None,
    "wasmtime_func_call_unchecked": ctypes.c_void_p,
    "wasmtime_linker_define_func_unchecked": ctypes.c_void_p,
    "wasmtime_instance_pre_instantiate": ctypes.c_void_p,
    "wasmtime_instance_export_get": ctypes.c_bool,
    "wasmtime_store_new": ctypes.c_void_p,
    "wasmtime_store_context": ctypes.c_void_p,
    "wasmtime_store_delete": None,
    "wasmtime_context_set_epoch_deadline": None,
    "wasmtime_func_type": ctypes.c_void_p,
    "wasmtime_global_get": None,
    "wasmtime_global_set": ctypes.c_void_p,
    "wasmtime_memory_data": ctypes.c_void_p,
    "wasmtime_memory_data_size": ctypes.c_size_t,
    "wasmtime_trap_new_code": ctypes.c_void_p,
    "wasmtime_trap_code": ctypes.c_bool,
    "wasm_trap_message": None,
    "wasm_trap_delete": None,
    "wasmtime_error_delete": None,
}


def _package() -> Path:
    """The folder of the installed wasmtime, which is not imported."""
    spec = find_spec("wasmtime")
    if spec is None or spec.origin is None:
        raise ImportError("wasmtime is not installed")
    return Path(spec.origin).parent


def _installed() -> str:
    """The version of the installed wasmtime."""
    # The name of the metadata folder tells; importlib.metadata takes 20 ms to be imported.
    for folder in _package().parent.glob("wasmtime-*.dist-info"):
        return folder.name.removeprefix("wasmtime-").removesuffix(".dist-info")
    from importlib import metadata

    return metadata.version("wasmtime")


def library() -> str:
    """The path of the C library: a wheel has one, in a folder named for its platform."""
    for file in sorted(_package().glob("*-*/*wasmtime.*")):
        if file.suffix in (".so", ".dylib", ".dll"):
            return str(file)
    return ""


def _declare() -> tuple[dict[str, Any], str]:
    """The functions by name, and what is wrong with this wasmtime (nothing: empty)."""
    found: dict[str, Any] = {}
    version = _installed()
    if not version.startswith(TESTED):
        return found, f"wasmtime {version} is not of the version that was tested ({TESTED}x)"
    path = library()
    try:
        holding, giving_up = ctypes.PyDLL(path), ctypes.CDLL(path)
    except OSError as error:
        return found, f"the library of wasmtime can't be loaded: {error}"
    for name, result in _RESULTS.items():
        try:
            function = (giving_up if name in _COMPILING else holding)[name]
        except AttributeError:
            return found, f"this wasmtime has no {name}"
        function.restype = result
        found[name] = function
    return found, ""


_found, problem = _declare()


def _get(name: str) -> Any:
    return _found.get(name)


func_call_unchecked: Final = _get("wasmtime_func_call_unchecked")
linker_define_func_unchecked: Final = _get("wasmtime_linker_define_func_unchecked")
instance_pre_instantiate: Final = _get("wasmtime_instance_pre_instantiate")
instance_export_get: Final = _get("wasmtime_instance_export_get")
store_new: Final = _get("wasmtime_store_new")
store_context: Final = _get("wasmtime_store_context")
store_delete: Final = _get("wasmtime_store_delete")
context_set_epoch_deadline: Final = _get("wasmtime_context_set_epoch_deadline")
func_type: Final = _get("wasmtime_func_type")
global_get: Final = _get("wasmtime_global_get")
global_set: Final = _get("wasmtime_global_set")
memory_data: Final = _get("wasmtime_memory_data")
memory_data_size: Final = _get("wasmtime_memory_data_size")
trap_new_code: Final = _get("wasmtime_trap_new_code")
trap_code: Final = _get("wasmtime_trap_code")
trap_message: Final = _get("wasm_trap_message")
trap_delete: Final = _get("wasm_trap_delete")
error_delete: Final = _get("wasmtime_error_delete")


config_new: Final = _get("wasm_config_new")
engine_new_with_config: Final = _get("wasm_engine_new_with_config")
engine_increment_epoch: Final = _get("wasmtime_engine_increment_epoch")
module_new: Final = _get("wasmtime_module_new")
module_deserialize: Final = _get("wasmtime_module_deserialize")
module_serialize: Final = _get("wasmtime_module_serialize")
module_delete: Final = _get("wasmtime_module_delete")
linker_new: Final = _get("wasmtime_linker_new")
linker_delete: Final = _get("wasmtime_linker_delete")
linker_instantiate_pre: Final = _get("wasmtime_linker_instantiate_pre")
instance_pre_delete: Final = _get("wasmtime_instance_pre_delete")
error_message: Final = _get("wasmtime_error_message")
byte_vec_delete: Final = _get("wasm_byte_vec_delete")
valtype_new: Final = _get("wasm_valtype_new")
valtype_kind: Final = _get("wasm_valtype_kind")
valtype_vec_new: Final = _get("wasm_valtype_vec_new")
functype_new: Final = _get("wasm_functype_new")
functype_params: Final = _get("wasm_functype_params")
functype_results: Final = _get("wasm_functype_results")
functype_delete: Final = _get("wasm_functype_delete")


def configure(configuration: Any, name: str, value: int) -> None:
    """Make a setting."""
    _found[f"wasmtime_config_{name}_set"](configuration, SETTINGS[name](value))


def struct(name: str) -> Any:
    """Room for a struct of `SIZES`, zeroed and aligned."""
    return (ctypes.c_uint64 * (SIZES[name] // 8))()


def taken(vector: Vector) -> bytes:
    """The bytes of a vector, which is deleted."""
    found = ctypes.string_at(vector.data or 0, vector.size)
    byte_vec_delete(ctypes.byref(vector))
    return found


def message(error: int) -> str:
    """What an error says, which is deleted."""
    pointer, text = ctypes.c_void_p(error), Vector()
    error_message(pointer, ctypes.byref(text))
    error_delete(pointer)
    return taken(text).decode()


def pointee(address: int) -> Any:
    """What to pass for the pointer `address`: prepared once, then cheaper than a number."""
    return ctypes.byref(ctypes.c_char.from_address(address))
