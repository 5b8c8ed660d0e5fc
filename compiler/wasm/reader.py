"""Reads Wasm binaries: sections as values, bodies as instructions.

It knows the part of Wasm in `opcodes.py` and the value types i32 and i64; anything else is a
`CompilerBug`, as are bytes that are no module, since it only reads what we or our assembler wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct, field

from compiler.diagnostics import CompilerBug
from compiler.wasm import leb128, names
from compiler.wasm.opcodes import ONE_BYTE, PREFIX, PREFIXED, Immediate, Op
from compiler.wasm.valtypes import I32, I64, ValType, ValTypes

_HEADER = b"\x00asm\x01\x00\x00\x00"


class Import(NamedTuple):
    """An import: `kind` is "func", "memory" or "global"."""

    module: str
    name: str
    kind: str
    type_index: int = 0
    global_type: ValType = I32
    mutable: bool = False
    limits: tuple[int, int | None] = (0, None)


class GlobalDefinition(NamedTuple):
    """A global of the module's own, with its constant initial value."""

    kind: ValType
    mutable: bool
    init: int


class Body(NamedTuple):
    """A function's body: offsets in the module of its locals, its first instruction, its end."""

    start: int
    locals: list[tuple[int, ValType]]
    code: int
    end: int


class Instruction(NamedTuple):
    """One instruction: its offset in the module, that of the next one, and its immediates.

    A block type is -64 (none), `I32 - 128`, `I64 - 128` or a type index.
    """

    offset: int
    end: int
    op: Op
    immediates: tuple[int, ...]


class WasmModule(Struct):
    """The sections of a module."""

    data: bytes
    types: list[tuple[ValTypes, ValTypes]] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)
    memories: list[tuple[int, int | None]] = field(default_factory=list)
    globals: list[GlobalDefinition] = field(default_factory=list)
    exports: list[tuple[str, str, int]] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    segments: list[tuple[int, bytes]] = field(default_factory=list)
    customs: list[tuple[str, bytes]] = field(default_factory=list)
    function_names: dict[int, str] = field(default_factory=dict)
    local_names: dict[int, dict[int, str]] = field(default_factory=dict)
    global_names: dict[int, str] = field(default_factory=dict)

    @property
    def imported_functions(self) -> list[Import]:
        """The imports that take the first function indices."""
        return [one for one in self.imports if one.kind == "func"]

    @property
    def imported_globals(self) -> list[Import]:
        """The imports that take the first global indices."""
        return [one for one in self.imports if one.kind == "global"]

    def signature(self, function: int) -> tuple[ValTypes, ValTypes]:
        """Parameters and results of the function with that index."""
        imported = self.imported_functions
        if function < len(imported):
            return self.types[imported[function].type_index]
        return self.types[self.functions[function - len(imported)]]


_SECTIONS = frozenset({1, 2, 3, 5, 6, 7, 10, 11})
_KINDS = ("func", "table", "memory", "global")


class _Cursor:
    __slots__ = ("data", "position")

    def __init__(self, data: bytes, position: int) -> None:
        self.data = data
        self.position = position

    def byte(self) -> int:
        value = self.data[self.position]
        self.position += 1
        return value

    def unsigned(self) -> int:
        value, self.position = leb128.read_unsigned(self.data, self.position)
        return value

    def bytes(self) -> bytes:
        length = self.unsigned()
        self.position += length
        return self.data[self.position - length : self.position]

    def name(self) -> str:
        return self.bytes().decode()

    def valtype(self) -> ValType:
        value = self.byte()
        if value not in (I32, I64):
            raise CompilerBug(f"value type {value:#x} is not supported")
        return ValType(value)

    def valtypes(self) -> ValTypes:
        return tuple([self.valtype() for _ in range(self.unsigned())])

    def limits(self) -> tuple[int, int | None]:
        flags = self.byte()
        if flags > 1:
            raise CompilerBug(f"memory flags {flags:#x} are not supported")
        return self.unsigned(), self.unsigned() if flags else None

    def constant(self) -> int:
        opcode = self.byte()
        if opcode not in (0x41, 0x42):
            raise CompilerBug(f"constant expression {opcode:#x} is not supported")
        value, self.position = leb128.read_signed(self.data, self.position)
        if self.byte() != 0x0B:
            raise CompilerBug("a constant expression of more than one instruction")
        return value


