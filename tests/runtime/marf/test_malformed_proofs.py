"""Proofs whose parts stand where they must not: each is refused, none is an error."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from runtime.marf import ROOTLESS, ProofError, decode, encode, verify
from runtime.marf.forest import leaf_value, path_of
from runtime.marf.nodes import NODE256
from runtime.marf.proofs import Branch, End, Item, Proof, Shunt
from tests.runtime.marf.small_marf import Marf

KEY = path_of("K1")
VALUE = leaf_value("OLD")
TIP = 40


@pytest.fixture(scope="module")
def chain() -> Marf:
    """Forty blocks; the key is written in the third and the others write beside it."""
    marf = Marf()
    tip = ROOTLESS
    for height in range(TIP):
        rows = [(path_of(f"{height}:{i}"), leaf_value(str(i))) for i in range(20)]
        if height == 2:
            rows.append((KEY, VALUE))
        tip = marf.add(tip, bytes((height + 1,)) * 32, rows)
    return marf


def convinces(chain: Marf, proof: Proof) -> bool:
    forest = chain.forest
    return verify(proof, KEY, VALUE, forest.root_of(TIP), forest.block_of_root)


def first_shunt(items: list[Item]) -> int:
    return next(at for at, item in enumerate(items) if isinstance(item, Shunt))


def shunt_first(items: list[Item]) -> list[Item]:
    return [items[first_shunt(items)], *items]


def two_shunts_behind_the_first_segment(items: list[Item]) -> list[Item]:
    at = first_shunt(items)
    return [*items[: at + 1], items[at], *items[at + 1 :]]


def no_shunt_at_the_end(items: list[Item]) -> list[Item]:
    return [*items, items[first_shunt(items) - 1]]


def no_root_node(items: list[Item]) -> list[Item]:
    at = first_shunt(items)
    return [*items[: at - 1], *items[at:]]


def a_second_leaf(items: list[Item]) -> list[Item]:
    # With no path of its own the nodes still spell the key.
    return [items[0], End(0, b"", VALUE), *items[1:]]


def the_leaf_in_a_later_segment(items: list[Item]) -> list[Item]:
    at = next(
        n for n, item in enumerate(items) if n > first_shunt(items) and isinstance(item, Branch)
    )
    return [*items[:at], End(0, b"", VALUE), *items[at:]]


def without_the_way(items: list[Item], at: int) -> list[Item]:
    branch = items[at]
    assert isinstance(branch, Branch)
    return [*items[:at], replace(branch, pointers=bytes(len(branch.pointers))), *items[at + 1 :]]


def a_root_node_without_the_child(items: list[Item]) -> list[Item]:
    return without_the_way(items, first_shunt(items) - 1)


def a_node_without_the_child(items: list[Item]) -> list[Item]:
    return without_the_way(items, 1)


def with_index(items: list[Item], at: int, index: int) -> list[Item]:
    shunt = items[at]
    assert isinstance(shunt, Shunt)
    return [*items[:at], replace(shunt, index=index), *items[at + 1 :]]


def a_first_shunt_with_a_place(items: list[Item]) -> list[Item]:
    return with_index(items, first_shunt(items), 1)


def shunts(items: list[Item]) -> list[int]:
    """The shunts between blocks, in order."""
    return [at for at, item in enumerate(items) if isinstance(item, Shunt)][1:]


def a_step_to_no_place(items: list[Item]) -> list[Item]:
    return with_index(items, shunts(items)[0], 0)


def a_step_past_the_last_place(items: list[Item]) -> list[Item]:
    at = shunts(items)[0]
    return with_index(items, at, len(items[at].hashes) + 2)  # type: ignore[union-attr]


def a_junction_without_a_place(items: list[Item]) -> list[Item]:
    return with_index(items, shunts(items)[-1], 0)


@pytest.mark.parametrize(
    "change",
    [
        shunt_first,
        two_shunts_behind_the_first_segment,
        no_shunt_at_the_end,
        no_root_node,
        a_second_leaf,
        the_leaf_in_a_later_segment,
        a_root_node_without_the_child,
        a_node_without_the_child,
        a_first_shunt_with_a_place,
        a_step_to_no_place,
        a_step_past_the_last_place,
        a_junction_without_a_place,
    ],
)
def test_what_is_out_of_place_convinces_of_nothing(
    chain: Marf, change: Callable[[list[Item]], list[Item]]
) -> None:
    proof = chain.forest.prove(TIP, KEY)
    assert proof is not None
    assert len(shunts(list(proof))) > 1
    assert convinces(chain, proof)
    changed = tuple(change(list(proof)))
    assert not convinces(chain, changed)
    assert not convinces(chain, decode(encode(changed)))


def test_a_node_is_of_the_kind_that_is_announced_and_has_all_its_pointers(chain: Marf) -> None:
    proof = chain.forest.prove(TIP, KEY)
    assert proof is not None
    root = next(item for item in proof if isinstance(item, Branch) and item.kind == NODE256)
    wire = encode((root,))
    # The number of items, the tag, the character, the kind; the path has no bytes at the root.
    assert wire[6] == NODE256
    with pytest.raises(ProofError, match="a node of kind 4 where 5 is announced"):
        decode(wire[:6] + b"\x04" + wire[7:])
    count = 7 + 4 + len(root.path)
    assert wire[count : count + 4] == (256).to_bytes(4, "big")
    with pytest.raises(ProofError, match="a node with too few pointers"):
        decode(wire[:count] + (255).to_bytes(4, "big") + wire[count + 4 :])
