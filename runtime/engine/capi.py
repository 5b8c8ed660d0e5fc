"""wasmtime's C API as the thin path calls it; the only declarations of it in the product.

Calls go through `ctypes.PyDLL`: the guest's time is bounded by its costs, and giving up the
interpreter lock for each call, and taking it back for each host function, costs 0.2 µs a time.
Functions are declared without `argtypes`, since every argument is prepared beforehand by `byref`.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any, Final

import wasmtime
from wasmtime import _ffi as ffi

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

_RESULTS: Final[dict[str, Any]] = {
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
    "wasm_trap_delete": None,
    "wasmtime_error_delete": None,
}


def _installed() -> str:
    """The version of the installed wasmtime."""
    # The name of the metadata folder tells; importlib.metadata takes 20 ms to be imported.
    beside = Path(wasmtime.__file__).parent.parent.glob("wasmtime-*.dist-info")
    for folder in beside:
        return folder.name.removeprefix("wasmtime-").removesuffix(".dist-info")
    from importlib import metadata

    return metadata.version("wasmtime")


def _declare() -> tuple[dict[str, Any], str]:
    """The functions by name, and what is wrong with this wasmtime (nothing: empty)."""
    found: dict[str, Any] = {}
    version = _installed()
    if not version.startswith(TESTED):
        return found, f"wasmtime {version} is not of the version that was tested ({TESTED}x)"
    for name, size in SIZES.items():
        actual = ctypes.sizeof(getattr(ffi, name))
        if actual != size:
            return found, f"{name} has {actual} bytes, not {size}"
    if ffi.wasmtime_val_t.of.offset != VALUE_OFFSET:
        return found, "wasmtime_val_t holds its value elsewhere"
    library = ctypes.PyDLL(ffi.dll._name)
    for name, result in _RESULTS.items():
        try:
            function = library[name]
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
trap_delete: Final = _get("wasm_trap_delete")
error_delete: Final = _get("wasmtime_error_delete")


def pointee(address: int) -> Any:
    """What to pass for the pointer `address`: prepared once, then cheaper than a number."""
    return ctypes.byref(ctypes.c_char.from_address(address))
