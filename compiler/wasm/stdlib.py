"""Links helpers, written in WAT by family (`compiler/stdlib/*.wat`), into modules that need them.

A family is a WAT module. Its exported functions are the helpers, one namespace for all families;
the others are its own. Its imports say what it refers to:

- `(import "std" "alloc" (func …))`: a helper, of any family;
- `(import "env" "heap" (global $heap (mut i32)))`: the module's global of that name;
- `(import "env" "memory" (memory 1))`: the module's memory;
- any other function: a host function.

A family's data are tables that it only reads: each data segment begins at the value of an
immutable i32 global, which reads as the table's address in the module. Other immutable globals
are constants; mutable ones become globals of the module, named `std.FAMILY.$name`.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TypeAlias

import wasmtime

from compiler.diagnostics import CompilerBug
from compiler.wasm import leb128
from compiler.wasm.functions import INDEX_BYTES, INDEX_HOLE, FuncRef
from compiler.wasm.module import ModuleBuilder, constant
from compiler.wasm.opcodes import Immediate, Op
from compiler.wasm.reader import Body, WasmModule, instructions, read_module
from compiler.wasm.valtypes import I32, ValType, ValTypes

# Addresses are patched as signed integers: five bytes hold any.
_ADDRESS_BYTES = 5
_I32_CONST = 0x41
_TABLE_ALIGN = 8


class _Host:
    """A host function that helpers call."""

    __slots__ = ("module", "name", "params", "results")

    def __init__(self, module: str, name: str, params: ValTypes, results: ValTypes) -> None:
        self.module = module
        self.name = name
        self.params = params
        self.results = results


class _Helper:
    """A function of a family: its code with holes, and what goes into them."""

    __slots__ = (
        "calls",
        "code",
        "globals",
        "locals",
        "name",
        "params",
        "results",
        "tables",
        "types",
    )

    def __init__(self, name: str, params: ValTypes, results: ValTypes) -> None:
        self.name = name
        self.params = params
        self.results = results
        self.locals = b""
        self.code = b""
        self.calls: list[tuple[int, _Callee]] = []
        self.types: list[tuple[int, ValTypes, ValTypes]] = []
        self.globals: list[tuple[int, _Global]] = []
        self.tables: list[tuple[int, bytes]] = []


_Callee: TypeAlias = _Helper | _Host
# Name, type, whether it is mutable, initial value.
_Global: TypeAlias = tuple[str, ValType, bool, int]


def names() -> list[str]:
    """The names of all helpers."""
    return sorted(_library())


def require(module: ModuleBuilder, name: str) -> FuncRef:
    """The helper `name` in `module`, pulled in with everything it calls if it isn't there yet."""
    helper = _library().get(name)
    if helper is None:
        raise CompilerBug(f"there is no helper {name!r}")
    return module.linked.get(helper) or _pull(module, helper)


def _pull(module: ModuleBuilder, helper: _Helper) -> FuncRef:
    function = module.function(helper.name, helper.params, helper.results)
    module.linked[helper] = function
    body = bytearray(helper.code)
    for at, params, results in helper.types:
        index = module.types.index(params, results)
        body[at : at + INDEX_BYTES] = leb128.padded(index, INDEX_BYTES)
    for at, (name, kind, mutable, init) in helper.globals:
        index = module.global_(name, kind, mutable=mutable, init=init)
        body[at : at + INDEX_BYTES] = leb128.padded(index, INDEX_BYTES)
    for at, table in helper.tables:
        address = module.data(table, _TABLE_ALIGN)
        body[at : at + _ADDRESS_BYTES] = leb128.padded(address, _ADDRESS_BYTES)
    function.body = body
    function.locals = helper.locals
    for at, callee in helper.calls:
        if isinstance(callee, _Host):
            target = module.import_function(
                callee.module, callee.name, callee.params, callee.results
            )
        else:
            target = module.linked.get(callee) or _pull(module, callee)
        function.calls.append((at, target))
    return function


@cache
def _library() -> dict[str, _Helper]:
    """The helpers by name, assembled once in a process."""
    folder = resources.files("compiler").joinpath("stdlib")
    texts = {
        entry.name.removesuffix(".wat"): entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda one: one.name)
        if entry.name.endswith(".wat")
    }
    return load(texts)


