"""A compilation's result as an entry of the store, valid or not; knows no files and no plan.

An invalid contract is an entry too, with its diagnostics and without outputs: the same contract is
never checked twice. Faults of the compiler and of the machine are never stored.
"""

from __future__ import annotations

import json
from typing import Any

from msgspec import Struct

from cache.digest import ActionKey, Digest
from cache.outcome import Action
from cache.store import Store
from clarbuild.key import CompileStep, absent_needs
from clarbuild.plan import Exported
from clarbuild.worker import CompileReply
from compiler.diagnostics import Diagnostic, Severity, Span

KIND = "compile"
FORMAT = 1


class EntryFormatError(ValueError):
    """Metadata of an entry that is not ours, or of another format."""


class Brief(Struct, frozen=True):
    """What a build keeps of an entry: the descriptions would be most of a large one's memory.

    `exported` is None for an invalid contract; of one, `absent` are the contracts that weren't there.
    """

    exported: Exported | None
    wasm: Digest | None
    interface: Digest | None
    wasm_size: int
    seconds: float
    diagnostics: tuple[Diagnostic, ...]
    absent: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether there is a module."""
        return self.exported is not None


class Entry(Struct, frozen=True):
    """What the store keeps of a compilation besides the bytes of the outputs.

    `inputs` is the key's description; `contract` the contract it was first made for; times are
    told to people and decide nothing. `origin` is the remote that it came from where only a
    project's manifest names that: no other project may use it.
    """

    valid: bool
    inputs: str
    contract: str
    diagnostics: tuple[Diagnostic, ...]
    observed: Digest | None
    mentions: tuple[str, ...]
    wasm: Digest | None
    interface: Digest | None
    metadata: Digest | None
    wasm_size: int
    seconds: float
    made_at: float
    origin: str = ""

    @property
    def exported(self) -> Exported | None:
        """What it shows its dependents; None for an invalid contract."""
        return None if self.observed is None else Exported(self.observed, self.mentions)

    @property
    def brief(self) -> Brief:
        """What a build keeps of it."""
        return Brief(
            self.exported,
            self.wasm,
            self.interface,
            self.wasm_size,
            self.seconds,
            self.diagnostics,
            () if self.valid else tuple(absent_needs(self.inputs)),
        )


def put_entry(
    store: Store,
    key: ActionKey,
    step: CompileStep,
    reply: CompileReply,
    *,
    contract: str,
    source: str,
    now: float,
) -> Entry:
    """Stores what a compilation came to, with its outputs and its source; returns the entry."""
    outputs = {"source": source.encode()}
    if reply.wasm is not None:
        outputs |= {
            "wasm": reply.wasm,
            "interface": reply.interface,
            "metadata": reply.metadata,
        }
        if reply.source_map:
            outputs["source-map"] = reply.source_map
    meta = {
        "inputs": step.text,
        "contract": contract,
        "diagnostics": [diagnostic_row(found) for found in reply.diagnostics],
        "observed": None if reply.wasm is None else Digest.of(reply.observed).hex,
        "mentions": reply.mentions,
        "wasm_size": len(reply.wasm or b""),
        "seconds": round(reply.seconds, 6),
        "made_at": now,
    }
    text = json.dumps(meta, separators=(",", ":")).encode()
    return from_action(store.put_result(key, KIND, outputs, text, FORMAT))


def from_action(action: Action) -> Entry:
    """The entry that `to_action` wrote; `EntryFormatError` for any other."""
    if action.kind != KIND or action.version != FORMAT:
        raise EntryFormatError(f"{action.kind} {action.version}")
    try:
        meta = json.loads(action.meta)
        valid = "wasm" in action.outputs
        return Entry(
            valid=valid,
            inputs=meta["inputs"],
            contract=meta["contract"],
            diagnostics=tuple(map(_diagnostic, meta["diagnostics"])),
            observed=Digest.from_hex(meta["observed"]) if valid else None,
            mentions=tuple(meta["mentions"]),
            wasm=action.outputs.get("wasm"),
            interface=action.outputs["interface"] if valid else None,
            metadata=action.outputs["metadata"] if valid else None,
            wasm_size=meta["wasm_size"],
            seconds=meta["seconds"],
            made_at=meta["made_at"],
            origin=meta.get("origin", ""),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise EntryFormatError(str(error)) from None


def with_origin(meta: bytes, origin: str) -> bytes:
    """An entry's metadata with that origin and no other; an empty one is none."""
    fields = json.loads(meta)
    if fields.pop("origin", "") == origin:
        return meta
    if origin:
        fields["origin"] = origin
    return json.dumps(fields, separators=(",", ":")).encode()


def diagnostic_row(found: Diagnostic) -> dict[str, Any]:
    """A diagnostic as JSON."""
    span = found.span
    return {
        "severity": found.severity.value,
        "code": found.code,
        "message": found.message,
        "span": [span.start_line, span.start_column, span.end_line, span.end_column],
        "hint": found.hint,
        "notes": list(found.notes),
    }


def _diagnostic(row: dict[str, Any]) -> Diagnostic:
    return Diagnostic(
        Severity(row["severity"]),
        row["code"],
        row["message"],
        Span(*row["span"]),
        row["hint"],
        tuple(row["notes"]),
    )
