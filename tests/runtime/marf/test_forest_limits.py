"""A forest refuses what is out of order or too large, and forgets what did not go through."""

from __future__ import annotations

import pytest

from runtime.marf import ROOTLESS, trie, tries
from runtime.marf.forest import ForestError, leaf_value, path_of
from tests.runtime.marf.small_marf import Marf

ROWS = [(path_of(f"K{i}"), leaf_value(str(i))) for i in range(300)]


@pytest.fixture
def marf() -> Marf:
    return Marf()


def test_without_an_open_block_there_is_nothing_to_read_or_seal(marf: Marf) -> None:
    path, value = ROWS[0]
    for use in (
        marf.forest.seal,
        lambda: marf.forest.get_open(path),
        lambda: marf.forest.insert(path, value),
    ):
        with pytest.raises(ForestError, match="no block is open"):
            use()


def test_what_an_open_block_does_not_hold_is_none(marf: Marf) -> None:
    first = marf.add(ROOTLESS, b"\1" * 32, ROWS[:3])
    marf.forest.open(first, b"\2" * 32)
    assert marf.forest.get_open(ROWS[0][0]) == ROWS[0][1]
    # One that begins as no child does, one that leaves a leaf's path half-way.
    assert marf.forest.get_open(path_of("absent")) is None
    almost = bytearray(ROWS[0][0])
    almost[-1] ^= 1
    assert marf.forest.get_open(bytes(almost)) is None


def test_a_trie_that_would_be_too_large_is_refused(
    marf: Marf, monkeypatch: pytest.MonkeyPatch
) -> None:
    marf.add(ROOTLESS, b"\1" * 32, ROWS[:3])
    monkeypatch.setattr(trie, "MAX_TRIE", 1000)
    with pytest.raises(trie.TrieTooLarge, match="bytes, 1000 or more"):
        marf.add(1, b"\2" * 32, ROWS)


def test_reads_are_the_same_however_little_is_kept(
    marf: Marf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tries, "_KEPT", 1)
    first = marf.add(ROOTLESS, b"\1" * 32, ROWS[:200])
    second = marf.add(first, b"\2" * 32, ROWS[100:])
    for number, rows in ((first, ROWS[:200]), (second, ROWS)):
        assert all(marf.forest.get(number, path) == value for path, value in rows)
    assert marf.forest.get(first, ROWS[250][0]) is None


def test_what_was_forgotten_is_read_anew(marf: Marf) -> None:
    first = marf.add(ROOTLESS, b"\1" * 32, ROWS[:50])
    path, value = ROWS[7]
    assert marf.forest.get(first, path) == value
    marf.forest.forget(first)
    assert marf.forest.get(first, path) == value
