"""The instructions we emit and read: mnemonic, encoding, immediates, effect on the stack.

From the core specification, chapter 5.4, and the wide-arithmetic proposal. There are no floats,
tables, references or vectors here, on purpose: a module that holds one can't be read.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, TypeAlias

from compiler.wasm.valtypes import I32, I64, ValType, ValTypes


class Immediate(Enum):
    """What follows an opcode."""

    NONE = "none"
    BLOCK = "block type"
    LABEL = "label"
    LABELS = "labels of br_table"
    FUNCTION = "function index"
    LOCAL = "local index"
    GLOBAL = "global index"
    MEMORY_ARGUMENT = "alignment and offset"
    MEMORY = "memory index"
    TWO_MEMORIES = "two memory indices"
    I32 = "i32 constant"
    I64 = "i64 constant"


class Op(NamedTuple):
    """One instruction.

    `pops` and `pushes` are `None` where they depend on immediates or on the context; `align` is
    the natural alignment of a memory access, as a power of two.
    """

    mnemonic: str
    encoding: bytes
    immediate: Immediate
    pops: ValTypes | None = None
    pushes: ValTypes | None = None
    align: int = 0

    @property
    def method(self) -> str:
        """The name of the method of `Code` that emits it."""
        name = self.mnemonic.replace(".", "_")
        return f"{name}_" if name in ("if", "else", "return") else name


_Row: TypeAlias = tuple[str, int, ValTypes, ValTypes]

_COMPARISONS = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"]
_UNARY = ["clz", "ctz", "popcnt"]
_BINARY = [
    "add",
    "sub",
    "mul",
    "div_s",
    "div_u",
    "rem_s",
    "rem_u",
    "and",
    "or",
    "xor",
    "shl",
    "shr_s",
    "shr_u",
    "rotl",
    "rotr",
]


def _numeric(kind: str, one: ValType, eqz: int, unary: int) -> list[_Row]:
    rows: list[_Row] = [(f"{kind}.eqz", eqz, (one,), (I32,))]
    rows += [(f"{kind}.{n}", eqz + 1 + i, (one, one), (I32,)) for i, n in enumerate(_COMPARISONS)]
    rows += [(f"{kind}.{n}", unary + i, (one,), (one,)) for i, n in enumerate(_UNARY)]
    rows += [(f"{kind}.{n}", unary + 3 + i, (one, one), (one,)) for i, n in enumerate(_BINARY)]
    return rows


_PLAIN: list[_Row] = [
    ("nop", 0x01, (), ()),
    *_numeric("i32", I32, 0x45, 0x67),
    *_numeric("i64", I64, 0x50, 0x79),
    ("i32.wrap_i64", 0xA7, (I64,), (I32,)),
    ("i64.extend_i32_s", 0xAC, (I32,), (I64,)),
    ("i64.extend_i32_u", 0xAD, (I32,), (I64,)),
    ("i32.extend8_s", 0xC0, (I32,), (I32,)),
    ("i32.extend16_s", 0xC1, (I32,), (I32,)),
    ("i64.extend8_s", 0xC2, (I64,), (I64,)),
    ("i64.extend16_s", 0xC3, (I64,), (I64,)),
    ("i64.extend32_s", 0xC4, (I64,), (I64,)),
]

_WIDE: list[_Row] = [
    ("i64.add128", 0x13, (I64,) * 4, (I64, I64)),
    ("i64.sub128", 0x14, (I64,) * 4, (I64, I64)),
    ("i64.mul_wide_s", 0x15, (I64, I64), (I64, I64)),
    ("i64.mul_wide_u", 0x16, (I64, I64), (I64, I64)),
]

_LOADS: list[tuple[str, int, ValType, int]] = [
    ("i32.load", 0x28, I32, 2),
    ("i64.load", 0x29, I64, 3),
    ("i32.load8_s", 0x2C, I32, 0),
    ("i32.load8_u", 0x2D, I32, 0),
    ("i32.load16_s", 0x2E, I32, 1),
    ("i32.load16_u", 0x2F, I32, 1),
    ("i64.load8_s", 0x30, I64, 0),
    ("i64.load8_u", 0x31, I64, 0),
    ("i64.load16_s", 0x32, I64, 1),
    ("i64.load16_u", 0x33, I64, 1),
    ("i64.load32_s", 0x34, I64, 2),
    ("i64.load32_u", 0x35, I64, 2),
]

_STORES: list[tuple[str, int, ValType, int]] = [
    ("i32.store", 0x36, I32, 2),
    ("i64.store", 0x37, I64, 3),
    ("i32.store8", 0x3A, I32, 0),
    ("i32.store16", 0x3B, I32, 1),
    ("i64.store8", 0x3C, I64, 0),
    ("i64.store16", 0x3D, I64, 1),
    ("i64.store32", 0x3E, I64, 2),
]

OPS: tuple[Op, ...] = (
    *(Op(name, bytes([code]), Immediate.NONE, ins, outs) for name, code, ins, outs in _PLAIN),
    *(Op(name, bytes([0xFC, code]), Immediate.NONE, ins, outs) for name, code, ins, outs in _WIDE),
    *(
        Op(name, bytes([code]), Immediate.MEMORY_ARGUMENT, (I32,), (one,), align)
        for name, code, one, align in _LOADS
    ),
    *(
        Op(name, bytes([code]), Immediate.MEMORY_ARGUMENT, (I32, one), (), align)
        for name, code, one, align in _STORES
    ),
    Op("memory.size", b"\x3f", Immediate.MEMORY, (), (I32,)),
    Op("memory.grow", b"\x40", Immediate.MEMORY, (I32,), (I32,)),
    Op("memory.copy", b"\xfc\x0a", Immediate.TWO_MEMORIES, (I32, I32, I32), ()),
    Op("memory.fill", b"\xfc\x0b", Immediate.MEMORY, (I32, I32, I32), ()),
    Op("i32.const", b"\x41", Immediate.I32, (), (I32,)),
    Op("i64.const", b"\x42", Immediate.I64, (), (I64,)),
    Op("unreachable", b"\x00", Immediate.NONE),
    Op("block", b"\x02", Immediate.BLOCK),
    Op("loop", b"\x03", Immediate.BLOCK),
    Op("if", b"\x04", Immediate.BLOCK),
    Op("else", b"\x05", Immediate.NONE),
    Op("end", b"\x0b", Immediate.NONE),
    Op("br", b"\x0c", Immediate.LABEL),
    Op("br_if", b"\x0d", Immediate.LABEL),
    Op("br_table", b"\x0e", Immediate.LABELS),
    Op("return", b"\x0f", Immediate.NONE),
    Op("call", b"\x10", Immediate.FUNCTION),
    Op("drop", b"\x1a", Immediate.NONE),
    Op("select", b"\x1b", Immediate.NONE),
    Op("local.get", b"\x20", Immediate.LOCAL),
    Op("local.set", b"\x21", Immediate.LOCAL),
    Op("local.tee", b"\x22", Immediate.LOCAL),
    Op("global.get", b"\x23", Immediate.GLOBAL),
    Op("global.set", b"\x24", Immediate.GLOBAL),
)

PREFIX = 0xFC

# By the byte of the opcode, and by the number that follows the prefix.
ONE_BYTE: dict[int, Op] = {op.encoding[0]: op for op in OPS if op.encoding[0] != PREFIX}
PREFIXED: dict[int, Op] = {op.encoding[1]: op for op in OPS if op.encoding[0] == PREFIX}
