"""Merkle proofs in the network's wire format: built from stored tries, verified from a root alone.

A proof climbs from the leaf to a root; where a node stands in for one of an earlier block, it
goes on from that block's root through the list of ancestors' roots that each root hash includes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final, Protocol, assert_never

from msgspec import Struct

from runtime.marf.blocks import Blocks
from runtime.marf.nodes import (
    CAPACITY,
    HASH_SIZE,
    LEAF,
    NODE4,
    NODE256,
    PATH_SIZE,
    POINTER_SIZE,
    VALUE_SIZE,
    Slots,
    block_of,
    find_child,
    kind_of,
    leaf_hash,
    node_hash,
    read_children,
    read_hash,
    read_leaf,
    read_path,
    root_hash,
)

_LEAF_ITEM: Final = 4
_SHUNT_ITEM: Final = 5
_U32: Final = struct.Struct(">I")
_I64: Final = struct.Struct(">q")
_MAX_ANCESTORS: Final = 33
"""Roots 1, 2, 4 … 2^31 blocks before, and one node's hash."""


class ProofError(ValueError):
    """Bytes that are no proof."""


class Branch(Struct, frozen=True):
    """A node on the way: all its pointers, and the hashes of the children not on the way."""

    char: int
    kind: int
    path: bytes
    pointers: bytes
    siblings: bytes


class End(Struct, frozen=True):
    """The leaf."""

    char: int
    path: bytes
    value: bytes


class Shunt(Struct, frozen=True):
    """Ancestors' roots of a block; `index` - 1 is where the root that came before belongs."""

    index: int
    hashes: tuple[bytes, ...]


Item = Branch | End | Shunt
Proof = tuple[Item, ...]


class Reader(Protocol):
    """The stored tries, as far as proofs are built from them."""

    def root(self, block: int) -> int:
        """The reference to a block's root node."""

    def root_hash(self, block: int) -> bytes:
        """The root hash of a block."""

    def bytes_at(self, child: int) -> tuple[bytes, int]:
        """Bytes that hold a node, and where in them it starts."""


def build(tries: Reader, blocks: Blocks, block: int, path: bytes) -> Proof | None:
    """The proof of what a path holds as of a block; `None` where it holds nothing."""
    legs: list[list[Item]] = []
    while True:
        segment, back = _segment(tries, blocks, block, path)
        if segment is None:
            return None
        if not back:
            roots = tuple(tries.root_hash(number) for number in _skip_list(blocks, block))
            legs.append([*segment, Shunt(0, roots)])
            break
        legs.append([*segment, *_shunts(tries, blocks, block, back)])
        block = back
    return tuple(item for leg in reversed(legs) for item in leg)


def _skip_list(blocks: Blocks, block: int) -> list[int]:
    return blocks.skip_list(blocks.parent(block))


def _segment(
    tries: Reader, blocks: Blocks, block: int, path: bytes
) -> tuple[list[Item] | None, int]:
    """What proves a path within one block's trie, from below, and the block where it goes on."""
    items: list[Item] = []
    at = tries.root(block)
    position = 0
    while True:
        data, place = tries.bytes_at(at)
        child, after = find_child(data, place, path, position)
        if not child:
            return None, 0
        char = path[after - 1]
        items.append(_branch(tries, blocks, at, char))
        position = after
        if child >> 32:
            items.reverse()
            return items, block_of(child)
        at = block << 32 | child
        if kind_of(at) == LEAF:
            leaf = read_leaf(*tries.bytes_at(at))
            if not path.startswith(leaf.path, position):
                return None, 0
            items.append(End(path[-1], leaf.path, leaf.value))
            items.reverse()
            return items, 0


