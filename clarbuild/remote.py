"""A build's remote: which one, what goes there and what is taken from it; moves no bytes itself.

Sources and native code never travel. What comes is checked (`clarbuild.arrival`) and stored like
what was built here; what came from a remote that only the project's manifest names is marked with
it, so that no other project uses it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from cache.digest import ActionKey
from cache.outcome import Action, Miss
from cache.store import Store
from clarbuild.arrival import entry_fault
from clarbuild.artifacts import Entry, from_action, with_origin
from clarbuild.key import CompileStep
from clarbuild.problems import fault
from clarbuild.units import Manifest

if TYPE_CHECKING:
    from cache.parcel import Parcel, RemoteMiss
    from cache.remote import RemoteTier

URL_VARIABLE = "CLARBUILD_REMOTE"
ACCESS_VARIABLE = "CLARBUILD_REMOTE_ACCESS"
KEYS_VARIABLE = "CLARBUILD_REMOTE_KEYS"
SIGNING_VARIABLE = "CLARBUILD_SIGNING_KEY"
TOKEN_VARIABLE = "CLARBUILD_REMOTE_TOKEN"
PATIENCE_VARIABLE = "CLARBUILD_REMOTE_PATIENCE"

OFF = "off"
READ_ONLY = "read-only"
READ_WRITE = "read-write"
_TRAVELS = ("wasm", "interface", "metadata", "source-map")
# What a compilation takes at least, measured on mainnet's contracts: the most that waiting for an
# entry may cost, whatever the entry says of itself.
_WORTH_EACH = 0.003
_WORTH_A_BYTE = 4e-6
# Misses that need no word each: a cold remote, one that was switched off (which is told once).
_QUIET = frozenset({"not in the remote", "remote switched off"})


class RemoteChoice(Struct, frozen=True):
    """A remote as the user named it; `by_manifest` where only the project's manifest did."""

    url: str
    access: str = READ_ONLY
    keys: tuple[str, ...] = ()
    by_manifest: bool = False

    @property
    def origin(self) -> str:
        """The mark of what comes from it; empty for a remote that the user chose."""
        from cache.transport import shown_url

        return shown_url(self.url) if self.by_manifest else ""


class Wanted(Struct, frozen=True):
    """An entry that the store lacks: its step, and the source that a rebuild would read."""

    step: CompileStep
    source: str


def choose(
    manifest: Manifest,
    url: str | None = None,
    access: str | None = None,
    keys: tuple[str, ...] = (),
    environ: Mapping[str, str] = os.environ,
) -> RemoteChoice | None:
    """The remote of a build: the command line's, else the environment's, else the manifest's.

    Keys that any of them requires are required.
    """
    table = manifest.settings.get("clarbuild", {})
    if not isinstance(table, dict):
        raise fault(str(manifest.location), "bad-remote", "[clarbuild] is not a table")
    named = _text(manifest, table, "remote")
    required = table.get("remote-keys", [])
    if not isinstance(required, list) or not all(isinstance(key, str) for key in required):
        raise fault(str(manifest.location), "bad-remote", "remote-keys is not a list of keys")
    chosen = url if url is not None else environ.get(URL_VARIABLE)
    found = chosen or named
    if not found or found == OFF:
        return None
    own = bool(chosen) and chosen != named
    allowed = (
        access
        or environ.get(ACCESS_VARIABLE)
        or (None if own else _text(manifest, table, "remote-access"))
        or READ_ONLY
    )
    if allowed not in (READ_ONLY, READ_WRITE):
        raise fault("remote-access", "bad-remote", f"{allowed!r}: want {READ_ONLY} or {READ_WRITE}")
    return RemoteChoice(
        found,
        allowed,
        (*keys, *environ.get(KEYS_VARIABLE, "").split(), *(() if own else required)),
        by_manifest=not chosen,
    )


def _text(manifest: Manifest, table: Mapping[str, Any], name: str) -> str:
    value = table.get(name, "")
    if not isinstance(value, str):
        raise fault(str(manifest.location), "bad-remote", f"{name} in [clarbuild] is not a text")
    return value


