"""The code builder that follows the value stack and fails at the bad instruction.

For tests and debug: it applies the validation algorithm of the specification's appendix, and
also refuses locals that have been released.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from compiler.diagnostics import CompilerBug
from compiler.wasm.code import Code
from compiler.wasm.functions import FuncRef, Global, Label, Local
from compiler.wasm.generate import generated_ops
from compiler.wasm.opcodes import Op
from compiler.wasm.valtypes import ANY, I32, I64, TypeTable, ValType, ValTypes, show


class _Frame:
    __slots__ = ("height", "is_if", "is_loop", "params", "results", "unreachable")

    def __init__(self, params: ValTypes, results: ValTypes, height: int) -> None:
        self.params = params
        self.results = results
        self.height = height
        self.is_loop = False
        self.is_if = False
        self.unreachable = False


class CheckedCode(Code):
    """`Code` that raises `CompilerBug` at the first instruction that would not validate."""

    __slots__ = ("_frames", "_released", "_stack", "global_types")

    def __init__(self, types: TypeTable, function: FuncRef, *, marks: bool = False) -> None:
        super().__init__(types, function, marks=marks)
        self._stack: list[ValType] = []
        self._frames = [_Frame((), function.results, 0)]
        self._released: set[Local] = set()
        self.global_types: list[tuple[ValType, bool]] = []

    @property
    def stack(self) -> ValTypes:
        """The types on the stack of the innermost block, the deepest first."""
        return tuple(self._stack[self._frames[-1].height :])

    def _fail(self, instruction: str, why: str) -> CompilerBug:
        word = f", word {self.word}" if self.word else ""
        return CompilerBug(f"{self.function.name}{word}: {instruction} at {len(self._out)}: {why}")

    def _pop(self, instruction: str, types: Sequence[ValType]) -> None:
        stack = self._stack
        frame = self._frames[-1]
        here = self.stack
        for wanted in reversed(types):
            if len(stack) > frame.height:
                got = stack.pop()
                if got != wanted and ANY not in (got, wanted):
                    raise self._fail(instruction, f"wants {show(types)}, got {show(here)}")
            elif not frame.unreachable:
                raise self._fail(instruction, f"wants {show(types)}, got {show(here)}")

    def _pop_any(self, instruction: str) -> ValType:
        frame = self._frames[-1]
        if len(self._stack) > frame.height:
            return self._stack.pop()
        if not frame.unreachable:
            raise self._fail(instruction, "wants a value, the stack is empty")
        return ANY

    def _cut(self) -> None:
        frame = self._frames[-1]
        del self._stack[frame.height :]
        frame.unreachable = True

    # Locals, constants, globals, calls

    def local(self, kind: ValType) -> Local:
        """See `Code.local`."""
        local = super().local(kind)
        self._released.discard(local)
        return local

    def release(self, *locals_: Local) -> None:
        """See `Code.release`."""
        for one in locals_:
            if one in self._released:
                raise self._fail("release", f"local {one} is released already")
            self._released.add(one)
        super().release(*locals_)

    def _local(self, instruction: str, local: Local) -> ValType:
        if not 0 <= local < self.local_count:
            raise self._fail(instruction, f"there is no local {local}")
        if local in self._released:
            raise self._fail(instruction, f"local {local} has been released")
        return self.local_type(local)

    def local_get(self, local: Local) -> Self:
        """See `Code.local_get`."""
        self._stack.append(self._local("local.get", local))
        return super().local_get(local)

    def locals_get(self, locals_: Iterable[Local]) -> Self:
        """See `Code.locals_get`."""
        for one in locals_:
            self.local_get(one)
        return self

    def local_set(self, local: Local) -> Self:
        """See `Code.local_set`."""
        self._pop("local.set", (self._local("local.set", local),))
        return super().local_set(local)

    def local_tee(self, local: Local) -> Self:
        """See `Code.local_tee`."""
        kind = self._local("local.tee", local)
        self._pop("local.tee", (kind,))
        self._stack.append(kind)
        return super().local_tee(local)

    def i32_const(self, value: int) -> Self:
        """See `Code.i32_const`."""
        self._stack.append(I32)
        return super().i32_const(value)

    def i64_const(self, value: int) -> Self:
        """See `Code.i64_const`."""
        self._stack.append(I64)
        return super().i64_const(value)

    def global_get(self, global_: Global) -> Self:
        """See `Code.global_get`."""
        self._stack.append(self.global_types[global_][0])
        return super().global_get(global_)

    def global_set(self, global_: Global) -> Self:
        """See `Code.global_set`."""
        kind, mutable = self.global_types[global_]
        if not mutable:
            raise self._fail("global.set", f"global {global_} is immutable")
        self._pop("global.set", (kind,))
        return super().global_set(global_)

    def call(self, function: FuncRef) -> Self:
        """See `Code.call`."""
        self._pop(f"call {function.name}", function.params)
        self._stack += function.results
        return super().call(function)

    # Control

    def _enter_frame(self, instruction: str, params: ValTypes, results: ValTypes) -> _Frame:
        self._pop(instruction, params)
        frame = _Frame(tuple(params), tuple(results), len(self._stack))
        self._frames.append(frame)
        self._stack += params
        return frame

    def block(self, results: ValTypes = (), params: ValTypes = ()) -> Self:
        """See `Code.block`."""
        self._enter_frame("block", params, results)
        return super().block(results, params)

    def loop(self, results: ValTypes = (), params: ValTypes = ()) -> Self:
        """See `Code.loop`."""
        self._enter_frame("loop", params, results).is_loop = True
        return super().loop(results, params)

    def if_(self, results: ValTypes = (), params: ValTypes = ()) -> Self:
        """See `Code.if_`."""
        self._pop("if", (I32,))
        self._enter_frame("if", params, results).is_if = True
        return super().if_(results, params)

    def _leave_frame(self, instruction: str) -> _Frame:
        frame = self._frames[-1]
        self._pop(instruction, frame.results)
        if len(self._stack) != frame.height:
            raise self._fail(
                instruction,
                f"wants {show(frame.results)}, got {show((*self.stack, *frame.results))}",
            )
        return self._frames.pop()

    def else_(self) -> Self:
        """See `Code.else_`."""
        if not self._frames[-1].is_if:
            raise self._fail("else", "no if is open")
        frame = self._leave_frame("else")
        self._frames.append(_Frame(frame.params, frame.results, frame.height))
        self._stack += frame.params
        return super().else_()

    def end(self) -> Self:
        """See `Code.end`."""
        if len(self._frames) == 1:
            raise self._fail("end", "no block is open")
        frame = self._leave_frame("end")
        if frame.is_if and frame.params != frame.results:
            raise self._fail("end", f"an if without else can't give {show(frame.results)}")
        self._stack += frame.results
        return super().end()

    def _label(self, instruction: str, label: Label) -> ValTypes:
        if not 0 <= label < len(self._frames):
            raise self._fail(instruction, f"label {label} is not open")
        frame = self._frames[label]
        return frame.params if frame.is_loop else frame.results

    def br(self, label: Label) -> Self:
        """See `Code.br`."""
        self._pop("br", self._label("br", label))
        self._cut()
        return super().br(label)

    def br_if(self, label: Label) -> Self:
        """See `Code.br_if`."""
        types = self._label("br_if", label)
        self._pop("br_if", (*types, I32))
        self._stack += types
        return super().br_if(label)

    def br_table(self, labels: Sequence[Label], default: Label) -> Self:
        """See `Code.br_table`."""
        types = self._label("br_table", default)
        for label in labels:
            if self._label("br_table", label) != types:
                raise self._fail("br_table", "the labels have different types")
        self._pop("br_table", (*types, I32))
        self._cut()
        return super().br_table(labels, default)

    def return_(self) -> Self:
        """See `Code.return_`."""
        self._pop("return", self.function.results)
        self._cut()
        return super().return_()

    def unreachable(self) -> Self:
        """See `Code.unreachable`."""
        self._cut()
        return super().unreachable()

    def drop(self) -> Self:
        """See `Code.drop`."""
        self._pop_any("drop")
        return super().drop()

    def select(self) -> Self:
        """See `Code.select`."""
        self._pop("select", (I32,))
        second = self._pop_any("select")
        first = self._pop_any("select")
        if first != second and ANY not in (first, second):
            raise self._fail("select", f"wants two of one type, got {show((first, second))}")
        self._stack.append(second if first == ANY else first)
        return super().select()

    def finish(self) -> FuncRef:
        """See `Code.finish`."""
        if len(self._frames) == 1:
            self._leave_frame("end of the body")
        return super().finish()


def _follow(op: Op) -> Callable[..., Any]:
    """The method of the instruction with its fixed effect on the stack before it."""
    plain = getattr(Code, op.method)
    mnemonic, pops, pushes = op.mnemonic, op.pops or (), op.pushes or ()

    def method(self: CheckedCode, *immediates: int) -> Any:
        self._pop(mnemonic, pops)
        self._stack += pushes
        return plain(self, *immediates)

    method.__name__ = op.method
    return method


for _op in generated_ops():
    setattr(CheckedCode, _op.method, _follow(_op))
