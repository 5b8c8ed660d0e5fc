"""A fresh process that opens the cache, deploys a project and calls it: `python first_call.py PATH`.

What it prints is JSON with the seconds that its parts took.
"""

from __future__ import annotations

import json
import sys
import time

START = time.perf_counter()


def main(path: str) -> None:
    """Calls the counter at `path`."""
    from clarbuild import Project

    imported = time.perf_counter()
    with Project(path, profile="release") as project:
        chain = project.chain()
        deployed = time.perf_counter()
        receipt = chain.contract("counter").increment()
        called = time.perf_counter()
    assert str(receipt.value) == "(ok u1)", receipt
    parts = {"import": imported - START, "deploy": deployed - imported, "call": called - deployed}
    print(json.dumps(parts))


if __name__ == "__main__":
    main(sys.argv[1])
