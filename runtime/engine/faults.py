"""What can go wrong in the engine, as exceptions; knows nothing of Clarity's own errors."""

from __future__ import annotations

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


class GuestTrap(Exception):  # noqa: N818 -- the name of the thing
    """Wasm code trapped of itself: `code` says why, `frames` where (innermost first).

    `code` is None for the few faults that wasmtime gives no code.
    """

    def __init__(self, code: TrapCode | None, message: str, frames: tuple[Frame, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.frames = frames


def guest_trap(trap: wasmtime.Trap) -> GuestTrap:
    """The same trap as an exception that doesn't hold on to the engine."""
    frames = tuple(
        Frame(frame.func_index, frame.func_name, frame.module_offset) for frame in trap.frames
    )
    message = trap.message.strip()
    reason = message.rsplit("wasm trap: ", 1)[-1]
    return GuestTrap(trap.trap_code, reason, frames)
