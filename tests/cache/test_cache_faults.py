"""Faults: flipped bytes, cut, swapped and deleted files, killed writers, many processes at once.

Longer campaigns: CLARBUILD_FAULT_ROUNDS=5000 for the damage, CLARBUILD_KILLS=300 for the kills; the
seed is printed, and set by CLARBUILD_FAULT_SEED.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
import traceback

import pytest

from cache import Action, Digest, Miss, Reason, action_key, open_store

ROUNDS = int(os.environ.get("CLARBUILD_FAULT_ROUNDS", "150"))
KILLS = int(os.environ.get("CLARBUILD_KILLS", "10"))
SEED = int(os.environ.get("CLARBUILD_FAULT_SEED", str(random.randrange(1 << 32))))
ENGINE = Digest.of(b"engine")


def key_of(name):
    return action_key(lambda sink: sink.line("test", str(name)))


def contents(count=12):
    """Name -> Wasm; of sizes that live in rows and in files."""
    return {i: bytes([i]) * (100 if i % 3 else 40_000) for i in range(count)}


def fill(store):
    for i, wasm in contents().items():
        store.put_result(key_of(i), "compile", {"wasm": wasm}, b"meta %d" % i)
        store.put_native(Digest.of(wasm), ENGINE, b"code" + wasm)


def read_everything(store):
    """How many answers were hits; every one of them must be exact."""
    hits = 0
    actions = store.get_actions([key_of(i) for i in contents()])
    for i, wasm in contents().items():
        action = actions[key_of(i)]
        if not isinstance(action, Miss):
            hits += 1
            assert action == Action("compile", {"wasm": Digest.of(wasm)}, b"meta %d" % i)
        blob = store.get_blob(Digest.of(wasm))
        native = store.get_native(Digest.of(wasm), ENGINE)
        for got, expected in ((blob, wasm), (native, b"code" + wasm)):
            if not isinstance(got, Miss):
                hits += 1
                assert got == expected
            else:
                assert isinstance(got.reason, Reason)
    return hits


def mend(store):
    """Build until all is there; reading may find damage that building did not, once or twice."""
    for _ in range(3):
        fill(store)
        hits = read_everything(store)
        if hits == 36:
            break
    return hits


def where(root):
    return {"root": root / "cache", "seal_path": root / "state" / "seal.key"}


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    """A cache that was closed, and one whose last writes are still in the write-ahead log."""
    base = tmp_path_factory.mktemp("templates")
    store = open_store(**where(base / "open"))
    fill(store)
    shutil.copytree(base / "open", base / "log")
    store.close()
    return [base / "open", base / "log"]


def damage(rng, root):
    """Spoil one file; what was done."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    # The database is as likely as all else together.
    database = [path for path in files if "cache.db" in path.name]
    path = rng.choice(rng.choice((database, files)))
    data = bytearray(path.read_bytes())
    what = rng.choice(("flip", "flip", "flip", "flips", "zero", "cut", "grow", "swap", "delete"))
    at = rng.randrange(len(data)) if data else 0
    if what == "delete" or not data:
        path.unlink()
        return f"delete {path}"
    if what == "swap":
        other = rng.choice([file for file in files if file.suffix == path.suffix])
        theirs = other.read_bytes()
        other.write_bytes(data)
        path.write_bytes(theirs)
        return f"swap {path} {other}"
    if what == "flip":
        data[at] ^= 1 << rng.randrange(8)
    elif what == "flips":
        for _ in range(50):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif what == "zero":
        data[at : at + 4096] = bytes(len(data[at : at + 4096]))
    elif what == "cut":
        del data[at:]
    else:
        data += rng.randbytes(rng.randrange(1, 10_000))
    path.write_bytes(data)
    return f"{what} {path} at {at}"


def test_damage_is_a_miss_and_the_next_build_is_right(templates, tmp_path):
    print(f"seed {SEED}")
    rng = random.Random(SEED)
    for number in range(ROUNDS):
        root = tmp_path / "copy"
        shutil.copytree(rng.choice(templates), root)
        done = damage(rng, root)
        note = f"seed {SEED} round {number}: {done}"
        try:
            with open_store(**where(root)) as store:
                read_everything(store)
                assert mend(store) == 36, f"{note}: {store.problem}"
                care = (store.verify, lambda: store.gc(grace=0), store.stat, lambda: None)
                rng.choice(care)()
            with open_store(**where(root)) as store:
                # The care may have found damage that reading did not meet, and left the database.
                read_everything(store)
                assert mend(store) == 36, f"{note}: {store.problem}"
        except BaseException:
            print(note)
            raise
        shutil.rmtree(root)


