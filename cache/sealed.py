"""diskcache with its pickle paths, its foreign paths and its self-made settings closed.

diskcache believes each row: a row's mode makes it unpickle, a row's file name makes it read, and
delete, any file, and its Settings table sets attributes and pragmas (CVE-2025-69872). Here rows
hold bytes only, files are opened by name alone in one folder, and nothing is read from settings.
It knows rows and files, not what they mean.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import re
import secrets
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import diskcache
from diskcache.core import MODE_BINARY, MODE_RAW, UNKNOWN

from cache.envelope import Row
from cache.outcome import CacheCorrupt, Reason

DATABASE: Final = "cache.db"
VALUES: Final = "values"
# Up to this size a value lives in its row: faster to read, and no file each.
MIN_FILE_BYTES: Final = 32768
# No entry comes near; a planted sparse file must not be read into memory.
MAX_FILE_BYTES: Final = 1 << 30
FILE_NAME: Final = re.compile(r"[0-9a-f]{32}\.val")

# diskcache's own table and index; its settings, triggers and other indexes have no use here.
_SCHEMA: Final = (
    "CREATE TABLE Cache (rowid INTEGER PRIMARY KEY, key BLOB, raw INTEGER, store_time REAL,"
    " expire_time REAL, access_time REAL, access_count INTEGER DEFAULT 0, tag BLOB,"
    " size INTEGER DEFAULT 0, mode INTEGER DEFAULT 0, filename TEXT, value BLOB)",
    "CREATE UNIQUE INDEX Cache_key_raw ON Cache(key, raw)",
    "CREATE TABLE Pins (label TEXT, key BLOB, PRIMARY KEY (label, key))",
    "CREATE TABLE Counters (layer TEXT, outcome TEXT, count INTEGER, PRIMARY KEY (layer, outcome))",
)
_PRAGMAS: Final = (
    "trusted_schema = OFF",
    "cell_size_check = ON",
    "mmap_size = 0",  # a mapped file that is cut short kills the process
    "synchronous = NORMAL",
    "journal_mode = WAL",
)
_MASTER: Final = "SELECT type, name, sql FROM sqlite_master"
# Connections of a forked parent: closing them here could release the parent's locks.
_ABANDONED: Final[list[Any]] = []


class SealedDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache has no types
    """Keys and values are bytes; a value's file is a random name in one open folder."""

    def __init__(self, directory: str, values: int) -> None:
        super().__init__(directory, min_file_size=MIN_FILE_BYTES, pickle_protocol=0)
        self._values = values

    def put(self, key: object) -> tuple[object, bool]:
        """A key as the database has it; only what needs no pickle."""
        if type(key) is bytes:
            return sqlite3.Binary(key), True
        if type(key) is str:
            return key, True
        raise TypeError("keys are bytes or str")

    def get(self, key: object, raw: object) -> object:
        """A key from the database; diskcache unpickles one whose row says that it is not raw."""
        if raw != 1 or type(key) not in (bytes, str):
            raise CacheCorrupt(Reason.UNSAFE, "key")
        return key

    def store(
        self, value: object, read: bool, key: object = UNKNOWN
    ) -> tuple[int, int, str | None, bytes | None]:
        """Keep a value, in its row or in a file; the row's fields."""
        del key  # a file's name says nothing of what it holds
        if type(value) is not bytes or read:
            raise TypeError("values are bytes")
        if len(value) < self.min_file_size:
            return len(value), MODE_RAW, None, value
        name = f"{secrets.token_hex(16)}.val"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(name, flags, 0o600, dir_fd=self._values)
        try:
            with open(fd, "wb", buffering=0) as file:
                view = memoryview(value)
                while view:
                    view = view[file.write(view) :]
        except BaseException:
            self.remove(name)
            raise
        return len(value), MODE_BINARY, name, None

    def fetch(self, mode: object, filename: object, value: object, read: bool) -> Any:
        """A value from its row's fields; anything that `store` never writes is corrupt."""
        if mode == MODE_RAW and filename is None and type(value) is bytes:
            data = value
        elif mode == MODE_BINARY and value is None and _is_file_name(filename):
            data = self._read_file(str(filename))
        else:
            raise CacheCorrupt(Reason.UNSAFE, f"mode {mode!r:.20}")
        return io.BytesIO(data) if read else data

    def _read_file(self, name: str) -> bytes:
        # Without O_NONBLOCK a planted pipe would hang the reader.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            fd = os.open(name, flags, dir_fd=self._values)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise CacheCorrupt(Reason.UNSAFE, error.strerror or str(error)) from None
        try:
            info = os.fstat(fd)
            if not stat.S_ISREG(info.st_mode):
                raise CacheCorrupt(Reason.UNSAFE, "not a file")
            if info.st_size > MAX_FILE_BYTES:
                raise CacheCorrupt(Reason.TRUNCATED, "a file too long")
            data = os.read(fd, info.st_size)
            if len(data) == info.st_size:
                return data
            parts = [data]
            while part := os.read(fd, 1 << 24):
                parts.append(part)
            return b"".join(parts)
        finally:
            os.close(fd)

    def file_size(self, filename: object) -> int | None:
        """How long a value's file is; None when there is no such file."""
        if not _is_file_name(filename):
            return None
        try:
            info = os.stat(str(filename), dir_fd=self._values, follow_symlinks=False)
        except OSError:
            return None
        return info.st_size if stat.S_ISREG(info.st_mode) else None

    def remove(self, file_path: object) -> None:
        """Delete a value's file; a row that names anything else deletes nothing."""
        if _is_file_name(file_path):
            with contextlib.suppress(OSError):
                os.unlink(str(file_path), dir_fd=self._values)

    def files(self) -> list[str]:
        """The names of all values' files."""
        return [name for name in os.listdir(self._values) if FILE_NAME.fullmatch(name)]

    def written_at(self, filename: str) -> float:
        """When a file was written; infinity when it is gone."""
        try:
            return os.stat(filename, dir_fd=self._values, follow_symlinks=False).st_mtime
        except OSError:
            return float("inf")


