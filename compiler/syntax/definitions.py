"""The order of a contract's definitions: each after what it uses; knows no types.

The order decides which error comes first and what a deployment does, so references are looked
for exactly where the interpreter looks: it doesn't see into every form (the keys of tuples, the
names that `let` binds), and a comment inside a form shifts what it takes for an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from compiler.syntax.ast import AtomNode, ListNode, Node, TraitNode
from compiler.syntax.parsed import Finding, Gap, Parsed, RawNode

FUNCTION_DEFINITIONS: Final = frozenset({"define-private", "define-public", "define-read-only"})
DEFINITIONS: Final = FUNCTION_DEFINITIONS | {
    "define-constant",
    "define-data-var",
    "define-fungible-token",
    "define-map",
    "define-non-fungible-token",
    "define-trait",
    "impl-trait",
    "use-trait",
}


def definition_of(items: Sequence[RawNode]) -> str | None:
    """The word that makes a definition of the form with these items, if it is one."""
    if items and type(items[0]) is AtomNode and items[0].name in DEFINITIONS:
        return items[0].name
    return None


def defined_name(parsed: Parsed, node: Node) -> AtomNode | None:
    """The name that a top-level form defines; a comment before it hides it."""
    items = _items(parsed, node)
    if items is None or definition_of(items) is None or len(items) < 2:
        return None
    named: RawNode = items[1]
    signature = _items(parsed, named)
    if signature is not None:
        if not signature:
            return None
        named = signature[0]
    return named if type(named) is AtomNode else None


def _items(parsed: Parsed, node: RawNode) -> Sequence[RawNode] | None:
    """All that stands in a parenthesised form, comments too; None for anything else."""
    if type(node) is not ListNode or node.braces:
        return None
    return parsed.raw.get(node, node.children) if parsed.raw else node.children


class _References:
    """Finds what one top-level form refers to, as indices in the order of the source."""

    def __init__(self, parsed: Parsed) -> None:
        self.parsed = parsed
        self.names: dict[str, tuple[int, AtomNode]] = {}
        for index, node in enumerate(parsed.top_level):
            name = defined_name(parsed, node)
            if name is not None:
                self.names[name.name] = (index, name)
        self.found: list[int] = []

    def of(self, node: Node) -> list[int]:
        """What `node` refers to, in the order in which it does, each time that it does."""
        self.found = []
        self._probe(node)
        return self.found

    def _probe(self, node: RawNode) -> None:
        kind = type(node)
        if kind is ListNode:
            if node.braces:  # type: ignore[union-attr]
                self._probe_braces(node)  # type: ignore[arg-type]
            else:
                self._probe_list(node)  # type: ignore[arg-type]
        elif kind is AtomNode or kind is TraitNode:
            target = self.names.get(node.name)  # type: ignore[union-attr]
            if target is not None and target[1] is not node:
                self.found.append(target[0])

    def _probe_all(self, nodes: Iterable[RawNode]) -> None:
        names = self.names
        for node in nodes:
            kind = type(node)
            if kind is AtomNode:
                # As `_probe` has it; most nodes are names, and most names are none of ours.
                if node.name in names:  # type: ignore[union-attr]
                    self._probe(node)
            elif kind is ListNode or kind is TraitNode:
                self._probe(node)

    def _probe_braces(self, node: ListNode) -> None:
        raw = self.parsed.raw.get(node)
        if raw is None:
            for pair in node.children[1:]:
                self._probe_pair(pair)
            return
        # With comments among them, keys and values are taken two by two all the same.
        for index in range(1, len(raw), 2):
            self._probe(raw[index])

    def _probe_pair(self, node: RawNode) -> None:
        items = _items(self.parsed, node)
        if items is not None and len(items) == 2:
            self._probe(items[1])

    def _probe_pairs(self, nodes: Iterable[RawNode]) -> None:
        for node in nodes:
            self._probe_pair(node)

    def _probe_list(self, node: ListNode) -> None:
        items: Sequence[RawNode] = node.children
        if self.parsed.raw and node in self.parsed.raw:
            items = [
                item for item in self.parsed.raw[node] if not (type(item) is Gap and item.comment)
            ]
        if not items:
            return
        word = items[0].name if type(items[0]) is AtomNode else ""
        if word in DEFINITIONS:
            self._probe_definition(word, items[1:])
        elif word == "contract-call?":
            self._probe_all(items[3:])
        elif word == "let":
            if len(items) > 2:
                bindings = _items(self.parsed, items[1])
                if bindings is not None:
                    self._probe_pairs(bindings)
                self._probe_all(items[2:])
        elif word == "get":
            if len(items) == 3:
                self._probe(items[2])
        elif word == "tuple":
            self._probe_pairs(items[1:])
        else:
            self._probe_all(items)

    def _probe_definition(self, word: str, args: Sequence[RawNode]) -> None:
        if word in FUNCTION_DEFINITIONS:
            if len(args) == 2:
                signature = _items(self.parsed, args[0])
                if signature is not None:
                    self._probe_pairs(signature[1:])
                self._probe(args[1])
        elif word in ("define-constant", "define-data-var"):
            self._probe_all(args[1:])
        elif word == "define-map":
            if len(args) == 3:
                self._probe_all(args[1:])
        elif word == "define-fungible-token":
            if len(args) == 2:
                self._probe(args[1])
        elif word == "define-trait" and len(args) == 2:
            for method in _items(self.parsed, args[1]) or ():
                parts = _items(self.parsed, method)
                if parts is not None and len(parts) == 3:
                    self._probe_all(parts[1:])


def sort_definitions(parsed: Parsed) -> tuple[list[Node], int]:
    """The top-level forms in order, and how many references there are between them.

    Where definitions depend on each other in a circle, the order stays that of the source and
    `parsed.findings` says so.
    """
    references = _References(parsed)
    forms = parsed.top_level
    graph = [references.of(node) for node in forms]
    order = _post_order(graph)
    circular = _circular(graph, order)
    if circular:
        _report_circle(parsed, circular)
        order = list(range(len(forms)))
    return [forms[index] for index in order], sum(map(len, graph))


def _post_order(graph: list[list[int]]) -> list[int]:
    order: list[int] = []
    seen: set[int] = set()
    for root in range(len(graph)):
        stack = [(root, False)]
        while stack:
            index, done = stack.pop()
            if done:
                order.append(index)
            elif index not in seen:
                seen.add(index)
                stack.append((index, True))
                stack.extend((used, False) for used in reversed(graph[index]) if used not in seen)
    return order


def _circular(graph: list[list[int]], order: list[int]) -> list[int]:
    """The forms that are in a circle or use one that is."""
    sound: set[int] = set()
    for index in order:
        used = graph[index]
        sound.update(other for other in used if not graph[other])
        if all(other in sound for other in used):
            sound.add(index)
    return [index for index in range(len(graph)) if index not in sound]


def _report_circle(parsed: Parsed, circular: list[int]) -> None:
    names = [
        name
        for index in circular
        if (name := defined_name(parsed, parsed.top_level[index])) is not None
    ]
    place: Node = names[0] if names else parsed.top_level[circular[0]]
    parsed.findings.append(
        Finding(
            "circular-reference",
            f"detected interdependent functions ({', '.join(sorted(n.name for n in names))})",
            place.start,
            place.end,
            "Clarity has no recursion: a definition can't use itself, not even through others",
        )
    )
