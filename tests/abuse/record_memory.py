"""Records the interpreter's answers to programs at the limit of memory.

`python tests/abuse/record_memory.py VM [PROGRAM …]` keeps those of all other programs. VM is the
folder with `vm.mjs` and its installed packages (`make reference-vm` makes one); it takes seconds for
each call.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from memory import CLARITY, LONGEST, RECORDED, Program, programs, recorded, run  # noqa: E402

from runtime.chain import Chain  # noqa: E402
from runtime.modules import CompileInMemory  # noqa: E402

EXCEEDED = {"MemoryBalanceExceeded", "RestrictAssetsMemoryExceeded"}
MODULES = CompileInMemory("release")


def thresholds(program: Program, epoch: str) -> tuple[int, int]:
    """Two lengths, one apart, where our answers change; both ends where they don't."""
    chain = Chain(modules=MODULES)
    chain.advance_epoch(epoch)
    for row in program.deployments(epoch):
        receipt = run(chain, row)
        if not receipt.ok:
            raise SystemExit(f"{program.name} in {epoch}: {receipt.to_json()}")
    place = chain.snapshot()

    def answer(length: int) -> str:
        receipt = run(chain, program.operation(epoch, length))
        chain.revert(place)
        error = receipt.to_json().get("error", {}).get("name")
        # Of a result only what it is: a length may be in it.
        return str(error if error in EXCEEDED else receipt.to_json().get("result"))[:6]

    low, high = 0, LONGEST
    first, last = answer(low), answer(high)
    if first == last:
        print(f"{program.name} in {epoch}: nothing changes: {first}")
        return low, high
    while high - low > 1:
        middle = (low + high) // 2
        if answer(middle) == first:
            low = middle
        else:
            high = middle
    return low, high


def main(vm: str, names: set[str]) -> None:
    kept = [row for row in recorded() if row["program"] not in names] if names else []
    log: list[dict[str, Any]] = []
    asked: dict[int, dict[str, Any]] = {}
    for program in programs():
        if names and program.name not in names:
            continue
        for epoch in program.epochs:
            for length in thresholds(program, epoch):
                log += [{"op": "reset"}, {"op": "epoch", "epoch": epoch}]
                log += program.deployments(epoch)
                log.append(program.operation(epoch, length))
                asked[len(log)] = {"program": program.name, "epoch": epoch, "length": length}
    # The log can be made again at any time, and is large.
    path, receipts = HERE / "memory.log.jsonl", HERE / "memory.answers.jsonl"
    try:
        path.write_text("".join(json.dumps(row) + "\n" for row in log))
        subprocess.run(
            ["node", "vm.mjs", str(path), str(receipts)],
            cwd=vm,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for row in map(json.loads, receipts.read_text().splitlines()):
            line = row.pop("line")
            if line in asked:
                kept.append({**asked[line], "receipt": row})
    finally:
        path.unlink(missing_ok=True)
        receipts.unlink(missing_ok=True)
    kept.sort(key=lambda row: (row["program"], list(CLARITY).index(row["epoch"]), row["length"]))
    RECORDED.write_text("".join(json.dumps(row) + "\n" for row in kept))


if __name__ == "__main__":
    main(sys.argv[1], set(sys.argv[2:]))
