"""What a project's last build knew, kept so that the next one reads and hashes little.

All of it is hints: a wrong or missing memory makes a build slower, never different, because keys
are made of contents and the store is asked for every artifact. It is one file, which checks itself.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from blake3 import blake3
from msgspec import Struct, field

from cache.digest import ActionKey, Digest
from clarbuild.files import Stamp
from clarbuild.recall import Question, manifest_of, manifest_row
from clarbuild.references import References
from clarbuild.units import Manifest

if TYPE_CHECKING:
    from clarbuild.sources import Source

_FORMAT = 3
# A file written this shortly before it was hashed may have been written again under one stamp.
_RACY_NS = 2_000_000_000


class Settled(NamedTuple):
    """A unit as a build that came to its end left it.

    Its key is still the same as long as source, rules and the labels of its dependencies are, and
    none of these shows another interface or is itself unsettled in this way. Without a source that
    could be read there is no key.
    """

    source: Digest | None
    rules: tuple[int, int, int]
    dependencies: tuple[str, ...]
    key: ActionKey | None


class Recalled(NamedTuple):
    """A manifest: what it was asked for with, and the questions that it was the answer to."""

    given: str
    asked: tuple[Question, ...]
    manifest: Manifest


class Memory(Struct):
    """The memory of one project; `last` and `before` map a unit's label to its keys.

    `settled` is one whole build by label, never parts of two; it, `references` and `recalled` are
    of the tool with the fingerprint `tool`, and of no other.
    """

    tool: str = ""
    stamps: dict[str, tuple[Stamp, int, Digest]] = field(default_factory=dict)
    references: dict[Digest, References] = field(default_factory=dict)
    last: dict[str, ActionKey] = field(default_factory=dict)
    before: dict[str, ActionKey] = field(default_factory=dict)
    settled: dict[str, Settled] = field(default_factory=dict)
    recalled: Recalled | None = None
    changed: bool = False

    def used_by(self, tool: str) -> Memory:
        """This memory as another build of the tool may believe it."""
        if self.tool != tool:
            self.tool = tool
            self.references, self.settled, self.recalled = {}, {}, None
            self.changed = True
        return self

    def digest(self, path: str, stamp: Stamp) -> Digest | None:
        """The digest of the file, where its stamp proves that it is unchanged."""
        known = self.stamps.get(path)
        if known is None or known[0] != stamp or stamp.latest_ns + _RACY_NS > known[1]:
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

    def settle(self, rows: dict[str, Settled]) -> None:
        """Remembers a build that came to its end."""
        if self.settled != rows:
            self.settled = rows
            self.changed = True

    def recall(self, recalled: Recalled) -> None:
        """Remembers a manifest and what it was read from."""
        self.recalled = recalled
        self.changed = True

    def prune(self, found: Sequence[Source]) -> None:
        """Drops what none of the project's sources needs any more."""
        if len(self.stamps) > 2 * len(found) + 100:
            paths = {source.path for source in found}
            self.stamps = {path: row for path, row in self.stamps.items() if path in paths}
        if len(self.references) > 2 * len(found) + 100:
            sources = {source.digest for source in found}
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
        return _decode(body.split(b"\n"))
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return Memory()


def save_memory(path: Path, memory: Memory, location: Path) -> None:
    """Writes the memory in one step; where that can't be, the next build only takes longer."""
    rows = _encode(memory, location)
    body = b"\n".join(json.dumps(row, separators=(",", ":")).encode() for row in rows)
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


def _encode(memory: Memory, location: Path) -> Iterator[object]:
    """The lines of the file: a head and one table each, so that no two are in pieces at once."""
    settled = memory.settled
    labels = {label: number for number, label in enumerate(settled)}
    yield {"format": _FORMAT, "project": str(location.absolute()), "tool": memory.tool}
    yield {
        path: [*_fields(stamp), seen, digest.hex]
        for path, (stamp, seen, digest) in memory.stamps.items()
    }
    yield {digest.hex: [row.needed, row.named] for digest, row in memory.references.items()}
    yield {
        label: [
            row.source and row.source.hex,
            row.rules,
            # A label that isn't one of these is of a unit that came to no key.
            [labels.get(other, other) for other in row.dependencies],
            row.key and row.key.hex,
        ]
        for label, row in settled.items()
    }
    # Most often the key is the settled one.
    yield {
        label: key.hex
        for label, key in memory.last.items()
        if label not in settled or settled[label].key != key
    }
    yield {label: key.hex for label, key in memory.before.items()}
    yield _recalled_row(memory.recalled)


def _fields(stamp: Stamp) -> tuple[int, int, int, int]:
    return stamp.modified_ns, stamp.changed_ns, stamp.size, stamp.inode


def _recalled_row(recalled: Recalled | None) -> list[Any] | None:
    row = None if recalled is None else manifest_row(recalled.manifest)
    return None if recalled is None or row is None else [recalled.given, recalled.asked, row]


def _decode(lines: list[bytes]) -> Memory:
    head, stamps, references, settled, last, before, recalled = lines
    about = json.loads(head)
    if about["format"] != _FORMAT:
        return Memory()
    # What stands in several places is made once: a watch may keep it for days.
    digest, key, rules_of = cache(Digest.from_hex), cache(ActionKey.from_hex), cache(_rules)
    named: dict[str, str] = {}
    share = named.setdefault
    memory = Memory(
        tool=about["tool"],
        stamps={
            path: (Stamp(*row[:4]), row[4], digest(row[5]))
            for path, row in json.loads(stamps).items()
        },
        references={
            digest(text): References(
                tuple(share(name, name) for name in needed),
                tuple(share(name, name) for name in others),
            )
            for text, (needed, others) in json.loads(references).items()
        },
        settled=_settled(json.loads(settled), digest, key, rules_of),
        before={label: key(text) for label, text in json.loads(before).items()},
        recalled=_recalled(json.loads(recalled)),
    )
    memory.last = {label: row.key for label, row in memory.settled.items() if row.key is not None}
    memory.last |= {label: key(text) for label, text in json.loads(last).items()}
    return memory


def _settled(
    rows: dict[str, Any],
    digest: Callable[[str], Digest],
    key: Callable[[str], ActionKey],
    rules_of: Callable[[int, int, int], tuple[int, int, int]],
) -> dict[str, Settled]:
    labels = list(rows)
    return {
        label: Settled(
            source and digest(source),
            rules_of(*rules),
            tuple(labels[other] if type(other) is int else other for other in dependencies),
            text and key(text),
        )
        for label, (source, rules, dependencies, text) in rows.items()
    }


def _rules(version: int, epoch: int, cost_epoch: int) -> tuple[int, int, int]:
    return version, epoch, cost_epoch


def _recalled(row: list[Any] | None) -> Recalled | None:
    if row is None:
        return None
    given, asked, manifest = row
    return Recalled(given, tuple((a, b, c) for a, b, c in asked), manifest_of(manifest))
