"""The three stores answer as plain dictionaries do, whatever is done to them."""

from __future__ import annotations

import os

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from runtime.state import MemoryState
from runtime.stores import MarfBacking, MemoryBacking, SqliteBacking, Store, metadata_key

ROUNDS = int(os.environ.get("CLARBUILD_STORE_ROUNDS", "12"))

CONTRACT = "SP000000000000000000002Q6VF78.token"
KEYS = (
    f"vm::{CONTRACT}::1::total",
    f"vm::{CONTRACT}::0::owners::0100000000000000000000000000000001",
    f"vm::{CONTRACT}::0::owners::0100000000000000000000000000000002",
    "_stx-data::ustx_liquid_supply",
    "vm-account::SP000000000000000000002Q6VF78::19",
    f"clarity-contract::{CONTRACT}",
    metadata_key(CONTRACT, "vm-metadata::9::contract-src"),
    metadata_key(CONTRACT, "clarbuild::interface"),
)
NUMBERS = {f"vm::{CONTRACT}::2::coin::SP000000000000000000002Q6VF78": 16, "vm-account::SP1::18": 8}

KEY = st.sampled_from(KEYS)
VALUE = st.binary(max_size=12)


class Stores(RuleBasedStateMachine):
    """Everything is done to all stores and to dictionaries."""

    blocks = Bundle("blocks")

    def __init__(self) -> None:
        super().__init__()
        self.stores = [Store(MemoryBacking()), Store(SqliteBacking()), Store(MarfBacking())]
        self.finished: dict[bytes, dict[str, bytes]] = {}
        self.tip: bytes | None = None
        self.marks: list[dict[str, bytes]] = [{}]
        self.begun_with: dict[str, bytes] = {}
        self.places: list[tuple[list[object], bytes | None, dict[str, bytes]]] = []

    @property
    def now(self) -> dict[str, bytes]:
        return self.marks[-1]

    def each(self, act):
        results = [act(store) for store in self.stores]
        assert all(result == results[0] for result in results)
        return results[0]

    @rule(key=KEY, value=VALUE)
    def put(self, key, value):
        self.each(lambda store: store.put(key, value))
        self.now[key] = value

    @rule(key=st.sampled_from(sorted(NUMBERS)), value=st.integers(0, 2**64 - 1))
    def put_number(self, key, value):
        data = value.to_bytes(NUMBERS[key], "big")
        self.each(lambda store: store.put(key, data))
        self.now[key] = data

    @precondition(lambda self: len(self.marks) < 6)
    @rule()
    def begin(self):
        self.each(lambda store: store.begin())
        self.marks.append(dict(self.now))

    @precondition(lambda self: len(self.marks) > 1)
    @rule()
    def commit(self):
        self.each(lambda store: store.commit())
        top = self.marks.pop()
        self.marks[-1] = top

    @precondition(lambda self: len(self.marks) > 1)
    @rule()
    def roll_back(self):
        self.each(lambda store: store.roll_back())
        self.marks.pop()

    @precondition(lambda self: len(self.marks) == 1)
    @rule(target=blocks, sealed=st.booleans())
    def commit_block(self, sealed):
        block = (len(self.finished) + 1).to_bytes(32, "big")
        header = block[-1:] * 3
        for store in self.stores:
            if sealed:
                root = store.seal_block(b"\1" * 32)
            store.commit_block(block, header)
            if sealed:
                assert store.root(block) == root
        self.finished[block] = dict(self.now)
        self.tip = block
        self.begun_with = dict(self.now)
        assert self.each(lambda store: store.header(block)) == header
        return block

    @precondition(lambda self: len(self.marks) == 1)
    @rule(block=blocks)
    def go_to_another_fork(self, block):
        for store in self.stores:
            store.drop_block()
            store.open_block(block)
        self.tip = block
        self.marks = [dict(self.finished[block])]
        self.begun_with = dict(self.now)

    @precondition(lambda self: len(self.marks) == 1)
    @rule()
    def drop_block(self):
        self.each(lambda store: store.drop_block())
        self.marks = [dict(self.begun_with)]

    @precondition(lambda self: len(self.marks) == 1)
    @rule()
    def snapshot(self):
        places = [store.snapshot() for store in self.stores]
        self.places.append((places, self.tip, dict(self.now)))

    @precondition(lambda self: len(self.marks) == 1 and self.places)
    @rule(data=st.data())
    def revert(self, data):
        index = data.draw(st.integers(0, len(self.places) - 1))
        places, tip, now = self.places[index]
        del self.places[index + 1 :]
        for store, place in zip(self.stores, places, strict=True):
            store.revert(place)
        self.tip = tip
        self.marks = [dict(now)]
        self.begun_with = dict(self.finished[tip]) if tip else {}

    @rule(block=blocks, key=st.one_of(KEY, st.sampled_from(sorted(NUMBERS))))
    def read_a_past_block(self, block, key):
        assert self.each(lambda store: store.at_block(block)(key)) == self.finished[block].get(key)

    @rule(block=blocks, height=st.integers(0, 30))
    def walk_back(self, block, height):
        self.each(lambda store: store.block_at(height, block))
        self.each(lambda store: store.height(block))

    @invariant()
    def all_keys_are_as_they_should_be(self):
        for key in (*KEYS, *NUMBERS):
            assert self.each(lambda store, key=key: store.get(key)) == self.now.get(key)
        assert self.each(lambda store: store.tip) == self.tip

    def teardown(self):
        for store in self.stores:
            store.close()


