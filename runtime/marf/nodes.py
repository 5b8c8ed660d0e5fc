"""Nodes of a trie: their shapes, the bytes that are hashed, and the bytes that are stored.

A child is a node of the block being built, or a number that says where a finished block keeps it.
Knows no database and no chain.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Final

from runtime.hashing import sha512_256

LEAF: Final = 1
NODE4: Final = 2
NODE256: Final = 5
BACK: Final = 0x80
"""Set in a child's kind when another block holds it."""

CAPACITY: Final = (0, 0, 4, 16, 48, 256)
VALUE_SIZE: Final = 40
PATH_SIZE: Final = 32
EMPTY_HASH: Final = sha512_256(b"")

_EMPTY_POINTERS: Final = tuple(bytes(34 * capacity) for capacity in CAPACITY)
_EMPTY_HASHES: Final = tuple(EMPTY_HASH * capacity for capacity in CAPACITY)
_NO_BLOCK: Final = bytes(32)
_COUNT: Final = struct.Struct(">H")
_REFERENCE: Final = struct.Struct(">Q")
_HASH_SIZE: Final = 32

MAX_RECORD: Final = _HASH_SIZE + 1 + PATH_SIZE + _COUNT.size + 256 + 256 * _REFERENCE.size
"""The longest stored node."""
MAX_TRIE: Final = 1 << 29
"""A place within a trie has 29 bits of a reference."""


class Leaf:
    """The end of a path, with the value."""

    __slots__ = ("path", "value")
    kind = LEAF

    def __init__(self, path: bytes, value: bytes) -> None:
        self.path = path
        self.value = value


class Node:
    """A branching of paths. The order of children is that of their arrival, save in a Node256."""

    __slots__ = ("children", "kind", "path")

    def __init__(self, kind: int, path: bytes, children: dict[int, Child]) -> None:
        self.kind = kind
        self.path = path
        self.children = children

    def add(self, char: int, child: Leaf) -> None:
        """Add a child that is not there, growing to the next kind when full."""
        self.children[char] = child
        if len(self.children) > CAPACITY[self.kind]:
            self.kind += 1

    def ordered(self) -> Iterable[tuple[int, Child]]:
        """The children in the order of the network's slots."""
        items = self.children.items()
        return sorted(items, key=_first) if self.kind == NODE256 else items


Child = Leaf | Node | int


def _first(item: tuple[int, Child]) -> int:
    return item[0]


def reference(block: int, at: int, kind: int) -> int:
    """Where a stored child is, as one number; block 0 is the block that holds the reference."""
    return block << 32 | at << 3 | kind


def leaf_hash(path: bytes, value: bytes) -> bytes:
    """The hash of a leaf."""
    return sha512_256(b"\x01" + bytes((len(path),)) + path + value)


def node_hash(
    kind: int, path: bytes, children: Iterable[tuple[int, int, bytes, bytes]], back: bool = True
) -> bytes:
    """The hash of a node from its children: slot, kind, the block of a child that is elsewhere
    (or `b""`) and the child's hash; of one elsewhere that is its block's identifier.
    """
    pointers = bytearray(_EMPTY_POINTERS[kind])
    hashes = bytearray(_EMPTY_HASHES[kind])
    slot = 0
    for char, child_kind, block, hashed in children:
        if kind == NODE256:
            slot = char
        at = slot * 34
        pointers[at] = child_kind
        pointers[at + 1] = char
        if block:
            pointers[at + 2 : at + 34] = block
        hashes[slot * 32 : slot * 32 + 32] = hashed
        slot += 1
    return sha512_256(b"%c%b%c%b%b" % (kind, pointers, len(path), path, hashes))
