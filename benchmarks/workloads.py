"""The workloads: contracts to deploy and calls to time, as operations of the transaction log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from compiler.consensus_untyped import serialize
from compiler.values import Buffer, Int, List, Principal, Tuple, UInt, Value
from runtime import reference
from runtime.reference import Operation

DEPLOYER: Final = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
WALLET: Final = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5"
EPOCH: Final = "4.0"
CLARITY: Final = 3
THOUSAND: Final = 1_000
PROOF: Final = 64
PRICES: Final = 50

_CONTRACTS: Final = Path(__file__).resolve().parent / "contracts"
REFERENCE: Final = _CONTRACTS.parents[2] / "shared/reference/bench.clar"
_ORDER: Final = ("loops", "merkle", "oracle", "traits", "pool-trait", "pool", "router", "nft")
_SIGNER: Final = bytes(31) + b"\x07"


class Workload(Struct, frozen=True):
    """A call that is timed; `group` is where the table shows it."""

    name: str
    group: str
    call: dict[str, Any]


def invocation(
    op: str, contract: str, function: str, *args: Value, sender: str = DEPLOYER
) -> Operation:
    """A call or a read of one of the deployer's contracts."""
    return reference.invocation(op, f"{DEPLOYER}.{contract}", function, args, sender)


def setup() -> Iterator[dict[str, Any]]:
    """What comes before all calls."""
    yield {"op": "epoch", "epoch": EPOCH}
    if REFERENCE.exists():
        yield _deployment("bench", REFERENCE.read_text())
    for name in _ORDER:
        yield _deployment(name, _source(name))
    token = _source("token")
    for name in ("token-a", "token-b"):
        yield _deployment(name, token)
        for owner in (DEPLOYER, f"{DEPLOYER}.pool"):
            yield invocation("call", name, "mint", UInt(10**20), Principal(owner))
    yield invocation("call", "oracle", "set-signer", Buffer(_public_key()))


def six() -> list[Workload]:
    """The functions of the reference contract; none where it is missing."""
    if not REFERENCE.exists():
        return []
    return [
        Workload(name, "bench.clar", invocation(op, "bench", function, *args))
        for name, op, function, args in (
            ("add", "read", "add", (Int(2), Int(40))),
            ("inc", "call", "inc", ()),
            ("sum: fold of 32 (+ acc (* i i))", "read", "sum", ()),
            ("fib: fold of 32 over a tuple, mod", "read", "fib", ()),
            ("transfer", "call", "transfer", (UInt(3), Principal(WALLET))),
            ("h: sha256 of 64 bytes", "read", "h", (Buffer(bytes(range(64))),)),
        )
    ]


def larger() -> list[Workload]:
    """Loops and what contracts do."""
    contract = f"{DEPLOYER}."
    swap = (Principal(f"{contract}pool"), Principal(f"{contract}token-a"))
    out = Principal(f"{contract}token-b")
    return [
        Workload(name, "larger", call)
        for name, call in (
            ("fold of 1,000 squares", loop("squares", THOUSAND)),
            ("1,000 map-set", loop("set-entries", THOUSAND)),
            ("append to 1,000", loop("appended", THOUSAND)),
            ("Merkle proof of 64, sha256", merkle(PROOF)),
            ("50 signed prices recovered", prices(PRICES)),
            (
                "swap: router, pool, two tokens by trait",
                invocation("call", "router", "swap", *swap, out, UInt(1_000), UInt(900)),
            ),
            (
                "NFT mint and transfer",
                invocation("call", "nft", "mint-and-transfer", Principal(WALLET)),
            ),
        )
    ]


def loop(function: str, n: int) -> dict[str, Any]:
    """A loop of the first `n` numbers."""
    op = "call" if function == "set-entries" else "read"
    return invocation(op, "loops", function, UInt(n))


def merkle(n: int) -> dict[str, Any]:
    """A proof of `n` hashes."""
    siblings = [Buffer(hashlib.sha256(bytes([i])).digest()) for i in range(n)]
    return invocation("read", "merkle", "root", Buffer(bytes(32)), List(siblings))


def prices(n: int) -> dict[str, Any]:
    """`n` prices, each signed."""
    return invocation("call", "oracle", "update-prices", List(map(_signed, range(n))))


def _signed(number: int) -> Value:
    from coincurve import PrivateKey

    message = {"asset": UInt(number), "price": UInt(1_000 + number)}
    digest = hashlib.sha256(serialize(Tuple(message))).digest()
    signature = PrivateKey(_SIGNER).sign_recoverable(digest, hasher=None)
    return Tuple({**message, "signature": Buffer(signature)})


def _public_key() -> bytes:
    from coincurve import PrivateKey

    return PrivateKey(_SIGNER).public_key.format()


def _source(name: str) -> str:
    source = (_CONTRACTS / f"{name}.clar").read_text()
    if name == "loops":
        numbers = " ".join(f"u{i}" for i in range(THOUSAND))
        source = f"(define-constant NUMBERS (list {numbers}))\n{source}"
    return source


def _deployment(name: str, code: str) -> dict[str, Any]:
    return {
        "op": "deploy",
        "contract": f"{DEPLOYER}.{name}",
        "code": code,
        "clarity": CLARITY,
    }
