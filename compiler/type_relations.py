"""How Clarity's types relate: sizes, depths, admission, least supertypes, canonical forms, texts.

Knows nothing of syntax (`compiler.check.type_syntax` reads types from source). A rule that is
broken raises `TypeFault`, which has no place in the source: the pass that asked adds one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from compiler.diagnostics import Span
from compiler.types import (
    NO_TYPE,
    PRINCIPAL,
    BoolType,
    BufferType,
    CallablePrincipalType,
    CallableTraitType,
    IntType,
    ListType,
    ListUnionType,
    NoType,
    OptionalType,
    PrincipalType,
    ResponseType,
    StringAsciiType,
    StringUtf8Type,
    TraitReferenceType,
    TupleType,
    Type,
    UIntType,
)
from compiler.versions import Epoch

MAX_VALUE_SIZE = 1024 * 1024
MAX_UTF8_LENGTH = MAX_VALUE_SIZE // 4
MAX_TYPE_DEPTH = 32
WRAPPER_SIZE = 1
# The longest string that `to-ascii?` makes, and the longest buffer that it takes.
MAX_TO_ASCII_LENGTH = MAX_VALUE_SIZE - 5
MAX_TO_ASCII_BUFFER = (MAX_TO_ASCII_LENGTH - 2) // 2
MAX_CONTRACT_NAME_LENGTH = 40
_MAX_U32 = 0xFFFF_FFFF
_BYTES = (BufferType, StringAsciiType)
_TEXTS = (BufferType, StringAsciiType, StringUtf8Type)
_CALLABLE = (CallablePrincipalType, CallableTraitType)
_PRINCIPAL_SIZE = 148
_TRAIT_SIZE = 276
_PRINCIPAL_SERIALIZED = 1 + 21 + 1 + 128


class TypeFault(Exception):  # noqa: N818 - who knows its place makes it a ClarityError
    """A broken rule of types: a kebab-case code and the interpreter's text.

    Who knows the place in the source fills in `span`; the innermost one does.
    """

    def __init__(
        self, code: str, message: str, *, span: Span | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.span = span
        self.hint = hint


def value_too_large() -> TypeFault:
    """A type whose values could be larger than the limit."""
    return TypeFault(
        "value-too-large", "created a type which was greater than maximum allowed value size"
    )


def value_out_of_bounds() -> TypeFault:
    """A negative length."""
    return TypeFault(
        "value-out-of-bounds", "created a type which value size was out of defined bounds"
    )


def type_too_deep() -> TypeFault:
    """A type nested deeper than the limit."""
    return TypeFault(
        "type-too-deep", "created a type which was deeper than maximum allowed type depth"
    )


def supertype_too_large() -> TypeFault:
    """Two types whose common supertype is over a limit."""
    return TypeFault("supertype-too-large", "supertype of two types is too large")


def could_not_determine_type() -> TypeFault:
    """An expression whose type nothing decides, such as the inside of a bare `none`."""
    return TypeFault("could-not-determine-type", "type of expression cannot be determined")


def could_not_determine_serialization_type() -> TypeFault:
    """A value whose serialised size nothing bounds."""
    return TypeFault(
        "could-not-determine-serialization-type",
        "could not determine the input type for the serialization function",
    )


def type_mismatch(expected: Type, found: Type) -> TypeFault:
    """One type wanted, another found."""
    return TypeFault(
        "type-mismatch",
        f"expecting expression of type '{display(expected)}', found '{display(found)}'",
    )


def unreachable(what: str) -> TypeFault:
    """What the interpreter thinks can't happen."""
    return TypeFault("unreachable", f"unexpected and unacceptable interpreter behavior: {what}")


# --- sizes ------------------------------------------------------------------------------------
#
# `_size` and `_type_size` answer -1 where the interpreter's `inner_size` has no answer: such a
# type is over the limit and can't be constructed.

