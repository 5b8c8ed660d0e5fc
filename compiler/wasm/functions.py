"""A function as the rest of the compiler holds it before its index is known."""

from __future__ import annotations

from typing import NewType

from compiler.wasm import leb128
from compiler.wasm.valtypes import ValTypes

Local = NewType("Local", int)
Global = NewType("Global", int)
# An open block by its nesting, counted from the function's body, which is 0: stays right however
# deep a branch to it stands.
Label = NewType("Label", int)

# Calls are patched in place when all functions are known. Three bytes reach two million, and
# engines allow one million functions.
INDEX_BYTES = 3
INDEX_HOLE = leb128.padded(0, INDEX_BYTES)


class FuncRef:
    """A function to call or to define: an import, one of ours, or a helper.

    `body` is the code without its local declarations; `calls` the places in it that take the
    index of a function; `marks` pairs of offset in it and node id.
    """

    __slots__ = (
        "body",
        "calls",
        "encoded_index",
        "imported",
        "index",
        "local_names",
        "locals",
        "marks",
        "name",
        "params",
        "results",
    )

    def __init__(
        self,
        name: str,
        params: ValTypes,
        results: ValTypes,
        imported: tuple[str, str] | None = None,
    ) -> None:
        self.name = name
        self.params = params
        self.results = results
        self.imported = imported
        self.index = -1
        self.encoded_index = INDEX_HOLE
        self.body: bytearray | None = None
        self.locals = b"\x00"
        self.calls: list[tuple[int, FuncRef]] = []
        self.marks: list[tuple[int, int]] = []
        self.local_names: dict[int, str] = {}

    def __repr__(self) -> str:
        return f"<function {self.name}>"
