"""Nodes of a trie: their shapes, the bytes that are hashed, and the bytes that are stored.

A child is a node of the block being built, or a number that says where a finished block keeps it.
Knows no database and no chain.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Final

from runtime.hashing import sha512_256

LEAF: Final = 1
NODE4: Final = 2
NODE256: Final = 5
BACK: Final = 0x80
"""Set in a child's kind when another block holds it."""

CAPACITY: Final = (0, 0, 4, 16, 48, 256)
PATH_SIZE: Final = 32
VALUE_SIZE: Final = 40
HASH_SIZE: Final = 32
POINTER_SIZE: Final = 34
EMPTY_HASH: Final = sha512_256(b"")

_NO_POINTER: Final = bytes(POINTER_SIZE)
_NO_BLOCK: Final = bytes(32)
_FAR: Final = [[bytes((BACK | kind, char)) for char in range(256)] for kind in range(NODE256 + 1)]
_NEAR: Final = [
    [bytes((kind, char)) + _NO_BLOCK for char in range(256)] for kind in range(NODE256 + 1)
]
_BYTE: Final = [bytes((number,)) for number in range(256)]
_COUNT: Final = struct.Struct(">H")
_REFERENCE: Final = struct.Struct(">Q")

MAX_RECORD: Final = HASH_SIZE + 1 + PATH_SIZE + _COUNT.size + 256 + 256 * _REFERENCE.size
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
    """A branching of paths; its children in the order of their arrival."""

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


Child = Leaf | Node | int


def reference(block: int, at: int, kind: int) -> int:
    """Where a stored child is, as one number; block 0 is the block that holds the reference."""
    return block << 32 | at << 3 | kind


def block_of(child: int) -> int:
    """The block of a reference."""
    return child >> 32


def place_of(child: int) -> int:
    """The place within its block's trie."""
    return (child & 0xFFFFFFFF) >> 3


def kind_of(child: int) -> int:
    """The kind of node that a reference leads to."""
    return child & 7


def leaf_hash(path: bytes, value: bytes) -> bytes:
    """The hash of a leaf."""
    return sha512_256(b"%c%c%b%b" % (LEAF, len(path), path, value))


class Slots:
    """A node's slots as the network hashes them, empty ones included: pointers, and hashes."""

    __slots__ = ("hashes", "pointers")

    def __init__(self, kind: int) -> None:
        self.pointers = [_NO_POINTER] * CAPACITY[kind]
        self.hashes = [EMPTY_HASH] * CAPACITY[kind]

    def put_near(self, slot: int, char: int, kind: int, hashed: bytes) -> None:
        """A child that the same block holds."""
        self.pointers[slot] = _NEAR[kind][char]
        self.hashes[slot] = hashed

    def put_far(self, slot: int, char: int, kind: int, block: bytes) -> None:
        """A child that another block holds: that block's identifier is its hash."""
        self.pointers[slot] = _FAR[kind][char] + block
        self.hashes[slot] = block


def node_hash(kind: int, path: bytes, pointers: Iterable[bytes], hashes: Iterable[bytes]) -> bytes:
    """The hash of a node, of a root before its ancestors' roots are mixed in."""
    return sha512_256(b"".join((_BYTE[kind], *pointers, _BYTE[len(path)], path, *hashes)))


def root_hash(node: bytes, ancestors: Iterable[bytes]) -> bytes:
    """The root hash of a block: its root node's hash with the roots 1, 2, 4 … blocks before."""
    before = b"".join(ancestors)
    return sha512_256(node + before) if before else node


def leaf_record(leaf: Leaf) -> bytes:
    """A leaf as it is stored."""
    return b"%c%b%b" % (len(leaf.path), leaf.path, leaf.value)


def node_record(hashed: bytes, path: bytes, chars: bytes, references: Sequence[int]) -> bytes:
    """A node as it is stored."""
    count = len(chars)
    packed = struct.pack(f">{count}Q", *references)
    return b"%b%c%b%b%b%b" % (hashed, len(path), path, _COUNT.pack(count), chars, packed)


def read_leaf(data: bytes, at: int) -> Leaf:
    """The leaf that is stored at a place."""
    start = at + 1
    end = start + data[at]
    return Leaf(data[start:end], data[end : end + VALUE_SIZE])


def read_hash(data: bytes, at: int) -> bytes:
    """The hash of the node (no leaf) that is stored at a place."""
    return data[at : at + HASH_SIZE]


def read_path(data: bytes, at: int) -> bytes:
    """The compressed path of the node (no leaf) that is stored at a place."""
    start = at + HASH_SIZE + 1
    return data[start : start + data[start - 1]]


def read_children(data: bytes, at: int, block: int) -> dict[int, int]:
    """The children of a stored node, in their order; those of its own block as of `block`."""
    at += HASH_SIZE
    at += 1 + data[at]
    (count,) = _COUNT.unpack_from(data, at)
    at += _COUNT.size
    own = block << 32
    references = struct.unpack_from(f">{count}Q", data, at + count)
    return {
        char: child if child >> 32 else own | child
        for char, child in zip(data[at : at + count], references, strict=True)
    }


def find_child(data: bytes, at: int, path: bytes, position: int) -> tuple[int, int]:
    """One step down `path`: the reference to the child (0: none) and the position after it."""
    at += HASH_SIZE
    length = data[at]
    at += 1
    if length:
        if not path.startswith(data[at : at + length], position):
            return 0, position
        at += length
        position += length
    (count,) = _COUNT.unpack_from(data, at)
    at += _COUNT.size
    index = data.find(path[position], at, at + count) - at
    if index < 0:
        return 0, position
    return _REFERENCE.unpack_from(data, at + count + 8 * index)[0], position + 1
