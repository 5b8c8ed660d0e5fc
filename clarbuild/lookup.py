"""A build's artifacts by their keys: found in the store or the remote, or made; knows no plan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain

from cache.digest import ActionKey, Digest
from cache.outcome import Action, Miss
from cache.store import Store
from clarbuild.artifacts import Brief, Entry, EntryFormatError, from_action, put_entry
from clarbuild.context import checked
from clarbuild.key import CompileStep
from clarbuild.plan import Exported
from clarbuild.remote import Remote, Wanted
from clarbuild.worker import CompileReply

# So many actions are asked for by one query: in one piece, those of a large project would take
# more memory than all else that a build knows of it.
_AT_ONCE = 500


class Lookup:
    """What a build has found.

    `entries` are the artifacts that were found or made; `reasons` say why others had to be made.
    Of `known` ones, which a build before in this process had, those are `still_there` which this
    one need not look for; else they only save the memory of what is found to be the same.
    """

    def __init__(
        self,
        store: Store,
        remote: Remote | None,
        known: dict[ActionKey, Brief],
        *,
        still_there: bool,
    ) -> None:
        self.entries: dict[ActionKey, Brief] = known if still_there else {}
        self._known = known
        self.reasons: dict[ActionKey, str] = {}
        self._store = store
        self._remote = remote
        self._known_misses: dict[ActionKey, Miss] = {}
        self._from_remote: set[ActionKey] = set()
        self._interfaces: dict[Digest, bytes] = {}

    def begin(self) -> None:
        """A build begins."""
        if self._remote is not None:
            self._remote.begin()

    def finish(self) -> str | None:
        """A build ends: what there is to tell of the remote. What only it needed is let go."""
        self.reasons.clear()
        self._known_misses.clear()
        self._interfaces.clear()
        self._known = self.entries  # the build before takes its own with it
        if self._remote is None:
            return None
        self._remote.finish()
        return self._remote.told()

    def came_from_remote(self, key: ActionKey) -> bool:
        """Whether the artifact was not here before the build."""
        return key in self._from_remote

    # Finding

    def find(self, keys: Collection[ActionKey], check: Callable[[], None]) -> None:
        """Looks for artifacts that the build before had; those that are missed are remembered."""
        for key, answer in checked(self._answers(list(keys)), check):
            if isinstance(answer, Miss):
                self._known_misses[key] = answer
                continue
            entry = self._usable(answer)
            if isinstance(entry, Entry):
                found, known = entry.brief, self._known.get(key)
                self.entries[key] = known if known is not None and known == found else found

    def ask(
        self, keys: Collection[ActionKey], why_missing: Callable[[ActionKey, Miss], str]
    ) -> list[ActionKey]:
        """Asks the store for all these at once; the keys of those that it does not have."""
        missing: list[ActionKey] = []
        known = [(key, self._known_misses[key]) for key in keys if key in self._known_misses]
        rest = [key for key in keys if key not in self._known_misses]
        for key, answer in chain(known, self._answers(rest)):
            if isinstance(answer, Miss):
                reason = why_missing(key, answer)
            else:
                entry = self._usable(answer)
                if isinstance(entry, Entry):
                    self.entries[key] = entry.brief
                    continue
                reason = entry
            self.reasons[key] = reason
            missing.append(key)
        return missing

    def _answers(self, keys: Sequence[ActionKey]) -> Iterator[tuple[ActionKey, Action | Miss]]:
        for at in range(0, len(keys), _AT_ONCE):
            yield from self._store.get_actions(keys[at : at + _AT_ONCE]).items()

    def _usable(self, action: Action) -> Entry | str:
        """The entry that an action holds, or why this build may not use it."""
        try:
            entry = from_action(action)
        except EntryFormatError:
            return "its entry is of another format"
        if entry.origin and (self._remote is None or entry.origin != self._remote.choice.origin):
            return f"its entry came from {entry.origin}, which this project does not name"
        return entry

    def fetch(
        self, keys: Iterable[ActionKey], wanted: Callable[[ActionKey], Wanted | None], jobs: int
    ) -> set[ActionKey]:
        """Takes from the remote what the store lacks; the keys that came."""
        if self._remote is None:
            return set()
        rows = {key: row for key in keys if (row := wanted(key)) is not None}
        if not rows:
            return set()
        entries, misses = self._remote.fetch(self._store, rows, jobs)
        self._from_remote |= entries.keys()
        for key, entry in entries.items():
            self.entries[key] = entry.brief
        for key, miss in misses.items():
            self.reasons[key] += f" (remote: {miss})"
        return set(entries)

    def shows(self, key: ActionKey, exported: Exported | None) -> bool:
        """Whether the artifact under `key` shows its dependents just this."""
        entry: Brief | Entry | None = self.entries.get(key)
        if entry is None:
            answer = self._store.get_action(key, check_outputs=False)
            with suppress(EntryFormatError):
                entry = from_action(answer) if isinstance(answer, Action) else None
        return entry is not None and entry.exported == exported

    def interface(self, key: ActionKey) -> bytes | Miss:
        """The interface of a valid artifact that was found or made."""
        digest = self.entries[key].interface
        assert digest is not None
        known = self._interfaces.get(digest)
        if known is None:
            found = self._store.get_blob(digest)
            if isinstance(found, Miss):
                return found
            known = self._interfaces[digest] = found
        return known

    # Making

    def take(
        self,
        key: ActionKey,
        step: CompileStep,
        reply: CompileReply,
        *,
        contract: str,
        source: str,
        now: float,
    ) -> Brief:
        """Keeps what a compilation came to."""
        entry = put_entry(self._store, key, step, reply, contract=contract, source=source, now=now)
        if entry.interface is not None:
            self._interfaces[entry.interface] = reply.interface
        if entry.wasm is not None and reply.native:
            self._store.put_native(entry.wasm, Digest(reply.engine), reply.native)
        if self._remote is not None:
            self._remote.offer(self._store, key)
        brief = self.entries[key] = entry.brief
        return brief
