"""What a project's last build knew, kept so that the next one reads and hashes little.

All of it is hints: a wrong or missing memory makes a build slower, never different, because keys
are made of contents and the store is asked for every artifact. It is one file, which checks itself.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blake3 import blake3

from cache.digest import ActionKey, Digest
from clarbuild.files import Stamp
from clarbuild.references import References

_FORMAT = 1
# A file written this shortly before it was hashed may have been written again under one stamp.
_RACY_NS = 2_000_000_000


@dataclass(slots=True)
class Memory:
    """The memory of one project; `last` and `before` map a unit's label to its keys."""

    stamps: dict[str, tuple[Stamp, int, Digest]] = field(default_factory=dict)
    references: dict[Digest, References] = field(default_factory=dict)
    last: dict[str, ActionKey] = field(default_factory=dict)
    before: dict[str, ActionKey] = field(default_factory=dict)
    changed: bool = False

    def digest(self, path: str, stamp: Stamp) -> Digest | None:
        """The digest of the file, where its stamp proves that it is unchanged."""
        known = self.stamps.get(path)
        if known is None or known[0] != stamp or stamp.modified_ns + _RACY_NS > known[1]:
            return None
        return known[2]

    def saw(self, path: str, stamp: Stamp, now_ns: int, digest: Digest) -> None:
        """Remembers a file that was hashed at `now_ns`."""
        self.stamps[path] = (stamp, now_ns, digest)
        self.changed = True

    def refers(self, source: Digest, references: References) -> None:
        """Remembers what a source refers to."""
        self.references[source] = references
        self.changed = True

    def built(self, label: str, key: ActionKey) -> None:
        """Remembers under which key a unit was built."""
        last = self.last.get(label)
        if last == key:
            return
        if last is not None:
            self.before[label] = last
        self.last[label] = key
        self.changed = True

    def prune(self, paths: set[str], sources: set[Digest]) -> None:
        """Drops what no unit of the project needs any more."""
        if len(self.stamps) > 2 * len(paths) + 100:
            self.stamps = {path: row for path, row in self.stamps.items() if path in paths}
        if len(self.references) > 2 * len(sources) + 100:
            self.references = {d: row for d, row in self.references.items() if d in sources}


def memory_path(folder: Path, location: Path, profile: str) -> Path:
    """Where the memory of the project at `location` is kept."""
    name = blake3(f"{location.absolute()}\0{profile}".encode()).hexdigest()[:32]
    return folder / "projects" / f"{name}.json"


def load_memory(path: Path) -> Memory:
    """The memory in a file; an empty one where there is none or it isn't whole."""
    try:
        check, _, body = path.read_bytes().partition(b"\n")
        if check != _check(body):
            return Memory()
        return _decode(json.loads(body))
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return Memory()


def save_memory(path: Path, memory: Memory, location: Path) -> None:
    """Writes the memory in one step; where that can't be, the next build only takes longer."""
    body = json.dumps(_encode(memory, location), separators=(",", ":")).encode()
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.write_bytes(_check(body) + b"\n" + body)
        os.replace(temporary, path)
        memory.changed = False
    except OSError:
        with suppress(OSError):
            temporary.unlink()


def _check(body: bytes) -> bytes:
    return blake3(body, derive_key_context="clarbuild v1 project memory").hexdigest().encode()


def _encode(memory: Memory, location: Path) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "project": str(location.absolute()),
        "stamps": {
            path: [stamp.modified_ns, stamp.size, stamp.inode, seen, digest.hex]
            for path, (stamp, seen, digest) in memory.stamps.items()
        },
        "references": {
            digest.hex: [row.needed, row.named] for digest, row in memory.references.items()
        },
        "last": {label: key.hex for label, key in memory.last.items()},
        "before": {label: key.hex for label, key in memory.before.items()},
    }


def _decode(data: dict[str, Any]) -> Memory:
    if data["format"] != _FORMAT:
        return Memory()
    digest, key = Digest.from_hex, ActionKey.from_hex
    return Memory(
        stamps={
            path: (Stamp(row[0], row[1], row[2]), row[3], digest(row[4]))
            for path, row in data["stamps"].items()
        },
        references={
            digest(text): References(tuple(row[0]), tuple(row[1]))
            for text, row in data["references"].items()
        },
        last={label: key(text) for label, text in data["last"].items()},
        before={label: key(text) for label, text in data["before"].items()},
    )
