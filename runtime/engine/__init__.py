"""The Wasm engine: wasmtime through a thin path, with its public API as the fall-back.

Nothing outside this package knows wasmtime or ctypes, and nothing in it knows Clarity.
"""

from __future__ import annotations

from runtime.engine.engine import Engine, Settings, compile_module, engine_for, fingerprint
from runtime.engine.faults import EngineError, Frame, GuestTrap, TrapCode
from runtime.engine.module import Extern, Module
from runtime.engine.select import backend, host_table
from runtime.engine.shape import Function, Global, HostFunction, HostTable, Instance, Linked, Slots

__all__ = [
    "Engine",
    "EngineError",
    "Extern",
    "Frame",
    "Function",
    "Global",
    "GuestTrap",
    "HostFunction",
    "HostTable",
    "Instance",
    "Linked",
    "Module",
    "Settings",
    "Slots",
    "TrapCode",
    "backend",
    "compile_module",
    "engine_for",
    "fingerprint",
    "host_table",
]