def _branch(tries: Reader, blocks: Blocks, at: int, char: int) -> Branch:
    """A stored node, seen from its child `char`."""
    data, place = tries.bytes_at(at)
    own, kind = block_of(at), kind_of(at)
    children = read_children(data, place, own)
    slots = Slots(kind)
    left_out = 0
    for order, (label, child) in enumerate(children.items()):
        slot = label if kind == NODE256 else order
        if label == char:
            left_out = slot
        if block_of(child) == own:
            hashed = _stored_hash(tries, child)
            slots.put_near(slot, label, kind_of(child), hashed)
        else:
            slots.put_far(slot, label, kind_of(child), blocks.ids[block_of(child)])
    del slots.hashes[left_out]
    pointers, siblings = b"".join(slots.pointers), b"".join(slots.hashes)
    return Branch(char, kind, read_path(data, place), pointers, siblings)


def _stored_hash(tries: Reader, child: int) -> bytes:
    data, place = tries.bytes_at(child)
    if kind_of(child) != LEAF:
        return read_hash(data, place)
    leaf = read_leaf(data, place)
    return leaf_hash(leaf.path, leaf.value)


def _shunts(tries: Reader, blocks: Blocks, block: int, ancestor: int) -> list[Item]:
    """The steps back from a block to an ancestor, the ancestor's end first."""
    items: list[Item] = []
    goal = blocks.height(ancestor)
    while block != ancestor:
        before = _skip_list(blocks, block)
        step = (blocks.height(block) - goal).bit_length() - 1
        hashes = [tries.root_hash(number) for number in before]
        del hashes[step]
        index = step + 1
        if items:
            # No segment follows that would give this block's own root node.
            hashes.insert(0, read_hash(*tries.bytes_at(tries.root(block))))
            index += 1
        items.append(Shunt(index, tuple(hashes)))
        block = before[step]
    items.reverse()
    return items


def verify(
    proof: Proof,
    path: bytes,
    value: bytes,
    root: bytes,
    block_of_root: Callable[[bytes], bytes | None],
) -> bool:
    """Whether a proof shows that `path` holds the 40 bytes `value` in the block of root `root`.

    `block_of_root` gives the block that has a root hash, which the verifier knows from the chain's
    headers: a node that stands in for one of an earlier block is hashed as that block.
    """
    legs = _legs(proof)
    if not legs or not _leads_along(legs, path):
        return False
    first = legs[0][0][0]
    if not isinstance(first, End) or first.value != value:
        return False
    hashed = leaf_hash(first.path, first.value)
    reached = b""
    for number, (segment, shunts) in enumerate(legs):
        node: bytes | None = hashed
        for item in segment[1:] if number == 0 else segment:
            if not isinstance(item, Branch) or node is None:
                return False
            node = _branch_hash(item, node)
        if node is None:
            return False
        climbed = _first_root(node, shunts) if number == 0 else _next_root(node, reached, shunts)
        if climbed is None:
            return False
        reached = climbed
        if number + 1 < len(legs):
            block = block_of_root(reached)
            if block is None:
                return False
            hashed = block
    return reached == root


Leg = tuple[list[Item], list[Shunt]]


def _legs(proof: Proof) -> list[Leg] | None:
    """A proof's segments, each with the shunts after it; `None` if they do not alternate."""
    legs: list[Leg] = []
    for item in proof:
        if isinstance(item, Shunt):
            if not legs:
                return None
            # The first leg has one shunt; what follows it would be without a segment.
            if len(legs) == 1 and legs[0][1]:
                return None
            legs[-1][1].append(item)
        elif not legs or legs[-1][1]:
            legs.append(([item], []))
        else:
            legs[-1][0].append(item)
    return legs if all(shunts for _, shunts in legs) else None


def _leads_along(legs: list[Leg], path: bytes) -> bool:
    """Whether the first segment spells the path, and each other a beginning of the one before."""
    before = path
    for number, (segment, _) in enumerate(legs):
        if not isinstance(segment[-1], Branch) or segment[-1].kind != NODE256:
            return False
        parts = [
            item.path if isinstance(item, End) else item.path + bytes((item.char,))
            for item in reversed(segment)
            if not isinstance(item, Shunt)
        ]
        spelt = b"".join(parts)
        if spelt != path if number == 0 else not before.startswith(spelt):
            return False
        before = spelt
    return True


