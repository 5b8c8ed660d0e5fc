"""Records what the interpreter answers to abusive contracts: `python tests/abuse/record.py VM`.

VM is the folder with `vm.mjs` and its installed packages (`make reference-vm` makes one).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from contracts import CONTRACTS  # noqa: E402

DEPLOYER = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"


def log() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [{"op": "epoch", "epoch": "4.0"}]
    for abuse in CONTRACTS:
        contract = f"{DEPLOYER}.{abuse.name}"
        rows.append({"op": "deploy", "contract": contract, "code": abuse.source, "clarity": 5})
        if abuse.function is not None:
            rows.append(
                {
                    "op": "call",
                    "contract": contract,
                    "function": abuse.function,
                    "args": [],
                    "sender": DEPLOYER,
                }
            )
    return rows


def main(vm: str) -> None:
    # The log can be made again at any time; only the answers are kept.
    path = HERE / "abuse.log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in log()))
    try:
        receipts = HERE / "receipts.jsonl"
        subprocess.run(
            ["node", str(Path(vm) / "vm.mjs"), str(path), str(receipts)],
            check=True,
            stdin=subprocess.DEVNULL,
            # Simnet tells at length what failed.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    finally:
        path.unlink()


if __name__ == "__main__":
    main(sys.argv[1])
