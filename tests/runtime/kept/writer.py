"""A process that deploys and calls on a chain in a folder until it is killed.

python writer.py FOLDER KIND

It says which blocks are finished. Each transaction's number is in the chain, and nowhere else.
"""

from __future__ import annotations

import sys

from compiler.values import Ok, UInt
from runtime.kept import KeptChain
from runtime.modules import CompileInMemory
from runtime.simnet import DEPLOYER, WALLET_1
from runtime.stores import open_chain

GENESIS = 1_700_000_000
COMPILER = b"\1" * 32
COUNTER = f"{DEPLOYER}.counter"
SOURCE = """
(define-data-var n uint u0)
(define-map heights uint uint)
(define-constant begun stacks-block-height)
(define-public (next)
  (let ((after (+ (var-get n) u1)))
    (map-set heights after stacks-block-height)
    (var-set n after)
    (ok after)))
(define-read-only (get-n) (var-get n))
(define-read-only (when (number uint)) (map-get? heights number))
(define-read-only (get-begun) begun)
"""
EVERY = 7
"""Every so many transactions there is a deployment."""


def opened(store) -> KeptChain:
    """The chain as this test opens it, begun where it is new."""
    chain = KeptChain(
        store, compiler=COMPILER, genesis_time=GENESIS, modules=CompileInMemory("debug")
    )
    if COUNTER not in chain.contracts:
        chain.advance_epoch("3.2")
        assert chain.deploy(COUNTER, SOURCE, 3).ok
        chain.finish()
    return chain


def number_of(chain: KeptChain) -> int:
    """How many transactions the chain has seen."""
    value = chain.read(COUNTER, "get-n", [], WALLET_1).value
    assert isinstance(value, UInt)
    return value.value


def main() -> None:
    """Transactions for ever."""
    folder, kind = sys.argv[1:]
    assert kind in ("marf", "sqlite")
    with open_chain(folder, kind) as held:
        chain = opened(held.store)
        while True:
            number = number_of(chain) + 1
            name = f"{DEPLOYER}.c{number}"
            if number % EVERY == 0 and name not in chain.contracts:
                source = f"(define-constant c (+ u{number} u0)) (define-read-only (f) c)"
                assert chain.deploy(name, source, 3).ok
            assert chain.call(COUNTER, "next", [], WALLET_1).value == Ok(UInt(number))
            if number % 50 == 0:
                chain.mine_burn()
            chain.finish()
            print(number, chain.block_height, flush=True)


if __name__ == "__main__":
    main()
