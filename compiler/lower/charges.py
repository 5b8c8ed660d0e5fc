"""Metering: charges known while compiling are added up, the others become code.

What a straight stretch of code costs is pending until something could look at the counters or
leave the stretch: a branch, a call, an abort. `flush` writes it to memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from compiler import abi
from compiler.costs import CostTable, Kind
from compiler.costs.ranges import CostRange
from compiler.lower.cost_places import CostPlaces
from compiler.lower.cost_ranges import CostRanges
from compiler.lower.memory import Memory
from compiler.lower.typed.bounds import Bounds
from compiler.wasm.code import Code
from compiler.wasm.functions import FuncRef
from compiler.wasm.valtypes import I64

# Addresses of the counters in the order of `compiler.costs.shapes.DIMENSIONS`.
COUNTERS = (abi.RUNTIME, abi.WRITE_LENGTH, abi.WRITE_COUNT, abi.READ_COUNT, abi.READ_LENGTH)


class Meter:
    """The pending charges of one function body, and the range of all that it charges.

    `places`, where one is given, hears of each charge too.
    """

    __slots__ = (
        "_abort",
        "_code",
        "_enabled",
        "_helper",
        "_log2",
        "_memory",
        "_pending",
        "_table",
        "places",
        "ranges",
    )

    def __init__(
        self,
        code: Code,
        table: CostTable,
        helper: Callable[[str], FuncRef],
        abort: FuncRef,
        memory: Memory,
        *,
        enabled: bool,
        places: CostPlaces | None = None,
    ) -> None:
        self._code = code
        self._table = table
        self._helper = helper
        self._log2 = helper("log2_u64")
        self._abort = abort
        self._memory = memory
        self._enabled = enabled
        self._pending = [0, 0, 0, 0, 0]
        self.ranges = CostRanges()
        self.places = places

    def charge(self, name: str, n: int = 0) -> None:
        """Charge cost function `name` for the input `n`."""
        pending = self._pending
        if name not in self._table:
            self._charge_unknown()
            return
        amounts = self._table.amounts(name, n)
        pending[0] += amounts[0]
        if len(amounts) > 1:
            for index in range(1, 5):
                pending[index] += amounts[index]
        if self.places is not None:
            self.places.charge(amounts[0], amounts[0])

    def is_constant(self, name: str) -> bool:
        """Whether `name` costs the same for every input, so that none need be computed."""
        known = self._table.get(name)
        return known is None or known.is_constant

    def charge_stack(self, name: str, bounds: Bounds) -> None:
        """Pop an i64, the input, which lies within `bounds`, and charge `name` for it."""
        code = self._code
        function = self._table.get(name)
        if function is None:
            self._charge_unknown()
        if function is None or not self._enabled:
            code.drop()
            return
        n = code.local(I64)
        code.local_set(n)
        for index, shape in enumerate(function.shapes):
            self._pending[index] += shape.b
            if shape.kind is Kind.CONSTANT or not shape.a:
                continue
            least, most = shape.varying(bounds[0]), shape.varying(bounds[1])
            self.ranges.add_between(index, least, most)
            if not index and self.places is not None:
                self.places.charge(shape.b + least, shape.b + most)
            code.i32_const(0)
            code.i32_const(0).i64_load(COUNTERS[index])
            code.local_get(n)
            if shape.shift:
                code.i64_const(shape.shift).i64_shr_u()
            if shape.kind is not Kind.LINEAR:
                code.call(self._log2)
            if shape.kind is Kind.NLOGN:
                code.local_get(n)
                if shape.shift:
                    code.i64_const(shape.shift).i64_shr_u()
                code.i64_mul()
            if shape.a != 1:
                code.i64_const(shape.a).i64_mul()
            code.i64_add().i64_store(COUNTERS[index])
        code.release(n)

    def _charge_unknown(self) -> None:
        """End the transaction: the epoch has no costs for the word, which came with a later one.

        The network never runs such a contract; simnet has those of all epochs from its start.
        """
        self.flush()
        if self._enabled:
            code = self._code
            code.i32_const(abi.Abort.UNDEFINED_FUNCTION).i64_const(0).call(self._abort)
        self.ranges.end()

    @property
    def pending_runtime(self) -> int:
        """The runtime that is charged but not yet written."""
        return self._pending[0] if self._enabled else 0

    def flush(self) -> None:
        """Write what is pending, and check the limits of reads and writes where there were any.

        That of the runtime is checked where functions begin and loops go on (`check`).
        """
        pending = self._pending
        if not any(pending):
            return
        self._write()
        self.ranges.add(pending)
        if self._enabled and (pending[2] or pending[3]):
            self._code.call(self._helper("check_storage"))
        self._pending = [0, 0, 0, 0, 0]

    def forget(self) -> None:
        """Drop what is pending at the end of a branch that has written it and left."""
        self._pending = [0, 0, 0, 0, 0]
        self.ranges.end()

    def leave(self) -> None:
        """Write what is pending and keep it pending: for a branch that leaves the function."""
        self._write()
        self.ranges.leave(self._pending)

    @contextmanager
    def loop(self, bounds: Bounds) -> Iterator[None]:
        """Around the body of a loop that runs as often as `bounds` say."""
        self.ranges.repeat()
        with self._memory.repeated(bounds[1]):
            if self.places is None:
                yield
            else:
                with self.places.repeated(*bounds):
                    yield
        self.ranges.repeated(*bounds)

    def add(self, known: CostRange) -> None:
        """Note what a function costs that is called here and charges for itself."""
        self.ranges.add_range(known)
        if self.places is not None:
            self.places.charge(known.least.runtime, known.most.runtime)

    def _write(self) -> None:
        if self._enabled:
            code = self._code
            for index, amount in enumerate(self._pending):
                if amount:
                    address = COUNTERS[index]
                    code.i32_const(0).i32_const(0).i64_load(address)
                    code.i64_const(amount).i64_add().i64_store(address)

    def check(self, abort: FuncRef) -> None:
        """Write what is pending and end the transaction if the runtime is over its limit.

        The other dimensions are checked where they grow, in `flush`.
        """
        self.flush()
        if self._enabled:
            code = self._code
            code.i32_const(0).i64_load(abi.RUNTIME)
            code.i32_const(0).i64_load(abi.RUNTIME_LIMIT)
            code.i64_gt_u().if_()
            code.i32_const(abi.Abort.COST_EXCEEDED).i64_const(0).call(abort).unreachable()
            code.end()
