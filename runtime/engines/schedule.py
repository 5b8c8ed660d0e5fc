"""What changes at which burn height: the epoch, and the engine that answers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from msgspec import Struct

from compiler.versions import Epoch


class ScheduleError(ValueError):
    """Heights or epochs that do not ascend, or text that is neither."""


class Schedule(Struct, frozen=True):
    """`epochs` are burn heights with the epochs that begin there, both ascending.

    From the burn height `activation` on our VM answers; below it the interpreter does.
    """

    epochs: tuple[tuple[int, Epoch], ...] = ()
    activation: int = 0

    def __post_init__(self) -> None:
        for (height, epoch), (next_height, next_epoch) in zip(
            self.epochs, self.epochs[1:], strict=False
        ):
            if height >= next_height or epoch >= next_epoch:
                raise ScheduleError(
                    f"epoch {next_epoch} at burn height {next_height} does not come after "
                    f"epoch {epoch} at {height}"
                )
        if self.activation < 0 or any(height < 0 for height, _ in self.epochs):
            raise ScheduleError("a burn height is not negative")

    @classmethod
    def parse(cls, rows: Iterable[str], activation: int = 0) -> Schedule:
        """From rows `HEIGHT=EPOCH`; `ScheduleError` says what is wrong with one."""
        found = []
        for row in rows:
            height, _, epoch = row.partition("=")
            if not height.isascii() or not height.isdecimal():
                raise ScheduleError(f"want HEIGHT=EPOCH, got {row!r}")
            try:
                found.append((int(height), Epoch.parse(epoch)))
            except ValueError as error:
                raise ScheduleError(f"{row!r}: {error}") from None
        return cls(tuple(found), activation)

    def epoch_at(self, burn_height: int) -> Epoch | None:
        """The epoch of blocks of a burn height; `None` where the schedule says nothing yet."""
        index = bisect_right(self.epochs, burn_height, key=lambda row: row[0])
        return self.epochs[index - 1][1] if index else None

    def is_active(self, burn_height: int) -> bool:
        """Whether our VM answers transactions in blocks of a burn height."""
        return burn_height >= self.activation
