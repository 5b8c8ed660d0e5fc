"""Where in the source costs arise: what each node charges in a run of its function.

Collected on request only, for pages that show the source; knows no source text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class CostPlaces:
    """The least and the most runtime that each node charges, its children apart, by node id.

    A node in a loop counts as often as the loop runs; a call has what the function called charges.
    """

    __slots__ = ("_node", "_times", "nodes")

    def __init__(self) -> None:
        self.nodes: dict[int, tuple[int, int]] = {}
        self._node = 0
        self._times = (1, 1)

    def begin(self, node: int) -> None:
        """A top-level form begins: what no node inside it charges is its own."""
        self._node = node

    @contextmanager
    def at(self, node: int) -> Iterator[None]:
        """Charges from here on are the node's."""
        before, self._node = self._node, node
        try:
            yield
        finally:
            self._node = before

    @contextmanager
    def repeated(self, least: int, most: int) -> Iterator[None]:
        """Charges from here on are made from `least` to `most` times."""
        before = self._times
        self._times = (before[0] * least, before[1] * most)
        try:
            yield
        finally:
            self._times = before

    def charge(self, least: int, most: int) -> None:
        """Note a charge."""
        before = self.nodes.get(self._node, (0, 0))
        self.nodes[self._node] = (
            before[0] + least * self._times[0],
            before[1] + most * self._times[1],
        )
