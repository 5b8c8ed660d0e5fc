"""The digest of the compiler's own files; imports none of them, so that asking is cheap."""

from __future__ import annotations

from functools import cache
from importlib import resources

from blake3 import blake3


@cache
def fingerprint() -> bytes:
    """The digest of the compiler's own files: no artifact outlives a change of the compiler."""
    hasher = blake3(derive_key_context="clarbuild 2026 compiler fingerprint")
    pending = [("compiler", resources.files("compiler"))]
    found: list[tuple[str, bytes]] = []
    while pending:
        path, entry = pending.pop()
        if entry.is_dir():
            pending.extend((f"{path}/{child.name}", child) for child in entry.iterdir())
        elif path.endswith((".py", ".wat")):
            found.append((path, entry.read_bytes()))
    for path, contents in sorted(found):
        for part in (path.encode(), contents):
            hasher.update(len(part).to_bytes(8, "little"))
            hasher.update(part)
    return hasher.digest()
