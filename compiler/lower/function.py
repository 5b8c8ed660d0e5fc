"""The lowering of one function body: what every word's code generation is given to work with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from compiler import abi
from compiler.layout import layout_of
from compiler.lower import held as h
from compiler.lower.charges import Meter
from compiler.lower.convert import convert
from compiler.lower.held import Held
from compiler.lower.memory import Memory
from compiler.lower.typed.bounds import Bounds
from compiler.syntax.ast import LiteralNode, Node
from compiler.types import Type
from compiler.wasm.code import Code
from compiler.wasm.functions import FuncRef, Label, Local
from compiler.wasm.valtypes import I32, I64

if TYPE_CHECKING:
    from compiler.lower.module import ModuleLowering


class HeldNode:
    """A value that is held already, standing where an expression does.

    `fold`, `map` and `filter` apply words to such values.
    """

    __slots__ = ("held",)

    def __init__(self, held: Held) -> None:
        self.held = held


class FunctionLowering:
    """One function being built.

    `result` is the type that the function returns; `None` in a top-level form, where an early
    return ends the deployment.
    """

    __slots__ = (
        "checked_level",
        "cleanups",
        "code",
        "depth",
        "exit",
        "level",
        "memory",
        "meter",
        "module",
        "result",
        "scope",
    )

    def __init__(self, module: ModuleLowering, code: Code, result: Type | None) -> None:
        self.module = module
        self.code = code
        self.result = result
        self.scope: dict[str, Held] = {}
        # Depth of the interpreter's LocalContext: 0 in a function's body, one more in each
        # `let` and branch of `match`.
        self.depth = 0
        # Applications around the expression that is being lowered, and the level up to which their
        # depth was checked (`compiler.lower.depth`).
        self.level = 0
        self.checked_level = -1
        # Where an early return goes that doesn't leave the Wasm function: out of an inlined body.
        self.exit: Label | None = None
        # Code that must run when the function is left early, innermost last.
        self.cleanups: list[Callable[[], None]] = []
        self.memory = Memory(self)
        self.meter = Meter(
            code,
            module.costs,
            module.helper,
            module.host("abort"),
            self.memory,
            enabled=module.metering,
            places=module.places,
        )

    # Expressions

    def lower(self, node: Node | HeldNode, *, borrow: bool = False) -> Type:
        """Push the value of `node`, of the type it has by itself, which is returned.

        `borrow` is for places where the interpreter looks at a variable without cloning it.
        """
        from compiler.lower.walker import lower

        return lower(self, node, borrow)

    def lower_as(self, node: Node | HeldNode, type_: Type, *, borrow: bool = False) -> None:
        """Push the value of `node` as one of `type_`, which admits it."""
        convert(self, self.lower(node, borrow=borrow), type_, admitted=True)

    def lower_held(self, node: Node | HeldNode, *, borrow: bool = False) -> Held:
        """The value of `node` in locals."""
        if isinstance(node, HeldNode):
            return node.held
        return self.hold(self.lower(node, borrow=borrow))

    def type_of(self, node: Node | HeldNode) -> Type:
        """The type of an expression."""
        if isinstance(node, HeldNode):
            return node.held.type
        return self.module.types[node.id]

    def convert(self, source: Type, target: Type, *, admitted: bool = False) -> None:
        """Turn the value on the stack from `source` into `target`; see `compiler.lower.convert`."""
        convert(self, source, target, admitted=admitted)

    # Values in locals and memory

    def hold(self, type_: Type) -> Held:
        """Pop a value into locals."""
        return h.hold(self.code, type_)

    def push(self, value: Held) -> None:
        """Push a held value."""
        h.push(self.code, value)

    def push_part(self, value: Held, start: int, part: Type) -> None:
        """Push the part of a held value whose natural slots begin at `start`."""
        h.push_part(self.code, value, start, part)

    def release(self, *values: Held) -> None:
        """Give locals back."""
        h.release(self.code, *values)

    def unshare(self, value: Held) -> None:
        """Give a boxed value a box that is nobody else's, so that slots of it can be set."""
        if value.layout.boxed:
            size = value.layout.slot_size
            copy = self.alloc(size)
            self.code.local_get(copy).local_get(value.locals[0]).i32_const(size).memory_copy()
            self.code.local_get(copy).local_set(value.locals[0])
            self.code.release(copy)

    def drop(self, type_: Type) -> None:
        """Pop a value."""
        for _ in layout_of(type_).slots:
            self.code.drop()

    def push_zero(self, type_: Type) -> None:
        """Push a value that nobody looks at."""
        h.push_zero(self.code, type_)

    def alloc(self, size: int) -> Local:
        """Allocate `size` bytes; the local holds the pointer."""
        return h.box(self.code, self.module.alloc, size)

    def alloc_dynamic(self) -> Local:
        """Pop an i32 size and allocate so many bytes."""
        pointer = self.code.local(I32)
        self.code.call(self.module.alloc).local_set(pointer)
        return pointer

    def local_i32(self) -> Local:
        """A fresh i32 local."""
        return self.code.local(I32)

    def local_i64(self) -> Local:
        """A fresh i64 local."""
        return self.code.local(I64)

    # Calls

    def host(self, name: str) -> None:
        """Call a host function; what is pending is charged before."""
        self.meter.flush()
        self.memory.host(name)
        self.code.call(self.module.host(name))

    def helper(self, name: str) -> None:
        """Call a WAT helper that can't end the transaction."""
        self.code.call(self.module.helper(name))

    def helper_aborting(self, name: str) -> None:
        """Call a WAT helper that may end the transaction; what is pending is charged before."""
        self.meter.flush()
        self.code.call(self.module.helper(name))

    # Charges

    def charge(self, name: str, n: int = 0) -> None:
        """Charge a cost function for an input known now."""
        self.meter.charge(name, n)

    def charge_stack(self, name: str, bounds: Bounds) -> None:
        """Pop an i64, which lies within `bounds`, and charge a cost function for it."""
        self.meter.charge_stack(name, bounds)

    # Leaving

    def abort(self, reason: abi.Abort) -> None:
        """End the transaction; what follows is never reached."""
        self._abort(reason)
        self.meter.ranges.end()

    def _abort(self, reason: abi.Abort) -> None:
        code = self.code
        code.i32_const(reason).i64_const(self.meter.pending_runtime)
        code.call(self.module.host("abort")).unreachable()

    def abort_if(self, reason: abi.Abort) -> None:
        """Pop an i32 and end the transaction if it is not 0."""
        self.code.if_()
        self._abort(reason)
        self.code.end()

    def early_return(self, type_: Type, reason: abi.Abort) -> None:
        """Leave the function with the value on the stack; at top level end the deployment.

        To be used in a branch of its own: it charges what is pending without forgetting it.
        """
        code = self.code
        if self.result is None:
            self.drop(type_)
            self._abort(reason)
            return
        convert(self, type_, self.result)
        self.meter.leave()
        for cleanup in reversed(self.cleanups):
            cleanup()
        if self.exit is None:
            code.return_()
        else:
            code.br(self.exit)

    def literal_uint(self, node: Node | HeldNode) -> int | None:
        """The value of a literal unsigned integer."""
        from compiler.values import UInt

        if isinstance(node, LiteralNode) and isinstance(node.value, UInt):
            return node.value.value
        return None

    def call(self, function: FuncRef) -> None:
        """Call a generated function; what is pending is charged before."""
        self.meter.flush()
        self.memory.publish()
        self.code.call(function)
