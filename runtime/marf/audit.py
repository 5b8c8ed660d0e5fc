"""Recomputes a stored block's root hash from every node that the block holds."""

from __future__ import annotations

from runtime.marf.blocks import Blocks
from runtime.marf.forest import Forest
from runtime.marf.nodes import (
    HASH_SIZE,
    LEAF,
    NODE256,
    VALUE_SIZE,
    Slots,
    block_of,
    kind_of,
    leaf_hash,
    node_hash,
    read_children,
    read_hash,
    read_leaf,
    read_path,
    root_hash,
)
from runtime.marf.tries import DamagedTrie


def audit(forest: Forest, blocks: Blocks, block: int) -> str | None:
    """What is wrong with a block's trie, `None` if nothing is."""
    try:
        node = _hash(forest, blocks, forest.tries.root(block))
        ancestors = [forest.root_of(number) for number in blocks.skip_list(blocks.parent(block))]
    except (DamagedTrie, ValueError, IndexError) as error:
        return str(error)
    if root_hash(node, ancestors) != forest.root_of(block):
        return "its nodes do not hash to its root"
    return None


def _hash(forest: Forest, blocks: Blocks, at: int) -> bytes:
    data, place = forest.tries.bytes_at(at)
    own, kind = block_of(at), kind_of(at)
    if kind == LEAF:
        leaf = read_leaf(data, place)
        if len(leaf.value) != VALUE_SIZE:
            raise ValueError("a leaf is cut short")
        return leaf_hash(leaf.path, leaf.value)
    slots = Slots(kind)
    for order, (char, child) in enumerate(read_children(data, place, own).items()):
        slot = char if kind == NODE256 else order
        if block_of(child) == own:
            slots.put_near(slot, char, kind_of(child), _hash(forest, blocks, child))
        else:
            slots.put_far(slot, char, kind_of(child), blocks.ids[block_of(child)])
    hashed = node_hash(kind, read_path(data, place), slots.pointers, slots.hashes)
    if hashed != read_hash(data, place)[:HASH_SIZE]:
        raise ValueError("a node does not have the hash that is stored with it")
    return hashed
