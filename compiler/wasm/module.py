"""Builds a Wasm module: functions, globals, data and exports in any order, then its bytes.

The same calls give the same bytes. Modules import functions only, and have no start function and
no tables.
"""

from __future__ import annotations

from msgspec import Struct

from compiler.diagnostics import CompilerBug
from compiler.wasm import leb128, names
from compiler.wasm.checked import CheckedCode
from compiler.wasm.code import Code
from compiler.wasm.functions import INDEX_BYTES, FuncRef, Global
from compiler.wasm.valtypes import I32, TypeTable, ValType, ValTypes

HEADER = b"\x00asm\x01\x00\x00\x00"
PAGE = 1 << 16
# The node id in a source map of code that no source node was marked for.
NO_NODE = -1

# The implementation limits that engines have agreed on. Those of the body and of parameters were
# measured with wasmtime 50; of exports, newer engines take more.
MAX_TYPES = 1_000_000
MAX_FUNCTIONS = 1_000_000
MAX_EXPORTS = 100_000
MAX_GLOBALS = 1_000_000
MAX_PARAMS = 1_000
MAX_RESULTS = 1_000
MAX_BODY = 7_654_321


class _GlobalRow(Struct):
    name: str
    kind: ValType
    mutable: bool
    init: int


def _section(number: int, count: int, contents: bytes | bytearray) -> bytes:
    """A section of `count` entries; nothing if there are none."""
    if not count:
        return b""
    head = leb128.unsigned(count)
    return b"".join((bytes([number]), leb128.unsigned(len(head) + len(contents)), head, contents))


def custom_section(name: str, contents: bytes) -> bytes:
    """A custom section; it may be appended to a finished module."""
    encoded = names.encode(name)
    return b"\x00" + leb128.unsigned(len(encoded) + len(contents)) + encoded + contents


def constant(kind: ValType, value: int) -> bytes:
    """A constant expression of `value`, signed, without its end."""
    return (b"\x41" if kind == I32 else b"\x42") + leb128.signed(value)