def test_damage_beneath_an_open_store(templates, tmp_path):
    """Flips only: a memory-mapped file (SQLite's own -shm) cut short kills any program."""
    print(f"seed {SEED}")
    rng = random.Random(SEED + 1)
    for number in range(max(ROUNDS // 5, 20)):
        root = tmp_path / "copy"
        shutil.copytree(templates[0], root)
        with open_store(**where(root)) as store:
            store.get_action(key_of(0))
            values = list((root / "cache" / "v1" / "g1" / "values").iterdir())
            path = rng.choice([*values, root / "cache" / "v1" / "g1" / "cache.db"])
            data = bytearray(path.read_bytes())
            for _ in range(20):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            with open(path, "r+b") as file:
                file.write(data)
            note = f"seed {SEED} round {number}: {path}"
            read_everything(store)
            fill(store)
            read_everything(store)
            store.gc()
        with open_store(**where(root)) as store:
            read_everything(store)
            assert mend(store) == 36, note
        shutil.rmtree(root)


def child(work):
    """Run `work` in a forked process that leaves by `os._exit`; its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def test_a_killed_writer_leaves_nothing_wrong(tmp_path):
    print(f"seed {SEED}")
    rng = random.Random(SEED)

    def write():
        number = 0
        with open_store(**where(tmp_path)) as store, store.lease():
            while True:
                number += 1
                fill(store)
                store.put_result(
                    key_of(("n", number % 50)), "compile", {"wasm": rng.randbytes(60_000)}
                )
                if number % 7 == 0:
                    store.gc(size_limit=1_500_000, grace=0)

    for _ in range(KILLS):
        pid = child(write)
        time.sleep(rng.uniform(0.02, 0.25))
        os.kill(pid, signal.SIGKILL)
        assert os.waitpid(pid, 0)[1] == signal.SIGKILL
        with open_store(**where(tmp_path)) as store:
            read_everything(store)
            assert store.verify().problems == []
            assert store.stat().leases == 0
            store.gc(grace=0)
            rows = store._generation.cache.sql(
                "SELECT filename FROM Cache WHERE filename IS NOT NULL"
            )
            assert {name for (name,) in rows} == set(store._generation.cache.disk.files())
            fill(store)
            assert read_everything(store) == 36


def test_many_processes_write_and_collect_at_once(tmp_path):
    def build(seed):
        rng = random.Random(seed)
        with open_store(**where(tmp_path), size_limit=700_000) as store:
            for _ in range(6):
                with store.lease():
                    order = list(contents().items())
                    rng.shuffle(order)
                    for i, wasm in order:
                        action = store.get_action(key_of(i))
                        if not action:
                            action = store.put_result(
                                key_of(i), "compile", {"wasm": wasm}, b"meta %d" % i
                            )
                            store.put_native(Digest.of(wasm), ENGINE, b"code" + wasm)
                        # What was stored or seen under a lease stays.
                        assert store.get_blob(action.outputs["wasm"]) == wasm
                    store.put_result(key_of(rng.random()), "other", {"x": rng.randbytes(50_000)})
                    if rng.random() < 0.5:
                        store.gc(grace=0)
                    read_everything(store)
            assert store.problem is None

    pids = [child(lambda seed=seed: build(seed)) for seed in range(4)]
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0, 0, 0, 0]
    with open_store(**where(tmp_path)) as store:
        assert store.verify().problems == []
        counters = store.stat().counters
        assert counters["blob"]["hit"] >= 4 * 6 * 12


def test_many_processes_open_a_new_cache_at_once(tmp_path):
    def start(number):
        with open_store(**where(tmp_path)) as store:
            store.put_blob(b"%d" % number)
            assert store.put_native(Digest.of(b"%d" % number), ENGINE, b"code")
            assert store.problem is None

    pids = [child(lambda number=number: start(number)) for number in range(8)]
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * 8
    with open_store(**where(tmp_path)) as store:
        assert store.has_blobs(Digest.of(b"%d" % number) for number in range(8)) == {
            Digest.of(b"%d" % number) for number in range(8)
        }
        for number in range(8):  # they agreed on one key
            assert store.get_native(Digest.of(b"%d" % number), ENGINE) == b"code"


def test_a_damaged_database_while_another_process_uses_it(tmp_path):
    """Both end up in the same new generation, and neither sees a wrong byte."""
    with open_store(**where(tmp_path)) as one, open_store(**where(tmp_path)) as other:
        fill(one)
        read_everything(other)
        # The log holds the newest pages; put them into the file that is spoilt.
        one._generation.cache.sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        path = tmp_path / "cache" / "v1" / "g1" / "cache.db"
        with open(path, "r+b") as file:
            file.seek(4096)
            file.write(os.urandom(path.stat().st_size - 4096))
        with open_store(**where(tmp_path)) as third:
            read_everything(third)
            fill(third)
            assert read_everything(third) == 36
        read_everything(one)
        fill(one)
        with other.lease():
            assert read_everything(other) == 36


def test_forked_children_may_keep_using_the_store(tmp_path):
    with open_store(**where(tmp_path)) as store:
        fill(store)

        def read():
            assert read_everything(store) == 36
            store.put_blob(b"from the child")

        assert os.waitpid(child(read), 0)[1] == 0
        assert store.get_blob(Digest.of(b"from the child")) == b"from the child"
        assert read_everything(store) == 36
