"""Types' sizes, relations and texts; sizes are those of stacks-core's own tests."""

from __future__ import annotations

import pickle

import pytest

from compiler.type_relations import (
    EMPTY_LIST,
    MAX_VALUE_SIZE,
    TypeFault,
    admits,
    buffer_of,
    canonicalize,
    depth,
    display,
    least_supertype,
    list_of,
    max_serialized_size,
    min_size,
    optional_of,
    parent_list_type,
    response_of,
    size,
    string_utf8_of,
    tuple_of,
    type_size,
    without_spare,
)
from compiler.types import (
    BOOL,
    INT,
    NO_TYPE,
    PRINCIPAL,
    UINT,
    BufferType,
    CallablePrincipalType,
    CallableTraitType,
    ListType,
    ListUnionType,
    OptionalType,
    ResponseType,
    SpareType,
    StringAsciiType,
    StringUtf8Type,
    TraitIdentifier,
    TraitReferenceType,
    TupleType,
    Type,
)
from compiler.versions import Epoch

OLD, NEW = Epoch.EPOCH_2_05, Epoch.EPOCH_2_1
TRAIT = TraitIdentifier("†.lib", "adder")
LITERAL = CallablePrincipalType("†.lib")
PAIR = tuple_of([("b", INT), ("a", UINT)])


@pytest.mark.parametrize(
    ("of", "most", "least", "described", "nested"),
    [
        (INT, 16, 16, 1, 1),
        (BOOL, 1, 1, 1, 1),
        (PRINCIPAL, 148, 148, 1, 1),
        (LITERAL, 148, 148, 1, 1),
        (CallableTraitType(TRAIT), 276, 276, 1, 1),
        (BufferType(20), 24, 4, 5, 1),
        (BufferType(MAX_VALUE_SIZE), 1_048_580, 4, 5, 1),
        (StringAsciiType(40), 44, 4, 5, 1),
        (StringUtf8Type(40), 164, 4, 5, 1),
        (OptionalType(INT), 17, 2, 2, 2),
        (ResponseType(INT, BOOL), 17, 2, 3, 2),
        (ListType(INT, 10), 166, 6, 6, 2),
        (PAIR, 2 * 2 + 8 + 2 + 32, 2 * 2 + 8 + 2 + 32, 8, 2),
        (EMPTY_LIST, 6, 6, 6, 2),
    ],
)
def test_sizes_and_depth(of: Type, most: int, least: int, described: int, nested: int) -> None:
    assert (size(of), min_size(of), type_size(of), depth(of)) == (most, least, described, nested)


@pytest.mark.parametrize(
    ("of", "most"),
    [
        (INT, 17),
        (BOOL, 1),
        (PRINCIPAL, 151),
        (OptionalType(NO_TYPE), 1),
        (ResponseType(NO_TYPE, UINT), 18),
        (ListType(StringUtf8Type(2), 1), 18),
        (PAIR, 1 + 4 + 2 * (1 + 1 + 17)),
    ],
)
def test_consensus_sizes(of: Type, most: int) -> None:
    assert max_serialized_size(of) == most


@pytest.mark.parametrize("of", [NO_TYPE, EMPTY_LIST, ResponseType(NO_TYPE, NO_TYPE)])
def test_undetermined_types_have_no_consensus_size(of: Type) -> None:
    with pytest.raises(TypeFault, match="could not determine the input type"):
        max_serialized_size(of)


def test_constructors_keep_the_limits() -> None:
    deepest: Type = INT
    for _ in range(31):
        deepest = optional_of(deepest)
    for build in (
        lambda: buffer_of(MAX_VALUE_SIZE + 1),
        lambda: string_utf8_of(262_145),
        lambda: list_of(INT, 65_536),
        lambda: optional_of(buffer_of(MAX_VALUE_SIZE)),
        lambda: tuple_of([("a", BufferType(1_048_562))]),
    ):
        with pytest.raises(TypeFault, match="greater than maximum"):
            build()
    for nest in (
        lambda: optional_of(deepest),
        lambda: response_of(INT, deepest),
        lambda: list_of(deepest, 1),
        lambda: tuple_of([("a", deepest)]),
    ):
        with pytest.raises(TypeFault, match="deeper than maximum"):
            nest()
    with pytest.raises(TypeFault, match="out of defined bounds"):
        buffer_of(-1)


