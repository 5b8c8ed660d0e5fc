"""Wasm's value types and function types; only the two integer types exist for us."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NewType, TypeAlias

from compiler.wasm import leb128

ValType = NewType("ValType", int)

I32 = ValType(0x7F)
I64 = ValType(0x7E)

ValTypes: TypeAlias = tuple[ValType, ...]

# Not a type of Wasm: what unreachable code finds on a stack that is empty.
ANY = ValType(0)

VALTYPE_NAMES: dict[int, str] = {I32: "i32", I64: "i64", ANY: "any"}


def show(types: Iterable[ValType]) -> str:
    """`types` as the specification writes a stack: `[i32 i64]`."""
    return f"[{' '.join(VALTYPE_NAMES[one] for one in types)}]"


class TypeTable:
    """The function types of one module, each once, in the order of their first use."""

    __slots__ = ("_indices",)

    def __init__(self) -> None:
        self._indices: dict[tuple[ValTypes, ValTypes], int] = {}

    def index(self, params: ValTypes, results: ValTypes) -> int:
        """The index of the type `params -> results`."""
        return self._indices.setdefault((params, results), len(self._indices))

    def __len__(self) -> int:
        return len(self._indices)

    def encode(self) -> bytes:
        """The contents of the type section, without the count."""
        out = bytearray()
        for params, results in self._indices:
            out.append(0x60)
            out += leb128.unsigned(len(params))
            out += bytes(params)
            out += leb128.unsigned(len(results))
            out += bytes(results)
        return bytes(out)
