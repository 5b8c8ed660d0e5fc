"""Writes that are not in a block yet, with nested marks; knows no store."""

from __future__ import annotations

from runtime.write_log import WriteLog


class Overlay(WriteLog):
    """Pending writes.

    `data` keeps the order in which keys were first written and not undone, which is the order in
    which a node puts them into its trie.
    """

    __slots__ = ()

    @property
    def depth(self) -> int:
        """How many marks are open."""
        return len(self._marks)

    def before_marks(self) -> dict[str, bytes]:
        """The writes that no open mark can undo any more."""
        if not self._marks:
            return dict(self.data)
        past: dict[str, bytes | None] = {}
        for key, old in reversed(self._log[self._marks[0] :]):
            past[key] = old
        data = {key: value for key, value in self.data.items() if key not in past}
        data.update((key, old) for key, old in past.items() if old is not None)
        return data

    def replace(self, data: dict[str, bytes]) -> None:
        """Begin anew with these writes."""
        self.data = data
        self.version += 1
        self._log.clear()
        self._marks.clear()
