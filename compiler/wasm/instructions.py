"""The instructions without a meaning of their own for the builder, a method each.

Generated from `opcodes.py` by `python -m compiler.wasm.generate`; a test compares the two.
"""

from __future__ import annotations

from typing import Self

from compiler.wasm import leb128


class Instructions:
    """Appends to `_out`; every method returns the builder."""

    __slots__ = ("_out",)

    def __init__(self) -> None:
        self._out = bytearray()

    def nop(self) -> Self:
        """`nop`: [] -> []."""
        self._out.append(0x01)
        return self

    def i32_eqz(self) -> Self:
        """`i32.eqz`: [i32] -> [i32]."""
        self._out.append(0x45)
        return self

    def i32_eq(self) -> Self:
        """`i32.eq`: [i32 i32] -> [i32]."""
        self._out.append(0x46)
        return self

    def i32_ne(self) -> Self:
        """`i32.ne`: [i32 i32] -> [i32]."""
        self._out.append(0x47)
        return self

    def i32_lt_s(self) -> Self:
        """`i32.lt_s`: [i32 i32] -> [i32]."""
        self._out.append(0x48)
        return self

    def i32_lt_u(self) -> Self:
        """`i32.lt_u`: [i32 i32] -> [i32]."""
        self._out.append(0x49)
        return self

    def i32_gt_s(self) -> Self:
        """`i32.gt_s`: [i32 i32] -> [i32]."""
        self._out.append(0x4A)
        return self

    def i32_gt_u(self) -> Self:
        """`i32.gt_u`: [i32 i32] -> [i32]."""
        self._out.append(0x4B)
        return self

    def i32_le_s(self) -> Self:
        """`i32.le_s`: [i32 i32] -> [i32]."""
        self._out.append(0x4C)
        return self

    def i32_le_u(self) -> Self:
        """`i32.le_u`: [i32 i32] -> [i32]."""
        self._out.append(0x4D)
        return self

    def i32_ge_s(self) -> Self:
        """`i32.ge_s`: [i32 i32] -> [i32]."""
        self._out.append(0x4E)
        return self

    def i32_ge_u(self) -> Self:
        """`i32.ge_u`: [i32 i32] -> [i32]."""
        self._out.append(0x4F)
        return self

    def i32_clz(self) -> Self:
        """`i32.clz`: [i32] -> [i32]."""
        self._out.append(0x67)
        return self

    def i32_ctz(self) -> Self:
        """`i32.ctz`: [i32] -> [i32]."""
        self._out.append(0x68)
        return self

    def i32_popcnt(self) -> Self:
        """`i32.popcnt`: [i32] -> [i32]."""
        self._out.append(0x69)
        return self

    def i32_add(self) -> Self:
        """`i32.add`: [i32 i32] -> [i32]."""
        self._out.append(0x6A)
        return self

    def i32_sub(self) -> Self:
        """`i32.sub`: [i32 i32] -> [i32]."""
        self._out.append(0x6B)
        return self

    def i32_mul(self) -> Self:
        """`i32.mul`: [i32 i32] -> [i32]."""
        self._out.append(0x6C)
        return self

    def i32_div_s(self) -> Self:
        """`i32.div_s`: [i32 i32] -> [i32]."""
        self._out.append(0x6D)
        return self

    def i32_div_u(self) -> Self:
        """`i32.div_u`: [i32 i32] -> [i32]."""
        self._out.append(0x6E)
        return self

    def i32_rem_s(self) -> Self:
        """`i32.rem_s`: [i32 i32] -> [i32]."""
        self._out.append(0x6F)
        return self

    def i32_rem_u(self) -> Self:
        """`i32.rem_u`: [i32 i32] -> [i32]."""
        self._out.append(0x70)
        return self

    def i32_and(self) -> Self:
        """`i32.and`: [i32 i32] -> [i32]."""
        self._out.append(0x71)
        return self

    def i32_or(self) -> Self:
        """`i32.or`: [i32 i32] -> [i32]."""
        self._out.append(0x72)
        return self

    def i32_xor(self) -> Self:
        """`i32.xor`: [i32 i32] -> [i32]."""
        self._out.append(0x73)
        return self

    def i32_shl(self) -> Self:
        """`i32.shl`: [i32 i32] -> [i32]."""
        self._out.append(0x74)
        return self

    def i32_shr_s(self) -> Self:
        """`i32.shr_s`: [i32 i32] -> [i32]."""
        self._out.append(0x75)
        return self

    def i32_shr_u(self) -> Self:
        """`i32.shr_u`: [i32 i32] -> [i32]."""
        self._out.append(0x76)
        return self

    def i32_rotl(self) -> Self:
        """`i32.rotl`: [i32 i32] -> [i32]."""
        self._out.append(0x77)
        return self

    def i32_rotr(self) -> Self:
        """`i32.rotr`: [i32 i32] -> [i32]."""
        self._out.append(0x78)
        return self

    def i64_eqz(self) -> Self:
        """`i64.eqz`: [i64] -> [i32]."""
        self._out.append(0x50)
        return self

    def i64_eq(self) -> Self:
        """`i64.eq`: [i64 i64] -> [i32]."""
        self._out.append(0x51)
        return self

    def i64_ne(self) -> Self:
        """`i64.ne`: [i64 i64] -> [i32]."""
        self._out.append(0x52)
        return self

    def i64_lt_s(self) -> Self:
        """`i64.lt_s`: [i64 i64] -> [i32]."""
        self._out.append(0x53)
        return self

    def i64_lt_u(self) -> Self:
        """`i64.lt_u`: [i64 i64] -> [i32]."""
        self._out.append(0x54)
        return self

    def i64_gt_s(self) -> Self:
        """`i64.gt_s`: [i64 i64] -> [i32]."""
        self._out.append(0x55)
        return self

    def i64_gt_u(self) -> Self:
        """`i64.gt_u`: [i64 i64] -> [i32]."""
        self._out.append(0x56)
        return self

    def i64_le_s(self) -> Self:
        """`i64.le_s`: [i64 i64] -> [i32]."""
        self._out.append(0x57)
        return self

    def i64_le_u(self) -> Self:
        """`i64.le_u`: [i64 i64] -> [i32]."""
        self._out.append(0x58)
        return self

    def i64_ge_s(self) -> Self:
        """`i64.ge_s`: [i64 i64] -> [i32]."""
        self._out.append(0x59)
        return self

    def i64_ge_u(self) -> Self:
        """`i64.ge_u`: [i64 i64] -> [i32]."""
        self._out.append(0x5A)
        return self

    def i64_clz(self) -> Self:
        """`i64.clz`: [i64] -> [i64]."""
        self._out.append(0x79)
        return self

    def i64_ctz(self) -> Self:
        """`i64.ctz`: [i64] -> [i64]."""
        self._out.append(0x7A)
        return self

    def i64_popcnt(self) -> Self:
        """`i64.popcnt`: [i64] -> [i64]."""
        self._out.append(0x7B)
        return self

    def i64_add(self) -> Self:
        """`i64.add`: [i64 i64] -> [i64]."""
        self._out.append(0x7C)
        return self

    def i64_sub(self) -> Self:
        """`i64.sub`: [i64 i64] -> [i64]."""
        self._out.append(0x7D)
        return self

    def i64_mul(self) -> Self:
        """`i64.mul`: [i64 i64] -> [i64]."""
        self._out.append(0x7E)
        return self

    def i64_div_s(self) -> Self:
        """`i64.div_s`: [i64 i64] -> [i64]."""
        self._out.append(0x7F)
        return self

    def i64_div_u(self) -> Self:
        """`i64.div_u`: [i64 i64] -> [i64]."""
        self._out.append(0x80)
        return self

    def i64_rem_s(self) -> Self:
        """`i64.rem_s`: [i64 i64] -> [i64]."""
        self._out.append(0x81)
        return self

    def i64_rem_u(self) -> Self:
        """`i64.rem_u`: [i64 i64] -> [i64]."""
        self._out.append(0x82)
        return self

    def i64_and(self) -> Self:
        """`i64.and`: [i64 i64] -> [i64]."""
        self._out.append(0x83)
        return self

    def i64_or(self) -> Self:
        """`i64.or`: [i64 i64] -> [i64]."""
        self._out.append(0x84)
        return self

    def i64_xor(self) -> Self:
        """`i64.xor`: [i64 i64] -> [i64]."""
        self._out.append(0x85)
        return self

    def i64_shl(self) -> Self:
        """`i64.shl`: [i64 i64] -> [i64]."""
        self._out.append(0x86)
        return self

    def i64_shr_s(self) -> Self:
        """`i64.shr_s`: [i64 i64] -> [i64]."""
        self._out.append(0x87)
        return self

    def i64_shr_u(self) -> Self:
        """`i64.shr_u`: [i64 i64] -> [i64]."""
        self._out.append(0x88)
        return self

    def i64_rotl(self) -> Self:
        """`i64.rotl`: [i64 i64] -> [i64]."""
        self._out.append(0x89)
        return self

    def i64_rotr(self) -> Self:
        """`i64.rotr`: [i64 i64] -> [i64]."""
        self._out.append(0x8A)
        return self

    def i32_wrap_i64(self) -> Self:
        """`i32.wrap_i64`: [i64] -> [i32]."""
        self._out.append(0xA7)
        return self

    def i64_extend_i32_s(self) -> Self:
        """`i64.extend_i32_s`: [i32] -> [i64]."""
        self._out.append(0xAC)
        return self

    def i64_extend_i32_u(self) -> Self:
        """`i64.extend_i32_u`: [i32] -> [i64]."""
        self._out.append(0xAD)
        return self

    def i32_extend8_s(self) -> Self:
        """`i32.extend8_s`: [i32] -> [i32]."""
        self._out.append(0xC0)
        return self

    def i32_extend16_s(self) -> Self:
        """`i32.extend16_s`: [i32] -> [i32]."""
        self._out.append(0xC1)
        return self

    def i64_extend8_s(self) -> Self:
        """`i64.extend8_s`: [i64] -> [i64]."""
        self._out.append(0xC2)
        return self

    def i64_extend16_s(self) -> Self:
        """`i64.extend16_s`: [i64] -> [i64]."""
        self._out.append(0xC3)
        return self

    def i64_extend32_s(self) -> Self:
        """`i64.extend32_s`: [i64] -> [i64]."""
        self._out.append(0xC4)
        return self

    def i64_add128(self) -> Self:
        """`i64.add128`: [i64 i64 i64 i64] -> [i64 i64]."""
        self._out += b"\xfc\x13"
        return self

    def i64_sub128(self) -> Self:
        """`i64.sub128`: [i64 i64 i64 i64] -> [i64 i64]."""
        self._out += b"\xfc\x14"
        return self

    def i64_mul_wide_s(self) -> Self:
        """`i64.mul_wide_s`: [i64 i64] -> [i64 i64]."""
        self._out += b"\xfc\x15"
        return self

    def i64_mul_wide_u(self) -> Self:
        """`i64.mul_wide_u`: [i64 i64] -> [i64 i64]."""
        self._out += b"\xfc\x16"
        return self

    def i32_load(self, offset: int = 0) -> Self:
        """`i32.load`: [i32] -> [i32]."""
        self._out += b"\x28\x02"
        self._out += leb128.unsigned(offset)
        return self

    def i64_load(self, offset: int = 0) -> Self:
        """`i64.load`: [i32] -> [i64]."""
        self._out += b"\x29\x03"
        self._out += leb128.unsigned(offset)
        return self

    def i32_load8_s(self, offset: int = 0) -> Self:
        """`i32.load8_s`: [i32] -> [i32]."""
        self._out += b"\x2c\x00"
        self._out += leb128.unsigned(offset)
        return self

    def i32_load8_u(self, offset: int = 0) -> Self:
        """`i32.load8_u`: [i32] -> [i32]."""
        self._out += b"\x2d\x00"
        self._out += leb128.unsigned(offset)
        return self

    def i32_load16_s(self, offset: int = 0) -> Self:
        """`i32.load16_s`: [i32] -> [i32]."""
        self._out += b"\x2e\x01"
        self._out += leb128.unsigned(offset)
        return self

    def i32_load16_u(self, offset: int = 0) -> Self:
        """`i32.load16_u`: [i32] -> [i32]."""
        self._out += b"\x2f\x01"
        self._out += leb128.unsigned(offset)
        return self

    def i64_load8_s(self, offset: int = 0) -> Self:
        """`i64.load8_s`: [i32] -> [i64]."""
        self._out += b"\x30\x00"
        self._out += leb128.unsigned(offset)
        return self

    def i64_load8_u(self, offset: int = 0) -> Self:
        """`i64.load8_u`: [i32] -> [i64]."""
        self._out += b"\x31\x00"
        self._out += leb128.unsigned(offset)
        return self

    def i64_load16_s(self, offset: int = 0) -> Self:
        """`i64.load16_s`: [i32] -> [i64]."""
        self._out += b"\x32\x01"
        self._out += leb128.unsigned(offset)
        return self

    def i64_load16_u(self, offset: int = 0) -> Self:
        """`i64.load16_u`: [i32] -> [i64]."""
        self._out += b"\x33\x01"
        self._out += leb128.unsigned(offset)
        return self

    def i64_load32_s(self, offset: int = 0) -> Self:
        """`i64.load32_s`: [i32] -> [i64]."""
        self._out += b"\x34\x02"
        self._out += leb128.unsigned(offset)
        return self

    def i64_load32_u(self, offset: int = 0) -> Self:
        """`i64.load32_u`: [i32] -> [i64]."""
        self._out += b"\x35\x02"
        self._out += leb128.unsigned(offset)
        return self

    def i32_store(self, offset: int = 0) -> Self:
        """`i32.store`: [i32 i32] -> []."""
        self._out += b"\x36\x02"
        self._out += leb128.unsigned(offset)
        return self

    def i64_store(self, offset: int = 0) -> Self:
        """`i64.store`: [i32 i64] -> []."""
        self._out += b"\x37\x03"
        self._out += leb128.unsigned(offset)
        return self

    def i32_store8(self, offset: int = 0) -> Self:
        """`i32.store8`: [i32 i32] -> []."""
        self._out += b"\x3a\x00"
        self._out += leb128.unsigned(offset)
        return self

    def i32_store16(self, offset: int = 0) -> Self:
        """`i32.store16`: [i32 i32] -> []."""
        self._out += b"\x3b\x01"
        self._out += leb128.unsigned(offset)
        return self

    def i64_store8(self, offset: int = 0) -> Self:
        """`i64.store8`: [i32 i64] -> []."""
        self._out += b"\x3c\x00"
        self._out += leb128.unsigned(offset)
        return self

    def i64_store16(self, offset: int = 0) -> Self:
        """`i64.store16`: [i32 i64] -> []."""
        self._out += b"\x3d\x01"
        self._out += leb128.unsigned(offset)
        return self

    def i64_store32(self, offset: int = 0) -> Self:
        """`i64.store32`: [i32 i64] -> []."""
        self._out += b"\x3e\x02"
        self._out += leb128.unsigned(offset)
        return self

    def memory_size(self) -> Self:
        """`memory.size`: [] -> [i32]."""
        self._out += b"\x3f\x00"
        return self

    def memory_grow(self) -> Self:
        """`memory.grow`: [i32] -> [i32]."""
        self._out += b"\x40\x00"
        return self

    def memory_copy(self) -> Self:
        """`memory.copy`: [i32 i32 i32] -> []."""
        self._out += b"\xfc\x0a\x00\x00"
        return self

    def memory_fill(self) -> Self:
        """`memory.fill`: [i32 i32 i32] -> []."""
        self._out += b"\xfc\x0b\x00"
        return self
