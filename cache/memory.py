"""A store in a dict: for tests, and for builds whose cache folder cannot be used."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from msgspec import Struct

from cache.care import (
    Dropped,
    EntryInfo,
    GcReport,
    Item,
    KindStat,
    Stat,
    counters_by_layer,
    info_of,
    outputs_of,
    plan,
    row_of,
)
from cache.digest import Digest, Id
from cache.envelope import Row, layer_of, prefix_of
from cache.folder import FORMAT
from cache.outcome import CacheCorrupt, Layer, Miss, Reason
from cache.seal import SealFile, SealKey
from cache.store import BaseStore, no_lease


class _Entry(Struct):
    kind: str
    value: bytes
    stored: float
    used: float


class _MemorySeal(SealFile):
    """A key that dies with the process."""

    def __init__(self) -> None:
        super().__init__(Path())
        self.rotate()

    def reread(self) -> SealKey:
        """The same key."""
        return self.key()

    def rotate(self) -> SealKey:
        """Another key."""
        self._key = SealKey.of(secrets.token_bytes(32))
        return self._key


class MemoryStore(BaseStore):
    """Entries as the disk would have them, in `rows`; a test may damage them there."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__(_MemorySeal())
        self.rows: dict[bytes, _Entry] = {}
        self._pins: dict[str, frozenset[bytes]] = {}
        self._clock = clock
        self._closed = False

    @property
    def path(self) -> Path | None:
        """See `Store`."""
        return None

    @property
    def problem(self) -> str | None:
        """See `Store`."""
        return None

    def _load(self, rows: Sequence[bytes]) -> dict[bytes, bytes | Miss]:
        found: dict[bytes, bytes | Miss] = {}
        for row in rows:
            entry = self.rows.get(row)
            if entry is None or self._closed:
                reason = Reason.OFF if self._closed else Reason.ABSENT
                found[row] = Miss(layer_of(row) or Layer.BLOB, reason)
            else:
                entry.used = self._clock()
                found[row] = entry.value
        return found

    def _save(self, rows: Sequence[Row]) -> bool:
        if self._closed:
            return False
        now = self._clock()
        for row in rows:
            self.rows[row.key] = _Entry(row.kind, row.value, now, now)
        return True

    def _discard(self, row: bytes) -> None:
        self.rows.pop(row, None)

    def _present(self, rows: Iterable[bytes]) -> set[bytes]:
        return set() if self._closed else {row for row in rows if row in self.rows}

    def _rows(self, layer: Layer, kind: str | None = None) -> list[bytes]:
        prefix = prefix_of(layer)
        return [
            row
            for row, entry in self.rows.items()
            if row.startswith(prefix) and kind in (None, entry.kind)
        ]

    def _drop_layer(self, layer: Layer) -> int:
        dropped = self._rows(layer)
        for row in dropped:
            del self.rows[row]
        return len(dropped)

    def lease(self) -> AbstractContextManager[None]:
        """See `Store`; nothing is evicted unless `gc` is called."""
        return no_lease()

    def pin(self, label: str, ids: Iterable[Id]) -> None:
        """See `Store`."""
        self._pins[label] = frozenset(row_of(id_) for id_ in ids)

    def unpin(self, label: str) -> None:
        """See `Store`."""
        self._pins.pop(label, None)

    def find(self, prefix: str, limit: int = 20) -> list[EntryInfo]:
        """See `Store`."""
        prefix = prefix.lower()
        found = [
            info_of(row, entry.kind, len(entry.value), entry.stored, entry.used)
            for row, entry in sorted(self.rows.items())
            if row[1:].hex().startswith(prefix)
        ]
        return found[:limit]

    def stat(self) -> Stat:
        """See `Store`."""
        kinds: dict[tuple[Layer, str], list[int]] = {}
        for row, entry in self.rows.items():
            layer = layer_of(row)
            if layer is not None:
                kinds.setdefault((layer, entry.kind), []).append(len(entry.value))
        return Stat(
            path=None,
            format=FORMAT,
            size_limit=None,
            entries=len(self.rows),
            bytes=sum(len(entry.value) for entry in self.rows.values()),
            kinds=tuple(
                KindStat(layer, kind, len(sizes), sum(sizes))
                for (layer, kind), sizes in sorted(kinds.items())
            ),
            counters=counters_by_layer(
                (layer, outcome, n) for (layer, outcome), n in self._counts.items()
            ),
            pins={label: len(rows) for label, rows in self._pins.items()},
            leases=0,
            other_versions=(),
            problem=None,
        )

    def gc(
        self,
        *,
        size_limit: int | None = None,
        grace: float = 3600.0,
        fingerprint: Digest | None = None,
        other_versions: bool = False,
    ) -> GcReport:
        """See `Store`."""
        del other_versions
        report = GcReport()
        items = []
        for row, entry in list(self.rows.items()):
            try:
                outputs = outputs_of(row, entry.value)
            except CacheCorrupt:
                report.count(Dropped.DAMAGED, len(entry.value))
                del self.rows[row]
            else:
                items.append(Item(row, len(entry.value), entry.used, outputs))
        for item, why in plan(
            items,
            pinned=frozenset().union(*self._pins.values()),
            in_use_since=None,
            size_limit=size_limit,
            orphans_before=self._clock() - grace,
            fingerprint=fingerprint.raw if fingerprint else None,
        ):
            report.count(why, item.size)
            del self.rows[item.row]
        report.entries_kept = len(self.rows)
        report.bytes_kept = sum(len(entry.value) for entry in self.rows.values())
        return report

    def clear(self) -> None:
        """See `Store`."""
        self.rows.clear()

    def close(self) -> None:
        """See `Store`."""
        self._closed = True
