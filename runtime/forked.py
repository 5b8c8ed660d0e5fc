"""A mapping and a list that fork in constant time: what was there is shared, and never changed again.

    mine, other = forked_dict(known)

Work at a fork grows with what was written since the one before, not with what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, MutableMapping, MutableSequence
from typing import Any, Final, Generic, TypeVar, cast, overload

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
V = TypeVar("V")

_GONE: Final[Any] = object()
"""Stands in a layer for a key that was deleted from those below."""
_WANTED: Final[Any] = object()


class ForkedDict(MutableMapping[K, V], Generic[K, V]):
    """Writes go to a layer of its own, above frozen ones that others may share."""

    __slots__ = ("_count", "_frozen", "_own")

    def __init__(self, frozen: tuple[dict[K, V], ...], count: int) -> None:
        self._frozen = frozen
        self._own: dict[K, V] = {}
        self._count = count

    def get(self, key: K, default: Any = None) -> Any:
        """The value of a key, or `default`."""
        value = self._own.get(key, _WANTED)
        if value is _WANTED:
            for layer in reversed(self._frozen):
                value = layer.get(key, _WANTED)
                if value is not _WANTED:
                    break
            else:
                return default
        return default if value is _GONE else value

    def __getitem__(self, key: K) -> V:
        value = self.get(key, _WANTED)
        if value is _WANTED:
            raise KeyError(key)
        return cast(V, value)

    def __contains__(self, key: object) -> bool:
        return self.get(cast(K, key), _WANTED) is not _WANTED

    def __setitem__(self, key: K, value: V) -> None:
        if key not in self:
            self._count += 1
        self._own[key] = value

    def __delitem__(self, key: K) -> None:
        if key not in self:
            raise KeyError(key)
        self._count -= 1
        self._own[key] = _GONE

    def __iter__(self) -> Iterator[K]:
        seen = set()
        for layer in (*self._frozen, self._own):
            for key in layer:
                if key not in seen:
                    seen.add(key)
                    if key in self:
                        yield key

    def __len__(self) -> int:
        return self._count

    def fork(self) -> ForkedDict[K, V]:
        """Another that holds the same, and goes on by itself."""
        if self._own:
            layers = [*self._frozen, self._own]
            # As many layers as the logarithm of what was written: each is twice the next.
            while len(layers) > 1 and len(layers[-2]) < 2 * len(layers[-1]):
                upper = layers.pop()
                layers[-1] = layers[-1] | upper
            self._frozen, self._own = tuple(layers), {}
        return ForkedDict(self._frozen, self._count)


class ForkedList(MutableSequence[T], Generic[T]):
    """Is appended to and cut off at its end, which is all that a history needs."""

    __slots__ = ("_frozen", "_own", "_start", "append")

    def __init__(self, frozen: tuple[tuple[int, list[T]], ...], start: int) -> None:
        # Where each frozen part begins; it is good up to where the next one does.
        self._frozen = frozen
        self._start = start
        self._renew()

    def _renew(self) -> None:
        self._own: list[T] = []
        self.append: Callable[[T], None] = self._own.append

    def __len__(self) -> int:
        return self._start + len(self._own)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                raise ValueError("only a stretch of a history can be had")
            return self._stretch(start, stop)
        at = index + len(self) if index < 0 else index
        if at >= self._start:
            return self._own[at - self._start]
        for begin, part in reversed(self._frozen):
            if 0 <= begin <= at:
                return part[at - begin]
        raise IndexError(index)

    def _stretch(self, start: int, stop: int) -> list[T]:
        found: list[T] = []
        end = self._start
        for begin, part in reversed(self._frozen):
            if end <= start:
                break
            found[:0] = part[max(0, start - begin) : max(0, min(stop, end) - begin)]
            end = begin
        if stop > self._start:
            found += self._own[max(0, start - self._start) : stop - self._start]
        return found

    def __reversed__(self) -> Iterator[T]:
        yield from reversed(self._own)
        end = self._start
        for begin, part in reversed(self._frozen):
            yield from reversed(part[: end - begin])
            end = begin

    def __delitem__(self, index: int | slice) -> None:
        if not isinstance(index, slice) or index.stop is not None or index.step is not None:
            raise TypeError("a history is only cut off at its end")
        place = index.indices(len(self))[0]
        if place >= self._start:
            del self._own[place - self._start :]
            return
        self._frozen = tuple(part for part in self._frozen if part[0] < place)
        self._start = place
        self._renew()

    def __setitem__(self, index: int | slice, value: object) -> None:
        raise TypeError("a history is not rewritten")

    def insert(self, index: int, value: T) -> None:
        """Only at the end."""
        if index != len(self):
            raise TypeError("a history is not rewritten")
        self.append(value)

    def fork(self) -> ForkedList[T]:
        """Another that holds the same, and goes on by itself."""
        if self._own:
            parts = [*self._frozen, (self._start, self._own)]
            end = len(self)
            while len(parts) > 1 and parts[-1][0] - parts[-2][0] < 2 * (end - parts[-1][0]):
                middle, upper = parts.pop()
                begin, lower = parts[-1]
                parts[-1] = (begin, lower[: middle - begin] + upper[: end - middle])
            self._frozen, self._start = tuple(parts), end
            self._renew()
        return ForkedList(self._frozen, self._start)


def forked_dict(
    known: MutableMapping[K, V],
) -> tuple[ForkedDict[K, V], ForkedDict[K, V]]:
    """Two that go on from one; a plain dictionary is not to be written to any more."""
    if not isinstance(known, ForkedDict):
        known = ForkedDict((cast(dict[K, V], known),), len(known))
    return known, known.fork()


def forked_list(known: Iterable[T]) -> tuple[ForkedList[T], ForkedList[T]]:
    """Two that go on from one; a plain list is not to be written to any more."""
    if not isinstance(known, ForkedList):
        assert isinstance(known, list)
        known = ForkedList(((0, known),), len(known))
    return known, known.fork()