_FLAT_SIZES: dict[type, int] = {
    NoType: 1,
    IntType: 16,
    UIntType: 16,
    BoolType: 1,
    PrincipalType: _PRINCIPAL_SIZE,
    CallablePrincipalType: _PRINCIPAL_SIZE,
    ListUnionType: _PRINCIPAL_SIZE,
    CallableTraitType: _TRAIT_SIZE,
    TraitReferenceType: _TRAIT_SIZE,
}


def size(of: Type) -> int:
    """The most bytes that a value of the type takes, as the interpreter counts them."""
    known = _size(of)
    if known < 0:
        raise unreachable(
            'Unexpected error type during static analysis: InvariantViolation("FAIL: .size() '
            'overflowed on too large of a type. Construction should have failed!")'
        )
    return known


def checked_size(of: Type) -> int:
    """`size`, for a type that may be over the limit (a merged tuple)."""
    known = _size(of)
    if known < 0:
        raise value_too_large()
    return known


def _size(of: Type) -> int:
    flat = _FLAT_SIZES.get(of.__class__)
    if flat is not None:
        return flat
    if isinstance(of, _BYTES):
        return 4 + of.max_len
    if isinstance(of, StringUtf8Type):
        return 4 + 4 * of.max_len
    return _compound_size(of)


@lru_cache(maxsize=65536)
def _compound_size(of: Type) -> int:
    if isinstance(of, OptionalType):
        return size(of.inner) + WRAPPER_SIZE
    if isinstance(of, ResponseType):
        return max(size(of.ok), size(of.err)) + WRAPPER_SIZE
    described = _type_size(of)
    if described < 0:
        return -1
    if isinstance(of, ListType):
        total = size(of.entry) * of.max_len + described
    elif isinstance(of, TupleType):
        total = 2 * len(of.fields) + described
        for name, field in of.fields:
            total += size(field) + len(name)
    else:
        raise AssertionError(of)
    return -1 if total > MAX_VALUE_SIZE else total


def type_size(of: Type) -> int:
    """The size of the type's own description."""
    known = _type_size(of)
    if known < 0:
        raise value_too_large()
    return known


def _type_size(of: Type) -> int:
    if of.__class__ in _FLAT_SIZES:
        return 1
    if isinstance(of, _TEXTS):
        return 5
    return _compound_type_size(of)


@lru_cache(maxsize=65536)
def _compound_type_size(of: Type) -> int:
    if isinstance(of, OptionalType):
        inner = _type_size(of.inner)
        return inner + 1 if inner >= 0 else -1
    if isinstance(of, ResponseType):
        ok, err = _type_size(of.ok), _type_size(of.err)
        return ok + err + 1 if ok >= 0 and err >= 0 else -1
    if isinstance(of, ListType):
        entry = _type_size(of.entry)
        total = entry + 5 if entry >= 0 else -1
    elif isinstance(of, TupleType):
        total = 2 * len(of.fields)
        for name, field in of.fields:
            inner = _type_size(field)
            if inner < 0:
                return -1
            total += inner + len(name)
    else:
        raise AssertionError(of)
    return -1 if total > MAX_VALUE_SIZE else total


def min_size(of: Type) -> int:
    """The fewest bytes that a value of the type takes, as the interpreter counts them."""
    flat = _FLAT_SIZES.get(of.__class__)
    if flat is not None:
        return flat
    if isinstance(of, _TEXTS):
        return 4
    if isinstance(of, ListType):
        return type_size(of)
    if isinstance(of, OptionalType):
        return WRAPPER_SIZE + 1
    if isinstance(of, ResponseType):
        return min(min_size(of.ok), min_size(of.err)) + WRAPPER_SIZE
    if isinstance(of, TupleType):
        total = 2 * len(of.fields) + type_size(of)
        for name, field in of.fields:
            total += min_size(field) + len(name)
        return total
    raise AssertionError(of)


def depth(of: Type) -> int:
    """How deep the type nests: 1 for a type without parts."""
    if isinstance(of, OptionalType):
        return 1 + depth(of.inner)
    if isinstance(of, ListType):
        return 1 + depth(of.entry)
    if isinstance(of, ResponseType):
        return 1 + max(depth(of.ok), depth(of.err))
    if isinstance(of, TupleType):
        return 1 + _fields_depth(of)
    return 1


