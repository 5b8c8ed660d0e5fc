"""What to drop from a cache, as a pure function of what is in it, and the reports of its care."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from msgspec import Struct, field

from cache.digest import ActionKey, Digest, Id
from cache.envelope import action_row, blob_row, decode_action, layer_of
from cache.outcome import Layer, Reason

# How exact a last use is: a use within this time of the last one is not written down.
USE_SECONDS: Final = 3600.0
# After an eviction this part of the limit is left, so that not every write evicts.
_TARGET: Final = 0.9


class Dropped(StrEnum):
    """Why an entry was dropped."""

    DAMAGED = "damaged"
    ORPHAN = "orphan"  # a blob that no action names
    OLD_ENGINE = "old engine"  # native code for an engine that is not this one
    SPACE = "space"  # least recently used, over the size limit


class Item(NamedTuple):
    """One entry: its row, size, last use, and for an action the rows of its blobs."""

    row: bytes
    size: int
    used: float
    outputs: tuple[bytes, ...] = ()


def plan(
    items: Sequence[Item],
    *,
    pinned: Collection[bytes],
    in_use_since: float | None,
    size_limit: int | None,
    orphans_before: float,
    fingerprint: bytes | None = None,
) -> list[tuple[Item, Dropped]]:
    """What to drop, and why.

    Never what is pinned (an action with its blobs, a blob with its native code), nor what was used
    since `in_use_since`. A blob counts as used when an action that names it is.
    """
    used: dict[bytes, float] = {}
    named: set[bytes] = set()
    kept = set(pinned)
    for item in items:
        used[item.row] = max(item.used, used.get(item.row, item.used))
        for blob in item.outputs:
            named.add(blob)
            used[blob] = max(item.used, used.get(blob, item.used))
        if item.row in pinned:
            kept.update(item.outputs)

    dropped: list[tuple[Item, Dropped]] = []
    candidates: list[Item] = []
    size = sum(item.size for item in items)
    for item in items:
        layer = layer_of(item.row)
        if in_use_since is not None and used[item.row] >= in_use_since:
            continue
        if layer is Layer.NATIVE and fingerprint is not None and item.row[33:] != fingerprint:
            dropped.append((item, Dropped.OLD_ENGINE))
            size -= item.size
            continue
        if item.row in kept or (layer is Layer.NATIVE and b"b" + item.row[1:33] in kept):
            continue
        if layer is Layer.BLOB and item.row not in named and item.used <= orphans_before:
            dropped.append((item, Dropped.ORPHAN))
            size -= item.size
            continue
        candidates.append(item)

    if size_limit is not None and size > size_limit:
        # Of equal age an action goes first: without its blobs it is of no use.
        candidates.sort(key=lambda item: (used[item.row], item.row))
        for item in candidates:
            if size <= size_limit * _TARGET:
                break
            dropped.append((item, Dropped.SPACE))
            size -= item.size
    return dropped


class EntryInfo(NamedTuple):
    """An entry seen from outside; a native one is named by its Wasm and its engine."""

    layer: Layer
    id: ActionKey | Digest
    kind: str
    size: int
    stored_at: float
    used_at: float
    fingerprint: Digest | None = None


class GcReport(Struct):
    """What a collection did."""

    dropped: dict[str, int] = field(default_factory=dict)
    bytes_dropped: int = 0
    entries_kept: int = 0
    bytes_kept: int = 0
    stray_files: int = 0
    old_generations: int = 0
    old_versions: int = 0
    problem: str | None = None

    def count(self, why: Dropped, size: int) -> None:
        """One more entry dropped."""
        self.dropped[why] = self.dropped.get(why, 0) + 1
        self.bytes_dropped += size


class Problem(NamedTuple):
    """A damaged entry that `verify` found, and dropped."""

    layer: Layer | None
    id: str
    reason: Reason


class VerifyReport(Struct):
    """What hashing everything again found."""

    checked: int = 0
    bytes: int = 0
    unsealed: int = 0  # native entries that could not be checked, for want of the key
    problems: list[Problem] = field(default_factory=list)


class KindStat(NamedTuple):
    """How much there is of one kind."""

    layer: Layer
    kind: str
    entries: int
    bytes: int


class Stat(NamedTuple):
    """What is in the store, and how often it helped."""

    path: Path | None
    format: int
    size_limit: int | None
    entries: int
    bytes: int
    kinds: tuple[KindStat, ...]
    counters: Mapping[str, Mapping[str, int]]  # layer -> "hit" or a reason -> how often
    pins: Mapping[str, int]
    leases: int
    other_versions: tuple[Path, ...]
    problem: str | None


def counters_by_layer(rows: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    """Counts as `Stat` has them."""
    result: dict[str, dict[str, int]] = {}
    for layer, outcome, count in rows:
        result.setdefault(layer, {})[outcome] = count
    return result


def row_of(id_: Id) -> bytes:
    """The row that an id names."""
    return action_row(id_) if isinstance(id_, ActionKey) else blob_row(id_)


def outputs_of(row: bytes, value: bytes) -> tuple[bytes, ...]:
    """The rows of the blobs that an entry names; CacheCorrupt for an action that cannot be read."""
    if layer_of(row) is not Layer.ACTION:
        return ()
    action = decode_action(row, value)
    return tuple(blob_row(digest) for digest in action.outputs.values())


def info_of(row: bytes, kind: str, size: int, stored: float, used: float) -> EntryInfo:
    """An entry seen from outside."""
    layer = layer_of(row)
    if layer is Layer.ACTION:
        return EntryInfo(layer, ActionKey(row[1:]), kind, size, stored, used)
    if layer is Layer.NATIVE:
        code = Digest(row[33:])
        return EntryInfo(layer, Digest(row[1:33]), kind, size, stored, used, code)
    return EntryInfo(Layer.BLOB, Digest(row[1:]), kind, size, stored, used)