@pytest.mark.parametrize(
    ("expected", "found", "answer"),
    [
        (BufferType(2), BufferType(1), True),
        (BufferType(1), BufferType(2), False),
        (ListType(INT, 1), EMPTY_LIST, True),
        (ListType(INT, 1), ListType(UINT, 1), False),
        (OptionalType(INT), OptionalType(NO_TYPE), True),
        (ResponseType(INT, UINT), ResponseType(NO_TYPE, UINT), True),
        (ResponseType(INT, UINT), ResponseType(UINT, NO_TYPE), False),
        (PAIR, tuple_of([("a", UINT)]), False),
        (INT, NO_TYPE, False),
    ],
)
def test_admission(expected: Type, found: Type, answer: bool) -> None:
    assert admits(expected, found, OLD) is answer
    assert admits(expected, found, NEW) is answer


def test_literal_contracts_are_principals_since_2_1() -> None:
    both = ListUnionType(frozenset((LITERAL, CallablePrincipalType("†.other"))))
    mixed = ListUnionType(frozenset((LITERAL, CallableTraitType(TRAIT))))
    assert admits(PRINCIPAL, LITERAL, NEW)
    assert admits(ListType(PRINCIPAL, 2), ListType(both, 2), NEW)
    assert not admits(PRINCIPAL, mixed, NEW)
    assert not admits(PRINCIPAL, LITERAL, OLD)


def test_nothing_is_admitted_where_the_type_is_unknown() -> None:
    with pytest.raises(TypeFault, match="cannot be determined"):
        admits(NO_TYPE, INT, NEW)


@pytest.mark.parametrize(
    ("a", "b", "joined"),
    [
        (NO_TYPE, INT, INT),
        (BufferType(1), BufferType(3), BufferType(3)),
        (ListType(BufferType(1), 3), ListType(BufferType(2), 1), ListType(BufferType(2), 3)),
        (EMPTY_LIST, ListType(INT, 1), ListType(INT, 1)),
        (ResponseType(INT, NO_TYPE), ResponseType(NO_TYPE, UINT), ResponseType(INT, UINT)),
        (OptionalType(NO_TYPE), OptionalType(PAIR), OptionalType(PAIR)),
    ],
)
def test_least_supertypes(a: Type, b: Type, joined: Type) -> None:
    for epoch in (OLD, NEW):
        assert least_supertype(a, b, epoch) == joined
        assert least_supertype(b, a, epoch) == joined


def test_supertypes_of_callables() -> None:
    other = CallablePrincipalType("†.other")
    union = ListUnionType(frozenset((LITERAL, other)))
    assert least_supertype(LITERAL, LITERAL, NEW) == LITERAL
    assert least_supertype(LITERAL, other, NEW) == union
    assert least_supertype(union, PRINCIPAL, NEW) is PRINCIPAL
    with pytest.raises(TypeFault):
        least_supertype(LITERAL, other, OLD)
    with pytest.raises(TypeFault):
        least_supertype(PRINCIPAL, CallableTraitType(TRAIT), NEW)


def test_supertype_over_the_limit_is_its_own_fault() -> None:
    wide, long = ListType(BufferType(400_000), 1), ListType(BufferType(1), 10)
    with pytest.raises(TypeFault, match="supertype of two types is too large"):
        least_supertype(wide, long, NEW)


def test_the_first_tuple_decides_which_fields_a_supertype_has() -> None:
    narrow = tuple_of([("a", UINT)])
    joined = parent_list_type([narrow, PAIR])
    assert without_spare(joined) == ListType(narrow, 2)
    assert joined.entry == TupleType((("a", UINT), ("b", SpareType("b", INT))), spare=True)
    assert display(joined) == "(list 2 (tuple (a uint)))"
    assert admits(ListType(narrow, 2), joined, NEW)
    assert admits(joined, ListType(narrow, 2), NEW)
    with pytest.raises(TypeFault):
        parent_list_type([PAIR, narrow])


def test_canonical_types_follow_the_epoch() -> None:
    old = TupleType((("a", OptionalType(TraitReferenceType(TRAIT))),))
    new = TupleType((("a", OptionalType(CallableTraitType(TRAIT))),))
    assert canonicalize(old, NEW) == new
    assert canonicalize(old, OLD) == old
    assert canonicalize(old, Epoch.EPOCH_2_2) == old


def test_texts() -> None:
    of = ResponseType(
        TupleType((("a", ListType(NO_TYPE, 0)), ("b", OptionalType(LITERAL)))),
        ListType(CallableTraitType(TRAIT), 2),
    )
    assert display(of) == (
        "(response (tuple (a (list 0 UnknownType)) (b (optional (principal †.lib)))) "
        "(list 2 <†.lib.adder>))"
    )


def test_simple_types_survive_pickling_as_themselves() -> None:
    assert pickle.loads(pickle.dumps(ResponseType(INT, NO_TYPE))).err is NO_TYPE
