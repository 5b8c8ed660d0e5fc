"""Forks of a chain: each has its own contracts, state, blocks and past, on every store."""

from __future__ import annotations

import time

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from compiler.values import NONE, Ok, Principal, Some, UInt
from runtime.chain import Chain
from runtime.modules import CompileInMemory
from runtime.simnet import DEPLOYER, WALLET_1
from runtime.state import MemoryState
from runtime.stores import MarfBacking, MemoryBacking, SqliteBacking, Store

STATES = {
    "plain": MemoryState,
    "memory": lambda: Store(MemoryBacking()),
    "sqlite": lambda: Store(SqliteBacking()),
    "marf": lambda: Store(MarfBacking()),
}
COUNTER = f"{DEPLOYER}.counter"
SOURCE = """
(define-data-var n uint u0)
(define-map seen uint uint)
(define-public (set (to uint)) (begin (map-set seen to stacks-block-height) (ok (var-set n to))))
(define-public (fail (to uint)) (begin (var-set n to) (err u1)))
(define-read-only (get-n) (var-get n))
(define-read-only (was-seen (at uint)) (map-get? seen at))
(define-read-only (then (height uint))
  (at-block (unwrap! (get-stacks-block-info? id-header-hash height) u999) (var-get n)))
(define-read-only (of-block (height uint))
  {time: (get-stacks-block-info? time height), id: (get-stacks-block-info? id-header-hash height),
   burn: (get-tenure-info? time height), now: stacks-block-height, tenure: tenure-height})
"""


@pytest.fixture(scope="module")
def modules():
    return CompileInMemory()


@pytest.fixture(params=STATES)
def chain(request, modules):
    made = Chain(modules=modules, state=STATES[request.param](), genesis_time=1_000_000)
    made.advance_epoch("3.2")
    assert made.deploy(COUNTER, SOURCE, 3).ok
    return made


def put(chain, value):
    assert chain.call(COUNTER, "set", [UInt(value)], WALLET_1).ok


def get(chain, function="get-n", *arguments):
    receipt = chain.read(COUNTER, function, [UInt(number) for number in arguments], WALLET_1)
    assert receipt.ok, receipt.error
    return receipt.value


def test_forks_go_their_own_ways(chain):
    put(chain, 1)
    fork = chain.fork()
    at = chain.block_height
    put(chain, 2)
    put(fork, 3)
    fork.mine(4)
    put(fork, 4)
    assert (get(chain), get(fork)) == (UInt(2), UInt(4))
    assert (chain.block_height, fork.block_height) == (at + 1, at + 6)
    assert (get(chain, "was-seen", 3), get(fork, "was-seen", 2)) == (NONE, NONE)
    assert get(fork, "was-seen", 3) == get(chain, "was-seen", 2) == Some(UInt(at + 1))
    # The past along each.
    assert (get(chain, "then", at), get(fork, "then", at)) == (UInt(1), UInt(1))
    fork.mine()
    assert get(fork, "then", at + 1) == UInt(3)
    chain.mine()
    assert get(chain, "then", at + 1) == UInt(2)


def test_block_properties_are_those_of_the_fork(chain):
    fork = chain.fork()
    chain.mine(3)
    fork.mine_burn(2)
    fork.mine()
    height = chain.block_height - 1
    assert chain.block_height == fork.block_height
    ours, theirs = get(chain, "of-block", height), get(fork, "of-block", height)
    assert ours != theirs
    again = chain.fork()
    again.mine_burn(2)
    assert get(again, "of-block", height) != theirs
    # Six hundred seconds between burn blocks, ten between Stacks blocks.
    assert fork.blocks.stacks[height].time - chain.blocks.stacks[height].time > 600


def test_contracts_of_one_fork_are_not_on_the_other(chain):
    other = f"{DEPLOYER}.other"
    fork = chain.fork()
    assert chain.deploy(other, "(define-read-only (f) u1)", 3).ok
    assert fork.deploy(other, "(define-read-only (f) true)", 3).ok
    assert chain.read(other, "f", [], WALLET_1).value == UInt(1)
    assert fork.read(other, "f", [], WALLET_1).value is True
    third = chain.fork()
    assert sorted(third.contracts) == [COUNTER, other]
    chain.advance_epoch("3.3")
    fork.advance_epoch("3.3")
    assert chain.read(other, "f", [], WALLET_1).value == UInt(1)
    assert fork.read(other, "f", [], WALLET_1).value is True