class Lines(RuleBasedStateMachine):
    """The protocol of one line of blocks, as the VM's host sees it, on all four states."""

    def __init__(self) -> None:
        super().__init__()
        self.states = [
            MemoryState(),
            Store(MemoryBacking()),
            Store(SqliteBacking()),
            Store(MarfBacking()),
        ]
        self.height = 0
        # Heights with what stood at their ends, and what stands before the open marks.
        self.ended: list[tuple[int, dict[str, bytes]]] = []
        self.marks: list[dict[str, bytes]] = [{}]
        self.places: list[tuple[list[object], int, int, dict[str, bytes]]] = []

    @rule(key=KEY, value=VALUE)
    def put(self, key, value):
        for state in self.states:
            state.put(key, value)
        self.marks[-1][key] = value

    @precondition(lambda self: len(self.marks) < 4)
    @rule()
    def begin(self):
        for state in self.states:
            state.begin()
        self.marks.append(dict(self.marks[-1]))

    @precondition(lambda self: len(self.marks) > 1)
    @rule(keep=st.booleans())
    def end(self, keep):
        for state in self.states:
            state.commit() if keep else state.roll_back()
        top = self.marks.pop()
        if keep:
            self.marks[-1] = top

    @precondition(lambda self: len(self.marks) == 1)
    @rule(step=st.integers(0, 3))
    def end_block(self, step):
        self.height += step
        for state in self.states:
            state.end_block(self.height)
        if not self.ended or self.ended[-1][0] < self.height:
            self.ended.append((self.height, dict(self.marks[-1])))

    @precondition(lambda self: len(self.marks) == 1)
    @rule()
    def snapshot(self):
        places = [state.snapshot() for state in self.states]
        self.places.append((places, self.height, len(self.ended), dict(self.marks[-1])))

    @precondition(lambda self: len(self.marks) == 1 and self.places)
    @rule(data=st.data())
    def revert(self, data):
        index = data.draw(st.integers(0, len(self.places) - 1))
        places, self.height, ended, now = self.places[index]
        del self.places[index + 1 :]
        del self.ended[ended:]
        for state, place in zip(self.states, places, strict=True):
            state.revert(place)
        self.marks = [dict(now)]

    @precondition(lambda self: len(self.marks) == 1)
    @rule(key=KEY, value=VALUE, step=st.integers(1, 3), adopted=st.booleans())
    def fork(self, key, value, step, adopted):
        forks = [state.fork() for state in self.states]
        for fork in forks:
            fork.put(key, value)
            fork.end_block(self.height + step)
            fork.put(key, b"pending")
        if not adopted:
            return
        ended = (self.height + step, {**self.marks[0], key: value})
        if not self.ended or self.ended[-1][0] < ended[0]:
            self.ended.append(ended)
        self.height += step
        self.marks = [{**self.marks[0], key: b"pending"}]
        self.places.clear()
        for state, fork in zip(self.states, forks, strict=True):
            state.adopt(fork)
            # What the fork does from here on is its own.
            fork.put(key, b"late")
            fork.end_block(self.height + 1)

    @rule(height=st.integers(-1, 20))
    def read_at(self, height):
        expected: dict[str, bytes] = {}
        if self.ended and height > self.ended[-1][0]:
            expected = self.marks[0]
        else:
            for at, data in self.ended:
                if at <= height:
                    expected = data
        for state in self.states:
            get = state.at(height)
            assert {key: get(key) for key in KEYS if get(key) is not None} == expected

    @invariant()
    def reads(self):
        for state in self.states:
            for key in KEYS:
                assert state.get(key) == self.marks[-1].get(key)

    def teardown(self):
        for state in self.states[1:]:
            state.close()


SETTINGS = settings(max_examples=ROUNDS, stateful_step_count=40, deadline=None)
TestStores = Stores.TestCase
TestStores.settings = SETTINGS
TestLines = Lines.TestCase
TestLines.settings = SETTINGS
