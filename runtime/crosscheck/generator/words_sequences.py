"""Productions for lists, buffers and strings."""

from __future__ import annotations

from compiler.types import (
    BOOL,
    INT,
    UINT,
    BoolType,
    BufferType,
    ListType,
    OptionalType,
    StringAsciiType,
    StringUtf8Type,
    Type,
    UIntType,
)
from compiler.values import UINT_MAX
from runtime.crosscheck.generator.words_control import wanted
from runtime.crosscheck.generator.writer import Made, Scope, Writer, produces

_SEQUENCES = (ListType, BufferType, StringAsciiType, StringUtf8Type)
_TEXTS = (BufferType, StringAsciiType, StringUtf8Type)


def entry_of(of: Type) -> Type:
    """The type of a sequence's elements, as sequence words see them."""
    match of:
        case ListType(entry, _):
            return entry
        case BufferType():
            return BufferType(1)
        case StringAsciiType():
            return StringAsciiType(1)
        case StringUtf8Type():
            return StringUtf8Type(1)
        case _:
            raise TypeError(f"{of} is no sequence")


def resized(of: Type, length: int) -> Type:
    """A sequence's type with another length."""
    match of:
        case ListType(entry, _):
            return ListType(entry, length)
        case BufferType() | StringAsciiType() | StringUtf8Type():
            return type(of)(length)
        case _:
            raise TypeError(f"{of} is no sequence")


def length_of(of: Type) -> int:
    """The most that a sequence of this type holds."""
    assert isinstance(of, _SEQUENCES)
    return of.max_len


def _sequence(w: Writer, want: Type | None) -> Type:
    return want if isinstance(want, _SEQUENCES) else w.material.sequence()


def _index(w: Writer, s: Scope, d: int, length: int) -> str:
    n = w.material.rng.random()
    if n < 0.7:
        return f"u{w.material.pick((0, 0, 1, 2, max(length - 1, 0), length, length + 1))}"
    if n < 0.8:
        return f"u{w.material.pick((1 << 32, (1 << 32) - 1, 1 << 64, UINT_MAX))}"
    return w.expr(UINT, s, d)


