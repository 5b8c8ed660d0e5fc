"""Forks of a chain that is kept in a folder: both lines are there when it is opened again, and after a
kill at any moment.

CLARBUILD_KILLS says how often; `make kills` does it 300 times.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from compiler.values import Ok, Some, UInt
from runtime.simnet import WALLET_1
from runtime.stores import ChainError, open_chain
from tests.runtime.kept.forker import further
from tests.runtime.kept.writer import COUNTER, number_of, opened
from tests.runtime.writers import first_said, killed, start

KILLS = int(os.environ.get("CLARBUILD_KILLS", "4"))
FORKER = Path(__file__).with_name("forker.py")
KINDS = ("marf", "sqlite")


def when(chain, number):
    value = chain.read(COUNTER, "when", [UInt(number)], WALLET_1).value
    return value.value.value if isinstance(value, Some) else None


@pytest.mark.parametrize("kind", KINDS)
def test_both_lines_are_there_when_the_folder_is_opened_again(tmp_path, kind):
    with open_chain(tmp_path, kind) as held:
        chain = opened(held.store)
        base = further(chain, 2)
        height = chain.block_height
        fork = chain.fork()
        fork.mine_burn(3)
        ours, theirs = further(chain, 1), further(fork, 3)
        other = f"{WALLET_1}.other"
        assert fork.deploy(other, "(define-read-only (f) u7)", 3).ok
        theirs = further(fork, 1)
        roots = [held.store.root(block) for block in (base, ours, theirs)]
    with open_chain(tmp_path, kind) as held:
        chain = opened(held.store)
        assert (chain.tip, number_of(chain), chain.block_height) == (ours, 3, height + 1)
        assert [held.store.root(block) for block in (base, ours, theirs)] == roots
        fork = chain.fork_at(theirs)
        assert (number_of(fork), fork.block_height) == (6, height + 8)
        assert fork.blocks.burn_height == chain.blocks.burn_height + 3
        assert fork.read(other, "f", [], WALLET_1).value == UInt(7)
        assert other not in chain.contracts
        past = chain.fork_at(base)
        assert (number_of(past), past.block_height) == (2, height)
        # All of them go on, each by itself.
        assert further(fork, 1) != further(past, 1) != further(chain, 1)
        assert [number_of(one) for one in (chain, fork, past)] == [4, 7, 3]
        assert when(fork, 3) == height + 4
        assert when(past, 3) == when(chain, 3) == height + 1
        chain.reorganise(fork)
        chain.finish()
        stands = further(chain, 1)
        with pytest.raises(ChainError, match="there is no block 0000"):
            chain.fork_at(bytes(32))
    with open_chain(tmp_path, kind) as held:
        chain = opened(held.store)
        assert (chain.tip, number_of(chain)) == (stands, 8)
        assert chain.read(other, "f", [], WALLET_1).value == UInt(7)
        assert chain.call(COUNTER, "next", [], WALLET_1).value == Ok(UInt(9))


def test_what_the_open_block_holds_is_no_part_of_a_fork_from_a_block(tmp_path):
    with open_chain(tmp_path, "marf") as held:
        chain = opened(held.store)
        block = further(chain, 1)
        assert chain.call(COUNTER, "next", [], WALLET_1).value == Ok(UInt(2))
        fork = chain.fork_at(block)
        assert (number_of(chain), number_of(fork)) == (2, 1)
        further(fork, 3)
        chain.finish()
        assert (number_of(chain), number_of(fork)) == (2, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_forks_survive_a_kill(tmp_path, kind):
    said: list[tuple[int, bytes, bytes]] = []
    for _ in range(max(1, KILLS // 2)):
        process = start(FORKER, tmp_path, kind)
        for line in (first_said(process), *killed(process, 0.3)):
            number, stands, left = line.split()
            said.append((int(number), bytes.fromhex(stands), bytes.fromhex(left)))
        with open_chain(tmp_path, kind) as held:
            chain = opened(held.store)
            number, stands, left = said[-1]
            # Where it stood when it last spoke, or further on: up to two transactions on the line
            # that it was about to leave, or four on the fork that it had just gone over to.
            assert number <= number_of(chain) <= number + 4
            assert chain.fork_at(stands).tip == stands
            for one in range(max(1, number - 10), number + 1):
                assert when(chain, one) == when(chain.fork_at(stands), one)
            gone = chain.fork_at(left)
            assert when(gone, number_of(gone)) == gone.block_height
            if kind == "marf":
                blocks = held.store.blocks
                for block in range(max(1, len(blocks) - 10), len(blocks) + 1):
                    held.store.backing.audit(block)