@lru_cache(maxsize=65536)
def _fields_depth(of: TupleType) -> int:
    return max((depth(field) for _, field in of.fields), default=0)


_SERIALIZED_FLAT: dict[type, int] = {
    IntType: 16,
    UIntType: 16,
    BoolType: 0,
    PrincipalType: _PRINCIPAL_SERIALIZED - 1,
    CallablePrincipalType: _PRINCIPAL_SERIALIZED - 1,
    CallableTraitType: _PRINCIPAL_SERIALIZED - 1,
    TraitReferenceType: _PRINCIPAL_SERIALIZED - 1,
}


def max_serialized_size(of: Type) -> int:
    """The most bytes that a value of the type takes in consensus serialisation."""
    known = _serialized(of)
    if known is None:
        raise could_not_determine_serialization_type()
    return known


@lru_cache(maxsize=65536)
def _serialized(of: Type) -> int | None:
    """`max_serialized_size`, or `None` where the type is not determined."""
    body = _SERIALIZED_FLAT.get(of.__class__)
    if body is None:
        if isinstance(of, NoType | ListUnionType):
            return None
        if isinstance(of, _BYTES):
            body = of.max_len + 4
        elif isinstance(of, StringUtf8Type):
            body = of.max_len * 4 + 4
        elif isinstance(of, OptionalType):
            body = _serialized(of.inner) or 0
        elif isinstance(of, ResponseType):
            ok, err = _serialized(of.ok), _serialized(of.err)
            if ok is None and err is None:
                return None
            body = max(ok or 0, err or 0)
        elif isinstance(of, ListType):
            entry = _serialized(of.entry)
            if entry is None:
                return None
            body = of.max_len * entry + 4
        elif isinstance(of, TupleType):
            body = 4
            for name, field in of.fields:
                inner = _serialized(field)
                if inner is None:
                    return None
                body += 1 + len(name) + inner
        else:
            raise AssertionError(of)
    if body + 1 > _MAX_U32:
        raise value_too_large()
    return body + 1


# --- constructors with the limits --------------------------------------------------------------


def optional_of(inner: Type) -> OptionalType:
    """`(optional inner)`, within the limits."""
    if size(inner) + WRAPPER_SIZE > MAX_VALUE_SIZE:
        raise value_too_large()
    if 1 + depth(inner) > MAX_TYPE_DEPTH:
        raise type_too_deep()
    return OptionalType(inner)


def response_of(ok: Type, err: Type) -> ResponseType:
    """`(response ok err)`, within the limits."""
    if max(size(ok), size(err)) + WRAPPER_SIZE > MAX_VALUE_SIZE:
        raise value_too_large()
    if 1 + max(depth(ok), depth(err)) > MAX_TYPE_DEPTH:
        raise type_too_deep()
    return ResponseType(ok, err)


def list_of(entry: Type, max_len: int) -> ListType:
    """`(list max_len entry)`, within the limits."""
    if 1 + depth(entry) > MAX_TYPE_DEPTH:
        raise type_too_deep()
    made = ListType(entry, max_len)
    if _size(made) < 0:
        raise value_too_large()
    return made


EMPTY_LIST = ListType(NO_TYPE, 0)


def tuple_of(fields: Iterable[tuple[str, Type]]) -> TupleType:
    """A tuple of the fields, which need not be in order, within the limits."""
    by_name: dict[str, Type] = {}
    for name, field in fields:
        if name in by_name:
            raise TypeFault("name-already-used", f"defining '{name}' conflicts with previous value")
        by_name[name] = field
    if not by_name:
        raise TypeFault("empty-tuple", "tuple types may not be empty")
    made = unchecked_tuple(by_name)
    if 1 + _fields_depth(made) > MAX_TYPE_DEPTH:
        raise type_too_deep()
    if _size(made) < 0:
        raise value_too_large()
    return made