@produces("list", ListType)
def _list(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = want if isinstance(want, ListType) else ListType(w.material.type(1), 4)
    count = max(min(w.material.count(of.max_len), 6), w.material.fewest)
    return f"(list {' '.join(w.expr(of.entry, s, d) for _ in range(count))})", of


@produces("len", UIntType)
def _len(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    return f"(len {w.expr(w.material.sequence(), s, d)})", UINT


@produces("append", ListType)
def _append(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    of = want if isinstance(want, ListType) else ListType(w.material.type(1), 5)
    if of.max_len < 2:
        return None
    shorter = ListType(of.entry, of.max_len - 1)
    given = w.exact(shorter, s) if w.material.chance(0.4) else w.expr(shorter, s, d)
    return f"(append {given} {w.expr(of.entry, s, d)})", of


@produces("concat", *_SEQUENCES)
def _concat(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    of = _sequence(w, want)
    length = length_of(of)
    parts = 2
    if w.version.has_variadic_concat:
        parts = w.material.pick((2, 2, 3, 4))
    if length < parts:
        return None
    cuts = (
        sorted(w.material.rng.sample(range(1, length), parts - 1))
        if length > parts
        else [*range(1, parts)]
    )
    ends = [*cuts, length]
    sizes = [end - start for start, end in zip([0, *cuts], ends, strict=True)]
    return f"(concat {' '.join(w.expr(resized(of, n), s, d) for n in sizes)})", of


@produces("as-max-len?", OptionalType)
def _as_max_len(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if want is None:
        of = w.material.sequence()
    elif isinstance(want, OptionalType) and isinstance(want.inner, _SEQUENCES):
        of = want.inner
    else:
        return None
    longest = max(1, length_of(of) + w.material.pick((-1, 0, 0, 1, 3)))
    given = w.expr(resized(of, longest), s, d)
    return f"(as-max-len? {given} u{length_of(of)})", OptionalType(of)


def _element_at(word: str) -> None:
    @produces(word, OptionalType)
    def make(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
        if want is None:
            of = w.material.sequence()
        elif isinstance(want, OptionalType):
            inner = want.inner
            of = ListType(inner, w.material.pick((1, 2, 3)))
            if isinstance(inner, _TEXTS) and w.material.chance(0.7):
                of = resized(inner, w.material.length())
        else:
            return None
        node = w.filled(of, s, d)
        index = _index(w, s, d, length_of(of))
        return f"({word} {node} {index})", OptionalType(entry_of(of))


_element_at("element-at")
_element_at("element-at?")


def _index_of(word: str) -> None:
    @produces(word, OptionalType)
    def make(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
        if want is not None and want != OptionalType(UINT):
            return None
        of = w.material.sequence()
        node = w.exact(of, s) if isinstance(of, ListType) else w.expr(of, s, d)
        return f"({word} {node} {w.expr(entry_of(of), s, d)})", OptionalType(UINT)


_index_of("index-of")
_index_of("index-of?")


@produces("slice?", OptionalType)
def _slice(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if want is None:
        of = w.material.sequence()
    elif isinstance(want, OptionalType) and isinstance(want.inner, _SEQUENCES):
        of = want.inner
    else:
        return None
    left, right = _index(w, s, d, 2), _index(w, s, d, length_of(of))
    return f"(slice? {w.expr(of, s, d)} {left} {right})", OptionalType(of)


@produces("replace-at?", OptionalType)
def _replace_at(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    if want is None:
        of = w.material.sequence()
    elif isinstance(want, OptionalType) and isinstance(want.inner, _SEQUENCES):
        of = want.inner
    else:
        return None
    index = _index(w, s, d, length_of(of))
    return f"(replace-at? {w.exact(of, s)} {index} {w.expr(entry_of(of), s, d)})", OptionalType(of)


# --- functions over sequences ------------------------------------------------------------------

_MAPPED: tuple[tuple[str, tuple[Type, ...], Type], ...] = (
    ("+", (INT, INT), INT),
    ("+", (UINT,), UINT),
    ("-", (INT, INT, INT), INT),
    ("*", (UINT, UINT), UINT),
    ("/", (INT, INT), INT),
    ("mod", (UINT, UINT), UINT),
    ("pow", (INT, INT), INT),
    ("xor", (UINT, UINT), UINT),
    ("sqrti", (UINT,), UINT),
    ("log2", (INT,), INT),
    ("not", (BOOL,), BOOL),
    ("and", (BOOL, BOOL), BOOL),
    ("or", (BOOL,), BOOL),
    ("to-int", (UINT,), INT),
    ("to-uint", (INT,), UINT),
    ("<", (INT, INT), BOOL),
    (">=", (UINT, UINT), BOOL),
    ("sha256", (BufferType(33),), BufferType(32)),
    ("hash160", (UINT,), BufferType(20)),
)


@produces("map", ListType)
def _map(w: Writer, s: Scope, want: Type | None, d: int) -> Made | None:
    of = want if isinstance(want, ListType) else ListType(w.material.type(1), 4)
    native = [row for row in _MAPPED if row[2] == of.entry]
    if native and w.material.chance(0.4):
        name, params, _ = w.material.pick(native)
    else:
        params = tuple(w.material.type(1) for _ in range(w.material.pick((1, 1, 2, 3))))
        if w.material.chance(0.2):
            unit = BufferType(1) if w.material.chance(0.5) else StringAsciiType(1)
            params = (unit, *params[1:])
        name = w.function(params, of.entry, writes=s.writes and w.material.chance(0.3))
    lists = []
    for i, each in enumerate(params):
        # The result is as long as the shortest; its type as the first, or in later epochs the
        # shortest: all are kept within what is wanted.
        size = of.max_len if i == 0 else max(1, of.max_len + w.material.pick((-1, 0, 0, 1)))
        of_units = isinstance(each, _TEXTS) and each.max_len == 1
        sequence = resized(each, size) if of_units else ListType(each, size)
        lists.append(w.filled(sequence, s, d))
    return f"(map {name} {' '.join(lists)})", of


@produces("filter", *_SEQUENCES)
def _filter(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = _sequence(w, want)
    entry = entry_of(of)
    if entry is BOOL and w.material.chance(0.5):
        name = "not"
    else:
        name = w.function((entry,), BOOL, writes=s.writes and w.material.chance(0.2))
    return f"(filter {name} {w.filled(of, s, d)})", of


@produces("fold")
def _fold(w: Writer, s: Scope, want: Type | None, d: int) -> Made:
    of = wanted(w, want)
    start = w.expr(of, s, d)
    if (of is INT or of is UINT) and w.material.chance(0.4):
        name = w.material.pick(("+", "*", "-", "xor", "/", "mod"))
        return f"(fold {name} {w.filled(ListType(of, 4), s, d)} {start})", of
    if isinstance(of, BoolType) and w.material.chance(0.4):
        return (
            f"(fold {w.material.pick(('and', 'or'))} {w.filled(ListType(BOOL, 4), s, d)} {start})",
            of,
        )
    sequence = w.material.sequence()
    writes = s.writes and w.material.chance(0.3)
    name = w.function((entry_of(sequence), of), of, writes=writes, folded=True)
    return f"(fold {name} {w.filled(sequence, s, d)} {start})", of
