"""A remote store of parcels over obstore: asked in parallel, for a bounded time, never believed.

Whatever the server does, an answer is a whole parcel of the key asked for or a `RemoteMiss` with
its reason, and waiting for nothing costs at most `Limits.patience` between two calls of `begin`.
Failures in a row open a circuit: then nothing is asked for a while. What is in a parcel is the
caller's to check. It knows no Clarity.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit

from cache.digest import ActionKey
from cache.outcome import Action
from cache.parcel import (
    MAX_PARCEL_BYTES,
    Parcel,
    ParcelRefused,
    RemoteMiss,
    RemoteReason,
    pack,
    unpack,
)
from cache.signing import PublicKey, SigningKey

if TYPE_CHECKING:
    from obstore.store import ObjectStore

Check = Callable[[ActionKey, Parcel], str | None]
"""Says what is wrong with a parcel's contents; None where nothing is."""

SCHEMES: Final = (
    "file",
    "memory",
    "s3",
    "s3a",
    "gs",
    "az",
    "azure",
    "abfs",
    "abfss",
    "http",
    "https",
)
FORMAT_FOLDER: Final = "v1"
_QUEUED_BYTES: Final = 64 << 20
_STEP_SECONDS: Final = 0.05
_T = TypeVar("_T")


class Access(StrEnum):
    """What may be done with a remote store."""

    READ_ONLY = "read-only"
    READ_WRITE = "read-write"


class RemoteError(Exception):
    """A remote that can't be used as it is described; `message` says why, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and counts that bound what a remote can cost.

    `patience` is the waiting that may come to nothing, `flush` the wait for uploads in the end.
    """

    connect: float = 2.0
    request: float = 10.0
    patience: float = 3.0
    flush: float = 5.0
    retries: int = 2
    concurrency: int = 16
    failures: int = 4
    cool_down: float = 60.0


@dataclass(slots=True)
class Traffic:
    """What went over the wire since the last `begin`."""

    fetched: int = 0
    stored: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    waited: float = 0.0
    misses: Counter[RemoteReason] = field(default_factory=Counter)
    not_stored: Counter[RemoteReason] = field(default_factory=Counter)


