"""Watching builds after an edit, once, whatever the editor does to the file."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clarbuild.files import DiskFiles
from clarbuild.problems import InputError, fault
from clarbuild.watch import SupersededError, Timing, Trigger, Watcher, watch

QUICK = Timing(quiet=0.01, deadline=0.1, poll=0.02)


def test_a_trigger_waits_for_quiet() -> None:
    trigger = Trigger(Timing(quiet=0.05, deadline=5))

    def edit() -> None:
        for number in range(3):
            trigger.touch(str(number))
            time.sleep(0.01)

    thread = threading.Thread(target=edit)
    thread.start()
    assert trigger.wait(2) == {"0", "1", "2"}
    thread.join()
    assert not trigger.pending
    assert trigger.wait(0.01) == set()


def test_a_trigger_does_not_wait_for_ever() -> None:
    trigger = Trigger(Timing(quiet=0.2, deadline=0.3))
    stop = threading.Event()

    def edit() -> None:
        while not stop.wait(0.02):
            trigger.touch("a")

    thread = threading.Thread(target=edit)
    thread.start()
    started = time.monotonic()
    assert trigger.wait(5) == {"a"}
    assert time.monotonic() - started < 2
    stop.set()
    thread.join()


def by_rename(path: Path) -> None:
    new = path.with_name("new.tmp")
    new.write_text("2")
    os.replace(new, path)


def by_delete_and_create(path: Path) -> None:
    path.unlink()
    path.write_text("2")


def new_folder(path: Path) -> None:
    folder = path.parent / "sub"
    folder.mkdir()
    (folder / "b.clar").write_text("1")


def moved(path: Path) -> None:
    path.rename(path.with_name("b.clar"))


EDITS: list[Callable[[Path], object]] = [
    lambda path: path.write_text("2"),
    by_rename,
    by_delete_and_create,
    new_folder,
    moved,
]


@pytest.mark.parametrize("polling", [False, True])
@pytest.mark.parametrize("edit", EDITS)
def test_every_way_to_save_is_seen(
    tmp_path: Path, edit: Callable[[Path], object], polling: bool
) -> None:
    path = tmp_path / "a.clar"
    path.write_text("1")
    trigger = Trigger(QUICK)
    watcher = Watcher(tmp_path, DiskFiles(), trigger, QUICK)
    watcher.start(force_polling=polling)
    try:
        time.sleep(0.05)
        edit(path)
        assert trigger.wait(5)
    finally:
        watcher.stop()


def test_reading_is_no_edit(tmp_path: Path) -> None:
    path = tmp_path / "a.clar"
    path.write_text("1")
    trigger = Trigger(QUICK)
    watcher = Watcher(tmp_path, DiskFiles(), trigger, QUICK)
    watcher.start()
    try:
        time.sleep(0.05)
        path.read_text()
        (tmp_path / "notes.txt").write_text("not ours")
        assert trigger.wait(0.1) == set()
    finally:
        watcher.stop()


def test_without_events_it_polls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_watches_left(_self: Watcher) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(Watcher, "_observe", no_watches_left)
    trigger = Trigger(QUICK)
    watcher = Watcher(tmp_path, DiskFiles(), trigger, QUICK)
    watcher.start()
    try:
        assert watcher.polling == "inotify watch limit reached"
        (tmp_path / "a.clar").write_text("1")
        assert trigger.wait(5)
    finally:
        watcher.stop()


def test_a_broken_manifest_and_a_newer_edit_end_no_watch() -> None:
    trigger = Trigger(QUICK)
    ends: list[Exception | None] = [fault("p", "c", "broken for now"), SupersededError(), None]
    built: list[int] = []
    told: list[InputError] = []

    def build(touched: set[str] | None, *, quiet: bool) -> None:
        assert touched is None
        assert not quiet
        built.append(len(built))
        trigger.touch("again")
        error = ends[len(built) - 1]
        if error is not None:
            raise error

    watch(build, trigger, complain=told.append, stop=lambda: len(built) == len(ends))
    assert built == [0, 1, 2]
    assert [str(error) for error in told] == ["broken for now"]


def test_everything_is_looked_at_once_it_is_quiet() -> None:
    trigger = Trigger(QUICK)
    asked: list[tuple[set[str] | None, bool]] = []
    edits: list[Callable[[], None]] = [
        lambda: trigger.touch("a"),
        lambda: trigger.touch("b"),
        lambda: None,
    ]

    def build(touched: set[str] | None, *, quiet: bool) -> None:
        asked.append((touched, quiet))
        if len(asked) <= len(edits):
            edits[len(asked) - 1]()
        if len(asked) == 2:
            raise SupersededError

    watch(build, trigger, complain=lambda _: None, stop=lambda: len(asked) == 4, pause=0.02)
    # What a superseded build was to look at is not forgotten.
    assert asked == [(None, False), ({"a"}, False), ({"a", "b"}, False), (None, True)]


def test_a_file_that_was_closed_is_whole() -> None:
    trigger = Trigger(Timing(quiet=5, whole=0.01, deadline=10))
    started = time.monotonic()
    trigger.touch("a")
    trigger.touch("a", whole=True)
    assert trigger.wait(5) == {"a"}
    assert time.monotonic() - started < 4
