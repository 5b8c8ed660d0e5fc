"""Watches a project and builds it after each edit; contents decide, not events.

Events only say when and where to look, and once it is quiet everything is looked at. A build
starts after a quiet period, or when a deadline is over while edits go on; a newer edit supersedes
a build that still runs. Without events (the system's watches may be used up) the files' stamps are
polled.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from clarbuild.clarinet import MANIFEST_NAME
from clarbuild.files import Files, Stamp
from clarbuild.problems import InputError

_RELEVANT = (".clar", ".jsonl", ".toml")
_IGNORED_EVENTS = frozenset({"opened", "closed_no_write"})
# A folder is modified whenever any file in it comes or goes, ours or not.
_FOLDER_EVENTS = frozenset({"created", "deleted", "moved"})


# How long it is quiet after edits before everything is looked at.
PAUSE_SECONDS = 1.0


class Timing(Struct, frozen=True):
    """Seconds: of quiet before a build, of patience with edits that go on, between polls.

    After a file was closed or moved into its place it is whole: `whole` is enough quiet then.
    """

    quiet: float = 0.02
    whole: float = 0.005
    deadline: float = 0.5
    poll: float = 0.4


class Trigger:
    """Collects touched paths and decides when it is time; events come from another thread."""

    def __init__(self, timing: Timing, clock: Callable[[], float] = time.monotonic) -> None:
        self._timing = timing
        self._clock = clock
        self._condition = threading.Condition()
        self._touched: set[str] = set()
        self._first = 0.0
        self._due = 0.0

    def touch(self, path: str, *, whole: bool = False) -> None:
        """Something happened to `path`, which is whole again or may not be yet."""
        now = self._clock()
        with self._condition:
            if not self._touched:
                self._first = now
            self._due = now + (self._timing.whole if whole else self._timing.quiet)
            self._touched.add(path)
            self._condition.notify_all()

    @property
    def pending(self) -> bool:
        """Whether an edit has come that no build has seen."""
        return bool(self._touched)

    def wait(self, timeout: float | None = None) -> set[str]:
        """The touched paths, once it is quiet or the deadline is over; none on a time-out."""
        end = None if timeout is None else self._clock() + timeout
        with self._condition:
            while not self._touched:
                left = None if end is None else end - self._clock()
                if left is not None and left <= 0:
                    return set()
                self._condition.wait(left)
            while True:
                due = min(self._due, self._first + self._timing.deadline)
                left = due - self._clock()
                if left <= 0:
                    touched, self._touched = self._touched, set()
                    return touched
                self._condition.wait(left)


class Watcher:
    """Calls a trigger for edits in and under a project's folder, by events or by polling."""

    def __init__(self, location: Path, files: Files, trigger: Trigger, timing: Timing) -> None:
        self._location = location
        self._root = location if files.is_folder(location) else location.parent
        self._files = files
        self._trigger = trigger
        self._timing = timing
        self._stopped = threading.Event()
        self._observer: object | None = None
        self.polling: str | None = None

    def start(self, *, force_polling: bool = False) -> None:
        """Begins; `polling` says why events can't be had, where they can't."""
        if force_polling:
            self.polling = "asked for"
        else:
            try:
                self._observe()
                return
            except OSError as error:
                # inotify's limit of watches or instances, or a file system without events.
                self.polling = (error.strerror or str(error)).lower()
        threading.Thread(target=self._poll, args=(self._stamps(),), daemon=True).start()

    def stop(self) -> None:
        """Ends."""
        self._stopped.set()
        if self._observer is not None:
            self._observer.stop()  # type: ignore[attr-defined]

    def _observe(self) -> None:
        from watchdog.events import FileSystemEvent, FileSystemEventHandler
        from watchdog.observers import Observer

        trigger = self._trigger

        class Handler(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                kind = event.event_type
                if kind in _IGNORED_EVENTS or (event.is_directory and kind not in _FOLDER_EVENTS):
                    return
                for path, whole in (
                    (event.src_path, kind == "closed"),
                    (event.dest_path, kind == "moved"),
                ):
                    text = path.decode() if isinstance(path, bytes) else str(path)
                    if text and (event.is_directory or text.endswith(_RELEVANT)):
                        trigger.touch(text, whole=whole)

        observer = Observer()
        observer.schedule(Handler(), str(self._root), recursive=True)
        observer.start()
        self._observer = observer

    def _poll(self, before: dict[Path, Stamp]) -> None:
        while not self._stopped.wait(self._timing.poll):
            now = self._stamps()
            for path in before.keys() | now.keys():
                if before.get(path) != now.get(path):
                    self._trigger.touch(str(path))
            before = now

    def _stamps(self) -> dict[Path, Stamp]:
        found: dict[Path, Stamp] = {}
        sources = self._files.contracts(self._root)
        for path in (self._location, self._root / MANIFEST_NAME, *sources):
            with suppress(OSError):
                found[path] = self._files.stamp(path)
        return found


def _give_back_memory() -> None:
    """Gives the system what a look at everything has left free, which glibc would keep."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class SupersededError(Exception):
    """A newer edit has come: the build that runs is of no use any more."""


class Build(Protocol):
    """Builds what there is."""

    def __call__(self, touched: set[str] | None, *, quiet: bool) -> None:
        """Looks at the `touched` paths, those since it last came to its end, or at everything.

        It looks at everything in the beginning, after a fault of the manifest and, with `quiet`,
        once there are no more edits, because events can get lost. Raises `SupersededError` to give
        up for a newer edit, and `InputError` for a manifest that is broken, perhaps only for now.
        """


def watch(
    build: Build,
    trigger: Trigger,
    *,
    complain: Callable[[InputError], None],
    stop: Callable[[], bool] = lambda: False,
    pause: float = PAUSE_SECONDS,
) -> None:
    """Builds now and after every edit, until `stop` says so."""
    since: set[str] | None = None
    quiet = False
    while not stop():
        try:
            build(None if quiet else since, quiet=quiet)
            looked = quiet or since is None
            since = set()
            if looked:
                _give_back_memory()
        except SupersededError:
            looked = False
        except InputError as error:
            complain(error)
            since, looked = None, True
        quiet = False
        while not stop():
            if new := trigger.wait(pause):
                since = None if since is None else since | new
                break
            if not looked:
                quiet = True
                break
