"""Heights and times are those that simnet makes up."""

from __future__ import annotations

from compiler.versions import Epoch
from runtime.simnet import UNKNOWN_HEIGHT, Blocks, View


def test_before_epoch_3_every_block_is_a_burn_block():
    blocks = Blocks(1_000_000)
    blocks.mine(2)
    blocks.write_epoch(Epoch.EPOCH_2_05)
    blocks.mine(2)
    assert (blocks.height, blocks.burn_height) == (4, 4)
    assert blocks.view() == View(4, 4, 3)
    assert blocks.view(3) == View(3, 3, 2)
    # The genesis is of simnet's newest epoch, until something runs.
    assert blocks.view(1).burn_height == 1


def test_entering_epoch_3_mines_a_burn_block_once():
    blocks = Blocks(1_000_000)
    blocks.set_epoch(Epoch.EPOCH_2_5)
    assert blocks.height == 0
    blocks.set_epoch(Epoch.EPOCH_3_0)
    blocks.set_epoch(Epoch.EPOCH_3_0)
    assert (blocks.height, blocks.burn_height) == (1, 1)
    blocks.mine(5)
    assert blocks.view() == View(6, 1, 1)
    blocks.mine_burn()
    assert blocks.view() == View(7, 2, 2)
    assert blocks.first_of_tenure(2) == 7


def test_times_move_on_by_kind_of_block():
    blocks = Blocks(1_000_000)
    blocks.set_epoch(Epoch.EPOCH_3_0)
    assert blocks.burn[-1].time == 1_000_600
    assert blocks.stacks[-1].time == 1_000_610
    blocks.mine_stacks()
    assert blocks.stacks[-1].time == 1_000_620


def test_blocks_are_found_by_their_id():
    blocks = Blocks(1_000_000)
    blocks.mine(2)
    assert blocks.height_of(blocks.id_hash(1)) == 1
    assert blocks.height_of(blocks.id_hash(3)) == UNKNOWN_HEIGHT
    assert blocks.header_hash(1)[0] == 1


def test_reverting_forgets_blocks():
    blocks = Blocks(1_000_000)
    blocks.set_epoch(Epoch.EPOCH_3_0)
    place = blocks.snapshot()
    before = blocks.view()
    blocks.mine_burn(2)
    blocks.revert(place)
    assert blocks.view() == before
    blocks.mine_burn()
    assert blocks.view() == View(2, 2, 2)