def read_module(data: bytes) -> WasmModule:
    """The module in `data`."""
    if data[:8] != _HEADER:
        raise CompilerBug("not a Wasm module")
    module = WasmModule(bytes(data))
    at = _Cursor(module.data, 8)
    try:
        while at.position < len(data):
            number = at.byte()
            end = at.unsigned() + at.position
            _section(module, number, at, end)
            if at.position != end:
                raise CompilerBug(f"section {number} has a wrong length")
    except (IndexError, UnicodeDecodeError) as error:
        raise CompilerBug("the Wasm module is damaged") from error
    return module


def _section(module: WasmModule, number: int, at: _Cursor, end: int) -> None:
    if number == 0:
        name = at.name()
        contents = at.data[at.position : end]
        at.position = end
        module.customs.append((name, contents))
        if name == "name":
            _names(module, _Cursor(contents, 0))
        return
    if number not in _SECTIONS:
        # Before its first number is taken for a count: a start section has none.
        raise CompilerBug(f"section {number} is not supported")
    for _ in range(at.unsigned()):
        match number:
            case 1:
                if at.byte() != 0x60:
                    raise CompilerBug("a type that is no function type")
                module.types.append((at.valtypes(), at.valtypes()))
            case 2:
                module.imports.append(_import(at))
            case 3:
                module.functions.append(at.unsigned())
            case 5:
                module.memories.append(at.limits())
            case 6:
                definition = GlobalDefinition(at.valtype(), at.byte() == 1, at.constant())
                module.globals.append(definition)
            case 7:
                module.exports.append((at.name(), _KINDS[at.byte()], at.unsigned()))
            case 10:
                module.bodies.append(_body(at))
            case 11:
                if at.byte() != 0:
                    raise CompilerBug("only active data segments are supported")
                module.segments.append((at.constant(), at.bytes()))


def _import(at: _Cursor) -> Import:
    module, name, kind = at.name(), at.name(), at.byte()
    match _KINDS[kind]:
        case "func":
            return Import(module, name, "func", type_index=at.unsigned())
        case "memory":
            return Import(module, name, "memory", limits=at.limits())
        case "global":
            kind_, mutable = at.valtype(), at.byte() == 1
            return Import(module, name, "global", global_type=kind_, mutable=mutable)
    raise CompilerBug("imported tables are not supported")


def _body(at: _Cursor) -> Body:
    size = at.unsigned()
    start = at.position
    locals_ = [(at.unsigned(), at.valtype()) for _ in range(at.unsigned())]
    code = at.position
    at.position = start + size
    return Body(start, locals_, code, at.position)


def _names(module: WasmModule, at: _Cursor) -> None:
    while at.position < len(at.data):
        number = at.byte()
        end = at.unsigned() + at.position
        if number == names.FUNCTIONS:
            module.function_names = _name_map(at)
        elif number == names.LOCALS:
            count = at.unsigned()
            module.local_names = {at.unsigned(): _name_map(at) for _ in range(count)}
        elif number == names.GLOBALS:
            module.global_names = _name_map(at)
        at.position = end


def _name_map(at: _Cursor) -> dict[int, str]:
    return {at.unsigned(): at.name() for _ in range(at.unsigned())}


def instructions(data: bytes, position: int, end: int) -> Iterator[Instruction]:
    """The instructions of a body, from its first to its final `end`."""
    unsigned = leb128.read_unsigned
    while position < end:
        offset = position
        code = data[position]
        if code == PREFIX:
            number, position = unsigned(data, position + 1)
            op = PREFIXED.get(number)
        else:
            number, position = code, position + 1
            op = ONE_BYTE.get(code)
        if op is None:
            raise CompilerBug(f"opcode {code:#04x} {number:#04x} at {offset} is not supported")
        immediates: tuple[int, ...] = ()
        match op.immediate:
            case Immediate.NONE:
                pass
            case Immediate.BLOCK | Immediate.I32 | Immediate.I64:
                value, position = leb128.read_signed(data, position)
                immediates = (value,)
            case Immediate.MEMORY_ARGUMENT | Immediate.TWO_MEMORIES:
                first, position = unsigned(data, position)
                second, position = unsigned(data, position)
                immediates = (first, second)
            case Immediate.LABELS:
                count, position = unsigned(data, position)
                labels = []
                for _ in range(count + 1):
                    label, position = unsigned(data, position)
                    labels.append(label)
                immediates = tuple(labels)
            case _:
                value, position = unsigned(data, position)
                immediates = (value,)
        yield Instruction(offset, position, op, immediates)
