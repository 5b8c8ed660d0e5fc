"""The store's interface, and all of it that does not depend on where the bytes are kept.

Every answer is the exact bytes that were stored or a `Miss` with its reason; nothing here raises
for what happens to be on the disk. It knows actions, blobs and native code, not what is in them.
"""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from cache.care import EntryInfo, GcReport, Problem, Stat, VerifyReport
from cache.digest import ActionKey, Digest, Id
from cache.envelope import (
    Row,
    action_row,
    blob_row,
    check_blob,
    decode_action,
    encode_action,
    layer_of,
    native_row,
    open_native,
    seal_native,
    sealed_by,
)
from cache.outcome import HIT, Action, CacheCorrupt, Layer, Miss, Reason
from cache.seal import SealFile, SealKey, SealUnavailable


class Store(Protocol):
    """A content-addressed store in three layers: actions, blobs, and sealed native code."""

    @property
    def path(self) -> Path | None:
        """The folder, or None when the store is in memory."""

    @property
    def problem(self) -> str | None:
        """Why something could not be stored or the database was left behind; None when all is well.

        A store with a problem still answers; what it cannot do is a miss.
        """

    def get_action(self, key: ActionKey, *, check_outputs: bool = True) -> Action | Miss:
        """What an action made. With `check_outputs` its blobs are there too (but not yet read)."""

    def get_actions(
        self, keys: Iterable[ActionKey], *, check_outputs: bool = True
    ) -> dict[ActionKey, Action | Miss]:
        """Many at once, by one query."""

    def put_action(self, key: ActionKey, action: Action) -> bool:
        """Remember what an action made; False when it could not be kept (see `problem`)."""

    def put_result(
        self,
        key: ActionKey,
        kind: str,
        outputs: Mapping[str, bytes],
        meta: bytes = b"",
        version: int = 1,
    ) -> Action:
        """Store an action and its blobs at once: all of them or none."""

    def get_blob(self, digest: Digest) -> bytes | Miss:
        """The bytes of this digest, hashed again."""

    def get_blobs(self, digests: Iterable[Digest]) -> dict[Digest, bytes | Miss]:
        """Many at once, by one query."""

    def put_blob(self, data: bytes, kind: str = "blob") -> Digest:
        """Store bytes; their digest is right even when they could not be kept."""

    def has_blobs(self, digests: Iterable[Digest]) -> set[Digest]:
        """Which of these are there, at their full length; their bytes are not read."""

    def get_native(self, wasm: Digest, fingerprint: Digest) -> bytes | Miss:
        """Native code of a Wasm module for one engine, if this user's key sealed it."""

    def put_native(self, wasm: Digest, fingerprint: Digest, code: bytes) -> bool:
        """Seal and store native code that this machine's own compiler has just made."""

    def rotate_seal(self) -> int:
        """Make a new key and drop all native code; how many entries that were."""

    def lease(self) -> AbstractContextManager[None]:
        """While this is held, nothing that was stored or read through this store is evicted."""

    def pin(self, label: str, ids: Iterable[Id]) -> None:
        """Never evict these (an action with its blobs and native code); replaces the label's."""

    def unpin(self, label: str) -> None:
        """Forget a label's pins."""

    def actions(self, kind: str | None = None) -> Iterator[tuple[ActionKey, Action]]:
        """All sound actions."""

    def find(self, prefix: str, limit: int = 20) -> list[EntryInfo]:
        """Entries whose id begins with these hexadecimal digits."""

    def stat(self) -> Stat:
        """What is in it, and how often it helped, all processes together."""

    def gc(
        self,
        *,
        size_limit: int | None = None,
        grace: float = 3600.0,
        fingerprint: Digest | None = None,
        other_versions: bool = False,
    ) -> GcReport:
        """Drop what is damaged, orphaned for `grace` seconds, or oldest beyond the size limit.

        With `fingerprint` also the native code of all other engines; with `other_versions` also the
        folders of other formats.
        """

    def verify(self) -> VerifyReport:
        """Hash everything again; what is damaged is reported and dropped."""

    def clear(self) -> None:
        """Drop everything."""

    def close(self) -> None:
        """Write the counters and let go of the folder; every answer after this is a miss."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class BaseStore(ABC):
    """The three layers over rows of bytes, which a subclass keeps."""

    def __init__(self, seal: SealFile) -> None:
        self._seal = seal
        self._counts: Counter[tuple[str, str]] = Counter()
        self._counts_lock = threading.Lock()

    # What a subclass gives.

    @abstractmethod
    def _load(self, rows: Sequence[bytes]) -> dict[bytes, bytes | Miss]:
        """The values of rows; a value's contents are checked by the caller."""

    @abstractmethod
    def _save(self, rows: Sequence[Row]) -> bool:
        """Store values, all or none."""

    @abstractmethod
    def _discard(self, row: bytes) -> None:
        """Forget a damaged entry."""

    @abstractmethod
    def _present(self, rows: Iterable[bytes]) -> set[bytes]:
        """Which rows have a value of the right length."""

    @abstractmethod
    def _rows(self, layer: Layer, kind: str | None = None) -> list[bytes]:
        """All rows of a layer."""

    @abstractmethod
    def _drop_layer(self, layer: Layer) -> int:
        """Forget all entries of a layer."""

    # Actions.

    def get_action(self, key: ActionKey, *, check_outputs: bool = True) -> Action | Miss:
        """See `Store`."""
        return self.get_actions((key,), check_outputs=check_outputs)[key]

    def get_actions(
        self, keys: Iterable[ActionKey], *, check_outputs: bool = True
    ) -> dict[ActionKey, Action | Miss]:
        """See `Store`."""
        by_row = {action_row(key): key for key in keys}
        found: dict[ActionKey, Action | Miss] = {}
        for row, value in self._load(list(by_row)).items():
            found[by_row[row]] = self._action(row, value)
        if check_outputs:
            self._check_outputs(found)
        self._count_all(Layer.ACTION, found.values())
        return found

    def _action(self, row: bytes, value: bytes | Miss) -> Action | Miss:
        if isinstance(value, Miss):
            return value
        try:
            return decode_action(row, value)
        except CacheCorrupt as damage:
            self._discard(row)
            return Miss(Layer.ACTION, damage.reason, damage.detail)

    def _check_outputs(self, found: dict[ActionKey, Action | Miss]) -> None:
        needed = {
            blob_row(digest)
            for action in found.values()
            if isinstance(action, Action)
            for digest in action.outputs.values()
        }
        missing = needed - self._present(needed) if needed else needed
        if not missing:
            return
        for key, action in found.items():
            if isinstance(action, Action):
                for name, digest in action.outputs.items():
                    if blob_row(digest) in missing:
                        found[key] = Miss(Layer.ACTION, Reason.OUTPUT_MISSING, name)
                        break

    def put_action(self, key: ActionKey, action: Action) -> bool:
        """See `Store`."""
        return self._save([Row(action_row(key), action.kind, encode_action(key, action))])

    def put_result(
        self,
        key: ActionKey,
        kind: str,
        outputs: Mapping[str, bytes],
        meta: bytes = b"",
        version: int = 1,
    ) -> Action:
        """See `Store`."""
        digests = {name: Digest.of(data) for name, data in outputs.items()}
        action = Action(kind, digests, meta, version)
        rows = {
            blob_row(digests[name]): Row(blob_row(digests[name]), name, data)
            for name, data in outputs.items()
        }
        self._save([*rows.values(), Row(action_row(key), kind, encode_action(key, action))])
        return action

    def actions(self, kind: str | None = None) -> Iterator[tuple[ActionKey, Action]]:
        """See `Store`."""
        for row in self._rows(Layer.ACTION, kind):
            action = self._action(row, self._load([row])[row])
            if isinstance(action, Action):
                yield ActionKey(row[1:]), action

    # Blobs.

    def get_blob(self, digest: Digest) -> bytes | Miss:
        """See `Store`."""
        return self.get_blobs((digest,))[digest]

    def get_blobs(self, digests: Iterable[Digest]) -> dict[Digest, bytes | Miss]:
        """See `Store`."""
        by_row = {blob_row(digest): digest for digest in digests}
        found: dict[Digest, bytes | Miss] = {}
        for row, value in self._load(list(by_row)).items():
            found[by_row[row]] = self._blob(row, value)
        self._count_all(Layer.BLOB, found.values())
        return found

    def _blob(self, row: bytes, value: bytes | Miss) -> bytes | Miss:
        if isinstance(value, Miss):
            return value
        try:
            check_blob(row, value)
        except CacheCorrupt as damage:
            self._discard(row)
            return Miss(Layer.BLOB, damage.reason, damage.detail)
        return value

    def put_blob(self, data: bytes, kind: str = "blob") -> Digest:
        """See `Store`."""
        digest = Digest.of(data)
        self._save([Row(blob_row(digest), kind, bytes(data))])
        return digest

    def has_blobs(self, digests: Iterable[Digest]) -> set[Digest]:
        """See `Store`."""
        return {Digest(row[1:]) for row in self._present({blob_row(digest) for digest in digests})}

    # Native code.

    def get_native(self, wasm: Digest, fingerprint: Digest) -> bytes | Miss:
        """See `Store`."""
        row = native_row(wasm, fingerprint)
        code = self._native(row, self._load([row])[row])
        self._count_all(Layer.NATIVE, (code,))
        return code

    def _native(self, row: bytes, value: bytes | Miss) -> bytes | Miss:
        if isinstance(value, Miss):
            return value
        try:
            return open_native(row, value, self._seals(value))
        except SealUnavailable as error:
            return Miss(Layer.NATIVE, Reason.NO_SEAL, str(error))
        except CacheCorrupt as damage:
            self._discard(row)
            return Miss(Layer.NATIVE, damage.reason, damage.detail)

    def _seals(self, value: bytes) -> list[SealKey]:
        """The keys that may have sealed a value; another process may have rotated ours."""
        seals = [self._seal.key()]
        if sealed_by(value) != seals[0].id:
            seals.append(self._seal.reread())
        return seals

    def put_native(self, wasm: Digest, fingerprint: Digest, code: bytes) -> bool:
        """See `Store`."""
        try:
            sealed = seal_native(wasm, fingerprint, code, self._seal.key())
        except SealUnavailable:
            return False
        return self._save([Row(native_row(wasm, fingerprint), "native", sealed)])

    def rotate_seal(self) -> int:
        """See `Store`; SealUnavailable when there is no place to keep a key."""
        self._seal.rotate()
        return self._drop_layer(Layer.NATIVE)

    # Care.

    def verify(self) -> VerifyReport:
        """See `Store`."""
        report = VerifyReport()
        for layer in Layer:
            for row in self._rows(layer):
                self._verify(layer, row, report)
        return report

    def _verify(self, layer: Layer, row: bytes, report: VerifyReport) -> None:
        value = self._load([row])[row]
        checked: object = value
        if layer_of(row) is None:
            self._discard(row)
            checked = Miss(layer, Reason.UNSAFE, "key")
        elif layer is Layer.ACTION:
            checked = self._action(row, value)
        elif layer is Layer.BLOB:
            checked = self._blob(row, value)
        else:
            checked = self._native(row, value)
        report.checked += 1
        if isinstance(value, bytes):
            report.bytes += len(value)
        if isinstance(checked, Miss):
            if checked.reason is Reason.NO_SEAL:
                report.unsealed += 1
            elif checked.reason is not Reason.ABSENT:  # another process dropped it meanwhile
                report.problems.append(Problem(layer, row[1:].hex(), checked.reason))

    # Counters.

    def _count_all(self, layer: Layer, answers: Iterable[object]) -> None:
        with self._counts_lock:
            for answer in answers:
                outcome = answer.reason if isinstance(answer, Miss) else HIT
                self._counts[layer, outcome] += 1

    @abstractmethod
    def close(self) -> None:
        """See `Store`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@contextlib.contextmanager
def no_lease() -> Iterator[None]:
    """A lease where nothing evicts."""
    yield
