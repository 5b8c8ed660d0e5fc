"""Records the sample projects' receipts from the reference VM: `python tests/samples/record.py VM`.

VM is the folder with `vm.mjs` and its installed packages (`make reference-vm` makes one).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(HERE)]

from scenarios import DEPLOYER, SCENARIOS, Step  # noqa: E402

from compiler.consensus import serialize  # noqa: E402
from compiler.literals import parse_literal  # noqa: E402


def transaction(step: Step) -> dict[str, object]:
    kind, contract, function, arguments, sender = step
    if kind == "mine":
        return {"op": "mine", "stacks": int(function)}
    return {
        "op": kind,
        "contract": f"{DEPLOYER}.{contract}",
        "function": function,
        "args": ["0x" + serialize(parse_literal(a)).hex() for a in arguments],
        "sender": sender,
    }


def log_of(project: str) -> list[dict[str, object]]:
    folder = ROOT / "sample_projects" / project
    manifest = tomllib.loads((folder / "Clarinet.toml").read_text())
    log: list[dict[str, object]] = [{"op": "epoch", "epoch": "3.1"}]
    for name, row in manifest["contracts"].items():
        log.append(
            {
                "op": "deploy",
                "contract": f"{DEPLOYER}.{name}",
                "source": f"../../sample_projects/{project}/{row['path']}",
                "clarity": row["clarity_version"],
            }
        )
    return log + [transaction(step) for step in SCENARIOS[project]]


def main(vm: str) -> None:
    for project in SCENARIOS:
        log = HERE / f"{project}.log.jsonl"
        log.write_text("".join(json.dumps(line) + "\n" for line in log_of(project)))
        subprocess.run(
            ["node", str(Path(vm) / "vm.mjs"), str(log), str(HERE / f"{project}.receipts.jsonl")],
            check=True,
            stdin=subprocess.DEVNULL,
        )


if __name__ == "__main__":
    main(sys.argv[1])
