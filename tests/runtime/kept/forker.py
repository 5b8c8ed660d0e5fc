"""A process that forks a chain in a folder and goes over to the forks until it is killed.

python forker.py FOLDER KIND

It says, whenever it has gone over to a fork: how many transactions there are on the way back from
there, the block that it stands on, and the block of the fork that it has left.
"""

from __future__ import annotations

import random
import sys

from compiler.values import Ok, UInt
from runtime.kept import KeptChain
from runtime.simnet import WALLET_1
from runtime.stores import open_chain
from tests.runtime.kept.writer import COUNTER, number_of, opened


def further(chain: KeptChain, count: int) -> bytes:
    """Transactions, each in a finished block; the last of these."""
    for _ in range(count):
        number = number_of(chain) + 1
        assert chain.call(COUNTER, "next", [], WALLET_1).value == Ok(UInt(number))
        chain.finish()
    tip = chain.tip
    assert tip is not None  # a block was finished
    return tip


def main() -> None:
    """Forks for ever."""
    folder, kind = sys.argv[1:]
    assert kind in ("marf", "sqlite")
    with open_chain(folder, kind) as held:
        chain = opened(held.store)
        while True:
            fork = chain.fork()
            # A longer one, and blocks of other heights: the two have nothing in common.
            fork.mine_burn()
            left = further(chain, random.randint(1, 2))
            stands = further(fork, random.randint(1, 4))
            chain.reorganise(fork)
            chain.finish()
            print(number_of(chain), stands.hex(), left.hex(), flush=True)


if __name__ == "__main__":
    main()
