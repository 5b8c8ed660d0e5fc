"""A chain of contracts survives kill -9 at any moment: the last finished block is whole.

CLARBUILD_KILLS says how often; `make kills` does it 300 times.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from compiler.values import Some, UInt
from runtime.simnet import WALLET_1
from runtime.stores import ChainInUse, open_chain
from tests.runtime.kept.writer import COUNTER, EVERY, number_of, opened
from tests.runtime.writers import first_said, killed, start

KILLS = int(os.environ.get("CLARBUILD_KILLS", "6"))
WRITER = Path(__file__).with_name("writer.py")


@pytest.mark.parametrize("kind", ["marf", "sqlite"])
def test_the_last_finished_block_is_whole_after_a_kill(tmp_path, kind):
    for _ in range(max(1, KILLS // 2)):
        process = start(WRITER, tmp_path, kind)
        first = first_said(process)
        with pytest.raises(ChainInUse, match=f"in use by process {process.pid}"):
            open_chain(tmp_path, kind)
        said, height = map(int, [first, *killed(process, 0.3)][-1].split())
        with open_chain(tmp_path, kind) as held:
            chain = opened(held.store)
            number = number_of(chain)
            # One more may be finished than was said: the kill came between.
            assert said <= number <= said + 1
            assert height <= chain.block_height
            for one in range(max(1, number - 20), number + 1):
                receipt = chain.read(COUNTER, "when", [UInt(one)], WALLET_1)
                assert isinstance(receipt.value, Some)
                assert receipt.value.value.value <= chain.block_height
            # Each deployment is in the block before the transaction of its number.
            deployed = [name for name in chain.contracts if name != COUNTER]
            assert len(deployed) in (number // EVERY, (number + 1) // EVERY)
            for name in deployed[-3:]:
                wanted = int(name.partition(".c")[2])
                assert chain.read(name, "f", [], WALLET_1).value == UInt(wanted)
            assert chain.read(COUNTER, "get-begun", [], WALLET_1).value == UInt(2)
            if kind == "marf":
                blocks = held.store.blocks
                for block in range(max(1, len(blocks) - 10), len(blocks) + 1):
                    held.store.backing.audit(block)