class Remote:
    """The remote of a builder, open from its first use on."""

    def __init__(self, choice: RemoteChoice, environ: Mapping[str, str] = os.environ) -> None:
        self.choice = choice
        self._tier = _open(choice, environ)

    @property
    def tier(self) -> RemoteTier:
        """The remote store and its traffic."""
        return self._tier

    def begin(self) -> None:
        """A build begins."""
        self._tier.begin()

    def fetch(
        self, store: Store, wanted: Mapping[ActionKey, Wanted], jobs: int
    ) -> tuple[dict[ActionKey, Entry], dict[ActionKey, RemoteMiss]]:
        """Takes what the remote has into the store: entries that came, and what is odd about others."""
        from cache.parcel import RemoteMiss

        def check(key: ActionKey, parcel: Parcel) -> str | None:
            return entry_fault(parcel.action, parcel.outputs, wanted[key].step)

        worth = {
            key: (_WORTH_EACH + _WORTH_A_BYTE * len(row.source)) / jobs
            for key, row in wanted.items()
        }
        entries: dict[ActionKey, Entry] = {}
        misses: dict[ActionKey, RemoteMiss] = {}
        for key, answer in self._tier.fetch(worth, check).items():
            if isinstance(answer, RemoteMiss):
                if str(answer.reason) not in _QUIET:
                    misses[key] = answer
            else:
                entries[key] = self._keep(store, key, answer, wanted[key].source)
        return entries, misses

    def _keep(self, store: Store, key: ActionKey, parcel: Parcel, source: str) -> Entry:
        action = parcel.action
        outputs = {**parcel.outputs, "source": source.encode()}
        meta = with_origin(action.meta, self.choice.origin)
        return from_action(store.put_result(key, action.kind, outputs, meta, action.version))

    def offer(self, store: Store, key: ActionKey) -> bool:
        """Gives the remote an entry of the store, without its source."""
        if self._tier.access.value != READ_WRITE:
            return False
        action = store.get_action(key, check_outputs=False)
        if isinstance(action, Miss) or from_action(action).origin not in ("", self.choice.origin):
            return False
        digests = {name: action.outputs[name] for name in _TRAVELS if name in action.outputs}
        blobs = store.get_blobs(digests.values())
        outputs: dict[str, bytes] = {}
        for name, digest in digests.items():
            blob = blobs[digest]
            if isinstance(blob, Miss):
                return False
            outputs[name] = blob
        meta = with_origin(action.meta, "")
        return self._tier.offer(key, Action(action.kind, digests, meta, action.version), outputs)

    def finish(self, seconds: float | None = None) -> None:
        """Waits a bounded time for what is on its way to the remote."""
        self._tier.flush(seconds)

    def close(self) -> None:
        """Lets go of the remote."""
        self._tier.close()

    def told(self) -> str | None:
        """What the user should know of the remote's behaviour; None when all was well."""
        traffic = self._tier.traffic
        parts: list[str] = []
        if self._tier.problem:
            parts.append(f"not used any more: {self._tier.problem}")
        strange = {str(why): n for why, n in traffic.misses.items() if str(why) not in _QUIET}
        if strange and not (self._tier.problem and len(strange) == 1):
            parts += [f"{n:,} not taken: {why}" for why, n in sorted(strange.items())]
        if traffic.not_stored:
            parts += [f"{n:,} not sent: {why}" for why, n in sorted(traffic.not_stored.items())]
        return f"remote {self._tier.url}: {'; '.join(parts)}" if parts else None


class Remotes:
    """Tells a project's remote, by what the command line, the environment and its manifest say."""

    def __init__(
        self, url: str | None = None, access: str | None = None, keys: tuple[str, ...] = ()
    ) -> None:
        self._given = (url, access, keys)
        self._open: Remote | None = None

    def __call__(self, manifest: Manifest) -> Remote | None:
        """The remote, the same one as long as it is named the same way."""
        choice = choose(manifest, *self._given)
        if self._open is not None and self._open.choice != choice:
            self._open.close()
            self._open = None
        if self._open is None and choice is not None:
            self._open = Remote(choice)
        return self._open


def _open(choice: RemoteChoice, environ: Mapping[str, str]) -> RemoteTier:
    try:
        from cache.remote import Access, RemoteTier
        from cache.signing import PublicKey, SigningError, SigningKey
        from cache.transport import Limits, RemoteError
    except ImportError as error:
        raise fault(
            "remote",
            "no-remote-support",
            f"a remote needs the package {error.name}",
            hint="pip install 'clarbuild[remote]'",
        ) from None
    try:
        keys = frozenset(map(PublicKey.parse, choice.keys)) or None
        secret = environ.get(SIGNING_VARIABLE)
        signing = SigningKey.load(Path(secret)) if secret else None
    except SigningError as error:
        raise fault("remote key", "bad-key", str(error)) from None
    limits = Limits()
    if patience := environ.get(PATIENCE_VARIABLE):
        try:
            limits = Limits(patience=max(0.0, float(patience)), flush=max(0.0, float(patience)))
        except ValueError:
            raise fault(PATIENCE_VARIABLE, "bad-remote", f"{patience!r} is no number") from None
    try:
        return RemoteTier(
            choice.url,
            access=Access(choice.access),
            trusted=keys,
            signing=signing,
            # A manifest from elsewhere must not have the user's secret sent to a place it names.
            token=None if choice.by_manifest else environ.get(TOKEN_VARIABLE),
            limits=limits,
        )
    except RemoteError as error:
        raise fault("remote", "bad-remote", error.message, hint=error.hint) from None
