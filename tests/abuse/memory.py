"""Programs that hold as much memory as the interpreter lets them, or one byte more.

A program is a file in `memory/`: definitions, then, after `;; body`, what it does with `whole`, half a
megabyte, and `pad`, a buffer that it is called with, and after `;; helper` the contract `.helper`.
Before its body it holds so many copies of `whole` as the head says, and `pad`. With a `pad` of one
length all that is in use at once comes to the limit, and with one byte more beyond it.
`record_memory.py` looks for that length, and records what the interpreter answers to both.

A program without a body is about its deployment: the copies are constants, and `PAD` in it stands for
a literal buffer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from runtime.chain import Chain
from runtime.receipts import Receipt

HERE = Path(__file__).parent
RECORDED = HERE / "memory.receipts.jsonl"
DEPLOYER = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
LONGEST = 1 << 19
CLARITY = {"2.05": 1, "2.1": 2, "3.0": 3, "3.3": 4, "3.4": 5, "4.0": 6}

_HALF = "\n".join(
    (
        "(define-private (twice (i uint) (b (buff 524288)))",
        "  (unwrap-panic (as-max-len? (concat b (unwrap-panic (as-max-len? b u262144))) u524288)))",
        f"(define-private (half) (fold twice (list {' '.join(['u1'] * 18)}) 0x0102))",
    )
)


class Program(NamedTuple):
    """A program of `memory/`."""

    name: str
    epochs: tuple[str, ...]
    copies: int
    definitions: str
    body: str
    helper: str

    def _contracts(self) -> Iterator[tuple[str, str]]:
        """The contracts to deploy, in order, with their sources; the last one has `run`."""
        helper = f"helper-{self.name}"
        if self.helper:
            yield f"{DEPLOYER}.{helper}", self.helper
        if not self.body:
            return
        bound = " ".join(f"(b{i} whole)" for i in range(self.copies - 1))
        source = "\n".join(
            (
                _HALF,
                self.definitions,
                "(define-public (run (pad (buff 524288)))",
                f"  (let ((whole (half)) {bound} (held pad))",
                f"    {self.body}))",
            )
        )
        yield f"{DEPLOYER}.{self.name}", source.replace(".helper", f".{helper}")

    def deployments(self, epoch: str) -> Iterator[dict[str, Any]]:
        """What comes before, as operations of a log."""
        for contract, source in self._contracts():
            yield _deployment(contract, source, epoch)

    def operation(self, epoch: str, length: int) -> dict[str, Any]:
        """The call, or the deployment, with a buffer of that length, as an operation of a log."""
        if not self.body:
            copies = "\n".join(f"(define-constant c{i} c0)" for i in range(1, self.copies))
            source = "\n".join((_HALF, "(define-constant c0 (half))", copies, self.definitions))
            pad = "0x" + "ab" * length
            return _deployment(
                f"{DEPLOYER}.{self.name}-{length}", source.replace("PAD", pad), epoch
            )
        return {
            "op": "call",
            "contract": f"{DEPLOYER}.{self.name}",
            "function": "run",
            "args": ["0x02" + length.to_bytes(4, "big").hex() + "ab" * length],
            "sender": DEPLOYER,
        }


def _deployment(contract: str, source: str, epoch: str) -> dict[str, Any]:
    return {"op": "deploy", "contract": contract, "code": source, "clarity": CLARITY[epoch]}


def run(chain: Chain, operation: dict[str, Any]) -> Receipt:
    """What a chain answers to an operation."""
    contract = operation["contract"]
    if operation["op"] == "deploy":
        return chain.deploy(contract, operation["code"], operation["clarity"])
    return chain.call(contract, operation["function"], operation["args"], operation["sender"])


def programs() -> list[Program]:
    """All programs."""
    return [_read(path) for path in sorted((HERE / "memory").glob("*.clar"))]


def recorded() -> list[dict[str, Any]]:
    """Rows with a program's name, an epoch, the length of a buffer, and the interpreter's receipt."""
    return [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]


def _read(path: Path) -> Program:
    epochs, copies, rest = path.read_text(encoding="utf-8").split("\n", 2)
    definitions, _, rest = rest.partition(";; body\n")
    body, _, helper = rest.partition(";; helper\n")
    return Program(
        path.stem,
        tuple(epochs.removeprefix(";; epochs: ").split()),
        int(copies.removeprefix(";; copies: ")),
        definitions.rstrip("\n"),
        body.rstrip("\n"),
        helper.rstrip("\n"),
    )
