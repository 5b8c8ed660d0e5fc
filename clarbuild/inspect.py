"""What is known of one artifact: its inputs, interface, sizes, neighbours, source and code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from cache.digest import ActionKey, Digest
from cache.outcome import Action, Layer, Miss
from clarbuild.artifacts import KIND, Entry, EntryFormatError, diagnostic_row, from_action
from clarbuild.context import Surroundings
from clarbuild.key import digests_of_needs
from clarbuild.problems import fault
from clarbuild.report import duration, plural, size
from clarbuild.run import Builder
from clarbuild.units import Unit
from clarbuild.worker import unpack_source_map
from compiler.contracts import DEPLOYER, SELF
from compiler.description import ModuleDescription
from compiler.interface import ContractInterface
from compiler.interface_bytes import from_bytes
from compiler.types import Type

_MIN_PREFIX = 4


class Artifact(Struct, frozen=True):
    """An entry with the bytes that it names, as far as the store still has them."""

    key: ActionKey
    entry: Entry
    source: str | None
    wasm: bytes | None
    interface: ContractInterface | None
    description: ModuleDescription | None
    source_map: dict[int, int]
    native_sizes: tuple[int, ...]


def find_unit(builder: Builder, name: str) -> Unit | None:
    """The last unit of a project that `name` means: "token", ".token" or "ADDRESS.token"."""
    found = [
        unit for unit in builder.manifest().units if name in (unit.name, f".{unit.name}", unit.id)
    ]
    return found[-1] if found else None


def find_key(around: Surroundings, prefix: str) -> ActionKey | None:
    """The action whose key, or one of whose outputs, begins with these hexadecimal digits."""
    if len(prefix) < _MIN_PREFIX or any(char not in "0123456789abcdefABCDEF" for char in prefix):
        return None
    infos = around.store.find(prefix)
    actions = {info.id for info in infos if info.layer is Layer.ACTION}
    blobs = {info.id for info in infos if info.layer is not Layer.ACTION}
    keys = [key for key in actions if isinstance(key, ActionKey)]
    if not keys and blobs:
        keys = [
            key
            for key, action in around.store.actions(KIND)
            if any(digest in blobs for digest in action.outputs.values())
        ]
    if not keys:
        return None
    if len(actions) > 1 or (not actions and len(blobs) > 1):
        raise fault(
            prefix,
            "ambiguous",
            f"{plural(len(infos), 'value')} in the cache begin so",
            hint="give more digits",
        )
    return max(keys, key=lambda key: _made_at(around, key))


def _made_at(around: Surroundings, key: ActionKey) -> float:
    action = around.store.get_action(key, check_outputs=False)
    try:
        return from_action(action).made_at if isinstance(action, Action) else 0.0
    except EntryFormatError:
        return 0.0


def load_artifact(around: Surroundings, key: ActionKey) -> Artifact | None:
    """The artifact of a key; None where the store has none."""
    action = around.store.get_action(key, check_outputs=False)
    if isinstance(action, Miss):
        return None
    try:
        entry = from_action(action)
    except EntryFormatError:
        return None
    blobs = {
        name: data
        for name, digest in action.outputs.items()
        if isinstance(data := around.store.get_blob(digest), bytes)
    }
    native = [] if entry.wasm is None else around.store.find(entry.wasm.hex)
    return Artifact(
        key,
        entry,
        blobs["source"].decode() if "source" in blobs else None,
        blobs.get("wasm"),
        from_bytes(blobs["interface"]) if "interface" in blobs else None,
        _description(blobs.get("metadata")),
        unpack_source_map(blobs.get("source-map", b"")),
        tuple(info.size for info in native if info.layer is Layer.NATIVE),
    )


def _description(data: bytes | None) -> ModuleDescription | None:
    """A module's description; that of another version of the compiler may be of another form."""
    if data is None:
        return None
    try:
        return ModuleDescription.from_bytes(data)
    except (ValueError, KeyError, TypeError):
        return None


def neighbours(around: Surroundings, artifact: Artifact) -> tuple[list[str], list[str]]:
    """What the artifact was made with, and the contracts that were made with it."""
    entry = artifact.entry
    dependencies = [
        f"{shown(name)} {digest.short}" for name, digest in digests_of_needs(entry.inputs).items()
    ]
    dependents: set[str] = set()
    if entry.observed is not None:
        mark = f"blake3:{entry.observed.hex}"
        for _, action in around.store.actions(KIND):
            try:
                other = from_action(action)
            except EntryFormatError:
                continue
            if mark in other.inputs:
                dependents.add(other.contract)
    return dependencies, sorted(dependents)


def as_row(around: Surroundings, artifact: Artifact) -> dict[str, Any]:
    """An artifact as JSON."""
    from compiler.interface_json import to_json

    entry = artifact.entry
    dependencies, dependents = neighbours(around, artifact)
    return {
        "key": artifact.key.hex,
        "contract": entry.contract,
        "valid": entry.valid,
        "inputs": entry.inputs.splitlines(),
        "wasm": _hex(entry.wasm),
        "wasm_bytes": entry.wasm_size,
        "native_bytes": list(artifact.native_sizes),
        "interface": None if artifact.interface is None else to_json(artifact.interface),
        "costs": None
        if artifact.description is None
        else {
            name: entry.costs.to_json() for name, entry in artifact.description.functions.items()
        },
        "dependencies": dependencies,
        "dependents": dependents,
        "diagnostics": [diagnostic_row(found) for found in entry.diagnostics],
        "made_at": datetime.fromtimestamp(entry.made_at, UTC).isoformat(),
        "seconds": entry.seconds,
        "source": artifact.source,
    }