def load(texts: dict[str, str]) -> dict[str, _Helper]:
    """The helpers of the families whose WAT is given by name."""
    library: dict[str, _Helper] = {}
    families = []
    for name, text in texts.items():
        try:
            family = _Family(name, read_module(bytes(wasmtime.wat2wasm(text))))
        except (wasmtime.WasmtimeError, CompilerBug) as error:
            raise CompilerBug(f"stdlib/{name}.wat: {error}") from error
        for export, kind, index in family.module.exports:
            if kind == "func":
                if export in library:
                    raise CompilerBug(f"stdlib/{name}.wat: helper {export!r} exists already")
                library[export] = family.own(index)
        families.append(family)
    for family in families:
        family.link(library)
    return library


class _Family:
    """One WAT module on its way to helpers."""

    def __init__(self, name: str, module: WasmModule) -> None:
        self.name = name
        self.module = module
        self._imported = module.imported_functions
        exported = {index: export for export, kind, index in module.exports if kind == "func"}
        self._helpers = []
        for i in range(len(module.functions)):
            index = len(self._imported) + i
            inner = f"{name}.{module.function_names.get(index, index)}"
            self._helpers.append(
                _Helper(f"std.{exported.get(index, inner)}", *module.signature(index))
            )
        self._tables = dict(module.segments)
        self._callees: list[_Callee] = []

    def own(self, index: int) -> _Helper:
        """The function with that index, which is not an import."""
        return self._helpers[index - len(self._imported)]

    def link(self, library: dict[str, _Helper]) -> None:
        """Make the templates of the bodies; `library` has every family's helpers."""
        self._callees = [self._resolve(i, library) for i in range(len(self._imported))]
        self._callees += self._helpers
        for helper, body in zip(self._helpers, self.module.bodies, strict=True):
            helper.locals = self.module.data[body.start : body.code]
            self._template(helper, body)

    def _resolve(self, index: int, library: dict[str, _Helper]) -> _Callee:
        imported = self._imported[index]
        params, results = self.module.signature(index)
        if imported.module != "std":
            return _Host(imported.module, imported.name, params, results)
        helper = library.get(imported.name)
        if helper is None:
            raise CompilerBug(f"stdlib/{self.name}.wat: there is no helper {imported.name!r}")
        if (helper.params, helper.results) != (params, results):
            raise CompilerBug(f"stdlib/{self.name}.wat: {imported.name!r} has another type")
        return helper

    def _template(self, helper: _Helper, body: Body) -> None:
        data = self.module.data
        code = bytearray()
        for offset, end, op, immediates in instructions(data, body.code, body.end):
            match op.immediate:
                case Immediate.FUNCTION:
                    code += op.encoding
                    helper.calls.append((len(code), self._callees[immediates[0]]))
                    code += INDEX_HOLE
                case Immediate.BLOCK if immediates[0] >= 0:
                    code += op.encoding
                    helper.types.append((len(code), *self.module.types[immediates[0]]))
                    code += INDEX_HOLE
                case Immediate.GLOBAL:
                    self._global(helper, code, op, immediates[0])
                case _:
                    code += data[offset:end]
        helper.code = bytes(code)

    def _global(self, helper: _Helper, code: bytearray, op: Op, index: int) -> None:
        """Append the instruction `op` on the family's global `index`."""
        imported = self.module.imported_globals
        if index < len(imported):
            one = imported[index]
            if one.module != "env":
                raise CompilerBug(f"stdlib/{self.name}.wat: global of {one.module!r}, not env")
            wanted: _Global = (one.name, one.global_type, one.mutable, 0)
        else:
            kind, mutable, init = self.module.globals[index - len(imported)]
            table = self._tables.get(init)
            if not mutable and kind == I32 and table is not None:
                code.append(_I32_CONST)
                helper.tables.append((len(code), table))
                code += bytes(_ADDRESS_BYTES)
                return
            if not mutable:
                code += constant(kind, init)
                return
            inner = self.module.global_names.get(index, index)
            wanted = (f"std.{self.name}.{inner}", kind, mutable, init)
        code += op.encoding
        helper.globals.append((len(code), wanted))
        code += INDEX_HOLE
