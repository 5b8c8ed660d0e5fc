"""The abstract syntax tree: slotted classes, treated as immutable.

Five kinds of nodes, as the interpreter's `SymbolicExpression` has them. `id` numbers the nodes of
a contract from 1 in pre-order; side tables of later passes are keyed by it. Nodes keep offsets
into the source; lines and columns are worked out only for a node whose `span` is asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from msgspec import Struct

from compiler.diagnostics import Span
from compiler.types import TraitIdentifier
from compiler.values import Literal


class SourceLines:
    """A source and where its lines begin."""

    __slots__ = ("_starts", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self._starts: list[int] | None = None

    def span(self, start: int, end: int) -> Span:
        """The span of the characters from offset `start` up to, not including, `end`."""
        first_line, first_column = self._position(start)
        last_line, last_column = self._position(max(start, end - 1))
        return Span(first_line, first_column, last_line, last_column)

    def _position(self, offset: int) -> tuple[int, int]:
        starts = self._starts
        if starts is None:
            starts = [0]
            newline = self.source.find("\n")
            while newline >= 0:
                starts.append(newline + 1)
                newline = self.source.find("\n", newline + 1)
            self._starts = starts
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1


class _Placed:
    """What every node has: its number and its place in the source (`end` is not included)."""

    __slots__ = ("end", "id", "lines", "start")

    id: int
    start: int
    end: int
    lines: SourceLines

    @property
    def span(self) -> Span:
        """Where the node stands, in lines and columns."""
        return self.lines.span(self.start, self.end)


class LiteralNode(_Placed):
    """A literal value: integer, buffer, string, principal (`true` and `none` are atoms)."""

    __slots__ = ("value",)

    def __init__(self, start: int, end: int, lines: SourceLines, value: Literal) -> None:
        self.id = 0
        self.start = start
        self.end = end
        self.lines = lines
        self.value = value


class AtomNode(_Placed):
    """A name."""

    __slots__ = ("name",)

    def __init__(self, start: int, end: int, lines: SourceLines, name: str) -> None:
        self.id = 0
        self.start = start
        self.end = end
        self.lines = lines
        self.name = name


class ListNode(_Placed):
    """A parenthesised form; tuples `{a: 1}` are already `(tuple (a 1))`, with `braces` true."""

    __slots__ = ("braces", "children")

    def __init__(
        self,
        start: int,
        end: int,
        lines: SourceLines,
        children: tuple[Node, ...],
        braces: bool = False,
    ) -> None:
        self.id = 0
        self.start = start
        self.end = end
        self.lines = lines
        self.children = children
        self.braces = braces


class FieldNode(_Placed):
    """A field of a contract, such as a trait: `'SP….contract.trait` or `.contract.trait`."""

    __slots__ = ("field",)

    def __init__(self, start: int, end: int, lines: SourceLines, field: TraitIdentifier) -> None:
        self.id = 0
        self.start = start
        self.end = end
        self.lines = lines
        self.field = field


UNRESOLVED = TraitIdentifier("", "")


class TraitNode(_Placed):
    """A trait reference `<name>`, with the trait that it was resolved to.

    `imported` is true where the trait came by `use-trait`, false where it was defined here.
    """

    __slots__ = ("imported", "name", "trait")

    def __init__(self, start: int, end: int, lines: SourceLines, name: str) -> None:
        self.id = 0
        self.start = start
        self.end = end
        self.lines = lines
        self.name = name
        self.trait = UNRESOLVED
        self.imported = False


Node: TypeAlias = LiteralNode | AtomNode | ListNode | FieldNode | TraitNode


class ReferencedTrait(NamedTuple):
    """What a trait's name in a contract stands for."""

    trait: TraitIdentifier
    imported: bool


class ContractAst(Struct, frozen=True):
    """A contract's tree, its definitions ordered so that each stands after what it uses."""

    top_level: tuple[Node, ...]
    referenced_traits: Mapping[str, ReferencedTrait]
    """The traits that the contract defines or imports, by the name that it gives them."""
    implemented_traits: tuple[TraitIdentifier, ...]
    """What `impl-trait` names, in the order of the source, each once."""
    contract_references: Mapping[str, Span]
    """Every contract that the source names, with the first place that does."""
    definition_edges: int
    """References between definitions: the size that `cost_ast_cycle_detection` is charged for."""

    @property
    def defined_traits(self) -> frozenset[str]:
        """The names of the traits that the contract defines itself."""
        return frozenset(name for name, ref in self.referenced_traits.items() if not ref.imported)