def unchecked_tuple(fields: dict[str, Type]) -> TupleType:
    """A tuple of the fields that may be over the limits (what `merge` made before epoch 4.0)."""
    return TupleType(tuple(sorted(fields.items())))


def _bounded_length(length: int, most: int) -> int:
    if length > most:
        raise value_too_large()
    if length < 0:
        raise value_out_of_bounds()
    return length


def buffer_of(max_len: int) -> BufferType:
    """`(buff max_len)`, within the limits."""
    return BufferType(_bounded_length(max_len, MAX_VALUE_SIZE))


def string_ascii_of(max_len: int) -> StringAsciiType:
    """`(string-ascii max_len)`, within the limits."""
    return StringAsciiType(_bounded_length(max_len, MAX_VALUE_SIZE))


def string_utf8_of(max_len: int) -> StringUtf8Type:
    """`(string-utf8 max_len)`, within the limits."""
    return StringUtf8Type(_bounded_length(max_len, MAX_UTF8_LENGTH))


# --- admission ---------------------------------------------------------------------------------


def admits(expected: Type, found: Type, epoch: Epoch) -> bool:
    """Whether a value of type `found` may stand where `expected` is wanted."""
    if epoch.has_callable_types:
        return admits_v2_1(expected, found)
    return admits_v2_0(expected, found)


def admits_v2_1(expected: Type, found: Type) -> bool:
    """Admission since epoch 2.1: a literal contract or a list of such is a principal."""
    found_class = found.__class__
    if found_class is CallablePrincipalType or found_class is ListUnionType:
        concrete = _concretize_or_none(found)
        if concrete is None:
            return False
        found = concrete
    return _admits(expected, found, admits_v2_1)


def admits_v2_0(expected: Type, found: Type) -> bool:
    """Admission in epochs 2.0 and 2.05, which know no callable types."""
    if isinstance(expected, CallablePrincipalType | CallableTraitType | ListUnionType):
        raise unreachable(f"{display(expected)} should not be used in 2.0")
    return _admits(expected, found, admits_v2_0)


def _admits(expected: Type, found: Type, inner: Callable[[Type, Type], bool]) -> bool:
    cls = expected.__class__
    if cls is not found.__class__:
        if cls is NoType:
            raise could_not_determine_type()
        return False
    if isinstance(expected, TupleType) and isinstance(found, TupleType):
        if len(expected.fields) != len(found.fields):
            return False
        for (name, mine), (other_name, other) in zip(expected.fields, found.fields, strict=True):
            if name != other_name or not inner(mine, other):
                return False
        return True
    if isinstance(expected, ListType) and isinstance(found, ListType):
        if found.max_len == 0:
            return True
        return expected.max_len >= found.max_len and inner(expected.entry, found.entry)
    if isinstance(expected, OptionalType) and isinstance(found, OptionalType):
        return found.inner is NO_TYPE or inner(expected.inner, found.inner)
    if isinstance(expected, ResponseType) and isinstance(found, ResponseType):
        if found.ok is NO_TYPE:
            return inner(expected.err, found.err)
        if found.err is NO_TYPE:
            return inner(expected.ok, found.ok)
        return inner(expected.err, found.err) and inner(expected.ok, found.ok)
    if isinstance(expected, _TEXTS):
        return expected.max_len >= found.max_len  # type: ignore[union-attr]
    if cls is NoType:
        raise could_not_determine_type()
    return expected == found


def concretize(of: Type) -> Type:
    """A literal contract or a union of callables as the type that values of it have."""
    concrete = _concretize_or_none(of)
    if concrete is None:
        assert isinstance(of, ListUnionType)
        trait = next(member for member in _ordered(of) if isinstance(member, CallableTraitType))
        raise type_mismatch(PRINCIPAL, trait)
    return concrete


