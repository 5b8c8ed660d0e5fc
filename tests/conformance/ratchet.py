"""Replays the recorded corpora and fails where fewer receipts agree than `ratchet.json` says.

usage: ratchet.py CORPUS [NAME…] [--update]: with --update what agrees more than before is noted.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

RATCHET = Path(__file__).with_name("ratchet.json")
KINDS = ("semantic", "cost", "message")


def replayed(folder: Path) -> dict[str, dict[str, int]]:
    """How many receipts of a corpus agree, by kind, as the real command says."""
    log, expected = folder / "log.jsonl", folder / "receipts.jsonl"
    command = [sys.executable, "-m", "clarbuild", "replay", str(log), "--against", str(expected)]
    run = subprocess.run([*command, "--json"], stdout=subprocess.PIPE, text=True, check=False)
    if not run.stdout:
        raise SystemExit(f"{folder.name}: the replay ended with {run.returncode}")
    found: dict[str, dict[str, int]] = json.loads(run.stdout)["against"]
    return found


def main() -> int:
    args = [arg for arg in sys.argv[1:] if arg != "--update"]
    corpus = Path(args[0])
    if not corpus.is_dir():
        print(f"no recorded corpora at {corpus}: nothing to compare with")
        return 0
    known = json.loads(RATCHET.read_text()) if RATCHET.exists() else {}
    names = args[1:] or sorted(path.parent.name for path in corpus.glob("*/receipts.jsonl"))
    worse = False
    for name in names:
        found = replayed(corpus / name)
        noted = known.setdefault(name, {})
        for kind in KINDS:
            same, total = found[kind]["same"], found[kind]["total"]
            least = noted.get(kind, 0)
            mark = "ok" if same == least else "better" if same > least else "WORSE"
            worse = worse or same < least
            print(f"{name:<20} {kind:<9} {same:>7,} of {total:>7,}  {mark} (noted: {least:,})")
            noted[kind] = max(same, least)
    if "--update" in sys.argv:
        RATCHET.write_text(json.dumps(known, indent=2) + "\n")
    return int(worse)


if __name__ == "__main__":
    raise SystemExit(main())
