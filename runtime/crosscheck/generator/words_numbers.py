"""Productions for arithmetic, bits, comparisons, logic and conversions of integers."""

from __future__ import annotations

from compiler.type_sizes import max_serialized_size
from compiler.types import (
    BOOL,
    INT,
    PRINCIPAL,
    UINT,
    BoolType,
    BufferType,
    IntType,
    OptionalType,
    ResponseType,
    StringAsciiType,
    StringUtf8Type,
    Type,
    UIntType,
)
from compiler.values import UINT_MAX
from runtime.crosscheck.generator.writer import Made, Scope, Writer, produces

_BUFFER_16 = BufferType(16)


def _integer(w: Writer, want: Type | None) -> Type:
    if want is not None:
        return want
    return INT if w.material.chance(0.5) else UINT


def _variadic(word: str, counts: tuple[int, ...]) -> None:
    @produces(word, IntType, UIntType)
    def make(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
        of = _integer(w, want)
        count = w.material.pick(counts)
        return f"({word} {' '.join(w.expr(of, s, d) for _ in range(count))})", of


for _word in ("+", "*", "-"):
    _variadic(_word, (1, 2, 2, 2, 2, 3, 4))
_variadic("/", (1, 2, 2, 2, 3))
for _word in ("mod", "pow", "xor"):
    _variadic(_word, (2,))
for _word in ("sqrti", "log2", "bit-not"):
    _variadic(_word, (1,))
for _word in ("bit-and", "bit-or", "bit-xor"):
    _variadic(_word, (1, 2, 2, 3, 4))


def _shift(word: str) -> None:
    @produces(word, IntType, UIntType)
    def make(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
        of = _integer(w, want)
        by = f"u{w.material.pick((0, 1, 63, 64, 65, 127, 128, 129, 256, UINT_MAX))}"
        if w.material.chance(0.4):
            by = w.expr(UINT, s, d)
        return f"({word} {w.expr(of, s, d)} {by})", of


_shift("bit-shift-left")
_shift("bit-shift-right")


@produces("to-int", IntType)
def _to_int(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    return f"(to-int {w.expr(UINT, s, d)})", INT


@produces("to-uint", UIntType)
def _to_uint(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    return f"(to-uint {w.expr(INT, s, d)})", UINT


def _from_buffer(word: str, of: Type) -> None:
    @produces(word, type(of))
    def make(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
        return f"({word} {w.expr(_BUFFER_16, s, d)})", of


for _word in ("buff-to-int-le", "buff-to-int-be"):
    _from_buffer(_word, INT)
for _word in ("buff-to-uint-le", "buff-to-uint-be"):
    _from_buffer(_word, UINT)


# --- logic and comparison ----------------------------------------------------------------------


def _logic(word: str) -> None:
    @produces(word, BoolType)
    def make(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
        count = w.material.pick((1, 2, 2, 2, 3, 4))
        return f"({word} {' '.join(w.expr(BOOL, s, d) for _ in range(count))})", BOOL


_logic("and")
_logic("or")


@produces("not", BoolType)
def _not(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    return f"(not {w.expr(BOOL, s, d)})", BOOL


@produces("is-eq", BoolType)
def _is_eq(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = w.material.type()
    count = w.material.pick((1, 2, 2, 2, 3))
    nodes = [w.expr(of, s, d) for _ in range(count)]
    # Equal things are rare among random ones.
    if w.material.chance(0.4):
        nodes = [w.leaf(of, s.deaf())] * count
    return f"(is-eq {' '.join(nodes)})", BOOL


_COMPARED: tuple[Type, ...] = (
    BufferType(3),
    StringAsciiType(3),
    StringUtf8Type(3),
    BufferType(20),
)


def _comparison(word: str) -> None:
    @produces(word, BoolType)
    def make(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
        of = _integer(w, None)
        if w.version.compares_sequences and w.material.chance(0.5):
            of = w.material.pick(_COMPARED)
        return f"({word} {w.expr(of, s, d)} {w.expr(of, s, d)})", BOOL


for _word in ("<", "<=", ">", ">="):
    _comparison(_word)


# --- conversions of text and values ------------------------------------------------------------


def _parse(word: str, of: Type) -> None:
    @produces(word, OptionalType)
    def make(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
        if want is not None and want != OptionalType(of):
            return None
        utf8 = w.material.chance(0.5)
        if w.material.chance(0.6):
            text = w.material.pick(
                (
                    str(w.material.integer()),
                    str(w.material.natural()),
                    "+1",
                    "-",
                    "",
                    "01",
                    "0x1",
                    " 1",
                    "1 ",
                    "1_000",
                    "-0",
                    "340282366920938463463374607431768211456",
                    "９",
                )
            )
            if not text.isascii():
                return f'({word} u"\\u{{ff19}}")', OptionalType(of)
            return f'({word} {"u" if utf8 else ""}"{text}")', OptionalType(of)
        return (
            f"({word} {w.expr(StringUtf8Type(40) if utf8 else StringAsciiType(40), s, d)})",
            OptionalType(of),
        )


_parse("string-to-int?", INT)
_parse("string-to-uint?", UINT)


@produces("int-to-ascii", StringAsciiType)
def _int_to_ascii(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if isinstance(want, StringAsciiType) and want.max_len < 40:
        return None
    return f"(int-to-ascii {w.expr(_integer(w, None), s, d)})", StringAsciiType(40)


@produces("int-to-utf8", StringUtf8Type)
def _int_to_utf8(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if isinstance(want, StringUtf8Type) and want.max_len < 40:
        return None
    return f"(int-to-utf8 {w.expr(_integer(w, None), s, d)})", StringUtf8Type(40)


@produces("to-ascii?", ResponseType)
def _to_ascii(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if want is not None:
        return None
    n = w.material.length()
    rows: tuple[tuple[Type, int], ...] = (
        (INT, 40),
        (UINT, 40),
        (BOOL, 5),
        (PRINCIPAL, 170),
        (BufferType(n), 2 * n + 2),
        (StringUtf8Type(n), n),
        (StringUtf8Type(n), n),
    )
    of, length = w.material.pick(rows)
    return f"(to-ascii? {w.expr(of, s, d)})", ResponseType(StringAsciiType(length), UINT)


@produces("to-consensus-buff?", OptionalType)
def _to_consensus(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    of = w.material.type()
    size = max_serialized_size(of)
    if want is not None and not (
        isinstance(want, OptionalType)
        and isinstance(want.inner, BufferType)
        and size <= want.inner.max_len
    ):
        return None
    return f"(to-consensus-buff? {w.filled(of, s, d)})", OptionalType(BufferType(size))
