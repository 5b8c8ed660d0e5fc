"""How large types are, and the constructors that keep them within the limits."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from compiler.type_faults import (
    TypeFault,
    could_not_determine_serialization_type,
    type_too_deep,
    unreachable,
    value_out_of_bounds,
    value_too_large,
)
from compiler.types import (
    NO_TYPE,
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
    SpareType,
    StringAsciiType,
    StringUtf8Type,
    TraitReferenceType,
    TupleType,
    Type,
    UIntType,
    field_name,
)

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
PRINCIPAL_SIZE = 148
TRAIT_SIZE = 276
_PRINCIPAL_SERIALIZED = 1 + 21 + 1 + 128

# --- sizes ------------------------------------------------------------------------------------
#
# `_size` and `_type_size` answer -1 where the interpreter's `inner_size` has no answer: such a
# type is over the limit and can't be constructed.

_FLAT_SIZES: dict[type, int] = {
    NoType: 1,
    IntType: 16,
    UIntType: 16,
    BoolType: 1,
    PrincipalType: PRINCIPAL_SIZE,
    CallablePrincipalType: PRINCIPAL_SIZE,
    ListUnionType: PRINCIPAL_SIZE,
    CallableTraitType: TRAIT_SIZE,
    TraitReferenceType: TRAIT_SIZE,
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
        total = 2 * len(of.declared) + described
        for name, field in of.declared:
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
        total = 2 * len(of.declared)
        for name, field in of.declared:
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
        total = 2 * len(of.declared) + type_size(of)
        for name, field in of.declared:
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
    return max((depth(field) for _, field in of.declared), default=0)


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
            for name, field in of.declared:
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


def merged(first: TupleType, second: TupleType) -> TupleType:
    """What `merge` makes of two tuples, which may be over the limits.

    What every value of the first has stays a field of every value of the result.
    """
    replaced = {name for name, _ in second.declared}
    fields = {
        key: field
        for key, field in first.fields
        if not isinstance(field, SpareType) or field.name not in replaced
    }
    known = {field_name(key, field) for key, field in first.fields}
    for key, field in second.fields:
        if not isinstance(field, SpareType) or field.name not in known:
            fields[key] = field
    return unchecked_tuple(fields)


def unchecked_tuple(fields: dict[str, Type]) -> TupleType:
    """A tuple of the fields that may be over the limits."""
    spare = any(isinstance(field, SpareType) for field in fields.values())
    return TupleType(tuple(sorted(fields.items())), spare)


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
