"""Writes that are not in a block yet, with nested marks; knows no store."""

from __future__ import annotations

from collections.abc import Iterable


class Overlay:
    """Pending writes. Every one is logged with what it replaced, so that undoing is cheap.

    `data` keeps the order in which keys were first written and not undone, which is the order in
    which a node puts them into its trie.
    """

    __slots__ = ("_log", "_marks", "data", "version")

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}
        self._log: list[tuple[str, bytes | None]] = []
        self._marks: list[int] = []
        self.version = 0
        """Another number whenever the writes may be others."""

    @property
    def depth(self) -> int:
        """How many marks are open."""
        return len(self._marks)

    def put(self, key: str, value: bytes) -> None:
        """Set a key."""
        data = self.data
        self._log.append((key, data.get(key)))
        data[key] = value
        self.version += 1

    def put_all(self, writes: Iterable[tuple[str, bytes]]) -> None:
        """Set keys, in this order."""
        data, log = self.data, self._log.append
        known = data.get
        for key, value in writes:
            log((key, known(key)))
            data[key] = value
        self.version += 1

    def begin(self) -> None:
        """Open a mark."""
        self._marks.append(len(self._log))

    def commit(self) -> None:
        """Close the innermost mark, keeping."""
        self._marks.pop()

    def roll_back(self) -> None:
        """Close the innermost mark, undoing."""
        start = self._marks.pop()
        self.version += 1
        data, log = self.data, self._log
        for key, old in reversed(log[start:]):
            if old is None:
                del data[key]
            else:
                data[key] = old
        del log[start:]

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
