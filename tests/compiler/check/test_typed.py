"""What checking leaves behind for code generation."""

from __future__ import annotations

import pytest

from compiler.check import RULES, TypedContract, check_types
from compiler.check.rules import KEYWORD_TYPES
from compiler.contracts import SELF, sibling
from compiler.diagnostics import ClarityError
from compiler.interface import ContractInterface
from compiler.interface_names import bound
from compiler.syntax import build_ast
from compiler.syntax.ast import ListNode, LiteralNode, Node
from compiler.type_relations import display
from compiler.types import PRINCIPAL, CallableTraitType, TraitIdentifier
from compiler.versions import ClarityVersion, Epoch
from compiler.words.names import WORD_NAMES


def check(
    source: str,
    version: int = 3,
    epoch: str = "3.1",
    interfaces: dict[str, ContractInterface] | None = None,
) -> TypedContract:
    clarity, at = ClarityVersion(version), Epoch.parse(epoch)
    return check_types(build_ast(source, clarity, at), clarity, at, interfaces or {})


def lib() -> dict[str, ContractInterface]:
    typed = check(
        "(define-trait adder ((add (int) (response int uint))))"
        "(define-public (add (x int)) (if (> x 0) (ok x) (err u1)))"
    )
    return {sibling("lib"): bound(typed.interface(), sibling("lib"))}


def last(typed: TypedContract) -> ListNode:
    node = typed.ast.top_level[-1]
    assert isinstance(node, ListNode)
    return node


def test_every_word_has_a_rule_or_a_type() -> None:
    functions = {name for name, row in WORD_NAMES.items() if row.kind == "function"}
    keywords = {name for name, row in WORD_NAMES.items() if row.kind == "keyword"}
    assert set(RULES) == functions
    assert set(KEYWORD_TYPES) == keywords


def test_branches_keep_their_own_types() -> None:
    typed = check('(if true (ok "a") (err u2))')
    _, _, yes, no = last(typed).children
    texts = [display(typed.types[node.id]) for node in (last(typed), yes, no)]
    assert texts == [
        "(response (string-ascii 1) uint)",
        "(response (string-ascii 1) UnknownType)",
        "(response UnknownType uint)",
    ]


def test_an_argument_has_the_expected_type_and_its_own() -> None:
    typed = check("(define-private (f (x (optional (buff 4)))) x) (f (some 0x01))")
    argument = last(typed).children[1]
    assert display(typed.types[argument.id]) == "(optional (buff 4))"
    assert display(typed.own_type(argument)) == "(optional (buff 1))"


def test_all_that_is_evaluated_has_a_type() -> None:
    typed = check(
        "(define-map m {k: uint} (list 2 int)) (define-data-var v int 1)"
        "(define-private (f (a int) (b int)) (+ a b))"
        "(define-public (g) (let ((x (fold f (list 1 2) 0)))"
        " (map-set m {k: u1} (list x (var-get v)))"
        " (match (map-get? m {k: u1}) l (ok (len l)) (err u0))))"
    )

    def untyped(node: Node) -> list[Node]:
        if isinstance(node, LiteralNode):
            return [] if node.id in typed.types else [node]
        children = node.children if isinstance(node, ListNode) else ()
        return [found for child in children for found in untyped(child)]

    bodies = [function.body for function in typed.functions.values()]
    assert [node for body in bodies for node in untyped(body)] == []
    assert all(body.id in typed.types for body in bodies)


def test_a_function_answers_with_what_it_may_leave_with() -> None:
    typed = check(
        '(define-public (f (x (response bool uint))) (begin (asserts! (try! x) (err u1)) (ok "a")))'
    )
    function = typed.functions["f"]
    assert function.kind == "public"
    assert function.early is not None
    assert display(function.early) == "(response UnknownType uint)"
    assert display(function.signature.returns) == "(response (string-ascii 1) uint)"


def test_definitions_are_in_the_interface() -> None:
    interface = check(
        "(define-constant c u1) (define-data-var v (list 2 int) (list)) (define-map m int bool)"
        "(define-fungible-token f) (define-non-fungible-token n (buff 4))"
        "(define-read-only (r (x int)) x) (define-private (p) none)"
        "(define-trait o ()) (define-trait t ((q (<o>) (response bool uint))))"
    ).interface()
    assert {name: display(each) for name, each in interface.constants.items()} == {"c": "uint"}
    assert display(interface.data_vars["v"]) == "(list 2 int)"
    assert [display(each) for each in interface.maps["m"]] == ["int", "bool"]
    assert interface.fungible_tokens == {"f"}
    assert display(interface.non_fungible_tokens["n"]) == "(buff 4)"
    assert display(interface.read_only_functions["r"].returns) == "int"
    assert display(interface.private_functions["p"].returns) == "(optional UnknownType)"
    own = CallableTraitType(TraitIdentifier(SELF, "o"))
    assert interface.traits["t"]["q"].args == (("", own),)


def test_contract_calls_tell_their_target() -> None:
    typed = check(
        "(use-trait adder .lib.adder) (define-constant here .lib)"
        "(define-public (s) (contract-call? .lib add 1))"
        "(define-public (k) (contract-call? here add 1))"
        "(define-public (d (a <adder>)) (contract-call? a add 1))",
        interfaces=lib(),
    )
    calls = {name: typed.contract_calls[each.body.id] for name, each in typed.functions.items()}
    assert [calls[name].kind for name in "skd"] == ["static", "constant", "dynamic"]
    assert calls["s"].contract == calls["k"].contract == sibling("lib")
    assert calls["d"].trait == TraitIdentifier(sibling("lib"), "adder")
    assert {display(call.signature.returns) for call in calls.values()} == {"(response int uint)"}


def test_a_list_of_contracts_becomes_what_is_expected() -> None:
    typed = check(
        "(use-trait adder .lib.adder) (define-private (f (l (list 3 <adder>))) (len l))"
        "(define-private (g (l (list 3 principal))) (len l)) (f (list .lib .lib)) (g (list .lib))",
        interfaces=lib(),
    )
    argument = last(typed).children[1]
    assert display(typed.types[argument.id]) == "(list 3 principal)"
    assert display(typed.own_type(argument)) == "(list 1 (principal †.lib))"


def test_clarity_1_offers_imported_traits_as_its_own() -> None:
    typed = check("(use-trait alias .lib.adder)", version=1, interfaces=lib())
    assert set(typed.interface().traits) == {"adder"}
    assert not check("(use-trait alias .lib.adder)", interfaces=lib()).interface().traits


def test_constants_may_be_contracts_and_functions_answer_principals() -> None:
    typed = check("(define-constant c .lib) (define-private (f) (if true c .other))")
    assert display(typed.constants["c"]) == "(principal †.lib)"
    assert typed.functions["f"].signature.returns is PRINCIPAL


@pytest.mark.parametrize(
    ("source", "span"),
    [
        ("(begin\n  (+ 1 true))", (2, 3, 2, 12)),
        ("(define-private (f (x foo)) 1)", (1, 23, 1, 25)),
        ("(let ((a 1) b) a)", (1, 13, 1, 13)),
        ("(define-private (f (x int)) x) (f u1)", (1, 35, 1, 36)),
        ("(define-map m foo int)", (1, 1, 1, 22)),
    ],
)
def test_a_fault_is_shown_where_the_interpreter_shows_it(
    source: str, span: tuple[int, int, int, int]
) -> None:
    with pytest.raises(ClarityError) as caught:
        check(source)
    found = caught.value.diagnostic.span
    assert (found.start_line, found.start_column, found.end_line, found.end_column) == span
