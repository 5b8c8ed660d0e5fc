"""A process that adds blocks to a chain until it is killed; it says which are committed.

python writer.py FOLDER KIND
"""

from __future__ import annotations

import random
import sys

from runtime.stores import StoredArtifact, StoredContract, metadata_key, open_chain, store_contract


def block_id(number: int) -> bytes:
    """The identifier of the writer's block."""
    return number.to_bytes(32, "big")


def rows_of(number: int) -> dict[str, bytes]:
    """What the writer's block writes."""
    source = random.Random(number)
    rows = {
        f"vm::SP1.token::0::map::{source.randrange(2_000):08x}": source.randbytes(40)
        for _ in range(source.randrange(60))
    }
    rows["vm::SP1.token::1::height"] = number.to_bytes(16, "big")
    rows[metadata_key("SP1.token", "height")] = str(number).encode()
    return rows


def main() -> None:
    """Write blocks for ever."""
    folder, kind = sys.argv[1:]
    assert kind in ("marf", "sqlite")
    with open_chain(folder, kind) as chain:  # type: ignore[arg-type]
        store = chain.store
        while True:
            number = len(store.blocks) + 1
            for key, value in rows_of(number).items():
                store.put(key, value)
            contract = f"SP1.c{number}"
            store.begin()
            store_contract(
                store,
                contract,
                StoredContract(f";; {number}", b"\1", 4, "3.3", number),
                StoredArtifact("aa", "bb"),
            )
            store.commit()
            store.commit_block(block_id(number), header=str(number).encode())
            print(number, flush=True)


if __name__ == "__main__":
    main()
