"""Builds the body of one function, an instruction a call; knows nothing of Clarity.

It trusts its caller: `compiler.wasm.checked` has the builder that follows the stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from compiler.diagnostics import CompilerBug
from compiler.wasm import leb128
from compiler.wasm.functions import INDEX_HOLE, FuncRef, Global, Label, Local
from compiler.wasm.instructions import Instructions
from compiler.wasm.valtypes import TypeTable, ValType, ValTypes

# What engines take, parameters included: wasmtime refuses one more.
MAX_LOCALS = 50_000
# How many indices and constants are kept encoded.
_INDICES = 1 << 12
_CONSTANTS = 1 << 17
# The label of the function's body: a branch to it returns.
FUNCTION = Label(0)


def _indexed(opcode: int) -> list[bytes]:
    """The opcode with each of the smaller indices."""
    return [bytes([opcode]) + leb128.unsigned(index) for index in range(_INDICES)]


def _encode_constant(cache: dict[int, bytes], opcode: int, bits: int, value: int) -> bytes:
    """The instruction of a constant, signed or unsigned: the same bits are the same constant."""
    if not -(1 << (bits - 1)) <= value < 1 << bits:
        raise CompilerBug(f"{value} is no i{bits}")
    narrow = value - (1 << bits) if value >> (bits - 1) == 1 else value
    encoded = bytes([opcode]) + leb128.signed(narrow)
    if len(cache) < _CONSTANTS:
        cache[value] = encoded
    return encoded


_LOCAL_GET = _indexed(0x20)
_LOCAL_SET = _indexed(0x21)
_LOCAL_TEE = _indexed(0x22)
_I32_CONST: dict[int, bytes] = {}
_I64_CONST: dict[int, bytes] = {}


class Code(Instructions):
    """The body of `function`; get one from `ModuleBuilder.code`, close it with `finish`.

    Instructions are methods named by the specification's mnemonics and return the builder.
    Blocks end with `end`, or with the `with` statement, which gives their label:
    `with c.block() as done:`.
    """

    __slots__ = (
        "_calls",
        "_depth",
        "_free",
        "_local_types",
        "_marks",
        "_types",
        "function",
        "params",
        "word",
    )

    def __init__(self, types: TypeTable, function: FuncRef, *, marks: bool = False) -> None:
        super().__init__()
        self._types = types
        self._calls: list[tuple[int, FuncRef]] = []
        self._marks: list[tuple[int, int]] | None = [] if marks else None
        self._depth = 0
        self._local_types = list(function.params)
        self._free: dict[ValType, list[Local]] = {}
        self.function = function
        self.params = tuple(Local(i) for i in range(len(function.params)))
        # The Clarity word that is being emitted, for the checked builder's messages.
        self.word = ""

    # Locals

    def local(self, kind: ValType) -> Local:
        """A local of type `kind`; not zero if it was released by another user before."""
        free = self._free.get(kind)
        if free:
            return free.pop()
        self._local_types.append(kind)
        # A call of the NewType would cost as much as three instructions.
        return len(self._local_types) - 1  # type: ignore[return-value]

    def locals(self, kinds: Iterable[ValType]) -> tuple[Local, ...]:
        """A local of each type."""
        return tuple([self.local(kind) for kind in kinds])

    def release(self, *locals_: Local) -> None:
        """Let later calls of `local` have these back."""
        for one in locals_:
            self._free.setdefault(self._local_types[one], []).append(one)

    def name_local(self, local: Local, name: str) -> None:
        """The name of a local in the debug names."""
        self.function.local_names[local] = name

    @property
    def local_count(self) -> int:
        """How many locals the function has so far, parameters included (see `MAX_LOCALS`)."""
        return len(self._local_types)

    def local_type(self, local: Local) -> ValType:
        """The type of `local`."""
        return self._local_types[local]

    def local_get(self, local: Local) -> Self:
        """`local.get`."""
        if local < _INDICES:
            self._out += _LOCAL_GET[local]
        else:
            self._out += b"\x20" + leb128.unsigned(local)
        return self

    def local_set(self, local: Local) -> Self:
        """`local.set`."""
        if local < _INDICES:
            self._out += _LOCAL_SET[local]
        else:
            self._out += b"\x21" + leb128.unsigned(local)
        return self

    def local_tee(self, local: Local) -> Self:
        """`local.tee`."""
        if local < _INDICES:
            self._out += _LOCAL_TEE[local]
        else:
            self._out += b"\x22" + leb128.unsigned(local)
        return self

    def locals_get(self, locals_: Iterable[Local]) -> Self:
        """`local.get` of each, the first one deepest."""
        self._out += b"".join(
            [
                _LOCAL_GET[one] if one < _INDICES else b"\x20" + leb128.unsigned(one)
                for one in locals_
            ]
        )
        return self

    def locals_set(self, locals_: Sequence[Local]) -> Self:
        """`local.set` of each, the last one from the top: undoes `locals_get`."""
        for one in reversed(locals_):
            self.local_set(one)
        return self

    # Constants, globals, calls

    def i32_const(self, value: int) -> Self:
        """`i32.const`, of a signed or unsigned value."""
        try:
            self._out += _I32_CONST[value]
        except KeyError:
            self._out += _encode_constant(_I32_CONST, 0x41, 32, value)
        return self

    def i64_const(self, value: int) -> Self:
        """`i64.const`, of a signed or unsigned value."""
        try:
            self._out += _I64_CONST[value]
        except KeyError:
            self._out += _encode_constant(_I64_CONST, 0x42, 64, value)
        return self

    def global_get(self, global_: Global) -> Self:
        """`global.get`."""
        self._out.append(0x23)
        self._out += leb128.unsigned(global_)
        return self

    def global_set(self, global_: Global) -> Self:
        """`global.set`."""
        self._out.append(0x24)
        self._out += leb128.unsigned(global_)
        return self

    def call(self, function: FuncRef) -> Self:
        """`call`."""
        out = self._out
        out.append(0x10)
        self._calls.append((len(out), function))
        out += INDEX_HOLE
        return self

    # Control

    def block(self, results: ValTypes = (), params: ValTypes = ()) -> Self:
        """`block`."""
        self._depth += 1
        self._out.append(0x02)
        self._out += self._block_type(results, params) if results or params else b"\x40"
        return self

    def loop(self, results: ValTypes = (), params: ValTypes = ()) -> Self:
        """`loop`: a branch to its label starts it again."""
        self._depth += 1
        self._out.append(0x03)
        self._out += self._block_type(results, params) if results or params else b"\x40"
        return self

    def if_(self, results: ValTypes = (), params: ValTypes = ()) -> Self:
        """`if`."""
        self._depth += 1
        self._out.append(0x04)
        self._out += self._block_type(results, params) if results or params else b"\x40"
        return self

    def _block_type(self, results: ValTypes, params: ValTypes) -> bytes:
        if params or len(results) > 1:
            return leb128.signed(self._types.index(tuple(params), tuple(results)))
        return bytes(results)

    def else_(self) -> Self:
        """`else`."""
        self._out.append(0x05)
        return self

    def end(self) -> Self:
        """`end` of a block; the end of the body is `finish`."""
        if not self._depth:
            raise CompilerBug(f"{self.function.name}: end without a block")
        self._depth -= 1
        self._out.append(0x0B)
        return self

    @property
    def label(self) -> Label:
        """The label of the innermost open block."""
        return self._depth  # type: ignore[return-value] # see `local`

    def __enter__(self) -> Label:
        return self._depth  # type: ignore[return-value] # see `local`

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.end()

    def br(self, label: Label) -> Self:
        """`br`."""
        self._out.append(0x0C)
        self._out += leb128.unsigned(self._depth - label)
        return self

    def br_if(self, label: Label) -> Self:
        """`br_if`."""
        self._out.append(0x0D)
        self._out += leb128.unsigned(self._depth - label)
        return self

    def br_table(self, labels: Sequence[Label], default: Label) -> Self:
        """`br_table`."""
        out = self._out
        out.append(0x0E)
        out += leb128.unsigned(len(labels))
        for label in (*labels, default):
            out += leb128.unsigned(self._depth - label)
        return self

    def return_(self) -> Self:
        """`return`."""
        self._out.append(0x0F)
        return self

    def unreachable(self) -> Self:
        """`unreachable`: a trap."""
        self._out.append(0x00)
        return self

    def drop(self) -> Self:
        """`drop`."""
        self._out.append(0x1A)
        return self

    def select(self) -> Self:
        """`select`: [t t i32] -> [t]."""
        self._out.append(0x1B)
        return self

    # The whole

    def mark(self, node: int) -> None:
        """What follows is the code of source node `node`; kept only if the module wants marks."""
        marks = self._marks
        if marks is not None:
            here = len(self._out)
            if marks and marks[-1][0] == here:
                marks[-1] = (here, node)
            else:
                marks.append((here, node))

    @property
    def size(self) -> int:
        """The length of the body so far, in bytes."""
        return len(self._out)

    def finish(self) -> FuncRef:
        """Close the body and give it to the function."""
        function = self.function
        if self._depth:
            raise CompilerBug(f"{function.name}: {self._depth} blocks are still open")
        if function.body is not None:
            raise CompilerBug(f"{function.name} has a body already")
        if len(self._local_types) > MAX_LOCALS:
            raise CompilerBug(f"{function.name} has {len(self._local_types)} locals")
        self._out.append(0x0B)
        function.body = self._out
        function.locals = _encode_locals(self._local_types[len(function.params) :])
        function.calls = self._calls
        function.marks = self._marks or []
        return function


def _encode_locals(types: list[ValType]) -> bytes:
    groups: list[tuple[int, ValType]] = []
    start = 0
    for i in range(1, len(types) + 1):
        if i == len(types) or types[i] != types[start]:
            groups.append((i - start, types[start]))
            start = i
    out = bytearray(leb128.unsigned(len(groups)))
    for count, kind in groups:
        out += leb128.unsigned(count)
        out.append(kind)
    return bytes(out)
