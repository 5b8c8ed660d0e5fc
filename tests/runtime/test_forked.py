"""Forked mappings and lists hold what plain ones do, however often they fork."""

from __future__ import annotations

import time

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runtime.forked import ForkedDict, forked_dict, forked_list

KEY = st.integers(0, 9)


class Forks(RuleBasedStateMachine):
    """Several at a time, each beside a plain dictionary and a plain list."""

    def __init__(self) -> None:
        super().__init__()
        base = {n: n for n in range(5)}
        first, second = forked_dict(dict(base))
        one, two = forked_list(list(range(5)))
        self.dicts = [(first, dict(base)), (second, dict(base))]
        self.lists = [(one, list(range(5))), (two, list(range(5)))]

    @rule(which=st.integers(0, 99), key=KEY, value=st.integers())
    def put(self, which, key, value):
        for held in self.dicts[which % len(self.dicts)]:
            held[key] = value

    @rule(which=st.integers(0, 99), key=KEY)
    def delete(self, which, key):
        mine, plain = self.dicts[which % len(self.dicts)]
        assert mine.pop(key, None) == plain.pop(key, None)

    @rule(which=st.integers(0, 99), values=st.lists(st.integers(), max_size=4))
    def append(self, which, values):
        for held in self.lists[which % len(self.lists)]:
            for value in values:
                held.append(value)

    @rule(which=st.integers(0, 99), data=st.data())
    def cut(self, which, data):
        mine, plain = self.lists[which % len(self.lists)]
        place = data.draw(st.integers(0, len(plain)))
        del mine[place:]
        del plain[place:]

    @precondition(lambda self: len(self.dicts) < 8)
    @rule(which=st.integers(0, 99))
    def fork(self, which):
        mine, plain = self.dicts[which % len(self.dicts)]
        self.dicts.append((forked_dict(mine)[1], dict(plain)))
        mine, plain = self.lists[which % len(self.lists)]
        self.lists.append((forked_list(mine)[1], list(plain)))

    @rule(which=st.integers(0, 99), start=st.integers(-3, 12), stop=st.integers(-3, 12))
    def look(self, which, start, stop):
        mine, plain = self.lists[which % len(self.lists)]
        assert mine[start:stop] == plain[start:stop]
        assert mine[start:] == plain[start:]

    @invariant()
    def all_hold_the_same(self):
        for mine, plain in self.dicts:
            assert len(mine) == len(plain)
            assert dict(mine) == plain
            assert [mine.get(key) for key in range(10)] == [plain.get(key) for key in range(10)]
        for mine, plain in self.lists:
            assert mine[:] == plain
            assert list(reversed(mine)) == plain[::-1]
            assert [mine[at] for at in range(len(mine))] == plain
            if plain:
                assert mine[-1] == plain[-1]


TestForks = Forks.TestCase
TestForks.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)


def test_a_fork_of_much_takes_no_longer_than_one_of_little():
    def took(size):
        known = {n: n for n in range(size)}
        best = 1.0
        for _ in range(20):
            began = time.perf_counter()
            one, two = forked_dict(known)
            one[1] = two[2] = 0
            best = min(best, time.perf_counter() - began)
        return best

    assert took(1_000_000) < 50 * took(100) + 1e-4


def test_layers_stay_few_while_much_is_forked():
    one: ForkedDict[int, int] = forked_dict({})[0]
    for number in range(2_000):
        one[number] = number
        forked_dict(one)
    assert len(one._frozen) < 15
    assert len(one) == 2_000


def test_what_a_history_refuses():
    known = forked_list([1, 2, 3])[0]
    known.insert(3, 4)
    assert list(known) == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="only a stretch"):
        known[::2]
    for index in (4, -5):
        with pytest.raises(IndexError):
            known[index]
    for cut in (0, slice(1, 2), slice(1, None, 1)):
        with pytest.raises(TypeError, match="only cut off at its end"):
            del known[cut]
    with pytest.raises(TypeError, match="not rewritten"):
        known[0] = 9
    with pytest.raises(TypeError, match="not rewritten"):
        known.insert(0, 9)
    assert list(known) == [1, 2, 3, 4]


def test_what_a_mapping_lacks_cannot_be_deleted():
    known: ForkedDict[str, int] = forked_dict({"a": 1})[0]
    with pytest.raises(KeyError):
        del known["b"]
    del known["a"]
    with pytest.raises(KeyError):
        del known["a"]
    assert len(known) == 0