class ModuleBuilder:
    """One module.

    `data_base` is the address of the first datum; `debug` adds the names section, `marks` keeps
    the source map, `checked` follows the stack of every body.
    """

    def __init__(
        self,
        *,
        data_base: int = 0,
        debug: bool = False,
        marks: bool = False,
        checked: bool = False,
    ) -> None:
        self.types = TypeTable()
        # The functions of helpers that are in the module already: the linker's.
        self.linked: dict[object, FuncRef] = {}
        self._debug = debug
        self._marks = marks
        self._checked = checked
        self._imports: dict[tuple[str, str], FuncRef] = {}
        self._functions: list[FuncRef] = []
        self._globals: list[_GlobalRow] = []
        self._global_names: dict[str, Global] = {}
        self._global_types: list[tuple[ValType, bool]] = []
        self._exports: dict[str, tuple[int, FuncRef | int]] = {}
        self._memory: tuple[int, int | None] | None = None
        self._segments: list[tuple[int, bytearray]] = []
        self._data: dict[bytes, int] = {}
        self._data_end = data_base
        # Space was reserved after the last segment: the next datum begins another.
        self._reserved = False
        self._custom: list[bytes] = []
        self._source_map: list[tuple[int, int]] = []

    # Functions

    def import_function(
        self, module: str, name: str, params: ValTypes, results: ValTypes
    ) -> FuncRef:
        """The host function `module.name`; asked again, the same one."""
        known = self._imports.get((module, name))
        if known is None:
            known = FuncRef(f"{module}.{name}", tuple(params), tuple(results), (module, name))
            self._imports[module, name] = known
        elif (known.params, known.results) != (tuple(params), tuple(results)):
            raise CompilerBug(f"{module}.{name} is imported with two types")
        return known

    def function(
        self, name: str, params: ValTypes, results: ValTypes, *, export: str | None = None
    ) -> FuncRef:
        """A new function, whose body comes later; `name` is for people and need not be unique."""
        function = FuncRef(name, tuple(params), tuple(results))
        self._functions.append(function)
        if export is not None:
            self.export_function(export, function)
        return function

    def code(self, function: FuncRef) -> Code:
        """The builder of the function's body."""
        kind = CheckedCode if self._checked else Code
        code = kind(self.types, function, marks=self._marks)
        if isinstance(code, CheckedCode):
            code.global_types = self._global_types
        return code

    # Globals, memory, data, exports

    def global_(self, name: str, kind: ValType, *, mutable: bool = True, init: int = 0) -> Global:
        """The global called `name`, defined now if it isn't yet (`init` is of the first call)."""
        known = self._global_names.get(name)
        if known is None:
            known = Global(len(self._globals))
            self._globals.append(_GlobalRow(name, kind, mutable, init))
            self._global_names[name] = known
            self._global_types.append((kind, mutable))
        elif self._global_types[known] != (kind, mutable):
            raise CompilerBug(f"global {name} is defined with two types")
        return known

    def set_global_init(self, global_: Global, init: int) -> None:
        """The initial value of a global (the heap's base is known only at the end)."""
        self._globals[global_].init = init

    def memory(self, pages: int = 0, maximum: int | None = None, *, export: str = "memory") -> None:
        """Define the memory; it is made large enough for the data in any case."""
        if self._memory is not None:
            raise CompilerBug("the memory is defined twice")
        self._memory = (pages, maximum)
        self._export(export, 2, 0)

    def data(self, contents: bytes, align: int = 1) -> int:
        """The address of `contents`, which code must not write to: equal data are stored once."""
        known = self._data.get(contents)
        if known is not None and known % align == 0:
            return known
        if not contents:
            return self._data_end
        address = self._data_end + -self._data_end % align
        if self._segments and not self._reserved:
            segment = self._segments[-1][1]
            segment += bytes(address - self._data_end)
        else:
            segment = bytearray()
            self._segments.append((address, segment))
            self._reserved = False
        segment += contents
        self._data_end = address + len(contents)
        self._data[contents] = address
        return address

    def reserve(self, size: int, align: int = 1) -> int:
        """The address of `size` zero bytes of the module's own, which code may write to."""
        address = self._data_end + -self._data_end % align
        self._data_end = address + size
        self._reserved = True
        return address

    @property
    def data_end(self) -> int:
        """The address after all data so far: the base of the heap, when all is emitted."""
        return self._data_end

    def export_function(self, name: str, function: FuncRef) -> None:
        """Export `function` as `name`."""
        self._export(name, 0, function)

    def export_global(self, name: str, global_: Global) -> None:
        """Export `global_` as `name`."""
        self._export(name, 3, global_)

    def _export(self, name: str, kind: int, what: FuncRef | int) -> None:
        if name in self._exports:
            raise CompilerBug(f"{name} is exported twice")
        self._exports[name] = (kind, what)

    def custom(self, name: str, contents: bytes) -> None:
        """Add a custom section at the end (see `custom_section` for one that needs offsets)."""
        self._custom.append(custom_section(name, contents))

    # The end

    def finish(self) -> bytes:
        """The module."""
        functions = [*self._imports.values(), *self._functions]
        for index, function in enumerate(functions):
            function.index = index
            function.encoded_index = leb128.padded(index, INDEX_BYTES)
            if len(function.params) > MAX_PARAMS or len(function.results) > MAX_RESULTS:
                raise CompilerBug(f"{function.name} has too many parameters or results")
        type_indices = {f: self.types.index(f.params, f.results) for f in functions}
        for what, count, limit in (
            ("types", len(self.types), MAX_TYPES),
            ("functions", len(functions), MAX_FUNCTIONS),
            ("globals", len(self._globals), MAX_GLOBALS),
            ("exports", len(self._exports), MAX_EXPORTS),
        ):
            if count > limit:
                raise CompilerBug(f"{count} {what} are more than engines take")

        before_code = b"".join(
            (
                HEADER,
                _section(1, len(self.types), self.types.encode()),
                _section(2, len(self._imports), self._encode_imports(type_indices)),
                _section(
                    3,
                    len(self._functions),
                    b"".join([leb128.unsigned(type_indices[f]) for f in self._functions]),
                ),
                _section(5, int(self._memory is not None), self._encode_memory()),
                _section(6, len(self._globals), self._encode_globals()),
                _section(7, len(self._exports), self._encode_exports()),
            )
        )
        bodies, marks = self._encode_bodies()
        code = _section(10, len(self._functions), bodies)
        start = len(before_code) + len(code) - len(bodies)
        self._source_map = [(start + offset, node) for offset, node in marks]
        sections = [before_code, code, _section(11, len(self._segments), self._encode_data())]
        if self._debug:
            local_names = {f.index: f.local_names for f in functions if f.local_names}
            section = names.name_section(
                {f.index: f.name for f in functions},
                local_names,
                {index: row.name for index, row in enumerate(self._globals)},
            )
            sections.append(custom_section("name", section))
        return b"".join(sections + self._custom)

    @property
    def source_map(self) -> list[tuple[int, int]]:
        """Offsets in the finished module, ascending, with the node whose code begins there.

        Each function begins with a `NO_NODE`, so that a helper isn't taken for what is before it.
        """
        return self._source_map

    def _encode_imports(self, type_indices: dict[FuncRef, int]) -> bytes:
        return b"".join(
            [
                names.encode(module)
                + names.encode(name)
                + b"\x00"
                + leb128.unsigned(type_indices[function])
                for (module, name), function in self._imports.items()
            ]
        )

    def _encode_memory(self) -> bytes:
        if self._memory is None:
            if self._segments:
                raise CompilerBug("data without a memory")
            return b""
        pages, maximum = self._memory
        pages = max(pages, -(-self._data_end // PAGE))
        if maximum is None:
            return b"\x00" + leb128.unsigned(pages)
        return b"\x01" + leb128.unsigned(pages) + leb128.unsigned(maximum)

    def _encode_globals(self) -> bytes:
        return b"".join(
            [
                bytes([row.kind, row.mutable]) + constant(row.kind, row.init) + b"\x0b"
                for row in self._globals
            ]
        )

    def _encode_exports(self) -> bytes:
        out = bytearray()
        for name, (kind, what) in self._exports.items():
            out += names.encode(name)
            out.append(kind)
            out += leb128.unsigned(what.index if isinstance(what, FuncRef) else what)
        return bytes(out)

    def _encode_bodies(self) -> tuple[bytearray, list[tuple[int, int]]]:
        """The bodies, and the marks as offsets in them."""
        bodies = bytearray()
        marks: list[tuple[int, int]] = []
        for function in self._functions:
            body = function.body
            if body is None:
                raise CompilerBug(f"{function.name} has no body")
            for offset, callee in function.calls:
                body[offset : offset + INDEX_BYTES] = callee.encoded_index
            size = len(function.locals) + len(body)
            if size > MAX_BODY:
                raise CompilerBug(f"{function.name} is {size} bytes long")
            bodies += leb128.unsigned(size)
            bodies += function.locals
            if self._marks:
                start = len(bodies)
                marks.append((start, NO_NODE))
                marks += [(start + offset, node) for offset, node in function.marks]
            bodies += body
        return bodies, marks

    def _encode_data(self) -> bytes:
        out = bytearray()
        for address, contents in self._segments:
            out.append(0)
            out += constant(I32, address)
            out.append(0x0B)
            out += leb128.unsigned(len(contents))
            out += contents
        return bytes(out)
