"""A remote store of parcels over obstore: asked in parallel, for a bounded time, never believed.

Whatever the server does, an answer is a whole parcel of the key asked for or a `RemoteMiss` with
its reason, and waiting for nothing costs at most `Limits.patience` between two calls of `begin`.
Failures in a row open a circuit: then nothing is asked for a while. What is in a parcel is the
caller's to check. It knows no Clarity.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from enum import StrEnum
from typing import Any, Final, TypeVar

from msgspec import Struct, field

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
from cache.transport import Limits, miss_of, open_object_store, shown_url

Check = Callable[[ActionKey, Parcel], str | None]
"""Says what is wrong with a parcel's contents; None where nothing is."""

FORMAT_FOLDER: Final = "v1"
_QUEUED_BYTES: Final = 64 << 20
_STEP_SECONDS: Final = 0.05
_LET_GO_SECONDS: Final = 0.02
_PUT_TRIES: Final = 3
_LOST_RACES: Final = frozenset({RemoteReason.UNREACHABLE, RemoteReason.DENIED})
_T = TypeVar("_T")


class Access(StrEnum):
    """What may be done with a remote store."""

    READ_ONLY = "read-only"
    READ_WRITE = "read-write"


class Traffic(Struct):
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
        self._store = open_object_store(url, token, self.limits, create=access is Access.READ_WRITE)
        self._loop: _Loop | None = None
        self._gate: asyncio.Semaphore | None = None
        self._patience = self.limits.patience
        self._failures = 0
        self._open_until: float | None = None
        self._why_open: RemoteMiss | None = None
        self._uploads: dict[Future[int], int] = {}

    @property
    def problem(self) -> str | None:
        """Why nothing is asked of the remote any more; None while it is."""
        return str(self._why_open) if self._open_until is not None else None

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
                self._open(
                    RemoteMiss(RemoteReason.SLOW, f"{self.limits.patience:g} s came to nothing")
                )
                break
            done, _ = wait(pending, min(left, _STEP_SECONDS), FIRST_COMPLETED)
            for future in done:
                key = pending.pop(future)
                answer = found[key] = self._arrived(key, future, check)
                if isinstance(answer, Parcel):
                    gained += wanted[key]
        for future in pending:
            future.cancel()
        for key in wanted.keys() - found.keys():
            found[key] = RemoteMiss(RemoteReason.OFF, self.problem or "")
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
            self._failed(refusal.miss)
            return refusal.miss
        except Exception as error:
            # obstore's errors share no useful class, and asyncio adds its own.
            miss = miss_of(error)
            if miss.reason is RemoteReason.ABSENT:
                self._failures = 0
            else:
                self._failed(miss)
            return miss
        fault = check(key, parcel)
        if fault is not None:
            refused = RemoteMiss(RemoteReason.REFUSED, fault)
            self._failed(refused)
            return refused
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

    @property
    def full(self) -> bool:
        """Whether as much is on its way as may be before something is dropped."""
        return sum(self._uploads.values()) > _QUEUED_BYTES // 2

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
                self._failed(miss)

    async def _put(self, key: ActionKey, action: Action, outputs: dict[str, bytes]) -> int:
        import obstore

        async with self._slots():
            data = await asyncio.to_thread(pack, key, action, outputs, self._signing)
            if len(data) > MAX_PARCEL_BYTES:
                raise ParcelRefused(RemoteReason.TOO_LARGE, f"{len(data)} bytes")
            async with asyncio.timeout(self.limits.request):
                for left in reversed(range(_PUT_TRIES)):
                    try:
                        await obstore.put_async(
                            self._store, path_of(key), data, use_multipart=False
                        )
                        break
                    except Exception as error:
                        # WebDAV: of two that make one folder at once, one is refused (Apache: 409
                        # or 403).
                        if not left or miss_of(error).reason not in _LOST_RACES:
                            raise
            return len(data)

    # The circuit.

    def _failed(self, miss: RemoteMiss) -> None:
        self._failures += 1
        if self._failures >= self.limits.failures and self._open_until is None:
            self._open(miss)

    def _open(self, why: RemoteMiss) -> None:
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
        # Callbacks of the transport's threads must not meet an interpreter that is going away.
        atexit.register(self.stop)
        self._thread = threading.Thread(target=self._run, name="clarbuild-remote", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        # The transport's threads drop what they hold of Python's just after a task's end.
        self.loop.run_until_complete(asyncio.sleep(_LET_GO_SECONDS))
        self.loop.close()

    def stop(self) -> None:
        """Cancels what runs."""
        atexit.unregister(self.stop)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(1.0)


def path_of(key: ActionKey) -> str:
    """Where the parcel of a key is kept."""
    return f"{FORMAT_FOLDER}/{key.hex[:2]}/{key.hex}.clp"
