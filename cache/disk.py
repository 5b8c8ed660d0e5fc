"""The store in a folder: SQLite rows for what is small, files for what is large, many processes.

Whatever the disk does, the caller gets sound bytes or a miss. It knows rows, generations and
leases; `store.py` knows what the rows mean and checks it.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from cache.care import (
    USE_SECONDS,
    EntryInfo,
    GcReport,
    Problem,
    Stat,
    VerifyReport,
    row_of,
)
from cache.collect import collect
from cache.digest import Digest, Id
from cache.envelope import Row, layer_of, prefix_of
from cache.folder import (
    FORMAT,
    default_cache_dir,
    default_seal_path,
    generations,
    is_missing,
    other_versions,
    prepare,
    remove_tree,
    unavailable,
)
from cache.generation import Generation, open_current, remove_unused
from cache.lease import Lease, live_starts
from cache.outcome import (
    STORAGE_ERRORS,
    CacheCorrupt,
    CacheUnavailable,
    Layer,
    Miss,
    Reason,
    reason_of,
)
from cache.seal import SealFile
from cache.sealed import SealedCache
from cache.store import BaseStore, Store
from cache.survey import TOTAL_SIZE, Survey, find_entries, foreign_rows, survey

DEFAULT_SIZE_LIMIT: Final = 4 << 30
# How long to wait for other processes' writes before giving up on the cache for this once.
_TIMEOUT: Final = 10.0
# Rows asked for by one query; SQLite's own limit is far above.
_CHUNK: Final = 8000
# A database that goes bad again and again is not worth another try.
_MAX_RENEWALS: Final = 8
# The size is looked at after so much of the limit was written.
_CHECK_PART: Final = 64

T = TypeVar("T")


class DiskStore(BaseStore):
    """A store in a folder; CacheUnavailable when that cannot be used. One object a process."""

    def __init__(
        self,
        root: Path | None = None,
        *,
        seal_path: Path | None = None,
        clock: Callable[[], float] = time.time,
        size_limit: int = DEFAULT_SIZE_LIMIT,
        allow_insecure: bool = False,
    ) -> None:
        super().__init__(SealFile(seal_path or default_seal_path()))
        self._root = root or default_cache_dir()
        self._allow_insecure = allow_insecure
        self._clock = clock
        self._size_limit = size_limit
        self._lock = threading.RLock()
        self._lease: Lease | None = None
        self._lease_depth = 0
        self._problem: str | None = None
        self._off = False
        self._closed = False
        self._renewals = 0
        self._unchecked_bytes = 0
        self._left: list[Generation] = []  # other threads may still be reading there
        try:
            self._version = prepare(self._root, allow_insecure=allow_insecure)
            self._generation = open_current(self._version, self._now, _TIMEOUT)
        except STORAGE_ERRORS as error:
            raise unavailable(self._root, error) from error

    @property
    def path(self) -> Path | None:
        """See `Store`."""
        return self._version.parent

    @property
    def problem(self) -> str | None:
        """See `Store`."""
        return self._problem

    def _now(self) -> float:
        """The time; never before the lease that is held, even if the clock was set back."""
        now = self._clock()
        return now if self._lease is None else max(now, self._lease.start)

    # Failures.

    def _attempt(self, what: Callable[[SealedCache], T]) -> T | Reason:
        """Do something with the database; a failure of storage becomes its reason."""
        if self._off:
            return Reason.OFF
        generation = self._generation
        try:
            return what(generation.cache)
        except CacheCorrupt as damage:
            return self._failed(damage, damage.reason, generation)
        except STORAGE_ERRORS as error:
            return self._failed(error, reason_of(error), generation)

    def _failed(self, error: Exception, reason: Reason, generation: Generation) -> Reason:
        if self._problem is None:
            self._problem = f"{reason}: {error}"
        if reason is Reason.DATABASE or is_missing(error):
            self._renew(generation, damaged=reason is Reason.DATABASE)
        return reason

    def _renew(self, generation: Generation, *, damaged: bool) -> None:
        """Leave a damaged or deleted generation for the newest sound one."""
        with self._lock:
            if self._off or self._generation is not generation:
                return
            self._renewals += 1
            try:
                if self._renewals > _MAX_RENEWALS:
                    raise CacheUnavailable("too many failures", "")
                self._version = prepare(self._root, allow_insecure=self._allow_insecure)
                above = generation.number if damaged else 0
                fresh = open_current(self._version, self._now, _TIMEOUT, above=above)
            except (CacheUnavailable, *STORAGE_ERRORS) as error:
                self._problem = f"{self._problem}; given up: {error}"
                self._off = True
                return
            self._generation = fresh
            self._left.append(generation)

    # Rows.

    def _load(self, rows: Sequence[bytes]) -> dict[bytes, bytes | Miss]:
        found: dict[bytes, bytes | Miss] = {}
        for at in range(0, len(rows), _CHUNK):
            chunk = rows[at : at + _CHUNK]
            failure = self._attempt(functools.partial(self._load_chunk, rows=chunk, found=found))
            for row in chunk:
                if row not in found:
                    reason = failure if isinstance(failure, Reason) else Reason.ABSENT
                    found[row] = Miss(layer_of(row) or Layer.BLOB, reason)
        return found

    def _load_chunk(
        self, cache: SealedCache, rows: Sequence[bytes], found: dict[bytes, bytes | Miss]
    ) -> None:
        stale: list[int] = []
        horizon = self._now() - USE_SECONDS
        for fields in _select(cache, rows):
            key, used = fields[0], fields[6]
            try:
                try:
                    found[key] = _value(cache, fields)
                except FileNotFoundError:
                    # Replaced by another process between the query and the opening.
                    again = _select(cache, (key,))
                    if again:
                        found[key] = _value(cache, again[0])
            except (CacheCorrupt, OSError) as damage:
                found[key] = self._damaged(cache, fields, damage)
                continue
            if type(used) is not float or used < horizon:
                stale.append(fields[1])
        if stale:
            self._touch(cache, stale)

    def _damaged(
        self, cache: SealedCache, fields: tuple[Any, ...], damage: CacheCorrupt | OSError
    ) -> Miss:
        layer = layer_of(fields[0]) or Layer.BLOB
        if isinstance(damage, CacheCorrupt):
            miss = Miss(layer, damage.reason, damage.detail)
        elif isinstance(damage, FileNotFoundError):
            miss = Miss(layer, Reason.GONE)
        else:
            return Miss(layer, reason_of(damage), str(damage.strerror))
        with contextlib.suppress(*STORAGE_ERRORS):
            cache.delete_row(fields[1], fields[4])
        return miss

    def _touch(self, cache: SealedCache, rowids: Sequence[int]) -> None:
        """Note a use; at most hourly for an entry, and not worth failing for."""
        now = self._now()
        with contextlib.suppress(*STORAGE_ERRORS), cache.transaction() as sql:
            for rowid in rowids:
                sql("UPDATE Cache SET access_time = ? WHERE rowid = ?", (now, rowid))

    def _save(self, rows: Sequence[Row]) -> bool:
        for _ in range(2):
            generation = self._generation
            failure = self._attempt(lambda cache: cache.put_rows(rows))
            if failure is None:
                self._unchecked_bytes += sum(len(row.value) for row in rows)
                if self._unchecked_bytes > self._size_limit // _CHECK_PART:
                    self._check_size()
                return True
            if self._generation is generation:
                break  # not the database's fault: the same would happen again
        return False

    def _discard(self, row: bytes) -> None:
        def discard(cache: SealedCache) -> None:
            for fields in _select(cache, (row,)):
                cache.delete_row(fields[1], fields[4])

        self._attempt(discard)

    def _present(self, rows: Iterable[bytes]) -> set[bytes]:
        wanted = list(rows)

        def present(cache: SealedCache) -> set[bytes]:
            there: set[bytes] = set()
            for at in range(0, len(wanted), _CHUNK):
                chunk = wanted[at : at + _CHUNK]
                for key, size, filename, length in cache.sql(
                    "SELECT key, size, filename, length(value) FROM Cache"
                    f" WHERE raw = 1 AND key IN ({_marks(chunk)})",
                    chunk,
                ):
                    actual = length if filename is None else cache.disk.file_size(filename)
                    if actual == size:
                        there.add(key)
            return there.intersection(wanted)

        result = self._attempt(present)
        return set() if isinstance(result, Reason) else result

    def _rows(self, layer: Layer, kind: str | None = None) -> list[bytes]:
        low = prefix_of(layer)

        def rows(cache: SealedCache) -> list[bytes]:
            keys = cache.sql(
                "SELECT key FROM Cache WHERE raw = 1 AND key >= ? AND key < ?"
                " AND (?3 IS NULL OR tag = ?3)",
                (low, bytes([low[0] + 1]), kind),
            )
            return [key for (key,) in keys if layer_of(key) is layer]

        result = self._attempt(rows)
        return [] if isinstance(result, Reason) else result

    def _drop_layer(self, layer: Layer) -> int:
        rows = self._rows(layer)
        for row in rows:
            self._discard(row)
        return len(rows)

    # Leases and pins.

    @contextlib.contextmanager
    def lease(self) -> Iterator[None]:
        """See `Store`; also moves to the generation that other processes use now."""
        self._acquire()
        try:
            yield
        finally:
            self._release()

    def _acquire(self) -> None:
        with self._lock:
            self._lease_depth += 1
            if self._lease_depth > 1:
                return
            self._follow()

            def acquire(cache: SealedCache) -> Lease:
                # An eviction holds this lock from looking at the leases to the end, so that it
                # either sees this one or is over.
                with cache.transaction():
                    return Lease(self._version / "leases", self._clock())

            lease = self._attempt(acquire)
            self._lease = lease if isinstance(lease, Lease) else None

    def _release(self) -> None:
        with self._lock:
            self._lease_depth -= 1
            if self._lease_depth == 0:
                if self._lease is not None:
                    self._lease.release()
                    self._lease = None
                self._write_counts()

    def _follow(self) -> None:
        """After another process has cleared the cache or left its database, go where it went."""
        generation = self._generation
        try:
            newest = max(generations(self._version), default=0)
        except OSError:
            newest = 0
        if self._off or (newest == generation.number and not generation.deleted):
            return
        try:
            self._version = prepare(self._root, allow_insecure=self._allow_insecure)
            self._generation = open_current(self._version, self._now, _TIMEOUT)
        except (CacheUnavailable, *STORAGE_ERRORS) as error:
            self._problem = str(error)
            self._off = True
            return
        self._left.append(generation)

    def pin(self, label: str, ids: Iterable[Id]) -> None:
        """See `Store`."""
        rows = {row_of(id_) for id_ in ids}

        def pin(cache: SealedCache) -> None:
            with cache.transaction() as sql:
                sql("DELETE FROM Pins WHERE label = ?", (label,))
                for row in rows:
                    sql("INSERT INTO Pins VALUES (?, ?)", (label, row))

        self._attempt(pin)

    def unpin(self, label: str) -> None:
        """See `Store`."""
        self._attempt(lambda cache: cache.sql("DELETE FROM Pins WHERE label = ?", (label,)))

    # Care.

    def find(self, prefix: str, limit: int = 20) -> list[EntryInfo]:
        """See `Store`."""
        result = self._attempt(functools.partial(find_entries, prefix=prefix.lower(), limit=limit))
        return [] if isinstance(result, Reason) else result

    def stat(self) -> Stat:
        """See `Store`."""
        self._write_counts()

        found = self._attempt(survey)
        if isinstance(found, Reason):
            found = Survey((), {}, {})
        leases = 0
        others: tuple[Path, ...] = ()
        with contextlib.suppress(OSError):
            leases = len(live_starts(self._version / "leases"))
            others = tuple(other_versions(self._version))
        return Stat(
            path=self._version.parent,
            format=FORMAT,
            size_limit=self._size_limit,
            entries=sum(kind.entries for kind in found.kinds),
            bytes=sum(kind.bytes for kind in found.kinds),
            kinds=found.kinds,
            counters=found.counters,
            pins=found.pins,
            leases=leases,
            other_versions=others,
            problem=self._problem,
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
        report = GcReport()
        failure = self._attempt(
            lambda cache: collect(
                cache,
                self._version / "leases",
                report,
                now=self._now(),
                size_limit=self._size_limit if size_limit is None else size_limit,
                grace=grace,
                fingerprint=fingerprint,
            )
        )
        if isinstance(failure, Reason):
            report.problem = self._problem
        if not self._off:
            report.old_generations = remove_unused(self._version, self._generation.number)
        if other_versions:
            report.old_versions = self._remove_other_versions()
        return report

    def _remove_other_versions(self) -> int:
        with contextlib.suppress(OSError):
            others = other_versions(self._version)
            for path in others:
                remove_tree(path)
            return len(others)
        return 0

    def _check_size(self) -> None:
        """Evict when more is stored than allowed."""
        self._unchecked_bytes = 0
        total = self._attempt(lambda cache: cache.sql(TOTAL_SIZE).fetchone()[0])
        if not isinstance(total, Reason) and total > self._size_limit:
            self.gc()

    def verify(self) -> VerifyReport:
        """See `Store`; the database's own structure is checked too."""

        unsafe = self._attempt(foreign_rows)
        if isinstance(unsafe, Reason):
            report = VerifyReport()
            report.problems.append(Problem(None, "database", unsafe))
            return report
        for rowid, filename in unsafe:
            self._attempt(functools.partial(SealedCache.delete_row, rowid=rowid, filename=filename))
        report = super().verify()
        report.problems += [Problem(None, f"row {row[0]}", Reason.UNSAFE) for row in unsafe]
        return report

    def clear(self) -> None:
        """See `Store`; what other processes have open goes when they close it."""
        with self._lock:
            try:
                old = self._generation
                self._generation = open_current(
                    self._version, self._now, _TIMEOUT, above=old.number
                )
                self._left.append(old)
                if self._lease is None:
                    self._close_left()
                remove_unused(self._version, self._generation.number)
            except (CacheUnavailable, *STORAGE_ERRORS) as error:
                self._problem = f"not cleared: {error}"

    def _write_counts(self) -> None:
        with self._counts_lock:
            counts, self._counts = dict(self._counts), type(self._counts)()

        def write(cache: SealedCache) -> None:
            with cache.transaction() as sql:
                for (layer, outcome), count in counts.items():
                    sql(
                        "INSERT INTO Counters VALUES (?, ?, ?)"
                        " ON CONFLICT DO UPDATE SET count = count + excluded.count",
                        (str(layer), str(outcome), count),
                    )

        if counts and isinstance(self._attempt(write), Reason):
            with self._counts_lock:
                self._counts.update(counts)

    def _close_left(self) -> None:
        for generation in self._left:
            generation.close()
        self._left.clear()

    def close(self) -> None:
        """See `Store`."""
        with self._lock:
            if self._closed:
                return
            self._write_counts()
            self._off = self._closed = True
            if self._lease is not None:
                self._lease.release()
                self._lease = None
            self._close_left()
            self._generation.close()