def test_a_trait_of_a_fork_is_called_in_that_fork_alone(chain):
    caller, one, two = (f"{DEPLOYER}.{name}" for name in ("caller", "one", "two"))
    trait = """(define-trait giver ((give () (response uint uint))))
    (define-public (ask (from <giver>)) (contract-call? from give))"""
    assert chain.deploy(caller, trait, 3).ok
    fork = chain.fork()
    for where, contract, number in ((chain, one, 1), (fork, two, 2)):
        source = f"(define-public (give) (ok u{number}))"
        assert where.deploy(contract, source, 3).ok
        for _ in range(3):  # the third time by the short way
            receipt = where.call(caller, "ask", [Principal(contract)], WALLET_1)
            assert receipt.value == Ok(UInt(number))
    for where, contract in ((chain, two), (fork, one)):
        error = where.call(caller, "ask", [Principal(contract)], WALLET_1).error
        assert error is not None
        assert error.name == "NoSuchContract"
    chain.reorganise(fork)
    assert chain.call(caller, "ask", [Principal(two)], WALLET_1).value == Ok(UInt(2))


def test_a_chain_reorganises_to_a_fork(chain):
    put(chain, 1)
    fork = chain.fork()
    at = chain.block_height
    put(chain, 2)
    old = chain.fork()
    put(fork, 3)
    fork.deploy(f"{DEPLOYER}.other", "(define-read-only (f) u1)", 3)
    assert fork.deploy(f"{DEPLOYER}.more", "(define-read-only (f) u1)", 3).ok
    put(fork, 4)
    chain.reorganise(fork)
    assert (get(chain), chain.block_height) == (UInt(4), fork.block_height)
    assert sorted(chain.contracts) == sorted(fork.contracts)
    assert get(chain, "then", at + 1) == UInt(3)
    put(chain, 5)
    assert (get(fork), get(chain)) == (UInt(4), UInt(5))
    chain.reorganise(old)
    assert (get(chain), chain.block_height, [*chain.contracts]) == (UInt(2), at + 1, [COUNTER])
    assert chain.balance(WALLET_1) == old.balance(WALLET_1)


def test_a_contract_that_took_another_s_place_after_a_revert_is_seen_as_it_is(chain):
    trait = "(define-trait t ((f (uint) (response uint uint))))"
    assert chain.deploy(f"{DEPLOYER}.trait", trait, 3).ok
    user = f"{DEPLOYER}.user"
    source = "(use-trait t .trait.t)(define-public (go (c <t>)) (contract-call? c f u1))"
    assert chain.deploy(user, source, 3).ok
    place = chain.snapshot()
    target = f"{DEPLOYER}.target"
    assert chain.deploy(target, "(define-public (f (n uint)) (ok n))", 3).ok
    assert chain.call(user, "go", [Principal(target)], WALLET_1).value == Ok(UInt(1))
    chain.advance_epoch("3.3")
    assert chain.call(user, "go", [Principal(target)], WALLET_1).value == Ok(UInt(1))
    chain.revert(place)
    assert chain.deploy(target, "(define-public (f (n int)) (ok n))", 3).ok
    for epoch in (None, "3.3"):
        if epoch:
            chain.advance_epoch(epoch)
        receipt = chain.call(user, "go", [Principal(target)], WALLET_1)
        assert receipt.to_json()["error"]["name"] == "BadTraitImplementation"


def test_a_chain_that_is_deployed_to_after_its_fork_reverts_to_before_it(chain):
    place = chain.snapshot()
    put(chain, 1)
    assert chain.deploy(f"{DEPLOYER}.other", SOURCE, 3).ok
    fork = chain.fork()
    put(fork, 2)
    fork.revert(place)
    assert (get(fork), [*fork.contracts]) == (UInt(0), [COUNTER])
    assert (get(chain), sorted(chain.contracts)) == (UInt(1), [COUNTER, f"{DEPLOYER}.other"])
    put(fork, 7)
    chain.revert(place)
    assert (get(chain), get(fork)) == (UInt(0), UInt(7))


@pytest.mark.parametrize("kind", STATES)
def test_places_and_forks_cost_the_same_on_any_chain(kind, modules):
    def best(blocks):
        made = Chain(modules=modules, state=STATES[kind](), genesis_time=1_000_000)
        made.advance_epoch("3.2")
        for number in range(blocks):
            made.mint(f"{DEPLOYER}.n{number}", 1)
            made.mine()
        times = []
        for _ in range(7):
            began = time.perf_counter()
            place = made.snapshot()
            made.fork()
            made.revert(place)
            times.append(time.perf_counter() - began)
        return min(times)

    few = best(10)
    assert best(1_500) < 10 * few + 2e-3


