"""Wasm binary to WAT text, an instruction a line, with names and comments.

The text assembles to the same module, except for how LEB128 integers are padded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from compiler.wasm.opcodes import Immediate
from compiler.wasm.reader import Instruction, WasmModule, instructions, read_module
from compiler.wasm.valtypes import VALTYPE_NAMES, ValType, ValTypes

# What is to be said of the instruction at an offset of the module, if anything.
Comment: TypeAlias = Callable[[int], str | None]

_NAME_CHARACTERS = frozenset(
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'*+-./:<=>?@\\^_`|~"
)
_EMPTY_BLOCK = -64
# From the columns that comments begin in.
_COMMENT_COLUMN = 44


def disassemble(
    wasm: bytes,
    *,
    only: str | None = None,
    comment: Comment | None = None,
    names: Mapping[int, str] | None = None,
) -> str:
    """The text of the module, or of the functions called `only`.

    `names` gives functions by index names that come before those of the names section.
    """
    writer = _Writer(read_module(wasm), comment, names or {})
    lines = writer.module() if only is None else writer.functions(only)
    return "\n".join(lines) + "\n"


def _identifiers(names: Mapping[int, str], prefix: str, count: int) -> list[str]:
    """An identifier for each index, made unique by the index where names are equal."""
    seen: set[str] = set()
    out = []
    for index in range(count):
        name = names.get(index) or f"{prefix}{index}"
        name = "".join(c if c in _NAME_CHARACTERS else "_" for c in name)
        if name in seen:
            name = f"{name}#{index}"
        seen.add(name)
        out.append(f"${name}")
    return out


def _quote(data: bytes) -> str:
    plain = (chr(b) if 0x20 <= b < 0x7F and b not in b'"\\' else f"\\{b:02x}" for b in data)
    return '"' + "".join(plain) + '"'


def _types(keyword: str, types: Iterable[ValType]) -> str:
    listed = " ".join(VALTYPE_NAMES[one] for one in types)
    return f" ({keyword} {listed})" if listed else ""


def _signature(params: ValTypes, results: ValTypes) -> str:
    return _types("param", params) + _types("result", results)


def _limits(limits: tuple[int, int | None]) -> str:
    return " ".join(str(one) for one in limits if one is not None)


def _global_type(kind: ValType, mutable: bool) -> str:
    return f"(mut {VALTYPE_NAMES[kind]})" if mutable else VALTYPE_NAMES[kind]


class _Writer:
    def __init__(
        self, module: WasmModule, comment: Comment | None, names: Mapping[int, str]
    ) -> None:
        self._module = module
        self._comment = comment
        self._imported = len(module.imported_functions)
        self._names = {
            index: names.get(index) or module.function_names.get(index, "")
            for index in range(self._imported + len(module.functions))
        }
        self._functions = _identifiers(self._names, "f", len(self._names))
        globals_ = len(module.imported_globals) + len(module.globals)
        self._globals = _identifiers(module.global_names, "g", globals_)

    def module(self) -> list[str]:
        """The lines of the whole module."""
        module = self._module
        lines = ["(module"]
        lines += [
            f"  (type (;{index};) (func{_signature(*one)}))"
            for index, one in enumerate(module.types)
        ]
        lines += self._imports()
        lines += [f"  (memory {_limits(one)})" for one in module.memories]
        for index, (kind, mutable, init) in enumerate(module.globals, len(module.imported_globals)):
            constant = f"({VALTYPE_NAMES[kind]}.const {init})"
            lines.append(
                f"  (global {self._globals[index]} {_global_type(kind, mutable)} {constant})"
            )
        for name, what, index in module.exports:
            target = {"func": self._functions, "global": self._globals}.get(what)
            shown = target[index] if target is not None else str(index)
            lines.append(f"  (export {_quote(name.encode())} ({what} {shown}))")
        for i in range(len(module.bodies)):
            lines += self._function(i)
        lines += [
            f"  (data (i32.const {address}) {_quote(contents)})"
            for address, contents in module.segments
        ]
        return [*lines, ")"]

    def functions(self, name: str) -> list[str]:
        """The lines of the functions with that name or identifier."""
        return [
            line
            for i in range(len(self._module.bodies))
            if name in (self._names[self._imported + i], self._functions[self._imported + i])
            for line in self._function(i)
        ]

    def _imports(self) -> list[str]:
        lines = []
        functions = globals_ = 0
        for one in self._module.imports:
            if one.kind == "func":
                signature = _signature(*self._module.types[one.type_index])
                what = f"(func {self._functions[functions]}{signature})"
                functions += 1
            elif one.kind == "global":
                kind = _global_type(one.global_type, one.mutable)
                what = f"(global {self._globals[globals_]} {kind})"
                globals_ += 1
            else:
                what = f"(memory {_limits(one.limits)})"
            module, name = _quote(one.module.encode()), _quote(one.name.encode())
            lines.append(f"  (import {module} {name} {what})")
        return lines

    def _function(self, number: int) -> list[str]:
        module = self._module
        index = self._imported + number
        body = module.bodies[number]
        params, results = module.signature(index)
        kinds = [*params]
        for count, kind in body.locals:
            kinds += [kind] * count
        locals_ = _identifiers(module.local_names.get(index, {}), "", len(kinds))
        head = f"  (func {self._functions[index]}"
        for local, kind in zip(locals_, params, strict=False):
            head += f" (param {local} {VALTYPE_NAMES[kind]})"
        lines = [head + _types("result", results)]
        lines += [
            f"    (local {local} {VALTYPE_NAMES[kind]})"
            for local, kind in zip(locals_[len(params) :], kinds[len(params) :], strict=True)
        ]
        depth = 0
        for one in instructions(module.data, body.code, body.end):
            if one.end == body.end:
                break
            name = one.op.mnemonic
            if name in ("end", "else"):
                depth -= 1
            line = "    " + "  " * depth + name + self._immediates(one, locals_)
            if name in ("block", "loop", "if", "else"):
                depth += 1
            said = self._comment(one.offset) if self._comment is not None else None
            lines.append(line if said is None else f"{line:<{_COMMENT_COLUMN}};; {said}")
        return [*lines, "  )"]

    def _immediates(self, one: Instruction, locals_: list[str]) -> str:
        values = one.immediates
        match one.op.immediate:
            case Immediate.NONE | Immediate.MEMORY | Immediate.TWO_MEMORIES:
                return ""
            case Immediate.LOCAL:
                return f" {locals_[values[0]]}"
            case Immediate.GLOBAL:
                return f" {self._globals[values[0]]}"
            case Immediate.FUNCTION:
                return f" {self._functions[values[0]]}"
            case Immediate.MEMORY_ARGUMENT:
                align, offset = values
                shown = f" offset={offset}" if offset else ""
                return shown if align == one.op.align else f"{shown} align={1 << align}"
            case Immediate.BLOCK:
                return self._block_type(values[0])
            case Immediate.I32 | Immediate.I64:
                return f" {values[0]}"
            case Immediate.LABEL | Immediate.LABELS:
                return "".join([f" {value}" for value in values])
        raise AssertionError(one.op)

    def _block_type(self, value: int) -> str:
        if value == _EMPTY_BLOCK:
            return ""
        if value < 0:
            return f" (result {VALTYPE_NAMES[value & 0x7F]})"
        return _signature(*self._module.types[value])
