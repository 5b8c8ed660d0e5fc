"""The folder: who may use it, what it becomes, leases, clocks, and keys that change hands."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from cache import CacheUnavailable, Digest, Reason, action_key
from cache.folder import default_cache_dir, default_seal_path

LARGE = bytes(range(256)) * 1000
WASM, ENGINE = Digest.of(b"wasm"), Digest.of(b"engine")


def key_of(name):
    return action_key(lambda sink: sink.line("test", name))


def mode(path):
    return path.stat().st_mode & 0o777


def test_everything_is_private(disk, tmp_path):
    os.umask(os.umask(0o022))
    disk.put_result(key_of(1), "compile", {"wasm": LARGE})
    disk.put_native(WASM, ENGINE, LARGE)
    root = tmp_path / "cache"
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    assert {mode(path) for path in folders} == {0o700}
    assert {mode(path) for path in root.rglob("*") if path.is_file()} == {0o600}
    assert mode(tmp_path / "state") == 0o700
    assert mode(tmp_path / "state" / "seal.key") == 0o600
    assert "clarbuild" in (root / "README.txt").read_text()
    assert (root / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f0688680")


def test_the_environment_names_the_folders():
    environment = {"CLARBUILD_CACHE_DIR": "/some/cache", "CLARBUILD_STATE_DIR": "/some/state"}
    assert default_cache_dir(environment) == Path("/some/cache")
    assert default_seal_path(environment) == Path("/some/state/seal.key")
    assert default_cache_dir({}).name == "clarbuild"
    assert default_seal_path({}).parts[-2:] == ("clarbuild", "seal.key")


def test_entries_and_counters_outlive_the_process(opened):
    with opened() as store:
        store.put_result(key_of(1), "compile", {"wasm": LARGE})
        store.put_native(WASM, ENGINE, b"code")
        store.get_action(key_of(2))
    with opened() as store:
        assert store.get_blob(store.get_action(key_of(1)).outputs["wasm"]) == LARGE
        assert store.get_native(WASM, ENGINE) == b"code"
        assert store.stat().counters == {
            "action": {"hit": 1, "absent": 1},
            "blob": {"hit": 1},
            "native": {"hit": 1},
        }


def test_a_folder_that_others_can_write_to_is_refused(opened, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    with pytest.raises(CacheUnavailable, match="others can write") as caught:
        opened()
    assert "chmod 700" in caught.value.hint
    assert opened(allow_insecure=True).put_action is not None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(opened, tmp_path):
    (tmp_path / "cache").mkdir(mode=0o700)
    os.chown(tmp_path / "cache", 12345, 12345)
    with pytest.raises(CacheUnavailable, match="another user"):
        opened()
    opened(allow_insecure=True)


def test_a_folder_with_other_things_in_it_is_refused(opened, tmp_path):
    (tmp_path / "cache").mkdir(mode=0o700)
    (tmp_path / "cache" / "thesis.txt").write_text("years of work")
    (tmp_path / "cache" / "README.txt").write_text("read this first")
    with pytest.raises(CacheUnavailable, match="holds other files"):
        opened()


def test_foreign_files_in_a_cache_are_left_alone(opened, tmp_path):
    store = opened()
    foreign = tmp_path / "cache" / "v1" / "g1" / "values" / "notes.txt"
    foreign.write_text("mine")
    (tmp_path / "cache" / "mine.txt").write_text("mine")
    store = opened()
    store.put_result(key_of(1), "compile", {"wasm": LARGE})
    store.gc(grace=0)
    assert store.get_action(key_of(1))
    assert foreign.read_text() == "mine"


def test_a_file_in_the_folders_place_is_refused(opened, tmp_path):
    (tmp_path / "cache").write_text("")
    with pytest.raises(CacheUnavailable, match="not a folder"):
        opened()


def test_a_link_in_a_circle_is_refused(opened, tmp_path):
    (tmp_path / "cache").symlink_to(tmp_path / "cache")
    with pytest.raises(CacheUnavailable):
        opened()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(opened, tmp_path):
    (tmp_path / "cache").mkdir(mode=0o500)
    with pytest.raises(CacheUnavailable, match="no permission"):
        opened()


@pytest.fixture
def tmpfs(tmp_path):
    """A disk of one megabyte."""
    point = tmp_path / "disk"
    point.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", str(point)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small tmpfs cannot be mounted: not root, or not allowed")
    yield point
    subprocess.run(["umount", "-l", str(point)], check=True)


def fill_up(disk):
    info = os.statvfs(disk)
    (disk / "filler").write_bytes(bytes(info.f_bfree * info.f_bsize))


def test_a_full_disk_stores_nothing_and_breaks_nothing(opened, tmpfs):
    store = opened(root=tmpfs / "cache")
    kept = []
    for i in range(20):
        data = bytes([i]) * 150_000
        store.put_result(key_of(i), "compile", {"wasm": data})
        kept.append(bool(store.get_action(key_of(i))))
    assert kept[0]
    assert not kept[-1]
    assert "full" in store.problem
    for i in range(20):
        action = store.get_action(key_of(i))
        assert not action or store.get_blob(action.outputs["wasm"]) == bytes([i]) * 150_000
    assert store.verify().problems == []
    store.close()
    # No half-written file keeps the disk full.
    assert os.statvfs(tmpfs).f_bfree * os.statvfs(tmpfs).f_bsize < 400_000
    with opened(root=tmpfs / "cache") as again:
        assert again.get_action(key_of(0))


def test_a_disk_that_is_full_from_the_start(opened, tmpfs):
    fill_up(tmpfs)
    with pytest.raises(CacheUnavailable, match="disk is full") as caught:
        opened(root=tmpfs / "cache")
    assert caught.value.hint


def test_a_disk_that_is_read_only(opened, tmpfs):
    with opened(root=tmpfs / "cache") as store:
        store.put_blob(b"x")
    subprocess.run(["mount", "-o", "remount,ro", str(tmpfs)], check=True)
    with pytest.raises(CacheUnavailable) as caught:
        opened(root=tmpfs / "cache")
    assert "CLARBUILD_CACHE_DIR" in caught.value.hint


def test_a_disk_that_fills_up_beneath_an_open_store(opened, tmpfs):
    store = opened(root=tmpfs / "cache")
    store.put_blob(b"x")
    fill_up(tmpfs)
    assert store.put_blob(LARGE) == Digest.of(LARGE)
    assert store.get_blob(Digest.of(LARGE)).reason is Reason.ABSENT
    assert store.get_blob(Digest.of(b"x")) == b"x"


def test_a_cache_that_is_deleted_beneath_a_running_program(opened, tmp_path):
    store = opened()
    store.put_result(key_of(1), "compile", {"wasm": LARGE})
    shutil.rmtree(tmp_path / "cache")
    assert not store.get_action(key_of(1))
    store.put_result(key_of(1), "compile", {"wasm": LARGE})
    with store.lease():
        store.put_result(key_of(1), "compile", {"wasm": LARGE})
    assert store.get_action(key_of(1))
    assert opened().get_action(key_of(1))


def test_another_format_has_its_own_folder(opened, tmp_path):
    (tmp_path / "cache" / "v0" / "things").mkdir(parents=True, mode=0o700)
    (tmp_path / "cache").chmod(0o700)
    store = opened()
    store.put_blob(b"x")
    assert [path.name for path in store.stat().other_versions] == ["v0"]
    assert store.gc().old_versions == 0
    assert (tmp_path / "cache" / "v0").exists()
    assert store.gc(other_versions=True).old_versions == 1
    assert not (tmp_path / "cache" / "v0").exists()


def test_a_lease_protects_what_was_used_under_it(opened, clock):
    builder, collector = opened(), opened()
    builder.put_result(key_of("old"), "compile", {"wasm": b"old"})
    builder.put_result(key_of("unused"), "compile", {"wasm": b"unused"})
    clock.now += 100_000
    with builder.lease():
        builder.get_action(key_of("old"))
        builder.put_result(key_of("new"), "compile", {"wasm": b"new"})
        orphan = builder.put_blob(b"its action comes later")
        collector.gc(size_limit=0, grace=0)
        assert builder.get_action(key_of("old"))
        assert builder.get_action(key_of("new"))
        assert builder.has_blobs([orphan])
        assert not builder.get_action(key_of("unused"))
        assert collector.stat().leases == 1
    assert collector.stat().leases == 0
    collector.gc(size_limit=0, grace=0)
    assert collector.stat().entries == 0


def test_a_lease_protects_although_the_clock_goes_back(opened, clock):
    builder, collector = opened(), opened()
    with builder.lease():
        clock.now -= 1_000_000
        builder.put_result(key_of("new"), "compile", {"wasm": b"new"})
        collector.gc(size_limit=0, grace=0)
        assert builder.get_action(key_of("new"))


def test_a_dead_builds_lease_is_no_lease(opened, tmp_path):
    store = opened()
    (tmp_path / "cache" / "v1" / "leases" / "dead.lease").write_text("0.0")
    store.put_blob(b"x")
    assert store.stat().leases == 0
    store.gc(grace=0)
    assert store.stat().entries == 0


def test_storing_evicts_beyond_the_limit(opened, clock):
    store = opened(size_limit=1_000_000)
    for i in range(30):
        store.put_result(key_of(i), "compile", {"wasm": bytes([i]) * 100_000})
        clock.now += 10_000
    assert store.stat().bytes < 1_200_000
    assert store.get_action(key_of(29))
    assert not store.get_action(key_of(0))


def test_a_use_is_written_at_most_hourly(opened, clock, tmp_path):
    store = opened()
    store.put_action(key_of(1), store.put_result(key_of(1), "compile", {}))

    def changes():
        return (tmp_path / "cache" / "v1" / "g1" / "cache.db-wal").stat().st_size

    clock.now += 1000
    before = changes()
    store.get_action(key_of(1))
    assert changes() == before
    clock.now += 3000
    store.get_action(key_of(1))
    assert changes() > before


def test_clearing_beside_another_process(opened):
    one, other = opened(), opened()
    one.put_result(key_of(1), "compile", {"wasm": LARGE})
    other.clear()
    assert not other.get_action(key_of(1))
    with one.lease():  # a new build looks where the others are
        assert not one.get_action(key_of(1))
        one.put_result(key_of(2), "compile", {"wasm": LARGE})
    assert other.get_action(key_of(2))
    one.close()
    assert other.gc().old_generations == 1


def test_files_without_a_row_are_swept(opened, tmp_path):
    store = opened()
    stray = tmp_path / "cache" / "v1" / "g1" / "values" / ("0" * 32 + ".val")
    stray.write_bytes(b"left by a killed writer")
    assert store.gc().stray_files == 0
    assert store.gc(grace=0).stray_files == 1
    assert not stray.exists()


def test_native_code_sealed_by_another_key_never_loads(opened, tmp_path):
    with opened(seal_path=tmp_path / "attacker" / "seal.key") as attacker:
        attacker.put_native(WASM, ENGINE, b"evil")
    store = opened()
    assert store.get_native(WASM, ENGINE).reason is Reason.SEAL_KEY
    assert store.get_native(WASM, ENGINE).reason is Reason.ABSENT  # it was dropped


def plant(tmp_path, sql, *values):
    connection = sqlite3.connect(tmp_path / "cache" / "v1" / "g1" / "cache.db")
    with connection:
        connection.execute(sql, values)
    connection.close()


def sealed_value(tmp_path, row):
    connection = sqlite3.connect(tmp_path / "cache" / "v1" / "g1" / "cache.db")
    ((value,),) = connection.execute("SELECT value FROM Cache WHERE key = ?", (row,))
    connection.close()
    return value


def test_planted_native_code_never_loads(opened, tmp_path):
    store = opened()
    other = Digest.of(b"other")
    store.put_native(WASM, ENGINE, b"good code")
    store.put_native(other, ENGINE, b"other code")
    row, other_row = (b"n" + wasm.raw + ENGINE.raw for wasm in (WASM, other))
    good, swapped = sealed_value(tmp_path, row), sealed_value(tmp_path, other_row)
    planted = [
        (swapped, Reason.FOREIGN),
        (good.replace(b"good code", b"evil code"), Reason.SEAL),
        (good[:-1] + bytes([good[-1] ^ 1]), Reason.SEAL),
        (good[:85] + good[13:85].join([b"", b""]) + good[85:-1], Reason.TRUNCATED),
        (b"evil", Reason.TRUNCATED),
        (b"X" + good[1:], Reason.FORMAT),
        # The other entry's seal over this entry's name.
        (swapped[:21] + good[21:85] + swapped[85:], Reason.SEAL),
    ]
    for value, reason in planted:
        store.put_native(WASM, ENGINE, b"good code")
        plant(
            tmp_path, "UPDATE Cache SET value = ?, size = ? WHERE key = ?", value, len(value), row
        )
        assert store.get_native(WASM, ENGINE).reason is reason
    assert store.get_native(other, ENGINE) == b"other code"


def test_a_key_rotated_by_another_process_is_noticed(opened):
    one, other = opened(), opened()
    one.put_native(WASM, ENGINE, b"code")
    assert other.rotate_seal() == 1
    other.put_native(WASM, ENGINE, b"code")
    assert one.get_native(WASM, ENGINE) == b"code"


@pytest.mark.parametrize("damage", ["mode", "content", "empty", "link", "folder"])
def test_a_bad_key_file_is_replaced_or_unused(opened, tmp_path, damage):
    path = tmp_path / "state" / "seal.key"
    with opened() as store:
        store.put_native(WASM, ENGINE, b"code")
    if damage == "mode":
        path.chmod(0o644)
    elif damage == "content":
        path.write_text("clarbuild-seal-1 " + "zz" * 32 + "\n")
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "link":
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.unlink()
        path.mkdir()
    store = opened()
    expected = Reason.NO_SEAL if damage == "folder" else Reason.SEAL_KEY
    assert store.get_native(WASM, ENGINE).reason is expected
    assert store.put_native(WASM, ENGINE, b"code") == (damage != "folder")
    if damage != "folder":
        assert store.get_native(WASM, ENGINE) == b"code"
        assert mode(path) == 0o600
    else:
        assert store.verify().unsealed == 1


def test_a_store_is_not_sent_to_another_process(disk):
    import pickle

    with pytest.raises(TypeError):
        pickle.dumps(disk._generation.cache)


def test_what_a_process_that_died_while_it_began_left_is_swept(opened, tmp_path):
    with opened() as store:
        store.put_blob(b"x")
        version = tmp_path / "cache" / "v1"
        (version / ".new-0123456789abcdef").mkdir()
        (version / "leases" / ".new-0123456789abcdef").write_bytes(b"")
        store.gc(grace=0)
        assert {path.name for path in version.iterdir()} == {"g1", "leases"}
        assert list((version / "leases").iterdir()) == []
