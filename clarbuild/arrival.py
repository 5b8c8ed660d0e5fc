"""Checks what was compiled elsewhere before it is stored or used; knows no network.

A wrong module that keeps all rules can't be told from a right one without compiling it: that is
what signatures and `clarbuild verify` are for. Everything else that a module could do to us it
can't do after these checks: it imports only the host functions, runs nothing when it is made, and
is valid for this engine.
"""

from __future__ import annotations

from collections.abc import Mapping

from cache.digest import Digest
from cache.outcome import Action
from clarbuild.artifacts import FORMAT, KIND, Entry, EntryFormatError, from_action
from clarbuild.key import CompileStep, Profile
from compiler.diagnostics import Diagnostic

MAX_WASM_BYTES = 16 << 20
"""The largest contract of mainnet, 416 KB of source, gives less than a tenth of it."""
MAX_MEMORY_PAGES = 1024
"""64 MiB of static data, more than any source that fits into a block can give."""

_ALWAYS = frozenset({"wasm", "interface", "metadata"})
_OUTPUTS = _ALWAYS | {"source-map"}


def entry_fault(action: Action, outputs: Mapping[str, bytes], step: CompileStep) -> str | None:
    """What is wrong with an entry as the result of `step`; None where nothing can be seen."""
    if action.kind != KIND or action.version != FORMAT:
        return f"{action.kind} {action.version} instead of {KIND} {FORMAT}"
    names = outputs.keys()
    if names and not _ALWAYS <= names <= _OUTPUTS:
        return f"outputs {', '.join(sorted(names))}"
    try:
        entry = from_action(action)
    except (EntryFormatError, RecursionError) as error:
        return f"metadata: {error}"
    if not _well_formed(entry):
        return "metadata of wrong types"
    if entry.inputs != step.text:
        return "made from other inputs"
    if not entry.valid:
        return None if entry.diagnostics else "invalid without a diagnostic"
    if entry.wasm_size != len(outputs["wasm"]):
        return "another size of the module"
    return module_fault(outputs["wasm"], step.profile) or _description_fault(entry, outputs)


def module_fault(wasm: bytes, profile: Profile) -> str | None:
    """What is wrong with a module, by the rules that our own keep."""
    from compiler.abi import HOST_FUNCTIONS, IMPORT_MODULE, MEMORY_EXPORT
    from compiler.diagnostics import CompilerBug
    from compiler.wasm.reader import read_module
    from runtime.engine import EngineError, Module, engine_for

    if len(wasm) > MAX_WASM_BYTES:
        return f"a module of {len(wasm):,} bytes"
    try:
        # Knows no start function, tables or floats: a module that has any isn't ours.
        module = read_module(wasm)
        Module.validate(engine_for(profile), wasm)
        for wanted in module.imports:
            if wanted.kind != "func" or wanted.module != IMPORT_MODULE:
                return f"imports {wanted.module}.{wanted.name}"
            host = HOST_FUNCTIONS.get(wanted.name)
            if host is None or module.types[wanted.type_index] != tuple(host):
                return f"imports {wanted.name}, which the host does not offer so"
    except (CompilerBug, EngineError, IndexError) as error:
        return str(error).partition("\n")[0]
    if len(module.memories) != 1 or module.memories[0][0] > MAX_MEMORY_PAGES:
        return "its memory"
    if (MEMORY_EXPORT, "memory", 0) not in module.exports:
        return "its memory is not exported"
    return None


def _description_fault(entry: Entry, outputs: Mapping[str, bytes]) -> str | None:
    from compiler.description import ModuleDescription
    from compiler.interface_bytes import canonical_bytes, from_bytes
    from compiler.interface_names import mentions

    try:
        interface = from_bytes(outputs["interface"])
        observed = Digest.of(canonical_bytes(interface))
        named = tuple(sorted(mentions(interface)))
        ModuleDescription.from_bytes(outputs["metadata"])
    except Exception as error:
        # Readers of what our compiler wrote may stumble over foreign bytes in any way.
        return f"interface or metadata: {type(error).__name__}"
    if observed != entry.observed or named != entry.mentions:
        return "another interface"
    return None


def _well_formed(entry: Entry) -> bool:
    """Whether JSON gave every field its type: a number in a message's place would fail later."""
    return (
        _texts(entry.inputs, entry.contract, *entry.mentions)
        and all(map(_is_diagnostic, entry.diagnostics))
        and type(entry.wasm_size) is int
        and all(type(n) in (int, float) and 0 <= n < 1e12 for n in (entry.seconds, entry.made_at))
    )


def _is_diagnostic(found: Diagnostic) -> bool:
    span = found.span
    return _texts(found.code, found.message, found.hint or "", *found.notes) and all(
        type(number) is int and 0 <= number < 1 << 32
        for number in (span.start_line, span.start_column, span.end_line, span.end_column)
    )


def _texts(*values: object) -> bool:
    return all(type(value) is str for value in values)
