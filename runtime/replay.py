"""Runs a transaction log and gives a receipt a line; formats in the reference VM's README.

A fault of ours in one line is a `panic` receipt for it, and the chain goes on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from runtime.chain import Chain
from runtime.errors import VmPanic
from runtime.receipts import Receipt, line_json

log = logging.getLogger(__name__)

MakeChain = Callable[[], Chain]


class Answer(NamedTuple):
    """A line of the log that has a receipt, and the receipt."""

    line: int
    operation: Mapping[str, Any]
    receipt: Receipt

    def to_json(self) -> str:
        """The line of a receipts file."""
        return line_json(self.line, self.receipt)


def replay(
    log_path: str | Path, make_chain: MakeChain = Chain, *, first: int = 1, last: int | None = None
) -> Iterator[Answer]:
    """Run the lines `first` to `last` of a log, on a chain that `make_chain` makes anew for each
    `reset`."""
    path = Path(log_path)
    replayer = Replayer(path.parent, make_chain)
    with path.open(encoding="utf-8") as lines:
        for number, text in enumerate(lines, start=1):
            if last is not None and number > last:
                return
            if number < first or not text.strip():
                continue
            answer = replayer.apply(number, text)
            if answer is not None:
                yield answer


class Replayer:
    """Applies the lines of a log to a chain; `folder` is where its sources are relative to."""

    def __init__(self, folder: Path, make_chain: MakeChain = Chain) -> None:
        self._folder = folder
        self._make_chain = make_chain
        self.chain = make_chain()

    def apply(self, number: int, text: str) -> Answer | None:
        """Run one line."""
        try:
            operation = json.loads(text)
        except ValueError as error:
            return Answer(number, {"op": "?"}, _fault(f"line {number} is no JSON: {error}"))
        try:
            receipt = self._run(operation)
        except Exception as error:
            log.exception("line %d met a fault of ours", number)
            receipt = _fault(f"fault of the VM: {type(error).__name__}: {error}")
            if operation.get("op") not in _ANSWERED:
                return None
        return None if receipt is None else Answer(number, operation, receipt)

    def _run(self, operation: Mapping[str, Any]) -> Receipt | None:
        chain = self.chain
        match operation["op"]:
            case "reset":
                self.chain = self._make_chain()
            case "epoch":
                chain.advance_epoch(operation["epoch"])
            case "mint":
                chain.mint(operation["to"], int(operation["amount"]))
            case "mine":
                if operation.get("burn"):
                    chain.mine_burn(operation["burn"])
                else:
                    chain.mine(operation["stacks"])
            case "deploy":
                return self._deploy(operation)
            case "call":
                return chain.call(
                    operation["contract"],
                    operation["function"],
                    operation["args"],
                    operation["sender"],
                )
            case "read":
                return chain.read(
                    operation["contract"],
                    operation["function"],
                    operation["args"],
                    operation["sender"],
                )
            case unknown:
                return _fault(f"unknown operation {unknown}")
        return None

    def _deploy(self, operation: Mapping[str, Any]) -> Receipt | None:
        source = operation.get("code")
        if source is None:
            source = (self._folder / operation["source"]).read_bytes().decode()
        contract, version = operation["contract"], operation["clarity"]
        if operation.get("boot"):
            receipt = self.chain.deploy_boot(contract, source, version, operation["epoch"])
            if receipt.error is not None:
                log.error("boot contract %s: %s", contract, receipt.error)
            return None
        return self.chain.deploy(contract, source, version)


_ANSWERED = ("deploy", "call", "read")


def _fault(detail: str) -> Receipt:
    return Receipt(error=VmPanic(detail))