def _branch_hash(item: Branch, below: bytes) -> bytes | None:
    """The hash of a node, given that of its child on the way."""
    for slot in range(CAPACITY[item.kind]):
        at = slot * POINTER_SIZE
        if item.pointers[at] and item.pointers[at + 1] == item.char:
            cut = slot * HASH_SIZE
            hashes = (item.siblings[:cut], below, item.siblings[cut:])
            return node_hash(item.kind, item.path, (item.pointers,), hashes)
    return None


def _first_root(node: bytes, shunts: list[Shunt]) -> bytes | None:
    shunt = shunts[0]
    return root_hash(node, shunt.hashes) if shunt.index == 0 else None


def _next_root(node: bytes, reached: bytes, shunts: list[Shunt]) -> bytes | None:
    """The root of the later block, from that of the earlier and the later's own root node."""
    *between, junction = shunts
    for shunt in between:
        hashes = _inserted(shunt, reached)
        if hashes is None:
            return None
        reached = root_hash(hashes[0], hashes[1:])
    hashes = _inserted(junction, reached)
    return None if hashes is None else root_hash(node, hashes)


def _inserted(shunt: Shunt, root: bytes) -> list[bytes] | None:
    if not 1 <= shunt.index <= len(shunt.hashes) + 1:
        return None
    hashes = list(shunt.hashes)
    hashes.insert(shunt.index - 1, root)
    return hashes


def encode(proof: Proof) -> bytes:
    """The proof as it travels."""
    out = bytearray(_U32.pack(len(proof)))
    for item in proof:
        match item:
            case Branch():
                out += bytes((item.kind - NODE4, item.char, item.kind))
                out += _U32.pack(len(item.path)) + item.path
                out += _U32.pack(CAPACITY[item.kind]) + item.pointers + item.siblings
            case End():
                out += bytes((_LEAF_ITEM, item.char))
                out += _U32.pack(len(item.path)) + item.path + item.value
            case Shunt():
                out.append(_SHUNT_ITEM)
                out += _I64.pack(item.index) + _U32.pack(len(item.hashes))
                out += b"".join(item.hashes)
            case _:
                assert_never(item)
    return bytes(out)


def decode(data: bytes) -> Proof:
    """A proof that travelled."""
    reader = _Bytes(data)
    items = tuple(_item(reader) for _ in range(reader.count(len(data))))
    if reader.at != len(data):
        raise ProofError("bytes after the proof")
    return items


def _item(reader: _Bytes) -> Item:
    tag = reader.byte()
    if tag == _SHUNT_ITEM:
        (index,) = _I64.unpack(reader.take(_I64.size))
        count = reader.count(_MAX_ANCESTORS)
        return Shunt(index, tuple(reader.take(HASH_SIZE) for _ in range(count)))
    if tag == _LEAF_ITEM:
        char = reader.byte()
        path = reader.take(reader.count(PATH_SIZE))
        return End(char, path, reader.take(VALUE_SIZE))
    kind = tag + NODE4
    if kind > NODE256:
        raise ProofError(f"no item has type {tag}")
    char, named = reader.byte(), reader.byte()
    if named != kind:
        raise ProofError(f"a node of kind {named} where {kind} is announced")
    path = reader.take(reader.count(PATH_SIZE))
    capacity = CAPACITY[kind]
    if reader.count(capacity) != capacity:
        raise ProofError("a node with too few pointers")
    pointers = reader.take(capacity * POINTER_SIZE)
    return Branch(char, kind, path, pointers, reader.take((capacity - 1) * HASH_SIZE))


class _Bytes:
    """Bytes read in order."""

    __slots__ = ("_data", "at")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self._data):
            raise ProofError("the proof ends early")
        taken = self._data[self.at : end]
        self.at = end
        return taken

    def byte(self) -> int:
        return self.take(1)[0]

    def count(self, limit: int) -> int:
        (count,) = _U32.unpack(self.take(_U32.size))
        if count > limit:
            raise ProofError(f"a count of {count} where {limit} is the most")
        return int(count)
