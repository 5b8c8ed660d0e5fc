"""How Clarity's types relate: admission, least supertypes, canonical forms; and all else of them.

What types are called (`compiler.type_faults`) and how large they are (`compiler.type_sizes`) can
be had from here as well. Knows nothing of syntax: `compiler.check.type_syntax` reads types from
source. A rule that is broken raises `TypeFault`, which has no place in the source: the pass that
asked adds one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import count

from compiler.type_faults import (
    TypeFault,
    could_not_determine_serialization_type,
    could_not_determine_type,
    display,
    first_fault,
    supertype_too_large,
    type_mismatch,
    type_too_deep,
    unreachable,
    value_out_of_bounds,
    value_too_large,
)
from compiler.type_sizes import (
    EMPTY_LIST,
    MAX_CONTRACT_NAME_LENGTH,
    MAX_TO_ASCII_BUFFER,
    MAX_TO_ASCII_LENGTH,
    MAX_TYPE_DEPTH,
    MAX_UTF8_LENGTH,
    MAX_VALUE_SIZE,
    WRAPPER_SIZE,
    buffer_of,
    depth,
    list_of,
    max_serialized_size,
    merged,
    min_size,
    optional_of,
    response_of,
    size,
    string_ascii_of,
    string_utf8_of,
    tuple_of,
    type_size,
    unchecked_tuple,
)
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
    SpareType,
    StringAsciiType,
    StringUtf8Type,
    TraitReferenceType,
    TupleType,
    Type,
    UIntType,
    spare_key,
)
from compiler.versions import Epoch

__all__ = [
    "EMPTY_LIST",
    "MAX_CONTRACT_NAME_LENGTH",
    "MAX_TO_ASCII_BUFFER",
    "MAX_TO_ASCII_LENGTH",
    "MAX_TYPE_DEPTH",
    "MAX_UTF8_LENGTH",
    "MAX_VALUE_SIZE",
    "WRAPPER_SIZE",
    "TypeFault",
    "admits",
    "admits_v2_0",
    "admits_v2_1",
    "buffer_of",
    "canonicalize",
    "canonicalize_v2_1",
    "concretize",
    "contains_trait_reference",
    "could_not_determine_serialization_type",
    "could_not_determine_type",
    "depth",
    "display",
    "first_fault",
    "least_supertype",
    "least_supertype_v2_1",
    "list_of",
    "max_serialized_size",
    "merged",
    "min_size",
    "optional_of",
    "parent_list_type",
    "response_of",
    "size",
    "string_ascii_of",
    "string_utf8_of",
    "supertype_too_large",
    "tuple_of",
    "type_mismatch",
    "type_size",
    "type_too_deep",
    "unchecked_tuple",
    "unreachable",
    "value_out_of_bounds",
    "value_too_large",
    "without_spare",
]

_TEXTS = (BufferType, StringAsciiType, StringUtf8Type)
_CALLABLE = (CallablePrincipalType, CallableTraitType)
_SIMPLE = (NoType, IntType, UIntType, BoolType, PrincipalType)

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
        if len(expected.declared) != len(found.declared):
            return False
        for (name, mine), (other_name, other) in zip(
            expected.declared, found.declared, strict=True
        ):
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
        raise first_fault(
            {
                (member.trait.name, member.trait.contract): type_mismatch(PRINCIPAL, member)
                for member in of.members
                if isinstance(member, CallableTraitType)
            }
        )
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


# --- least supertypes --------------------------------------------------------------------------


def least_supertype(a: Type, b: Type, epoch: Epoch) -> Type:
    """The narrowest type that admits both; `TypeFault` where there is none."""
    return _supertype(a, b, epoch.has_callable_types)


def least_supertype_v2_1(a: Type, b: Type) -> Type:
    """`least_supertype` by the rules since epoch 2.1."""
    return _supertype(a, b, True)


def _supertype(a: Type, b: Type, callables: bool) -> Type:
    if a is b and isinstance(a, _SIMPLE):
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
    others = dict(b.declared)
    joined: dict[str, Type] = {}
    for name, field in a.declared:
        other = others.pop(name, None)
        if other is None:
            raise type_mismatch(a, b)
        joined[name] = _supertype(field, other, callables)
    try:
        whole = tuple_of(joined.items())
    except TypeFault:
        raise supertype_too_large() from None
    spare = [field for of in (a, b) for _, field in of.fields if isinstance(field, SpareType)]
    spare += [SpareType(name, field) for name, field in others.items()]
    return _with_spare(whole, spare, callables) if spare else whole


def _with_spare(whole: TupleType, spare: list[SpareType], callables: bool) -> TupleType:
    """The tuple with fields that only some of its values have."""
    fields = dict(whole.fields)
    for field in spare:
        for index in count():
            key = spare_key(field.name, index)
            known = fields.setdefault(key, field)
            assert isinstance(known, SpareType)
            with contextlib.suppress(TypeFault):
                inner = _supertype(known.inner, field.inner, callables)
                fields[key] = SpareType(field.name, inner)
                break
    return unchecked_tuple(fields)


def without_spare(of: Type) -> Type:
    """A type without the fields that only some values have: what sanitising leaves of it."""
    match of:
        case TupleType():
            fields = tuple((name, without_spare(field)) for name, field in of.declared)
            return of if fields == of.fields else TupleType(fields)
        case ListType(entry=entry):
            within = without_spare(entry)
            return of if within is entry else ListType(within, of.max_len)
        case OptionalType(inner=inner):
            within = without_spare(inner)
            return of if within is inner else OptionalType(within)
        case ResponseType(ok=ok, err=err):
            left, right = without_spare(ok), without_spare(err)
            return of if left is ok and right is err else ResponseType(left, right)
        case _:
            return of


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
    return TupleType(tuple((name, canonicalize_v2_1(field)) for name, field in of.declared))


def contains_trait_reference(of: Type) -> bool:
    """Whether the type holds a trait reference of before epoch 2.1."""
    if isinstance(of, ListType):
        return contains_trait_reference(of.entry)
    if isinstance(of, OptionalType):
        return contains_trait_reference(of.inner)
    if isinstance(of, ResponseType):
        return contains_trait_reference(of.ok) or contains_trait_reference(of.err)
    if isinstance(of, TupleType):
        return any(contains_trait_reference(field) for _, field in of.declared)
    return isinstance(of, TraitReferenceType)
