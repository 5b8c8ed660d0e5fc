"""Writes `instructions.py` from the table of opcodes: `python -m compiler.wasm.generate`."""

from __future__ import annotations

from pathlib import Path

from compiler.wasm.opcodes import OPS, Immediate, Op
from compiler.wasm.valtypes import show

_HEAD = '''"""The instructions without a meaning of their own for the builder, a method each.

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
'''

_TRAILERS = {
    Immediate.NONE: b"",
    Immediate.MEMORY: b"\x00",
    Immediate.TWO_MEMORIES: b"\x00\x00",
}


def _literal(data: bytes) -> str:
    return 'b"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def _method(op: Op) -> str:
    assert op.pops is not None
    assert op.pushes is not None
    effect = f"{show(op.pops)} -> {show(op.pushes)}"
    if op.immediate is Immediate.MEMORY_ARGUMENT:
        head = _literal(op.encoding + bytes([op.align]))
        return f'''
    def {op.method}(self, offset: int = 0) -> Self:
        """`{op.mnemonic}`: {effect}."""
        self._out += {head}
        self._out += leb128.unsigned(offset)
        return self
'''
    encoding = op.encoding + _TRAILERS[op.immediate]
    if len(encoding) == 1:
        statement = f"self._out.append(0x{encoding[0]:02X})"
    else:
        statement = f"self._out += {_literal(encoding)}"
    return f'''
    def {op.method}(self) -> Self:
        """`{op.mnemonic}`: {effect}."""
        {statement}
        return self
'''


def generated_ops() -> list[Op]:
    """The instructions that get a generated method."""
    constants = (Immediate.I32, Immediate.I64)
    return [op for op in OPS if op.pops is not None and op.immediate not in constants]


def render() -> str:
    """The text of `instructions.py`."""
    return _HEAD + "".join(_method(op) for op in generated_ops())


def main() -> None:
    """Write the file."""
    Path(__file__).with_name("instructions.py").write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