def _hex(digest: Digest | None) -> str | None:
    return None if digest is None else digest.hex


def as_lines(
    around: Surroundings, artifact: Artifact, *, source: bool, wat: bool
) -> Iterator[tuple[str, str]]:
    """An artifact for people: pairs of a heading (empty: goes on) and a line."""
    entry = artifact.entry
    dependencies, dependents = neighbours(around, artifact)
    made = datetime.fromtimestamp(entry.made_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    yield "contract", entry.contract
    yield "key", artifact.key.hex
    if entry.wasm is not None:
        yield "wasm", f"{entry.wasm.hex} ({size(entry.wasm_size)})"
        native = ", ".join(map(size, artifact.native_sizes))
        yield "native", native or "not yet compiled for this machine"
    else:
        yield "invalid", entry.diagnostics[-1].message if entry.diagnostics else ""
    yield "made", f"{made}, in {duration(entry.seconds)}"
    yield from _section("inputs", (line for line in entry.inputs.splitlines()))
    yield from _section("needs", dependencies)
    yield from _section("needed by", dependents)
    if artifact.interface is not None:
        yield from _section("interface", interface_lines(artifact.interface))
    if artifact.description is not None:
        yield from _section("costs", cost_lines(artifact.description))
    if source and artifact.source is not None:
        yield from _section("source", artifact.source.rstrip("\n").split("\n"))
    if wat and artifact.wasm is not None:
        yield from _section("wat", wat_lines(artifact))


def _section(title: str, lines: Any) -> Iterator[tuple[str, str]]:
    for line in lines:
        yield title, line
        title = ""


def shown(text: str) -> str:
    """Identifiers as Clarity writes them: siblings with nothing before their dot."""
    return text.replace(DEPLOYER, "").replace(SELF, "")


def interface_lines(interface: ContractInterface) -> list[str]:
    """A contract's interface as definitions without bodies."""
    lines: list[str] = []
    for access, functions in (
        ("public", interface.public_functions),
        ("read-only", interface.read_only_functions),
    ):
        for name, signature in functions.items():
            arguments = "".join(f" ({arg} {type_text(type_)})" for arg, type_ in signature.args)
            lines.append(f"{access} ({name}{arguments}) -> {type_text(signature.returns)}")
    lines += [f"constant {name} {type_text(type_)}" for name, type_ in interface.constants.items()]
    lines += [f"variable {name} {type_text(type_)}" for name, type_ in interface.data_vars.items()]
    lines += [
        f"map {name} {type_text(key)} -> {type_text(value)}"
        for name, (key, value) in interface.maps.items()
    ]
    lines += [f"fungible token {name}" for name in sorted(interface.fungible_tokens)]
    lines += [
        f"non-fungible token {name} {type_text(type_)}"
        for name, type_ in interface.non_fungible_tokens.items()
    ]
    for name, methods in interface.traits.items():
        lines.append(f"trait {name}")
        for method, signature in methods.items():
            arguments = " ".join(type_text(type_) for _, type_ in signature.args)
            lines.append(f"  ({method} ({arguments}) {type_text(signature.returns)})")
    lines += [
        f"implements {shown(trait)}" for trait in sorted(map(str, interface.implemented_traits))
    ]
    return lines


def cost_lines(description: ModuleDescription) -> list[str]:
    """What running each function costs by itself, without loading contracts and what they do."""
    lines = []
    for name, entry in description.functions.items():
        least, most = entry.costs.least, entry.costs.most
        calls = sum(call.most for call in entry.costs.calls)
        parts = [f"runtime {_between(least.runtime, most.runtime)}"]
        parts += [
            f"{what} {_between(few, many)}"
            for what, few, many in (
                ("reads", least.read_count, most.read_count),
                ("writes", least.write_count, most.write_count),
            )
            if many
        ]
        if calls:
            parts.append(f"and up to {plural(calls, 'call')} of contracts")
        lines.append(f"{entry.access} {name}: {', '.join(parts)}")
    return lines


def _between(least: int, most: int) -> str:
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def type_text(type_: Type) -> str:
    """A type as Clarity writes it."""
    from compiler.type_relations import display

    return shown(display(type_))


def wat_lines(artifact: Artifact) -> list[str]:
    """The module's text, each instruction beside the line of Clarity that it comes from."""
    from compiler.wasm.disassembler import disassemble

    assert artifact.wasm is not None
    places = _places(artifact)
    lines = (artifact.source or "").split("\n")

    def comment(offset: int) -> str | None:
        node = artifact.source_map.get(offset)
        line = None if node is None else places.get(node)
        if line is None:
            return None
        text = lines[line - 1].strip() if line <= len(lines) else ""
        return f"{line}: {text[:60]}"

    return disassemble(artifact.wasm, comment=comment).rstrip("\n").split("\n")


def _places(artifact: Artifact) -> dict[int, int]:
    """The source line of each node of the tree."""
    from compiler.diagnostics import ClarityError
    from compiler.syntax import build_ast

    if artifact.source is None or artifact.interface is None or not artifact.source_map:
        return {}
    interface = artifact.interface
    try:
        ast = build_ast(artifact.source, interface.version, interface.epoch)
    except ClarityError:
        return {}
    places: dict[int, int] = {}
    pending = list(ast.top_level)
    while pending:
        node = pending.pop()
        places[node.id] = node.span.start_line
        pending.extend(getattr(node, "children", ()))
    return places
