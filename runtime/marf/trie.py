"""The trie of the block being built: copies what it touches from earlier blocks, hashes once.

Knows no database: finished tries are reached through the function it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runtime.marf.nodes import (
    MAX_TRIE,
    NODE4,
    NODE256,
    Child,
    Leaf,
    Node,
    Slots,
    leaf_hash,
    leaf_record,
    node_hash,
    node_record,
    reference,
)

Fetch = Callable[[int], Leaf | Node]
"""A stored node by its reference, with its children as references."""


class TrieTooLarge(ValueError):
    """A block that wrote more than a trie can hold."""


class Trie:
    """The nodes that one block writes."""

    __slots__ = ("_fetch", "_root")

    def __init__(self, fetch: Fetch, parent_root: int | None) -> None:
        self._fetch = fetch
        self._root = Node(NODE256, b"", {})
        if parent_root is not None:
            before = fetch(parent_root)
            self._root.children = before.children if isinstance(before, Node) else {}

    def insert(self, path: bytes, value: bytes) -> None:
        """Set the value of a path of 32 bytes."""
        node, at = self._root, 0
        while True:
            char = path[at]
            at += 1
            child = node.children.get(char)
            if child is None:
                node.add(char, Leaf(path[at:], value))
                return
            if isinstance(child, int):
                child = node.children[char] = self._fetch(child)
            if not path.startswith(child.path, at):
                node.children[char] = _split(child, path[at:], value)
                return
            if isinstance(child, Leaf):
                child.value = value
                return
            at += len(child.path)
            node = child

    def get(self, path: bytes) -> bytes | None:
        """The value of a path as this block has it."""
        child: Child = self._root
        at = 0
        while True:
            if isinstance(child, int):
                child = self._fetch(child)
            if not path.startswith(child.path, at):
                return None
            if isinstance(child, Leaf):
                return child.value
            at += len(child.path)
            found = child.children.get(path[at])
            if found is None:
                return None
            child = found
            at += 1

    def seal(self, ids: Sequence[bytes]) -> tuple[bytes, bytes, int]:
        """The root node's hash, the trie as it is stored, and where in it the root is.

        `ids` has the identifiers of the blocks that children are in, by number.
        """
        out = bytearray()
        hashed, at = _write(self._root, out, ids)
        if len(out) >= MAX_TRIE:
            raise TrieTooLarge(f"the block's trie has {len(out)} bytes, {MAX_TRIE} or more")
        return hashed, bytes(out), at


def _split(child: Leaf | Node, rest: bytes, value: bytes) -> Node:
    """The node that takes `child`'s place when `rest` leaves its path half-way."""
    own = child.path
    shared = 0
    while own[shared] == rest[shared]:
        shared += 1
    child.path = own[shared + 1 :]
    leaf = Leaf(rest[shared + 1 :], value)
    old, new = (own[shared], child), (rest[shared], leaf)
    # The order decides the hash: beside a leaf the new leaf is second, above a node it is first.
    both: list[tuple[int, Child]] = [old, new] if isinstance(child, Leaf) else [new, old]
    return Node(NODE4, own[:shared], dict(both))


def _write(node: Node, out: bytearray, ids: Sequence[bytes]) -> tuple[bytes, int]:
    """Append a node after all below it; its hash and place."""
    wide = node.kind == NODE256
    slots = Slots(node.kind)
    references: list[int] = []
    for slot, (char, child) in enumerate(node.children.items()):
        at = char if wide else slot
        if isinstance(child, int):
            slots.put_far(at, char, child & 7, ids[child >> 32])
            references.append(child)
            continue
        if isinstance(child, Leaf):
            place = len(out)
            hashed = leaf_hash(child.path, child.value)
            out += leaf_record(child)
        else:
            hashed, place = _write(child, out, ids)
        slots.put_near(at, char, child.kind, hashed)
        references.append(reference(0, place, child.kind))
    hashed = node_hash(node.kind, node.path, slots.pointers, slots.hashes)
    place = len(out)
    out += node_record(hashed, node.path, bytes(node.children), references)
    return hashed, place
