"""The trie of the block being built: copies what it touches from earlier blocks, hashes once.

Knows no database: finished tries are reached through the function it is given.
"""

from __future__ import annotations

from collections.abc import Callable

from runtime.marf.nodes import (
    BACK,
    MAX_TRIE,
    NODE4,
    NODE256,
    Child,
    Leaf,
    Node,
    block_of,
    kind_of,
    leaf_hash,
    leaf_record,
    node_hash,
    node_record,
    reference,
    slots,
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

    def seal(self, block_id: Callable[[int], bytes]) -> tuple[bytes, bytes, int]:
        """The root node's hash, the trie as it is stored, and where in it the root is.

        `block_id` gives the identifiers of the blocks that children are in.
        """
        out = bytearray()
        hashed, at = _write(self._root, out, block_id)
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


def _write(node: Node, out: bytearray, block_id: Callable[[int], bytes]) -> tuple[bytes, int]:
    """Append a node after all below it; its hash and place."""
    rows: list[tuple[int, int, bytes, bytes]] = []
    references: list[int] = []
    chars = bytearray()
    for char, child in node.ordered():
        chars.append(char)
        if isinstance(child, int):
            elsewhere = block_id(block_of(child))
            rows.append((char, BACK | kind_of(child), elsewhere, elsewhere))
            references.append(child)
            continue
        if isinstance(child, Leaf):
            at = len(out)
            hashed = leaf_hash(child.path, child.value)
            out += leaf_record(child)
        else:
            hashed, at = _write(child, out, block_id)
        rows.append((char, child.kind, b"", hashed))
        references.append(reference(0, at, child.kind))
    pointers, hashes = slots(node.kind, rows)
    hashed = node_hash(node.kind, node.path, pointers, hashes)
    at = len(out)
    out += node_record(hashed, node.path, chars, references)
    return hashed, at