def _is_file_name(name: object) -> bool:
    return type(name) is str and FILE_NAME.fullmatch(name) is not None


class SealedCache(diskcache.Cache):  # type: ignore[misc]  # diskcache has no types
    """A diskcache whose constructor and connections trust nothing in the folder."""

    def __init__(
        self, directory: Path, values: int, clock: Callable[[], float], timeout: float
    ) -> None:
        # diskcache's constructor obeys the Settings table and writes it anew at each start, in some
        # thirty transactions; these attributes are all that its methods need.
        self._directory = str(directory)
        self._timeout = timeout
        self._local = threading.local()
        self._txn_id = None
        self._disk = SealedDisk(self._directory, values)
        self.eviction_policy = "none"
        self.statistics = 0
        self.cull_limit = 0
        self.tag_index = 0
        self._clock = clock
        self._check_schema()

    def __getstate__(self) -> NoReturn:
        raise TypeError("a cache is opened anew in each process")

    @property
    def _con(self) -> sqlite3.Connection:
        local = self._local
        connection: sqlite3.Connection | None = getattr(local, "con", None)
        if getattr(local, "pid", None) != os.getpid():
            if connection is not None:
                _ABANDONED.append(connection)
                connection = None
            local.pid = os.getpid()
        if connection is None:
            connection = connect(Path(self._directory), self._timeout)
            local.con = connection
        return connection

    @property
    def sql(self) -> Callable[..., sqlite3.Cursor]:
        """Run one statement on this thread's connection."""
        return self._con.execute

    @property
    def disk(self) -> SealedDisk:
        """The values' files."""
        disk: SealedDisk = self._disk
        return disk

    def _check_schema(self) -> None:
        """A trigger or view that is not ours could answer in a table's name."""
        if frozenset(self.sql(_MASTER)) != _expected_schema():
            raise CacheCorrupt(Reason.DATABASE, "other tables")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """Hold the only write lock; what fails, or is interrupted, leaves no trace."""
        connection = self._con
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection.execute
            connection.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after a full disk.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def put_rows(self, rows: Sequence[Row]) -> None:
        """Store values in one transaction, or none of them."""
        written: list[str] = []
        replaced: list[object] = []
        now = self._clock()
        try:
            prepared = []
            for row in rows:
                key, raw = self._disk.put(row.key)
                size, mode, name, value = self._disk.store(row.value, False)
                if name is not None:
                    written.append(name)
                prepared.append((key, raw, (None, row.kind, size, mode, name, value)))
            with self.transaction() as sql:
                for key, raw, columns in prepared:
                    old = sql(
                        "SELECT rowid, filename FROM Cache WHERE key = ? AND raw = ?", (key, raw)
                    ).fetchone()
                    if old is None:
                        self._row_insert(key, raw, now, columns)
                    else:
                        self._row_update(old[0], now, columns)
                        replaced.append(old[1])
        except BaseException:
            for name in written:
                self._disk.remove(name)
            raise
        for old_name in replaced:
            self._disk.remove(old_name)

    def delete_row(self, rowid: int, filename: object) -> None:
        """Forget a row and its file."""
        with self.transaction() as sql:
            sql("DELETE FROM Cache WHERE rowid = ? AND filename IS ?", (rowid, filename))
        self._disk.remove(filename)


def connect(directory: Path, timeout: float) -> sqlite3.Connection:
    """Open the database in a folder; settings come from here, never from the file."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG((directory / f"{DATABASE}{suffix}").lstat().st_mode):
                raise CacheCorrupt(Reason.DATABASE, "not a file")
    connection = sqlite3.connect(
        directory / DATABASE, timeout=timeout, isolation_level=None, check_same_thread=False
    )
    # A flipped bit in a text column must not fail the whole query.
    connection.text_factory = _decode
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def create_database(directory: Path) -> None:
    """Make the folder's empty database; the folder must be nobody else's yet."""
    values = directory / VALUES
    values.mkdir(mode=0o700)
    os.close(os.open(directory / DATABASE, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = sqlite3.connect(directory / DATABASE, isolation_level=None)
    try:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("BEGIN")
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute("COMMIT")
    finally:
        connection.close()


@functools.cache
def _expected_schema() -> frozenset[tuple[str, str, str | None]]:
    connection = sqlite3.connect(":memory:")
    try:
        for statement in _SCHEMA:
            connection.execute(statement)
        return frozenset(connection.execute(_MASTER))
    finally:
        connection.close()
