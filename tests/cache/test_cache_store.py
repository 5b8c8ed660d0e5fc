"""What every store does: exact bytes or a miss with its reason."""

from __future__ import annotations

import pytest

from cache import Action, Digest, Layer, Miss, Reason, action_key

SMALL = b"small"
LARGE = bytes(range(256)) * 1000  # beyond what is kept in a row
FINGERPRINT = Digest.of(b"an engine")


def key_of(name):
    return action_key(lambda sink: sink.line("test", name))


@pytest.mark.parametrize("data", [b"", SMALL, LARGE])
def test_a_blob_comes_back(store, data):
    digest = store.put_blob(data, "source")
    assert digest == Digest.of(data)
    assert store.get_blob(digest) == data
    assert store.has_blobs([digest, Digest.of(b"another")]) == {digest}


@pytest.mark.parametrize("size", [0, 1, len(LARGE)])
def test_native_code_comes_back_as_bytes(store, size):
    wasm, code = Digest.of(b"wasm"), LARGE[:size]
    assert store.put_native(wasm, FINGERPRINT, code)
    got = store.get_native(wasm, FINGERPRINT)
    assert type(got) is bytes
    assert got == code


def test_an_action_comes_back_with_everything(store):
    wasm = store.put_blob(LARGE, "wasm")
    interface = store.put_blob(SMALL, "interface")
    action = Action("compile", {"wasm": wasm, "interface": interface, "†": wasm}, b"\x00meta", 7)
    assert store.put_action(key_of("a"), action)
    assert store.get_action(key_of("a")) == action
    assert list(store.actions()) == [(key_of("a"), action)]
    assert list(store.actions("compile")) == [(key_of("a"), action)]
    assert list(store.actions("other")) == []


def test_a_result_is_stored_with_its_blobs(store):
    action = store.put_result(key_of("a"), "compile", {"wasm": LARGE, "empty": b""}, b"m", 2)
    assert action == Action("compile", {"wasm": Digest.of(LARGE), "empty": Digest.of(b"")}, b"m", 2)
    assert store.get_action(key_of("a")) == action
    assert store.get_blobs(action.outputs.values()) == {
        Digest.of(LARGE): LARGE,
        Digest.of(b""): b"",
    }


def test_what_was_never_stored_is_absent(store):
    assert store.get_action(key_of("a")) == Miss(Layer.ACTION, Reason.ABSENT)
    assert store.get_blob(Digest.of(b"")) == Miss(Layer.BLOB, Reason.ABSENT)
    assert store.get_native(FINGERPRINT, FINGERPRINT) == Miss(Layer.NATIVE, Reason.ABSENT)
    assert not store.get_blob(Digest.of(b""))


def test_native_code_for_another_engine_is_absent(store):
    wasm = Digest.of(b"wasm")
    store.put_native(wasm, FINGERPRINT, SMALL)
    assert store.get_native(wasm, Digest.of(b"another")) == Miss(Layer.NATIVE, Reason.ABSENT)


def test_an_action_whose_blob_is_gone_is_a_miss(store):
    store.put_action(key_of("a"), Action("compile", {"wasm": Digest.of(b"never stored")}))
    assert store.get_action(key_of("a")) == Miss(Layer.ACTION, Reason.OUTPUT_MISSING, "wasm")
    assert isinstance(store.get_action(key_of("a"), check_outputs=False), Action)


def test_many_at_once(store):
    keys = [key_of(i) for i in range(50)]
    for i, key in enumerate(keys[:40]):
        store.put_result(key, "compile", {"wasm": b"%d" % i})
    found = store.get_actions(keys)
    assert list(map(bool, found.values())).count(True) == 40
    assert found[keys[3]].outputs["wasm"] == Digest.of(b"3")
    assert found[keys[45]].reason is Reason.ABSENT


def test_storing_again_replaces(store):
    store.put_action(key_of("a"), Action("compile", meta=b"one"))
    store.put_action(key_of("a"), Action("compile", meta=LARGE))
    store.put_action(key_of("a"), Action("compile", meta=b"two"))
    assert store.get_action(key_of("a")).meta == b"two"
    assert store.stat().entries == 1


def test_a_rotated_seal_opens_nothing_old(store):
    store.put_native(Digest.of(b"w"), FINGERPRINT, SMALL)
    assert store.rotate_seal() == 1
    assert store.get_native(Digest.of(b"w"), FINGERPRINT).reason is Reason.ABSENT
    store.put_native(Digest.of(b"w"), FINGERPRINT, SMALL)
    assert store.get_native(Digest.of(b"w"), FINGERPRINT) == SMALL


