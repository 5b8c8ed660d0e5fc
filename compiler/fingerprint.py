"""The digest of the compiler's own files; imports none of them, so that asking is cheap."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from blake3 import blake3


@cache
def fingerprint() -> bytes:
    """The digest of the compiler's own files: no artifact outlives a change of the compiler."""
    hasher = blake3(derive_key_context="clarbuild 2026 compiler fingerprint")
    # Each process that opens the cache asks for this. Going through `importlib.resources` would take
    # three times as long.
    package = Path(__file__).parent
    found: list[tuple[str, bytes]] = []
    for folder, _, files in os.walk(package):
        inside = Path(package.name, Path(folder).relative_to(package)).as_posix()
        for name in files:
            if name.endswith((".py", ".wat")):
                with open(os.path.join(folder, name), "rb") as file:
                    found.append((f"{inside}/{name}", file.read()))
    for path, contents in sorted(found):
        for part in (path.encode(), contents):
            hasher.update(len(part).to_bytes(8, "little"))
            hasher.update(part)
    return hasher.digest()
