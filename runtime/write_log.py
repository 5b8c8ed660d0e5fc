"""Keys and values with nested marks: every write is logged with what it replaced, so that undoing is
cheap. Knows no blocks."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping, MutableSequence


class WriteLog:
    """What was written, in `data`, and how to undo it."""

    __slots__ = ("_log", "_marks", "data", "version")

    def __init__(self) -> None:
        self.data: MutableMapping[str, bytes] = {}
        self._log: MutableSequence[tuple[str, bytes | None]] = []
        self._marks: list[int] = []
        self.version = 0
        """Another number whenever what is read may have changed."""

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
        place = self._marks.pop()
        if len(self._log) > place:
            self._undo(place)

    def _undo(self, place: int) -> None:
        """Undo all writes but the first so many."""
        self.version += 1
        data, log = self.data, self._log
        for key, old in reversed(log[place:]):
            if old is None:
                del data[key]
            else:
                data[key] = old
        del log[place:]
