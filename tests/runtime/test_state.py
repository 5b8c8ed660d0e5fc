"""Nested marks are undone or kept as a whole, and past blocks stay readable."""

from __future__ import annotations

import pytest

from runtime.state import MemoryState


def test_a_rolled_back_mark_leaves_no_trace():
    state = MemoryState()
    state.put("a", b"1")
    state.begin()
    state.put("a", b"2")
    state.put("b", b"3")
    state.begin()
    state.put("a", b"4")
    state.commit()
    assert state.get("a") == b"4"
    state.roll_back()
    assert (state.get("a"), state.get("b")) == (b"1", None)


def test_many_writes_at_once_are_undone_as_single_ones():
    state = MemoryState()
    state.put("a", b"1")
    version = state.version
    state.begin()
    state.put_all([("a", b"2"), ("b", b"3"), ("a", b"4")])
    assert (state.get("a"), state.get("b")) == (b"4", b"3")
    assert state.version != version
    state.roll_back()
    assert (state.get("a"), state.get("b")) == (b"1", None)


def test_a_committed_mark_can_still_be_undone_by_the_one_around_it():
    state = MemoryState()
    state.begin()
    state.begin()
    state.put("a", b"1")
    state.commit()
    assert state.get("a") == b"1"
    state.roll_back()
    assert state.get("a") is None


def test_past_blocks_are_read_as_they_were():
    state = MemoryState()
    state.put("a", b"0")
    state.end_block(0)
    state.put("a", b"1")
    state.end_block(1)
    state.begin()
    state.put("a", b"2")
    assert [state.at(height)("a") for height in (0, 1, 2, 7)] == [b"0", b"1", b"1", b"1"]
    state.commit()
    assert state.at(2)("a") == b"2"


def test_reverting_undoes_blocks():
    state = MemoryState()
    state.put("a", b"0")
    state.end_block(0)
    place = state.snapshot()
    state.put("a", b"1")
    state.end_block(1)
    state.put("b", b"1")
    state.revert(place)
    assert (state.get("a"), state.get("b")) == (b"0", None)
    state.put("a", b"5")
    state.end_block(1)
    assert state.at(0)("a") == b"0"


def test_no_revert_inside_of_a_transaction():
    state = MemoryState()
    state.begin()
    with pytest.raises(RuntimeError):
        state.revert(0)


def test_a_place_knows_the_blocks_that_wrote_nothing():
    state = MemoryState()
    state.put("a", b"0")
    place = state.snapshot()
    state.end_block(5)
    state.revert(place)
    state.put("a", b"1")
    state.end_block(5)
    assert state.at(5)("a") == b"1"
    state.end_block(6)
    place = state.snapshot()
    state.revert(place)
    state.put("a", b"2")
    assert state.at(6)("a") == b"1"