class Forking(RuleBasedStateMachine):
    """Chains on all stores against dictionaries: `n` at each height, and what was deployed."""

    modules: CompileInMemory

    @initialize()
    def begin(self):
        self.chains = [
            [Chain(modules=self.modules, state=make(), genesis_time=1_000_000)]
            for make in STATES.values()
        ]
        for (chain,) in self.chains:
            chain.advance_epoch("3.2")
            assert chain.deploy(COUNTER, SOURCE, 3).ok
        height = self.chains[0][0].block_height
        # Of each fork: n, heights with n at their ends, names deployed; places with the same.
        self.models = [(0, {height: 0}, ())]
        self.places = [[]]

    def each(self, fork, act):
        return [act(chains[fork]) for chains in self.chains]

    def ended(self, fork, n, names=None):
        _, past, known = self.models[fork]
        (height,) = set(self.each(fork, lambda chain: chain.block_height))
        past = {**{at: was for at, was in past.items() if at < height}, height: n}
        self.models[fork] = (n, past, known if names is None else names)

    def pick(self, which):
        return which % len(self.models)

    @rule(which=st.integers(0, 99), value=st.integers(0, 5), kept=st.booleans())
    def write(self, which, value, kept):
        fork = self.pick(which)
        name = "set" if kept else "fail"
        self.each(fork, lambda chain: chain.call(COUNTER, name, [UInt(value)], WALLET_1))
        self.ended(fork, value if kept else self.models[fork][0])

    @rule(which=st.integers(0, 99), count=st.integers(1, 3))
    def mine(self, which, count):
        fork = self.pick(which)
        n, past, names = self.models[fork]
        (height,) = set(self.each(fork, lambda chain: chain.block_height))
        self.each(fork, lambda chain: chain.mine(count))
        for at in range(height + 1, height + count + 1):
            past = {**past, at: n}
        self.models[fork] = (n, past, names)

    @rule(which=st.integers(0, 99), name=st.sampled_from("abc"), answer=st.integers(0, 2))
    def deploy(self, which, name, answer):
        fork = self.pick(which)
        n, _, names = self.models[fork]
        if name in dict(names):
            return
        source = f"(define-read-only (f) u{answer})"
        for receipt in self.each(fork, lambda chain: chain.deploy(f"{DEPLOYER}.{name}", source, 3)):
            assert receipt.ok
        self.ended(fork, n, (*names, (name, answer)))

    @precondition(lambda self: len(self.models) < 5)
    @rule(which=st.integers(0, 99))
    def fork(self, which):
        fork = self.pick(which)
        for chains in self.chains:
            chains.append(chains[fork].fork())
        self.models.append(self.models[fork])
        self.places.append([])

    @rule(which=st.integers(0, 99))
    def snapshot(self, which):
        fork = self.pick(which)
        self.places[fork].append(
            (self.each(fork, lambda chain: chain.snapshot()), self.models[fork])
        )

    @precondition(lambda self: any(self.places))
    @rule(which=st.integers(0, 99), data=st.data())
    def revert(self, which, data):
        forks = [fork for fork, places in enumerate(self.places) if places]
        fork = forks[which % len(forks)]
        index = data.draw(st.integers(0, len(self.places[fork]) - 1))
        places, self.models[fork] = self.places[fork][index]
        del self.places[fork][index + 1 :]
        for chains, place in zip(self.chains, places, strict=True):
            chains[fork].revert(place)

    @precondition(lambda self: len(self.models) > 1)
    @rule(which=st.integers(0, 99), to=st.integers(0, 99))
    def reorganise(self, which, to):
        fork, other = self.pick(which), self.pick(to)
        if fork == other:
            return
        for chains in self.chains:
            chains[fork].reorganise(chains[other])
        self.models[fork] = self.models[other]
        self.places[fork].clear()

    @rule(which=st.integers(0, 99), back=st.integers(1, 6))
    def read_the_past(self, which, back):
        fork = self.pick(which)
        _, past, _ = self.models[fork]
        (height,) = set(self.each(fork, lambda chain: chain.block_height))
        if height - back in past:
            wanted = UInt(past[height - back])
            for value in self.each(fork, lambda chain: get(chain, "then", height - back)):
                assert value == wanted

    @invariant()
    def forks_are_what_they_should_be(self):
        for fork, (n, _, names) in enumerate(self.models):
            for chain in self.each(fork, lambda chain: chain):
                assert get(chain) == UInt(n)
                assert len(chain.contracts) == 1 + len(names)
                for name, answer in names:
                    receipt = chain.read(f"{DEPLOYER}.{name}", "f", [], WALLET_1)
                    assert receipt.value == UInt(answer)


def test_forks_are_as_a_plain_model_says(modules):
    machine = type("Machine", (Forking,), {"modules": modules})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=10, stateful_step_count=30, deadline=None)
    )
