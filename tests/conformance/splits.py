"""Replays a log on a chain that is opened again at random places, and compares the receipts.

usage: splits.py CORPUS [NAME…] [--stores marf,sqlite,memory] [--restarts N] [--seed N]

At each place the chain is closed, sometimes in the middle of a block, and opened from its store;
what was in no finished block is done again.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from clarbuild.compare import Comparison
from runtime.boot import BootContracts
from runtime.kept import KeptChain
from runtime.modules import ModuleProvider
from runtime.replay import apply_operation
from runtime.stores import ChainFolder, MemoryBacking, Store, metadata_key, open_chain

LINE = metadata_key("clarbuild", "line")
TRANSACTIONS = ("deploy", "call", "read")


class SplitReplay:
    """Replays the lines of a log; after those in `restarts` the chain is opened again."""

    def __init__(self, log: Path, kind: str, compiler: bytes, **options: Any) -> None:
        self._folder = log.parent
        self._lines = [json.loads(text) for text in log.read_text().splitlines() if text.strip()]
        self._kind = kind
        self._options = {"compiler": compiler, "genesis_time": 1_780_000_000, **options}
        self._stores: dict[Path, Store] = {}
        self._held: ChainFolder | None = None
        self.repeated = 0

    def run(self, restarts: set[int], chance: random.Random) -> Iterator[tuple[int, str, Any]]:
        """Line, operation and receipt of each that has one; again where it was done again."""
        with ExitStack() as stack:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            segment, start, line = 0, 0, 0
            stack.callback(self._close)
            chain = self._open(path / str(segment))
            pending = set(restarts)
            while line < len(self._lines):
                operation = self._lines[line]
                line += 1
                if operation["op"] == "reset":
                    segment, start = segment + 1, line
                    chain = self._open(path / str(segment))
                    continue
                receipt = apply_operation(chain, self._whole(operation))
                chain.state.put(LINE, str(line).encode())
                if receipt is not None:
                    row = json.loads(json.dumps(receipt.to_json()))
                    yield line, operation["op"], row
                if line in pending:
                    pending.discard(line)
                    following = self._lines[line]["op"] if line < len(self._lines) else "reset"
                    # The first place leaves its block unfinished, so that each run has such a one.
                    if following in TRANSACTIONS and self.repeated and chance.random() < 0.5:
                        chain.finish()
                    chain = self._open(path / str(segment))
                    noted = chain.state.get(LINE)
                    done = start if noted is None else int(noted)
                    self.repeated += line - done
                    line = done

    def _whole(self, operation: dict[str, Any]) -> dict[str, Any]:
        if operation["op"] != "deploy" or "code" in operation:
            return operation
        source = (self._folder / operation["source"]).read_bytes().decode()
        return {**operation, "code": source}

    def _open(self, folder: Path) -> KeptChain:
        """Open the chain of a folder, after closing the one that is open."""
        self._close()
        if self._kind == "memory":
            store = self._stores.setdefault(folder, Store(MemoryBacking()))
            store.drop_block()
            return KeptChain(store, **self._options)
        self._held = open_chain(folder, "marf" if self._kind == "marf" else "sqlite")
        return KeptChain(self._held.store, **self._options)

    def _close(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None


def places(log: Path, count: int, chance: random.Random) -> set[int]:
    """Lines of a log, at random."""
    total = sum(1 for text in log.open(encoding="utf-8") if text.strip())
    return set(chance.sample(range(1, total), min(count, total - 1)))


def main() -> int:
    from clarbuild.provider import CachedModules
    from clarbuild.surroundings import open_surroundings
    from compiler.fingerprint import fingerprint

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--stores", default="marf,sqlite,memory")
    parser.add_argument("--restarts", type=int, default=12)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    given = parser.parse_args()
    if not given.corpus.is_dir():
        print(f"no recorded corpora at {given.corpus}: nothing to compare with")
        return 0
    found = sorted(path.parent.name for path in given.corpus.glob("*/receipts.jsonl"))
    boot = BootContracts(given.corpus / "boot")
    around = open_surroundings()
    modules = CachedModules(around, "release")
    wrong = False
    with around.store.lease():
        for name in given.names or found:
            for kind in given.stores.split(","):
                wrong = (
                    not _compare(given.corpus / name, kind, given, modules, fingerprint(), boot)
                    or wrong
                )
    return int(wrong)


def _compare(
    folder: Path,
    kind: str,
    given: argparse.Namespace,
    modules: ModuleProvider,
    compiler: bytes,
    boot: BootContracts,
) -> bool:
    chance = random.Random(given.seed)
    log, began = folder / "log.jsonl", time.monotonic()
    expected = {row["line"]: row for row in map(json.loads, (folder / "receipts.jsonl").open("rb"))}
    replay = SplitReplay(log, kind, compiler, modules=modules, profile="release", boot=boot)
    comparison, answered = Comparison(), set()
    for line, op, row in replay.run(places(log, given.restarts, chance), chance):
        answered.add(line)
        comparison.add(op, expected[line], row)
    missing = expected.keys() - answered
    print(
        f"{folder.name} on {kind}, seed {given.seed}: {given.restarts} restarts, "
        f"{replay.repeated} lines done again, {len(missing)} receipts missing, "
        f"{time.monotonic() - began:.0f} s"
    )
    print("\n".join(f"  {line}" for line in comparison.lines()), flush=True)
    return comparison.equal and not missing


if __name__ == "__main__":
    sys.exit(main())
