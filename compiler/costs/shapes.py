"""What a cost function is: for each dimension a shape over one input `n`, with u64 arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TypeAlias

from msgspec import Struct

U64_MAX = (1 << 64) - 1


class Kind(Enum):
    """The form of a shape."""

    CONSTANT = "constant"
    LINEAR = "linear"
    LOGN = "logn"
    NLOGN = "nlogn"


class Shape(Struct, frozen=True):
    """One dimension of a cost: `a * f(n >> shift) + b`, saturating at the largest u64.

    `f` is 0 for a constant, n for linear, floor(log2 n) for logn, n * floor(log2 n) for nlogn.
    """

    kind: Kind
    a: int = 0
    b: int = 0
    shift: int = 0

    def evaluate(self, n: int) -> int:
        """The cost of `n`; `ValueError` for the logarithm of 0."""
        if self.kind is Kind.CONSTANT:
            return self.b
        factor = n >> self.shift
        if self.kind is not Kind.LINEAR:
            if factor < 1:
                raise ValueError("log2 must be passed a positive integer")
            log2 = factor.bit_length() - 1
            factor = log2 if self.kind is Kind.LOGN else min(log2 * factor, U64_MAX)
        return min(min(self.a * factor, U64_MAX) + self.b, U64_MAX)

    def varying(self, n: int) -> int:
        """What of the cost of `n` depends on it; for a logarithm `n` is taken as at least 1."""
        return self.evaluate(n if self.kind is Kind.LINEAR else max(n, 1 << self.shift)) - self.b


ZERO = Shape(Kind.CONSTANT)


class Cost(Struct, frozen=True):
    """A cost in its five dimensions."""

    runtime: int = 0
    write_length: int = 0
    write_count: int = 0
    read_count: int = 0
    read_length: int = 0

    def __add__(self, other: Cost) -> Cost:
        """The sum; unlike the interpreter's it doesn't overflow (a limit comes long before)."""
        return Cost(*(mine + its for mine, its in zip(self, other, strict=True)))

    def __iter__(self) -> Iterator[int]:
        yield self.runtime
        yield self.write_length
        yield self.write_count
        yield self.read_count
        yield self.read_length

    def exceeds(self, limit: Cost) -> bool:
        """Whether any dimension is over that of `limit`."""
        return any(mine > its for mine, its in zip(self, limit, strict=True))


DIMENSIONS = ("runtime", "write_length", "write_count", "read_count", "read_length")
"""The dimensions' names, in the order of `Cost` and `CostFunction`."""


class CostFunction(Struct, frozen=True):
    """A shape for each dimension of a cost."""

    runtime: Shape = ZERO
    write_length: Shape = ZERO
    write_count: Shape = ZERO
    read_count: Shape = ZERO
    read_length: Shape = ZERO

    @property
    def shapes(self) -> tuple[Shape, Shape, Shape, Shape, Shape]:
        """The shapes in the order of `DIMENSIONS`."""
        return (
            self.runtime,
            self.write_length,
            self.write_count,
            self.read_count,
            self.read_length,
        )

    @property
    def is_constant(self) -> bool:
        """Whether the cost is the same for every input."""
        return all(shape.kind is Kind.CONSTANT for shape in self.shapes)

    def evaluate(self, n: int) -> Cost:
        """The cost of `n`."""
        return Cost(*(shape.evaluate(n) for shape in self.shapes))


Row: TypeAlias = Shape | CostFunction
"""A line of a table: a shape alone is of the runtime."""


def constant(cost: int) -> Shape:
    """The same for every input."""
    return Shape(Kind.CONSTANT, 0, cost)


def linear(a: int, b: int, shift: int = 0) -> Shape:
    """`a * (n >> shift) + b`."""
    return Shape(Kind.LINEAR, a, b, shift)


def logn(a: int, b: int) -> Shape:
    """`a * floor(log2 n) + b`."""
    return Shape(Kind.LOGN, a, b)


def nlogn(a: int, b: int) -> Shape:
    """`a * n * floor(log2 n) + b`."""
    return Shape(Kind.NLOGN, a, b)


def storage(
    runtime: Shape | int,
    write_length: Shape | int = 0,
    write_count: int = 0,
    read_count: int = 0,
    read_length: Shape | int = 0,
) -> CostFunction:
    """A function that charges other dimensions than the runtime too."""
    given = (runtime, write_length, write_count, read_count, read_length)
    return CostFunction(*(constant(of) if isinstance(of, int) else of for of in given))
