"""How much native stack is left: nested guests share one, and each may use its full allowance.

wasmtime limits each entry into Wasm, not the sum of nested ones, and an overflow of the native
stack itself kills the process. Platforms that can't be asked are trusted.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from typing import Final, NamedTuple

HOST_MARGIN: Final = 256 << 10
"""Room for the host's own frames, Python's and wasmtime's, between two guests."""


class Bounds(NamedTuple):
    """Addresses of the current thread's stack: it grows down from `top` to `bottom`."""

    bottom: int
    top: int


_known = threading.local()


def has_room(address: int, wanted: int) -> bool:
    """Whether `wanted` bytes are left below `address`, an address on the current thread's stack."""
    bounds: Bounds | None = getattr(_known, "bounds", None)
    if bounds is None:
        bounds = _known.bounds = _bounds()
    # An address outside belongs to a stack that a coroutine library made: nothing is known of it.
    return not bounds.bottom <= address < bounds.top or address - bounds.bottom >= wanted


def _bounds() -> Bounds:
    try:
        if sys.platform == "win32":
            return _windows()
        if sys.platform == "darwin":
            return _darwin()
        return _linux()
    except (OSError, AttributeError):
        return Bounds(0, 0)


def _linux() -> Bounds:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.pthread_self.restype = ctypes.c_void_p
    attributes = ctypes.create_string_buffer(256)  # pthread_attr_t is 56 bytes or fewer
    if libc.pthread_getattr_np(ctypes.c_void_p(libc.pthread_self()), attributes):
        return Bounds(0, 0)
    bottom, size = ctypes.c_size_t(), ctypes.c_size_t()
    failed = libc.pthread_attr_getstack(attributes, ctypes.byref(bottom), ctypes.byref(size))
    libc.pthread_attr_destroy(attributes)
    return Bounds(0, 0) if failed else Bounds(bottom.value, bottom.value + size.value)


def _darwin() -> Bounds:
    libc = ctypes.CDLL(None)
    libc.pthread_self.restype = ctypes.c_void_p
    libc.pthread_get_stackaddr_np.restype = ctypes.c_size_t
    libc.pthread_get_stacksize_np.restype = ctypes.c_size_t
    thread = ctypes.c_void_p(libc.pthread_self())
    top = libc.pthread_get_stackaddr_np(thread)
    return Bounds(top - libc.pthread_get_stacksize_np(thread), top)


def _windows() -> Bounds:
    bottom, top = ctypes.c_size_t(), ctypes.c_size_t()
    kernel = ctypes.CDLL("kernel32")
    kernel.GetCurrentThreadStackLimits(ctypes.byref(bottom), ctypes.byref(top))
    return Bounds(bottom.value, top.value)
