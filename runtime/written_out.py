"""Functions whose Python source is written out line by line, for one signature or pair of types.

Equal sources are compiled once, whoever wrote them. Knows no values and no types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, TypeAlias

Names: TypeAlias = tuple[tuple[str, Any], ...]
"""Names and what they stand for."""

_MAX_KEPT: Final = 8_192
_STEP: Final = "    "


class Lines:
    """The body of a function while it is written."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._indent = _STEP * 2

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, text: str, at: int | None = None) -> None:
        """Add a line, at the end or before another."""
        self._lines.insert(len(self._lines) if at is None else at, self._indent + text)

    @contextmanager
    def inner(self, head: str) -> Iterator[None]:
        """Lines that belong to `head`."""
        self.add(head)
        self._indent += _STEP
        yield
        self._indent = self._indent.removesuffix(_STEP)

    def function(self, head: str, given: Mapping[str, object], known: Names = ()) -> Any:
        """The function of this body, with `head` as in "load(values, memory)".

        It speaks of what it is `given`, of its own, and of what all that are written alike know.
        """
        name = head.partition("(")[0]
        source = "\n".join(
            (
                f"def make({', '.join(given)}):",
                f"{_STEP}def {head}:",
                *self._lines,
                f"{_STEP}return {name}",
            )
        )
        return _maker(source, known)(**given)


@lru_cache(maxsize=_MAX_KEPT)
def _maker(source: str, known: Names) -> Callable[..., Any]:
    found = dict(known)
    exec(source, found)
    make: Callable[..., Any] = found["make"]
    return make