def test_entries_are_found_by_prefix(store):
    store.put_result(key_of("a"), "compile", {"wasm": SMALL})
    store.put_native(Digest.of(SMALL), FINGERPRINT, b"code")
    (found,) = store.find(key_of("a").hex[:10])
    assert (found.layer, found.id, found.kind) == (Layer.ACTION, key_of("a"), "compile")
    blob, native = sorted(store.find(Digest.of(SMALL).hex), key=lambda entry: entry.layer)
    assert (blob.layer, blob.id, blob.kind, blob.size) == (
        Layer.BLOB,
        Digest.of(SMALL),
        "wasm",
        len(SMALL),
    )
    assert (native.layer, native.id, native.fingerprint) == (
        Layer.NATIVE,
        Digest.of(SMALL),
        FINGERPRINT,
    )
    assert store.find("00" * 32) == []


def test_stat_counts_entries_and_answers(store):
    store.put_result(key_of("a"), "compile", {"wasm": LARGE})
    store.get_action(key_of("a"))
    store.get_action(key_of("b"))
    store.get_blob(Digest.of(LARGE))
    stat = store.stat()
    assert stat.entries == 2
    assert [(kind.layer, kind.kind, kind.entries) for kind in stat.kinds] == [
        ("action", "compile", 1),
        ("blob", "wasm", 1),
    ]
    assert stat.kinds[1].bytes == len(LARGE)
    assert stat.counters == {"action": {"hit": 1, "absent": 1}, "blob": {"hit": 1}}


def test_a_collection_keeps_what_is_named_and_drops_orphans(store, clock):
    store.put_result(key_of("a"), "compile", {"wasm": LARGE})
    store.put_blob(b"orphan")
    assert store.gc().dropped == {}
    clock.now += 4000
    assert store.gc().dropped == {"orphan": 1}
    assert store.get_action(key_of("a"))


def test_native_code_of_old_engines_can_be_dropped(store):
    store.put_native(Digest.of(b"w"), Digest.of(b"old"), SMALL)
    store.put_native(Digest.of(b"w"), FINGERPRINT, SMALL)
    assert store.gc(fingerprint=FINGERPRINT).dropped == {"old engine": 1}
    assert store.get_native(Digest.of(b"w"), FINGERPRINT) == SMALL


def test_a_pinned_action_stays_with_its_blobs_and_their_native_code(store, clock):
    for name in ("pinned", "other"):
        store.put_result(key_of(name), "compile", {"wasm": name.encode()})
        store.put_native(Digest.of(name.encode()), FINGERPRINT, name.encode())
        clock.now += 1
    store.pin("project", [key_of("pinned")])
    assert store.stat().pins == {"project": 1}
    store.gc(size_limit=0, grace=0)
    assert store.get_action(key_of("pinned"))
    assert store.get_native(Digest.of(b"pinned"), FINGERPRINT) == b"pinned"
    assert not store.get_action(key_of("other"))
    store.unpin("project")
    store.gc(size_limit=0, grace=0)
    assert store.stat().entries == 0


def test_the_least_recently_used_go_first(store, clock):
    for i in range(10):
        store.put_result(key_of(i), "compile", {"wasm": b"%d" % i * 1000})
        clock.now += 10_000
    store.get_action(key_of(0))
    report = store.gc(size_limit=6000)
    assert report.bytes_kept <= 6000
    alive = [i for i in range(10) if store.get_action(key_of(i))]
    assert alive == [0, 7, 8, 9]


def test_clear_drops_everything(store):
    store.put_result(key_of("a"), "compile", {"wasm": LARGE})
    store.clear()
    assert not store.get_action(key_of("a"))
    assert store.stat().entries == 0
    store.put_blob(SMALL)
    assert store.get_blob(Digest.of(SMALL)) == SMALL


def test_verify_finds_nothing_wrong(store):
    store.put_result(key_of("a"), "compile", {"wasm": LARGE})
    store.put_native(Digest.of(LARGE), FINGERPRINT, SMALL)
    report = store.verify()
    assert (report.checked, report.problems) == (3, [])


def test_a_closed_store_answers_with_misses(store):
    store.put_blob(SMALL)
    store.close()
    store.close()
    assert store.get_blob(Digest.of(SMALL)).reason is Reason.OFF
    assert store.put_blob(SMALL) == Digest.of(SMALL)
    assert not store.put_action(key_of("a"), Action("compile"))
