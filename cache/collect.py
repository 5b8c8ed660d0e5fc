"""Collecting in a database: reads what is there, lets `care.plan` choose, deletes at once."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from cache.care import USE_SECONDS, Dropped, GcReport, Item, outputs_of, plan
from cache.digest import Digest
from cache.envelope import layer_of
from cache.lease import live_starts, remove_abandoned
from cache.outcome import CacheCorrupt, Layer
from cache.sealed import SealedCache

# While a build runs, a file without a row may belong to a row that is being written.
_WRITING_SECONDS = 60.0


def collect(
    cache: SealedCache,
    leases: Path,
    report: GcReport,
    *,
    now: float,
    size_limit: int,
    grace: float,
    fingerprint: Digest | None,
) -> None:
    """Drop what should go.

    The write lock is held from reading the leases to the deletion: a build that begins meanwhile
    waits for it, and so never sees an entry that is about to go.
    """
    # Listed first: a file that is written after this is not looked at.
    strays = set(cache.disk.files())
    doomed: list[object] = []
    with cache.transaction() as sql:
        remove_abandoned(leases)
        starts = live_starts(leases)
        pinned = frozenset(key for (key,) in sql("SELECT key FROM Pins"))
        rows: dict[bytes, tuple[Any, ...]] = {}
        items: list[Item] = []
        drops: list[tuple[tuple[Any, ...], Dropped]] = []
        for row in sql("SELECT key, rowid, size, access_time, filename, raw FROM Cache").fetchall():
            item = _item(cache, row)
            if item is None or item.row in rows:
                drops.append((row, Dropped.DAMAGED))
            else:
                rows[item.row] = row
                items.append(item)
        for item, why in plan(
            items,
            pinned=pinned,
            # A use within USE_SECONDS of the one before was not written down.
            in_use_since=min(starts) - USE_SECONDS if starts else None,
            size_limit=size_limit,
            orphans_before=now - grace,
            fingerprint=fingerprint.raw if fingerprint else None,
        ):
            drops.append((rows.pop(item.row), why))
        for row, why in drops:
            sql("DELETE FROM Cache WHERE rowid = ?", (row[1],))
            doomed.append(row[4])
            report.count(why, row[2] if type(row[2]) is int else 0)
    # Only after the commit: a reader of the old rows finds their files, or asks again.
    for name in doomed:
        cache.disk.remove(name)
    _remove_strays(
        cache,
        strays - {row[4] for row in rows.values()} - set(doomed),
        max(grace, _WRITING_SECONDS) if starts else grace,
        report,
    )
    report.entries_kept = len(rows)
    report.bytes_kept = sum(row[2] for row in rows.values())
    cache.sql("PRAGMA incremental_vacuum").fetchall()


def _remove_strays(cache: SealedCache, names: set[str], grace: float, report: GcReport) -> None:
    """Delete files without a row, which a killed writer leaves; the file system dates them."""
    now = time.time()
    for name in names:
        if now - cache.disk.written_at(name) >= grace:
            cache.disk.remove(name)
            report.stray_files += 1


def _is_time(value: object) -> bool:
    return type(value) is float and math.isfinite(value)


def _item(cache: SealedCache, row: tuple[Any, ...]) -> Item | None:
    """An entry to plan with; None when it cannot be one of ours."""
    key, rowid, size, used, filename, raw = row
    layer = layer_of(key)
    if raw != 1 or layer is None or type(size) is not int or not _is_time(used):
        return None
    if layer is not Layer.ACTION:
        if filename is not None and cache.disk.file_size(filename) != size:
            return None
        return Item(key, size, used)
    fields = cache.sql("SELECT mode, value FROM Cache WHERE rowid = ?", (rowid,)).fetchone()
    if fields is None:
        return None
    try:
        data = cache.disk.fetch(fields[0], filename, fields[1], False)
        return Item(key, size, used, outputs_of(key, data))
    except (CacheCorrupt, OSError):
        return None
