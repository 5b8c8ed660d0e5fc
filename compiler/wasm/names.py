"""The names section: what debuggers and the disassembler call functions, locals and globals."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.wasm import leb128

FUNCTIONS = 1
LOCALS = 2
GLOBALS = 7


def encode(name: str) -> bytes:
    """A name, as Wasm writes every name."""
    encoded = name.encode()
    return leb128.unsigned(len(encoded)) + encoded


def _name_map(names: Mapping[int, str]) -> bytes:
    return leb128.unsigned(len(names)) + b"".join(
        [leb128.unsigned(index) + encode(name) for index, name in sorted(names.items())]
    )


def name_section(
    functions: Mapping[int, str],
    local_names: Mapping[int, Mapping[int, str]],
    globals_: Mapping[int, str],
) -> bytes:
    """The contents of the custom section `name`."""
    locals_ = leb128.unsigned(len(local_names)) + b"".join(
        [leb128.unsigned(index) + _name_map(names) for index, names in sorted(local_names.items())]
    )
    out = bytearray()
    for number, present, contents in (
        (FUNCTIONS, functions, _name_map(functions)),
        (LOCALS, local_names, locals_),
        (GLOBALS, globals_, _name_map(globals_)),
    ):
        if present:
            out.append(number)
            out += leb128.unsigned(len(contents))
            out += contents
    return bytes(out)
