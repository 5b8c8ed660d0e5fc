"""What can go wrong in the engine, as exceptions; knows nothing of Clarity's own errors."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import wasmtime
from wasmtime import TrapCode

__all__ = ["EngineError", "Frame", "GuestTrap", "TrapCode", "guest_trap"]


class EngineError(Exception):
    """A module that is not valid, doesn't fit the host's functions, or is called wrongly."""


class Frame(NamedTuple):
    """One frame of the guest's stack: the function, and where in the module it was."""

    function: int
    name: str | None
    offset: int


class GuestTrap(Exception):
    """Wasm code trapped of itself: `code` says why.

    `code` is None for the few faults that wasmtime gives no code.
    """

    def __init__(
        self, code: TrapCode | None, message: str, trap: wasmtime.Trap | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self._trap = trap

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """Where it trapped, innermost first. Asked for seldom, and 20 µs a frame."""
        if self._trap is None:
            return ()
        return tuple(
            Frame(frame.func_index, frame.func_name, frame.module_offset)
            for frame in self._trap.frames
        )


def guest_trap(trap: wasmtime.Trap) -> GuestTrap:
    """The same trap as the product's own exception."""
    code = trap.trap_code
    if code is None:
        return GuestTrap(None, trap.message, trap)
    return GuestTrap(code, code.name.lower().replace("_", " "), trap)
