"""What programs are made of: random types, values weighted towards edges, and how types are written.

Knows no expressions and no words.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final, TypeVar

from compiler.addresses import encode_address
from compiler.types import (
    BOOL,
    INT,
    PRINCIPAL,
    UINT,
    BoolType,
    BufferType,
    IntType,
    ListType,
    OptionalType,
    PrincipalType,
    ResponseType,
    StringAsciiType,
    StringUtf8Type,
    TupleType,
    Type,
    UIntType,
)
from compiler.values import (
    INT_MAX,
    INT_MIN,
    NONE,
    UINT_MAX,
    Buffer,
    Err,
    Int,
    List,
    Ok,
    Principal,
    Some,
    StringAscii,
    StringUtf8,
    Tuple,
    UInt,
    Value,
    source,
)

DEPLOYER: Final = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"
WALLET: Final = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5"
SENDERS: Final = (DEPLOYER, WALLET)

_T = TypeVar("_T")

_EDGE_INTS: Final = (
    INT_MAX,
    INT_MIN,
    INT_MAX - 1,
    INT_MIN + 1,
    1 << 64,
    -(1 << 64),
    (1 << 64) - 1,
    1 << 63,
    -(1 << 63),
    1 << 32,
    (1 << 32) - 1,
    1 << 31,
    127,
    128,
    255,
    256,
    64,
    63,
    -64,
    10**18,
)
_EDGE_UINTS: Final = (
    UINT_MAX,
    UINT_MAX - 1,
    1 << 127,
    INT_MAX,
    1 << 64,
    (1 << 64) - 1,
    1 << 63,
    1 << 32,
    (1 << 32) - 1,
    127,
    128,
    255,
    256,
    64,
    63,
    65,
    10**18,
)
_LENGTHS: Final = (0, 1, 1, 2, 2, 3, 4, 5, 8, 10, 16, 17, 20, 32, 33, 34, 40, 64, 65, 100, 128, 200)
_COUNTS: Final = (1, 1, 2, 2, 3, 3, 4, 5, 8, 10, 1, 2, 3, 4, 5, 60)
_CHARACTERS: Final = "aaabcz019 ._-AZ~\"\\\n\t'"
_WIDE: Final = 'aé\u00ff\u0100\u07ff\u0800€\uffff\U00010000😀\U0010ffff"\\\n'
_FIELDS: Final = ("a", "b", "c", "amount", "id", "Zed", "x1", "owner-of", "k?", "value", "n")


class Material:
    """Random types and values from one stream of random numbers."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        # The fewest elements of a list: the type of an empty one is not known, which some words
        # refuse.
        self.fewest = 0

    def pick(self, of: Sequence[_T]) -> _T:
        """One of these."""
        return of[int(self.rng.random() * len(of))]

    def chance(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self.rng.random() < probability

    # --- types ---------------------------------------------------------------------------------

    def scalar(self) -> Type:
        """A type that holds no other."""
        n = self.rng.random()
        if n < 0.24:
            return INT
        if n < 0.48:
            return UINT
        if n < 0.6:
            return BOOL
        if n < 0.7:
            return PRINCIPAL
        if n < 0.82:
            return BufferType(self.length())
        if n < 0.92:
            return StringAsciiType(self.length())
        return StringUtf8Type(self.length())

    def length(self) -> int:
        """The length of a buffer or string; at least 1."""
        return max(1, self.pick(_LENGTHS))

    def type(self, depth: int = 2) -> Type:
        """Any type that a value can have, `depth` levels deep at most."""
        if depth <= 0 or self.chance(0.5):
            return self.scalar()
        n = self.rng.random()
        if n < 0.25:
            return OptionalType(self.type(depth - 1))
        if n < 0.5:
            return ResponseType(self.type(depth - 1), self.type(depth - 1))
        if n < 0.75:
            return ListType(self.type(depth - 1), self.pick(_COUNTS))
        return self.tuple_type(depth - 1)

    def tuple_type(self, depth: int = 1) -> TupleType:
        """A tuple of one to four fields, now and then of so many that its value is boxed."""
        count = len(_FIELDS) if self.chance(0.03) else self.pick((1, 1, 2, 2, 3, 4))
        names = sorted(self.rng.sample(_FIELDS, count))
        return TupleType(tuple((name, self.type(depth)) for name in names))

    def sequence(self, depth: int = 1) -> Type:
        """A type of sequence."""
        n = self.rng.random()
        if n < 0.55:
            return ListType(self.type(depth), self.pick(_COUNTS))
        if n < 0.7:
            return BufferType(self.length())
        if n < 0.85:
            return StringAsciiType(self.length())
        return StringUtf8Type(self.length())

    # --- values --------------------------------------------------------------------------------

    def integer(self) -> int:
        """A signed integer, most often small."""
        n = self.rng.random()
        if n < 0.7:
            return self.rng.randint(-3, 12)
        if n < 0.85:
            return self.pick(_EDGE_INTS)
        return self.rng.randint(-(1 << 60), 1 << 60) >> self.rng.randint(0, 60)

    def natural(self) -> int:
        """An unsigned integer, most often small."""
        n = self.rng.random()
        if n < 0.72:
            return self.rng.randint(0, 12)
        if n < 0.85:
            return self.pick(_EDGE_UINTS)
        return self.rng.getrandbits(self.rng.randint(1, 128))

    def count(self, most: int) -> int:
        """How long a sequence is that may be `most` long; often none or full."""
        n = self.rng.random()
        if n < 0.12:
            return 0
        if n < 0.35:
            return most
        return self.rng.randint(0, min(most, 12))

    def address(self) -> str:
        """A standard principal; now and then with a version that no network has."""
        n = self.rng.random()
        if n < 0.6:
            return self.pick(SENDERS)
        version = self.pick((20, 21, 22, 26)) if n < 0.92 else self.rng.randrange(32)
        digest = bytes(20) if self.chance(0.2) else self.rng.randbytes(20)
        return encode_address(version, digest)

    def principal(self) -> str:
        """A principal."""
        if self.chance(0.7):
            return self.address()
        name = self.pick(("a", "token", "lib", "x" * 40, "a-b_c", "Pool2"))
        return f"{self.address()}.{name}"

    def value(self, of: Type) -> Value:
        """A value of the type."""
        match of:
            case IntType():
                return Int(self.integer())
            case UIntType():
                return UInt(self.natural())
            case BoolType():
                return self.chance(0.5)
            case PrincipalType():
                return Principal(self.principal())
            case BufferType(n):
                return Buffer(self.rng.randbytes(self.count(n)))
            case StringAsciiType(n):
                if self.chance(0.15):
                    return StringAscii(str(self.integer())[:n])
                return StringAscii("".join(self.pick(_CHARACTERS) for _ in range(self.count(n))))
            case StringUtf8Type(n):
                return StringUtf8("".join(self.pick(_WIDE) for _ in range(self.count(n))))
            case OptionalType(inner):
                return NONE if self.chance(0.25) else Some(self.value(inner))
            case ResponseType(ok, err):
                return Err(self.value(err)) if self.chance(0.3) else Ok(self.value(ok))
            case ListType(entry, most):
                count = max(self.fewest, self.count(most))
                return List([self.value(entry) for _ in range(count)])
            case TupleType(fields):
                return Tuple({name: self.value(field) for name, field in fields})
            case _:
                raise TypeError(f"no values of {of}")

    def literal_principal(self) -> str:
        """A principal, as source."""
        return f"'{self.principal()}"

    def literal(self, of: Type) -> str:
        """A value of the type, as source."""
        return source(self.value(of))


def written(of: Type) -> str:
    """A type as source."""
    match of:
        case IntType():
            return "int"
        case UIntType():
            return "uint"
        case BoolType():
            return "bool"
        case PrincipalType():
            return "principal"
        case BufferType(n):
            return f"(buff {n})"
        case StringAsciiType(n):
            return f"(string-ascii {n})"
        case StringUtf8Type(n):
            return f"(string-utf8 {n})"
        case OptionalType(inner):
            return f"(optional {written(inner)})"
        case ResponseType(ok, err):
            return f"(response {written(ok)} {written(err)})"
        case ListType(entry, most):
            return f"(list {most} {written(entry)})"
        case TupleType(fields):
            return "{" + ", ".join(f"{name}: {written(field)}" for name, field in fields) + "}"
        case _:
            raise TypeError(f"{of} can't be written")