class RemoteTier:
    """One remote store. Its methods are called from one thread."""

    def __init__(
        self,
        url: str,
        *,
        access: Access = Access.READ_ONLY,
        trusted: frozenset[PublicKey] | None = None,
        signing: SigningKey | None = None,
        token: str | None = None,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`trusted` keys are required ones: what none of them signed is a miss."""
        self.access = access
        self.limits = limits or Limits()
        self.url = shown_url(url)
        self.traffic = Traffic()
        self._trusted = trusted
        self._signing = signing
        self._clock = clock
        self._store = _open(url, token, self.limits, create=access is Access.READ_WRITE)
        self._loop: _Loop | None = None
        self._gate: asyncio.Semaphore | None = None
        self._patience = self.limits.patience
        self._failures = 0
        self._open_until: float | None = None
        self._why_open = ""
        self._uploads: dict[Future[int], int] = {}

    @property
    def problem(self) -> str | None:
        """Why nothing is asked of the remote any more; None while it is."""
        return self._why_open if self._open_until is not None else None

    def begin(self) -> None:
        """A build begins: patience is new, and a circuit that was open long enough is tried."""
        self.traffic = Traffic()
        self._patience = self.limits.patience
        if self._open_until is not None and self._clock() >= self._open_until:
            self._open_until = None
            self._failures = self.limits.failures - 1

    # Fetching.

    def fetch(
        self, wanted: Mapping[ActionKey, float], check: Check
    ) -> dict[ActionKey, Parcel | RemoteMiss]:
        """Asks for parcels; each key's number is what it costs, in seconds, to do without.

        Waiting that is not made up for by what came is taken from the patience.
        """
        found: dict[ActionKey, Parcel | RemoteMiss] = {}
        started = self._clock()
        gained = 0.0
        pending: dict[Future[bytes], ActionKey] = {}
        if self._open_until is None:
            pending = {self._ask(self._get(key)): key for key in wanted}
        while pending and self._open_until is None:
            left = self._patience + gained - (self._clock() - started)
            if left <= 0:
                self._open(f"{RemoteReason.SLOW}: nothing worth {self.limits.patience:g} s came")
                break
            done, _ = wait(pending, min(left, _STEP_SECONDS), FIRST_COMPLETED)
            for future in done:
                key = pending.pop(future)
                answer = found[key] = self._arrived(key, future, check)
                if isinstance(answer, Parcel):
                    gained += wanted[key]
        reason = RemoteReason.SLOW if RemoteReason.SLOW in self._why_open else RemoteReason.OFF
        for future, key in pending.items():
            future.cancel()
            found[key] = RemoteMiss(reason)
        for key in wanted.keys() - found.keys():
            found[key] = RemoteMiss(RemoteReason.OFF)
        self._settle(self._clock() - started, gained, found)
        return found

    def _settle(
        self, waited: float, gained: float, found: Mapping[ActionKey, Parcel | RemoteMiss]
    ) -> None:
        self._patience = min(self.limits.patience, self._patience + gained - waited)
        traffic = self.traffic
        traffic.waited += waited
        for answer in found.values():
            if isinstance(answer, RemoteMiss):
                traffic.misses[answer.reason] += 1
            else:
                traffic.fetched += 1

    def _arrived(self, key: ActionKey, future: Future[bytes], check: Check) -> Parcel | RemoteMiss:
        try:
            data = future.result()
            self.traffic.bytes_in += len(data)
            parcel = unpack(data, key, self._trusted)
        except ParcelRefused as refusal:
            self._failed(str(refusal.miss))
            return refusal.miss
        except Exception as error:
            # obstore's errors share no useful class, and asyncio adds its own.
            miss = miss_of(error)
            if miss.reason is RemoteReason.ABSENT:
                self._failures = 0
            else:
                self._failed(str(miss))
            return miss
        fault = check(key, parcel)
        if fault is not None:
            self._failed(f"{RemoteReason.REFUSED}: {fault}")
            return RemoteMiss(RemoteReason.REFUSED, fault)
        self._failures = 0
        return parcel

    async def _get(self, key: ActionKey) -> bytes:
        import obstore

        async with self._slots(), asyncio.timeout(self.limits.request):
            result = await obstore.get_async(self._store, path_of(key))
            if result.meta["size"] > MAX_PARCEL_BYTES:
                raise ParcelRefused(RemoteReason.TOO_LARGE, f"{result.meta['size']} bytes")
            parts: list[bytes] = []
            size = 0
            async for part in result.stream(min_chunk_size=1 << 16):
                parts.append(bytes(part))
                size += len(parts[-1])
                if size > MAX_PARCEL_BYTES:
                    raise ParcelRefused(RemoteReason.TOO_LARGE, f"{size} bytes")
            return b"".join(parts)

    # Storing.

    def offer(self, key: ActionKey, action: Action, outputs: Mapping[str, bytes]) -> bool:
        """Stores a parcel in the background; False where that is not allowed, or of no use."""
        if self.access is not Access.READ_WRITE or self._open_until is not None:
            return False
        self._reap(0.0)
        size = sum(map(len, outputs.values()))
        if sum(self._uploads.values()) + size > _QUEUED_BYTES:
            self.traffic.not_stored[RemoteReason.SLOW] += 1
            return False
        self._uploads[self._ask(self._put(key, action, dict(outputs)))] = size
        return True

    def flush(self, seconds: float | None = None) -> None:
        """Waits for what is being stored, `Limits.flush` at most by default; drops the rest."""
        end = self._clock() + (self.limits.flush if seconds is None else seconds)
        while self._uploads and self._open_until is None and (left := end - self._clock()) > 0:
            self._reap(min(left, _STEP_SECONDS))
        for future in self._uploads:
            future.cancel()
            self.traffic.not_stored[RemoteReason.SLOW] += 1
        self._uploads.clear()

    def _reap(self, seconds: float) -> None:
        if not self._uploads:
            return
        done, _ = wait(self._uploads, seconds, FIRST_COMPLETED)
        for future in done:
            del self._uploads[future]
            try:
                self.traffic.bytes_out += future.result()
                self.traffic.stored += 1
                self._failures = 0
            except Exception as error:
                miss = miss_of(error)
                self.traffic.not_stored[miss.reason] += 1
                self._failed(str(miss))

    async def _put(self, key: ActionKey, action: Action, outputs: dict[str, bytes]) -> int:
        import obstore

        async with self._slots():
            data = await asyncio.to_thread(pack, key, action, outputs, self._signing)
            if len(data) > MAX_PARCEL_BYTES:
                raise ParcelRefused(RemoteReason.TOO_LARGE, f"{len(data)} bytes")
            async with asyncio.timeout(self.limits.request):
                await obstore.put_async(self._store, path_of(key), data, use_multipart=False)
            return len(data)

    # The circuit.

    def _failed(self, what: str) -> None:
        self._failures += 1
        if self._failures >= self.limits.failures and self._open_until is None:
            self._open(what)

    def _open(self, why: str) -> None:
        self._open_until = self._clock() + self.limits.cool_down
        self._why_open = why

    # The loop.

    def _ask(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        if self._loop is None:
            self._loop = _Loop()
        return asyncio.run_coroutine_threadsafe(work, self._loop.loop)

    def _slots(self) -> asyncio.Semaphore:
        if self._gate is None:
            self._gate = asyncio.Semaphore(self.limits.concurrency)
        return self._gate

    def close(self) -> None:
        """Drops what is under way and lets go of the connections."""
        if self._loop is not None:
            self._loop.stop()
            self._loop = self._gate = None
        self._uploads.clear()


class _Loop:
    """An event loop in a thread of its own; the process does not wait for it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="clarbuild-remote", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()

    def stop(self) -> None:
        """Cancels what runs."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(1.0)


def path_of(key: ActionKey) -> str:
    """Where the parcel of a key is kept."""
    return f"{FORMAT_FOLDER}/{key.hex[:2]}/{key.hex}.clp"


def shown_url(url: str) -> str:
    """A URL without the secrets that it may carry: a password, a signed query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def miss_of(error: BaseException) -> RemoteMiss:
    """What an error of the transport means."""
    if isinstance(error, ParcelRefused):
        return error.miss
    if isinstance(error, TimeoutError):
        return RemoteMiss(RemoteReason.SLOW, "no answer in time")
    from obstore import exceptions

    if isinstance(error, exceptions.NotFoundError | FileNotFoundError):
        return RemoteMiss(RemoteReason.ABSENT)
    if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
        return RemoteMiss(RemoteReason.DENIED)
    text = str(error).partition("\n")[0]
    reason = RemoteReason.UNREACHABLE
    if "timed out" in str(error) or "TimedOut" in str(error):
        reason = RemoteReason.SLOW
    # A signed URL's query is a password; object stores put the whole URL into their messages.
    return RemoteMiss(reason, re.sub(r"\?[^\s)\"]*", "", text)[:200])


def _open(url: str, token: str | None, limits: Limits, *, create: bool) -> ObjectStore:
    try:
        from obstore import store as stores
    except ImportError:
        raise RemoteError(
            "a remote needs the package obstore", "pip install 'clarbuild[remote]'"
        ) from None
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise RemoteError(
            f"no such kind of remote: {shown_url(url)!r}", f"one of {', '.join(SCHEMES)}"
        )
    try:
        if parts.scheme in ("file", "memory"):
            with contextlib.suppress(TypeError):
                return stores.from_url(url, **({"mkdir": create} if parts.scheme == "file" else {}))
        options: dict[str, Any] = {
            "allow_http": True,
            "connect_timeout": timedelta(seconds=limits.connect),
            "timeout": timedelta(seconds=limits.request),
        }
        headers = _authorization(url, token)
        if headers and parts.scheme in ("http", "https"):
            options["default_headers"] = headers
            bare = parts.netloc.rpartition("@")[2]
            url = urlunsplit((parts.scheme, bare, parts.path, parts.query, ""))
        backoff = {
            "init_backoff": timedelta(milliseconds=50),
            "max_backoff": timedelta(milliseconds=500),
            "base": 2,
        }
        return stores.from_url(
            url,
            client_options=options,  # type: ignore[arg-type]
            retry_config={
                "max_retries": limits.retries,
                "retry_timeout": timedelta(seconds=limits.request),
                "backoff": backoff,  # type: ignore[typeddict-item]
            },
        )
    except Exception as error:
        # obstore raises its own classes, ValueError and OSError for what is wrong with a URL.
        text = str(error).partition("\n")[0]
        raise RemoteError(f"{shown_url(url)}: {text}", "mend the remote's URL") from None


def _authorization(url: str, token: str | None) -> dict[str, str]:
    import base64
    from urllib.parse import unquote

    userinfo, at, _ = urlsplit(url).netloc.rpartition("@")
    if at:
        credentials = base64.b64encode(unquote(userinfo).encode()).decode()
        return {"authorization": f"Basic {credentials}"}
    return {"authorization": f"Bearer {token}"} if token else {}