def open_store(
    root: Path | None = None,
    *,
    seal_path: Path | None = None,
    clock: Callable[[], float] = time.time,
    size_limit: int = DEFAULT_SIZE_LIMIT,
    allow_insecure: bool = False,
) -> Store:
    """Open the store in a folder, or raise CacheUnavailable, which says why and what to do.

    Without `root` it is $CLARBUILD_CACHE_DIR or this user's cache folder; without `seal_path` the
    key is in $CLARBUILD_STATE_DIR or this user's state folder. `allow_insecure` accepts a folder
    that other users own or can write to.
    """
    return DiskStore(
        root,
        seal_path=seal_path,
        clock=clock,
        size_limit=size_limit,
        allow_insecure=allow_insecure,
    )


def _select(cache: SealedCache, rows: Sequence[bytes]) -> list[tuple[Any, ...]]:
    found = cache.sql(
        "SELECT key, rowid, size, mode, filename, value, access_time FROM Cache"
        f" WHERE raw = 1 AND key IN ({_marks(rows)})",
        rows,
    ).fetchall()
    if not {fields[0] for fields in found}.issubset(rows):
        raise CacheCorrupt(Reason.DATABASE, "the index disagrees with its table")
    return found


def _marks(rows: Sequence[bytes]) -> str:
    return ",".join("?" * len(rows))


def _value(cache: SealedCache, fields: tuple[Any, ...]) -> bytes:
    """A row's value; CacheCorrupt when it is not as long as the row says."""
    _, _, size, mode, filename, value, _ = fields
    data: bytes = cache.disk.fetch(mode, filename, value, False)
    if len(data) != size:
        raise CacheCorrupt(Reason.TRUNCATED, f"{len(data)} bytes, not {size!r:.20}")
    return data
