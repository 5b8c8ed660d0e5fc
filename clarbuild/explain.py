"""Why a contract is built: the inputs of its key, and which of them the last edit changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from cache.digest import ActionKey, Digest
from cache.outcome import Action
from clarbuild.artifacts import KIND, Entry, EntryFormatError, from_action
from clarbuild.inspect import interface_lines
from clarbuild.key import changes, digests_of_needs
from clarbuild.run import Builder
from clarbuild.units import Unit
from compiler.contracts import bind
from compiler.interface_bytes import from_bytes


class Explanation(Struct, frozen=True):
    """A key's inputs, and what of them differs from the build before, in words."""

    contract: str
    key: ActionKey
    inputs: tuple[str, ...]
    before: ActionKey | None
    changed: tuple[str, ...]

    def row(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "contract": self.contract,
            "key": self.key.hex,
            "inputs": list(self.inputs),
            "before": None if self.before is None else self.before.hex,
            "changed": list(self.changed),
        }

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"{self.contract}"
        yield f"key {self.key.hex}"
        for line in self.inputs:
            yield f"  {line}"
        if self.before is None:
            yield "no other build of it is known"
            return
        yield f"against the build before, {self.before.short}:"
        for change in self.changed or ("nothing that the cache remembers",):
            yield f"  {change}"


def explain_key(builder: Builder, key: ActionKey, unit: Unit | None) -> Explanation:
    """Explains a key; against the unit's build before it, where the memory has one."""
    from clarbuild.problems import fault

    entry = _entry(builder, key)
    if entry is None:
        raise fault(key.short, "not-built", "not in the cache", hint="`clarbuild build` builds it")
    label = _label(builder, key) if unit is None else unit.label
    before = builder.memory.before.get(label) if label else None
    earlier = None if before is None else _entry(builder, before)
    changed: list[str] = []
    if earlier is not None:
        changed = changes(earlier.inputs, entry.inputs)
        changed += _interface_changes(builder, earlier, entry)
    deployer, _, name = entry.contract.partition(".")
    return Explanation(
        entry.contract,
        key,
        tuple(entry.inputs.splitlines()),
        before if earlier is not None else None,
        tuple(bind(change, deployer, name) for change in changed),
    )


def _label(builder: Builder, key: ActionKey) -> str | None:
    return next((label for label, last in builder.memory.last.items() if last == key), None)


def _entry(builder: Builder, key: ActionKey) -> Entry | None:
    action = builder.around.store.get_action(key, check_outputs=False)
    try:
        return from_action(action) if isinstance(action, Action) else None
    except EntryFormatError:
        return None


def _interface_changes(builder: Builder, before: Entry, after: Entry) -> Iterator[str]:
    """What changed inside the interfaces that both needed, definition by definition."""
    old, new = digests_of_needs(before.inputs), digests_of_needs(after.inputs)
    wanted = {
        digest
        for identifier, digest in (*old.items(), *new.items())
        if old.get(identifier) != new.get(identifier)
    }
    known = _interfaces(builder, wanted)
    for identifier, digest in new.items():
        was = old.get(identifier)
        if was == digest or was not in known or digest not in known:
            continue
        gone = [line for line in known[was] if line not in known[digest]]
        come = [line for line in known[digest] if line not in known[was]]
        yield from (f"  {identifier} had {line}" for line in gone)
        yield from (f"  {identifier} has {line}" for line in come)


def _interfaces(builder: Builder, observed: set[Digest]) -> dict[Digest, list[str]]:
    """The interfaces with these digests, as lines, as far as the store has them."""
    found: dict[Digest, list[str]] = {}
    for _, action in builder.around.store.actions(KIND):
        try:
            entry = from_action(action)
        except EntryFormatError:
            continue
        if entry.observed in observed and entry.interface is not None:
            data = builder.around.store.get_blob(entry.interface)
            if isinstance(data, bytes):
                found[entry.observed] = [
                    line
                    for line in interface_lines(from_bytes(data))
                    if line.startswith(("public", "read-only", "trait", "  "))
                ]
    return found
