"""Costs are added up over paths: the least and the most of what joins, loops as often as they run."""

from __future__ import annotations

import pytest

from compiler import type_relations
from compiler.costs import Cost
from compiler.costs.ranges import CostRange, SiteCount, total
from compiler.description import ModuleDescription
from compiler.lower.cost_places import CostPlaces
from compiler.lower.cost_ranges import CostRanges
from compiler.lower.typed.bounds import serialized_bounds, size_bounds
from compiler.pipeline import CompileOptions, compile_contract
from compiler.syntax import build_ast
from compiler.types import (
    BOOL,
    INT,
    PRINCIPAL,
    UINT,
    BufferType,
    ListType,
    OptionalType,
    ResponseType,
    StringAsciiType,
    StringUtf8Type,
    TupleType,
    Type,
)
from compiler.versions import ClarityVersion, Epoch


def _charge(ranges: CostRanges, runtime: int) -> None:
    ranges.add([runtime, 0, 0, 0, 0])


def _runtime(ranges: CostRanges) -> tuple[int, int]:
    found = ranges.range()
    return found.least.runtime, found.most.runtime


def test_arms_join_to_the_least_and_the_most() -> None:
    ranges = CostRanges()
    _charge(ranges, 1)
    ranges.fork()
    _charge(ranges, 10)
    ranges.other()
    _charge(ranges, 30)
    ranges.call(4)
    ranges.join()
    _charge(ranges, 100)
    assert _runtime(ranges) == (111, 131)
    assert ranges.range().calls == (SiteCount(4, 0, 1),)


def test_paths_that_leave_early_count_for_the_least() -> None:
    ranges = CostRanges()
    _charge(ranges, 1)
    ranges.leave([2, 0, 0, 0, 0])
    _charge(ranges, 50)
    assert _runtime(ranges) == (3, 51)


def test_paths_that_an_error_ends_count_for_the_most_alone() -> None:
    ranges = CostRanges()
    ranges.fork()
    _charge(ranges, 1_000)
    ranges.end()
    ranges.other()
    _charge(ranges, 7)
    ranges.join()
    assert _runtime(ranges) == (7, 1_000)


def test_loops_multiply() -> None:
    ranges = CostRanges()
    ranges.repeat()
    _charge(ranges, 5)
    ranges.call(0)
    ranges.repeated(2, 10)
    assert _runtime(ranges) == (10, 50)
    assert ranges.range().calls == (SiteCount(0, 2, 10),)


def test_an_inlined_function_is_left_alone() -> None:
    ranges = CostRanges()
    ranges.enter()
    ranges.leave([1, 0, 0, 0, 0])
    _charge(ranges, 20)
    ranges.entered()
    _charge(ranges, 100)
    assert _runtime(ranges) == (101, 120)


def test_ranges_survive_their_json() -> None:
    one = CostRange(Cost(1, 2, 3, 4, 5), Cost(10, 20, 30, 40, 50), (SiteCount(0, 1, 2),))
    assert CostRange.from_json(one.to_json()) == one
    assert total([one, one]).most.runtime == 20
    assert total([one, one]).calls == (SiteCount(0, 2, 4),)


TYPES: tuple[Type, ...] = (
    UINT,
    BOOL,
    PRINCIPAL,
    BufferType(20),
    StringAsciiType(7),
    StringUtf8Type(7),
    OptionalType(BufferType(4)),
    ResponseType(UINT, StringAsciiType(3)),
    ListType(OptionalType(INT), 9),
    TupleType((("a", UINT), ("bc", ListType(BufferType(2), 3)))),
)


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_the_most_is_the_declared_size(type_: Type) -> None:
    assert size_bounds(type_)[1] == type_relations.size(type_)
    assert serialized_bounds(type_)[1] == type_relations.max_serialized_size(type_)


SOURCE = """
(define-data-var total uint u0)
(define-private (add-up (n uint) (sum uint)) (begin (asserts! (> n u0) sum) (+ n sum)))
(define-public (run (items (list 5 uint)) (flag bool))
  (let ((sum (fold add-up items u0)))
    (if flag (begin (var-set total sum) (ok sum)) (err u1))))
"""


def _functions(profile: str) -> dict[str, CostRange]:
    options = CompileOptions(profile="release" if profile == "release" else "debug")
    compiled = compile_contract(SOURCE, ClarityVersion.CLARITY_3, Epoch.EPOCH_3_1, {}, options)
    description = ModuleDescription.from_bytes(compiled.metadata)
    return {name: entry.costs for name, entry in description.functions.items()}


def test_inlining_changes_no_cost() -> None:
    assert _functions("debug") == _functions("release")


def test_places_add_up_to_the_whole() -> None:
    from compiler.analysis import analyze
    from compiler.pipeline import generate

    version, epoch = ClarityVersion.CLARITY_3, Epoch.EPOCH_3_1
    places = CostPlaces()
    generate(analyze(SOURCE, version, epoch, {}), version, epoch, places=places)
    run = _functions("debug")["run"]
    form = build_ast(SOURCE, version, epoch).top_level[2]
    inside, pending = 0, [form]
    while pending:
        node = pending.pop()
        inside += places.nodes.get(node.id, (0, 0))[1]
        pending.extend(getattr(node, "children", ()))
    # Both arms of the `if`, and defining the function, are charged somewhere.
    assert inside >= run.most.runtime
