"""What a parser hands on: nodes without numbers or order, and what stood between them."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from msgspec import Struct, field

from compiler.contracts import sibling
from compiler.syntax.ast import (
    AtomNode,
    FieldNode,
    ListNode,
    LiteralNode,
    Node,
    SourceLines,
    TraitNode,
)
from compiler.types import TraitIdentifier
from compiler.values import Principal


class Gap:
    """Something that the tree doesn't show: a comment, or the place of an error."""

    __slots__ = ("comment", "end", "start")

    def __init__(self, start: int, end: int, comment: bool) -> None:
        self.start = start
        self.end = end
        self.comment = comment


class Finding(NamedTuple):
    """Something wrong with the source, between two offsets."""

    code: str
    message: str
    start: int
    end: int
    hint: str | None = None
    note: bool = False
    """Whether it only explains the finding before it."""


RawNode: TypeAlias = Node | Gap


class Parsed(Struct):
    """A source after parsing."""

    lines: SourceLines
    deployer: str | None = None
    """The address whose contracts are siblings even where the source writes it out."""
    top_level: list[Node] = field(default_factory=list)
    raw: dict[ListNode, list[RawNode]] = field(default_factory=dict)
    """The forms that hold gaps, with all that stands in them; braces as keys and values in turn.

    The interpreter leaves comments in the tree until it expands sugar, and the passes before
    that count them here and there: see `definitions`.
    """
    traits: list[TraitNode] = field(default_factory=list)
    """Every `<name>`, in the order of the source."""
    contracts: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Every contract that is named, with the place of its first mention."""
    findings: list[Finding] = field(default_factory=list)

    def add_list(
        self, start: int, end: int, raw: list[RawNode], gaps: bool, braces: bool
    ) -> ListNode:
        """The form made of `raw`, in which there are gaps if `gaps` is true."""
        nodes: list[Node]
        nodes = [node for node in raw if type(node) is not Gap] if gaps else raw  # type: ignore[misc, assignment]
        if braces:
            nodes = self._pairs(start, nodes)
        node = ListNode(start, end, self.lines, tuple(nodes), braces)
        if gaps:
            self.raw[node] = raw
        return node

    def _pairs(self, start: int, nodes: list[Node]) -> list[Node]:
        lines = self.lines
        pairs: list[Node] = [AtomNode(start, start + 1, lines, "tuple")]
        for index in range(0, len(nodes), 2):
            pair = tuple(nodes[index : index + 2])
            pairs.append(ListNode(pair[0].start, pair[-1].end, lines, pair))
        return pairs

    def add_contract(
        self, start: int, end: int, address: str | None, name: str, trait: str | None
    ) -> Node:
        """A contract, or a field of one; a sibling where there is no address."""
        own = address is None or address == self.deployer
        contract = sibling(name) if own else f"{address}.{name}"
        if contract not in self.contracts:
            self.contracts[contract] = (start, end)
        if trait is None:
            return LiteralNode(start, end, self.lines, Principal(contract))
        return FieldNode(start, end, self.lines, TraitIdentifier(contract, trait))

    def add_trait(self, start: int, end: int, name: str) -> TraitNode:
        """A trait reference."""
        node = TraitNode(start, end, self.lines, name)
        self.traits.append(node)
        return node
