"""Nothing in the database makes the store unpickle, nor read or delete outside its folder."""

from __future__ import annotations

import itertools
import os
import pickle
import re
import sqlite3
import sys
from typing import ClassVar

import pytest

from cache import ActionKey, Digest, Reason, open_store
from cache.outcome import CacheCorrupt

MODES = (0, 1, 2, 3, 4, 5, -1, None, "4", 2.5, b"\x04")
RAWS = (1, 0, 2, None, "1", b"")
VALUE_NAME = "ab" * 16 + ".val"
LINK_NAME = "cd" * 16 + ".val"
PIPE_NAME = "ef" * 16 + ".val"
FOLDER_NAME = "01" * 16 + ".val"
DIGEST = Digest.of(b"x")
ROW = b"b" + DIGEST.raw


class _Watch:
    """Records, while on, what the interpreter opens and unpickles."""

    on = False
    events: ClassVar[list[tuple[str, object]]] = []

    @classmethod
    def hook(cls, event, args):
        if cls.on and event in ("open", "pickle.find_class", "os.remove", "os.rmdir"):
            cls.events.append((event, args[0]))


sys.addaudithook(_Watch.hook)


class Bomb:
    """Unpickling this makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_bytes(b"x")
    return path


@pytest.fixture
def planted(tmp_path, secret, opened):
    """An open store, a way to write any row, and the list of file names to try."""
    store = opened()
    store.put_blob(b"x")
    generation = tmp_path / "cache" / "v1" / "g1"
    values = generation / "values"
    bomb = pickle.dumps(Bomb(str(tmp_path / "unpickled")))
    (values / VALUE_NAME).write_bytes(bomb)
    (values / LINK_NAME).symlink_to(secret)
    os.mkfifo(values / PIPE_NAME)
    (values / FOLDER_NAME).mkdir()
    connection = sqlite3.connect(generation / "cache.db", isolation_level=None)

    def write(raw, mode, filename, value, key=ROW):
        connection.execute("DELETE FROM Cache")
        connection.execute(
            "INSERT INTO Cache (key, raw, store_time, access_time, tag, size, mode, filename,"
            " value) VALUES (?, ?, 0.0, 0.0, 'blob', ?, ?, ?, ?)",
            (key, raw, len(value) if isinstance(value, bytes) else 1, mode, filename, value),
        )

    names = (
        None,
        VALUE_NAME,
        LINK_NAME,
        PIPE_NAME,
        FOLDER_NAME,
        str(secret),
        "/etc/hostname",
        "../../../../secret.txt",
        f"../values/{VALUE_NAME}",
        f"{VALUE_NAME}\n",
        "aa/bb/" + "0" * 28 + ".val",
        "",
        b"bytes",
        7,
    )
    values_to_try = (bomb, None, "text", b"x", 3)
    yield store, write, names, values_to_try
    connection.close()


def watch(monkeypatch):
    def fail(*_args, **_options):
        raise AssertionError("unpickled")

    for name in ("load", "loads", "Unpickler", "_Unpickler"):
        monkeypatch.setattr(pickle, name, fail)
    _Watch.events.clear()
    _Watch.on = True


def check(tmp_path, secret):
    _Watch.on = False
    assert secret.read_bytes() == b"x"
    assert not (tmp_path / "unpickled").exists()
    ours = re.compile(r"[0-9a-f]{32}\.val|use\.lock|-?[0-9]+")
    root = str(tmp_path / "cache")
    for event, path in _Watch.events:
        assert event != "pickle.find_class"
        name = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else str(path)
        assert ours.fullmatch(name) or name.startswith(root), (event, path)


def test_no_row_makes_the_store_unpickle_or_read_elsewhere(planted, tmp_path, secret, monkeypatch):
    store, write, names, values = planted
    watch(monkeypatch)
    try:
        for raw, mode, name, value in itertools.product(RAWS, MODES, names, values):
            write(raw, mode, name, value)
            got = store.get_blob(DIGEST)
            # The one sound row among them all; SQLite gives the column's integer for "1".
            if raw in (1, "1") and mode == 1 and name is None and value == b"x":
                assert got == b"x"
            else:
                assert got.reason in (
                    Reason.ABSENT,
                    Reason.UNSAFE,
                    Reason.TRUNCATED,
                    Reason.DAMAGED,
                    Reason.GONE,
                )
    finally:
        check(tmp_path, secret)


def test_nor_does_the_care_of_the_cache(planted, tmp_path, secret, monkeypatch):
    store, write, names, values = planted
    watch(monkeypatch)
    keys = (ROW, b"a" + bytes(32), b"n" + bytes(64), b"z", "text", 5)
    some = list(itertools.product((1, 0), (1, 2, 3, 4), names[:8], values[:2], keys))
    try:
        for i, (raw, mode, name, value, key) in enumerate(some):
            write(raw, mode, name, value, key)
            care = (
                store.verify,
                lambda: store.gc(grace=0, size_limit=0),
                lambda: list(store.actions()),
                lambda: store.get_action(ActionKey(bytes(32))),
                lambda: store.get_native(Digest(bytes(32)), Digest(bytes(32))),
                lambda: store.find("00"),
                lambda: store.put_blob(b"x"),
                store.stat,
            )
            care[i % len(care)]()
    finally:
        check(tmp_path, secret)


def test_nor_does_a_pickle_in_any_column_of_any_table(tmp_path, secret, opened, monkeypatch):
    store = opened()
    store.put_result(ActionKey(bytes(32)), "compile", {"wasm": b"x" * 40_000, "m": b"x"}, b"meta")
    store.put_native(DIGEST, DIGEST, b"code")
    store.pin("project", [ActionKey(bytes(32))])
    store.stat()
    generation = tmp_path / "cache" / "v1" / "g1"
    bomb = pickle.dumps(Bomb(str(tmp_path / "unpickled")))
    connection = sqlite3.connect(generation / "cache.db", isolation_level=None)
    planted = 0
    watch(monkeypatch)
    try:
        for table in ("Cache", "Pins", "Counters"):
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            (rows,) = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
            assert rows
            for column, row, value in itertools.product(columns, range(rows), (bomb, str(bomb))):
                connection.execute("SAVEPOINT before")
                try:
                    connection.execute(
                        f"UPDATE {table} SET {column} = ? WHERE rowid ="
                        f" (SELECT rowid FROM {table} LIMIT 1 OFFSET ?)",
                        (value, row),
                    )
                    planted += 1
                except sqlite3.IntegrityError:
                    pass  # a row's id is a number, and no two rows may have one key
                connection.execute("RELEASE before")
                store.get_action(ActionKey(bytes(32)))
                store.get_blob(DIGEST)
                store.get_native(DIGEST, DIGEST)
                store.find("0")
                list(store.actions())
                store.stat()
                with store.lease():
                    store.put_blob(b"another")
                store.verify()
                store.gc(grace=0, size_limit=10_000)
                store.put_result(
                    ActionKey(bytes(32)), "compile", {"wasm": b"x" * 40_000, "m": b"x"}, b"meta"
                )
                store.put_native(DIGEST, DIGEST, b"code")
                store.pin("project", [ActionKey(bytes(32))])
    finally:
        check(tmp_path, secret)
        connection.close()
    assert planted > 50
    assert store.get_blob(DIGEST) == b"x"


def test_nor_do_diskcaches_own_methods(planted, tmp_path, secret, monkeypatch):
    store, write, names, values = planted
    cache = store._generation.cache
    watch(monkeypatch)
    refusals = (CacheCorrupt, KeyError, TypeError, sqlite3.Error)
    try:
        for mode, name, value in itertools.product((2, 3, 4), names, values[:2]):
            write(1, mode, name, value)
            for method in (
                lambda: cache[ROW],
                lambda: cache.get(ROW),
                lambda: cache.read(ROW),
                lambda: cache.pop(ROW),
            ):
                with pytest.raises(refusals):
                    raise KeyError if method() is None else AssertionError
        write(0, 1, None, b"x", values[0])
        for method in (lambda: list(cache), lambda: list(cache.iterkeys()), cache.peekitem):
            with pytest.raises(refusals):
                method()
        with pytest.raises(TypeError):
            cache.set(("a", "tuple"), b"x")
        with pytest.raises(TypeError):
            cache.set(b"key", {"a": "dict"})
    finally:
        check(tmp_path, secret)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON Cache BEGIN DELETE FROM Cache; END",
        "CREATE VIEW v AS SELECT * FROM Cache",
        "CREATE TABLE Settings (key TEXT, value)",
        "ALTER TABLE Cache ADD COLUMN more",
        "DROP TABLE Pins",
    ],
)
def test_a_database_with_another_schema_is_left_behind(opened, tmp_path, statement):
    with opened() as store:
        store.put_blob(b"x")
    connection = sqlite3.connect(tmp_path / "cache" / "v1" / "g1" / "cache.db")
    connection.execute(statement)
    connection.close()
    store = opened()
    assert store.get_blob(DIGEST).reason is Reason.ABSENT
    store.put_blob(b"x")
    assert store.get_blob(DIGEST) == b"x"
    assert store.gc().old_generations == 1


@pytest.mark.parametrize("name", ["cache.db", "cache.db-wal", "cache.db-shm", "values", "use.lock"])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_special_file_in_a_files_place_is_not_followed(tmp_path, name, kind):
    where = {"root": tmp_path / "cache", "seal_path": tmp_path / "seal.key"}
    with open_store(**where) as store:
        store.put_blob(b"x")
    path = tmp_path / "cache" / "v1" / "g1" / name
    target = tmp_path / "target"
    if path.exists():
        path.rename(target)
    if kind == "link":
        path.symlink_to(target)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with open_store(**where) as store:
        assert store.put_blob(b"x") == DIGEST
        assert store.get_blob(DIGEST) == b"x"
