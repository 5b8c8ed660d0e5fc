"""The memory that the interpreter counts: a bound of it while compiling, and code that counts.

Most functions can't come near the limit, and types say so: for them there is no code, only a bound
in the module's description, which the host adds up along calls. Where the sum of bounds passes the
limit, the transaction is run again by modules made to count (`runtime.memory`).

In those each function has a local with all that is held, by itself and by those around it. Whoever
calls publishes it at HELD, where the callee begins with it; so there is nothing to undo where a
function is left early. What is kept adds up at KEPT.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from compiler import abi
from compiler.costs.memory import TOKENS, MemoryBound
from compiler.lower.typed.bounds import serialized_bounds, size_bounds
from compiler.wasm.valtypes import I64

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering, HeldNode
    from compiler.lower.held import Held
    from compiler.syntax.ast import Node
    from compiler.types import Type
    from compiler.wasm.functions import Local

# Host functions that go on counting, or count themselves.
_COUNTING_HOSTS = frozenset({"contract_call", "protect", *TOKENS})


class Memory:
    """What one function holds and keeps."""

    __slots__ = ("_factor", "_fn", "_kept", "_level", "_most", "_total")

    def __init__(self, fn: FunctionLowering) -> None:
        self._fn = fn
        # The most that can be held where the code being lowered is, and anywhere so far.
        self._level = 0
        self._most = 0
        self._kept = 0
        # How often the code being lowered may run.
        self._factor = 1
        self._total: Local | None = None
        if fn.module.counts_memory:
            code = fn.code
            self._total = code.local(I64)
            code.i32_const(0).i64_load(abi.HELD).local_set(self._total)

    # Bounds

    def bound(self) -> MemoryBound:
        """The bound of all that was lowered."""
        return MemoryBound(self._most, self._kept)

    @property
    def level(self) -> int:
        """The most that is held where the code being lowered is."""
        return self._level

    def call(self, callee: MemoryBound) -> None:
        """Note what a function of the contract holds and keeps that is called here."""
        self._most = max(self._most, self._level + callee.held)
        self._kept += self._factor * callee.kept

    @contextmanager
    def repeated(self, most: int) -> Iterator[None]:
        """Around the body of a loop that runs `most` times at most."""
        before = self._factor
        self._factor *= most
        yield
        self._factor = before

    def host(self, name: str) -> None:
        """Note that a host function is called."""
        if name in TOKENS:
            keeps = sum(TOKENS[name])
            if name.startswith("nft"):
                keeps += _largest_asset(self._fn)
            self._kept += self._factor * keeps
        if name in _COUNTING_HOSTS:
            self.publish()

    # Held

    @contextmanager
    def scope(self) -> Iterator[None]:
        """What is held inside is let go at the end."""
        level = self._level
        if self._total is None:
            yield
        else:
            code = self._fn.code
            before = code.local(I64)
            code.local_get(self._total).local_set(before)
            yield
            code.local_get(before).local_set(self._total)
            code.release(before)
        self._level = level

    @contextmanager
    def arguments(
        self, arguments: Sequence[Node | HeldNode]
    ) -> Iterator[Sequence[Node | HeldNode]]:
        """Around an application whose arguments the interpreter holds: what to apply it to.

        Where memory is counted, the arguments are evaluated here.
        """
        from compiler.lower.function import HeldNode

        fn = self._fn
        if self._total is None:
            level = self._level
            for argument in arguments:
                self._hold_bound(
                    fn.type_of(argument)
                    if isinstance(argument, HeldNode)
                    else fn.module.typed.own_type(argument)
                )
            yield arguments
            self._level = level
            return
        with self.scope():
            given: list[HeldNode] = []
            fresh: list[Held] = []
            for argument in arguments:
                if isinstance(argument, HeldNode):
                    given.append(argument)
                    self.hold(argument.held)
                else:
                    value = fn.hold(fn.lower(argument))
                    fresh.append(value)
                    given.append(HeldNode(value))
                    self.hold(value)
            yield given
            fn.release(*fresh)

    def hold(self, value: Held) -> None:
        """Hold a value until the scope ends."""
        self._hold_bound(value.type)
        if self._total is not None:
            self._push_size(value)
            self._count()

    def hold_amount(self, amount: int, kept: Local | None = None) -> None:
        """Hold something of that size; for `kept` see `hold_stack`."""
        if self._total is not None:
            self._fn.code.i64_const(amount)
        self.hold_stack(amount, kept)

    def hold_stack(self, most: int, kept: Local | None = None) -> None:
        """Pop the size of something, an i64 that only code which counts has pushed, and hold that.

        With `kept`, what is too much is an error of `restrict-assets?`, which lets go of all that
        was kept since then as well.
        """
        self._level += most
        self._most = max(self._most, self._level)
        if self._total is not None:
            self._count(kept)

    def _hold_bound(self, type_: Type) -> None:
        self._level += _most(type_)
        self._most = max(self._most, self._level)

    def _count(self, kept: Local | None = None) -> None:
        """Pop an i64 and hold it."""
        fn = self._fn
        assert self._total is not None
        fn.code.local_get(self._total)
        if kept is None:
            fn.helper_aborting("hold_memory")
        else:
            fn.code.local_get(kept)
            fn.helper_aborting("hold_allowance")
        fn.code.local_set(self._total)

    def _push_size(self, value: Held) -> None:
        """Push the interpreter's size of a value, as i64."""
        fn = self._fn
        size = fn.module.generated.static_size(value.type)
        if size is not None:
            fn.code.i64_const(size)
            return
        fn.push(value)
        fn.module.generated.push_size(fn, value.type)
        fn.code.i64_extend_i32_u()

    # Kept

    @contextmanager
    def kept(self) -> Iterator[Local | None]:
        """A local with what is kept so far, where memory is counted."""
        if self._total is None:
            yield None
            return
        code = self._fn.code
        before = code.local(I64)
        code.i32_const(0).i64_load(abi.KEPT).local_set(before)
        yield before
        code.release(before)

    def keep(self, value: Held) -> None:
        """Keep as much as a value's size."""
        self._kept += self._factor * _most(value.type)
        if self._total is not None:
            self._push_size(value)
            self._count_kept()

    def keep_amount(self, amount: int) -> None:
        """Keep something of that size."""
        self._kept += self._factor * amount
        if self._total is not None:
            self._fn.code.i64_const(amount)
            self._count_kept()

    def keep_bytes(self, lengths: Sequence[Local], most: int, more: int = 0) -> None:
        """Keep so many bytes as the i32 locals `lengths` and `more` add up to, `most` at most."""
        self._kept += self._factor * most
        if self._total is not None:
            code = self._fn.code
            code.i32_const(more)
            for length in lengths:
                code.local_get(length).i32_add()
            code.i64_extend_i32_u()
            self._count_kept()

    def _count_kept(self) -> None:
        """Pop an i64 and keep it."""
        assert self._total is not None
        self._fn.code.local_get(self._total)
        self._fn.helper_aborting("keep_memory")

    # Crossings

    def publish(self) -> None:
        """Tell those that are called from here what is held."""
        if self._total is not None:
            self._fn.code.i32_const(0).local_get(self._total).i64_store(abi.HELD)


def _largest_asset(fn: FunctionLowering) -> int:
    """The most that an NFT's identifier takes, in bytes or, in epoch 2.0, by its type."""
    types = fn.module.typed.non_fungible_tokens.values()
    return max(max(serialized_bounds(t)[1], _most(t)) for t in types)


def _most(type_: Type) -> int:
    """No value of a type takes more; twice its size, as what is a principal to us may carry a
    trait in the interpreter, which takes nearly twice as much."""
    return 2 * size_bounds(type_)[1]