def _concretize_or_none(of: Type) -> Type | None:
    if isinstance(of, CallablePrincipalType):
        return PRINCIPAL
    if isinstance(of, ListUnionType):
        # The interpreter takes a union for principals before it has looked at a member, so a
        # union that holds a trait never becomes concrete.
        if all(isinstance(member, CallablePrincipalType) for member in of.members):
            return PRINCIPAL
        return None
    return of


def _ordered(union: ListUnionType) -> list[CallablePrincipalType | CallableTraitType]:
    def key(member: CallablePrincipalType | CallableTraitType) -> tuple[int, str, str]:
        if isinstance(member, CallablePrincipalType):
            return (0, "", member.contract)
        return (1, member.trait.name, member.trait.contract)

    return sorted(union.members, key=key)


# --- least supertypes --------------------------------------------------------------------------


def least_supertype(a: Type, b: Type, epoch: Epoch) -> Type:
    """The narrowest type that admits both; `TypeFault` where there is none."""
    return _supertype(a, b, epoch.has_callable_types)


def least_supertype_v2_1(a: Type, b: Type) -> Type:
    """`least_supertype` by the rules since epoch 2.1."""
    return _supertype(a, b, True)


def _supertype(a: Type, b: Type, callables: bool) -> Type:
    if a is b and a.__class__ in _FLAT_SIZES:
        return a
    if a is NO_TYPE:
        return b
    if b is NO_TYPE:
        return a
    if a.__class__ is b.__class__:
        rule = _SAME_CLASS.get(a.__class__)
        if rule is not None:
            return rule(a, b, callables)
        if a == b:
            return a
    if callables:
        joined = _join_callables(a, b)
        if joined is not None:
            return joined
    raise type_mismatch(a, b)


def _supertype_tuple(a: Type, b: Type, callables: bool) -> Type:
    assert isinstance(a, TupleType)
    assert isinstance(b, TupleType)
    if a == b:
        return a
    others = dict(b.fields)
    joined: dict[str, Type] = {}
    for name, field in a.fields:
        other = others.get(name)
        if other is None:
            raise type_mismatch(a, b)
        joined[name] = _supertype(field, other, callables)
    try:
        return tuple_of(joined.items())
    except TypeFault:
        raise supertype_too_large() from None


def _supertype_list(a: Type, b: Type, callables: bool) -> Type:
    assert isinstance(a, ListType)
    assert isinstance(b, ListType)
    if a.max_len == 0:
        entry = b.entry
    elif b.max_len == 0:
        entry = a.entry
    else:
        entry = _supertype(a.entry, b.entry, callables)
    try:
        return list_of(entry, max(a.max_len, b.max_len))
    except TypeFault:
        raise supertype_too_large() from None


def _supertype_optional(a: Type, b: Type, callables: bool) -> Type:
    assert isinstance(a, OptionalType)
    assert isinstance(b, OptionalType)
    return optional_of(_supertype(a.inner, b.inner, callables))


def _supertype_response(a: Type, b: Type, callables: bool) -> Type:
    assert isinstance(a, ResponseType)
    assert isinstance(b, ResponseType)
    ok = _supertype(a.ok, b.ok, callables)
    return response_of(ok, _supertype(a.err, b.err, callables))


def _longer(a: Type, b: Type, _callables: bool) -> Type:
    return a if a.max_len > b.max_len else b  # type: ignore[union-attr]


_SAME_CLASS: dict[type, Callable[[Type, Type, bool], Type]] = {
    TupleType: _supertype_tuple,
    ListType: _supertype_list,
    OptionalType: _supertype_optional,
    ResponseType: _supertype_response,
    BufferType: _longer,
    StringAsciiType: _longer,
    StringUtf8Type: _longer,
}


