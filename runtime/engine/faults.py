"""What can go wrong in the engine, as exceptions; knows nothing of Clarity's own errors."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import wasmtime

__all__ = ["EngineError", "Frame", "GuestTrap", "TrapCode", "guest_trap"]


class EngineError(Exception):
    """A module that is not valid, doesn't fit the host's functions, or is called wrongly."""


class TrapCode(IntEnum):
    """wasmtime's codes of the traps that modules without its newer features can meet; its package,
    which has an enumeration of its own, is imported late, if at all."""

    STACK_OVERFLOW = 0
    MEMORY_OUT_OF_BOUNDS = 1
    HEAP_MISALIGNED = 2
    TABLE_OUT_OF_BOUNDS = 3
    INDIRECT_CALL_TO_NULL = 4
    BAD_SIGNATURE = 5
    INTEGER_OVERFLOW = 6
    INTEGER_DIVISION_BY_ZERO = 7
    BAD_CONVERSION_TO_INTEGER = 8
    UNREACHABLE = 9
    INTERRUPT = 10
    OUT_OF_FUEL = 11


_KNOWN = frozenset(TrapCode)


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
        self,
        code: TrapCode | None,
        message: str,
        trap: Callable[[], wasmtime.Trap] | None = None,
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
            for frame in self._trap().frames
        )


def guest_trap(code: int | None, message: str, trap: Callable[[], wasmtime.Trap]) -> GuestTrap:
    """The same trap as the product's own exception; `trap` gives wasmtime's when it is wanted."""
    if code is None or code not in _KNOWN:
        return GuestTrap(None, message, trap)
    known = TrapCode(code)
    return GuestTrap(known, known.name.lower().replace("_", " "), trap)