def _join_callables(a: Type, b: Type) -> Type | None:
    if isinstance(a, _CALLABLE):
        if isinstance(b, _CALLABLE):
            return ListUnionType(frozenset((a, b)))
        if isinstance(b, ListUnionType):
            return ListUnionType(b.members | {a})
        if b is PRINCIPAL and isinstance(a, CallablePrincipalType):
            return PRINCIPAL
        return None
    if isinstance(a, ListUnionType):
        if isinstance(b, _CALLABLE):
            return ListUnionType(a.members | {b})
        if isinstance(b, ListUnionType):
            return ListUnionType(a.members | b.members)
        return PRINCIPAL if b is PRINCIPAL and _concretize_or_none(a) is PRINCIPAL else None
    if a is PRINCIPAL and isinstance(b, CallablePrincipalType | ListUnionType):
        return _concretize_or_none(b)
    return None


def parent_list_type(children: list[Type]) -> ListType:
    """The type of a list of values of these types, in any epoch by the rules of 2.1."""
    if not children:
        return EMPTY_LIST
    entry = children[0]
    for child in children:
        if child is not entry and child != entry:
            entry = _supertype(entry, child, True)
    return list_of(entry, len(children))


# --- canonical forms ---------------------------------------------------------------------------


def canonicalize(of: Type, epoch: Epoch) -> Type:
    """A type written in an earlier epoch as `epoch` knows it."""
    return canonicalize_v2_1(of) if epoch.canonicalizes_types else of


def canonicalize_v2_1(of: Type) -> Type:
    """Trait references become callables, at any depth."""
    if not contains_trait_reference(of):
        return of
    if isinstance(of, TraitReferenceType):
        return CallableTraitType(of.trait)
    if isinstance(of, ListType):
        return ListType(canonicalize_v2_1(of.entry), of.max_len)
    if isinstance(of, OptionalType):
        return OptionalType(canonicalize_v2_1(of.inner))
    if isinstance(of, ResponseType):
        return ResponseType(canonicalize_v2_1(of.ok), canonicalize_v2_1(of.err))
    assert isinstance(of, TupleType)
    return TupleType(tuple((name, canonicalize_v2_1(field)) for name, field in of.fields))


def contains_trait_reference(of: Type) -> bool:
    """Whether the type holds a trait reference of before epoch 2.1."""
    return _contains(of, (TraitReferenceType,))


def contains_trait(of: Type) -> bool:
    """Whether the type holds a trait, of any epoch."""
    return _contains(of, (TraitReferenceType, CallableTraitType))


def _contains(of: Type, wanted: tuple[type, ...]) -> bool:
    if isinstance(of, ListType):
        return _contains(of.entry, wanted)
    if isinstance(of, OptionalType):
        return _contains(of.inner, wanted)
    if isinstance(of, ResponseType):
        return _contains(of.ok, wanted) or _contains(of.err, wanted)
    if isinstance(of, TupleType):
        return any(_contains(field, wanted) for _, field in of.fields)
    return isinstance(of, wanted)


# --- texts -------------------------------------------------------------------------------------

_NAMES: dict[type, str] = {
    NoType: "UnknownType",
    IntType: "int",
    UIntType: "uint",
    BoolType: "bool",
    PrincipalType: "principal",
    ListUnionType: "principal",
}


def display(of: Type) -> str:
    """The type as the interpreter's messages write it."""
    name = _NAMES.get(of.__class__)
    if name is not None:
        return name
    if isinstance(of, BufferType):
        return f"(buff {of.max_len})"
    if isinstance(of, StringAsciiType):
        return f"(string-ascii {of.max_len})"
    if isinstance(of, StringUtf8Type):
        return f"(string-utf8 {of.max_len})"
    if isinstance(of, ListType):
        return f"(list {of.max_len} {display(of.entry)})"
    if isinstance(of, OptionalType):
        return f"(optional {display(of.inner)})"
    if isinstance(of, ResponseType):
        return f"(response {display(of.ok)} {display(of.err)})"
    if isinstance(of, TupleType):
        return f"(tuple{''.join(f' ({name} {display(field)})' for name, field in of.fields)})"
    if isinstance(of, CallablePrincipalType):
        return f"(principal {of.contract})"
    if isinstance(of, CallableTraitType | TraitReferenceType):
        return f"<{of.trait}>"
    raise AssertionError(of)
