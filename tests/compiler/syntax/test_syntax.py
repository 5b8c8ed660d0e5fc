"""What comes out of `build_ast`: trees, their order and numbers, places, names of contracts."""

from __future__ import annotations

import pytest

from compiler.contracts import DEPLOYER, SELF
from compiler.diagnostics import ClarityError, Severity, Span
from compiler.syntax import ContractAst, build_ast, build_ast_with_diagnostics
from compiler.syntax.ast import AtomNode, FieldNode, ListNode, LiteralNode, Node, TraitNode
from compiler.types import TraitIdentifier
from compiler.values import Buffer, Int, Principal, StringAscii, StringUtf8, UInt
from compiler.versions import ClarityVersion, Epoch

ADDRESS = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"


def build(source: str, epoch: Epoch = Epoch.EPOCH_4_0) -> ContractAst:
    return build_ast(source, ClarityVersion.CLARITY_1, epoch)


def recovered(source: str, epoch: Epoch = Epoch.EPOCH_4_0) -> ContractAst:
    return build_ast_with_diagnostics(source, ClarityVersion.CLARITY_1, epoch)[0]


def refusal(source: str, epoch: Epoch = Epoch.EPOCH_4_0) -> str:
    with pytest.raises(ClarityError) as caught:
        build(source, epoch)
    return caught.value.diagnostic.message


def show(node: Node) -> str:
    match node:
        case LiteralNode(value=value):
            return str(value)
        case AtomNode(name=name):
            return name
        case ListNode(children=children):
            return f"({' '.join(map(show, children))})"
        case FieldNode(field=field):
            return f"'{field}"
        case TraitNode(name=name):
            return f"<{name}>"


def shown(ast: ContractAst) -> list[str]:
    return [show(node) for node in ast.top_level]


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("-007", Int(-7)),
        ("170141183460469231731687303715884105727", Int(2**127 - 1)),
        ("-170141183460469231731687303715884105728", Int(-(2**127))),
        ("u340282366920938463463374607431768211455", UInt(2**128 - 1)),
        ("0x", Buffer(b"")),
        ("0xABcd", Buffer(b"\xab\xcd")),
        (r'"a\n\t\r\\\""', StringAscii('a\n\t\r\\"')),
        ('"raw\ttab\r"', StringAscii("raw\ttab\r")),
        (r'u"\u{41}\u{1F600}\0"', StringUtf8("A\U0001f600\0")),
        (r'u"\u{00000041}"', StringUtf8("A")),
        (f"'{ADDRESS}", Principal(ADDRESS)),
        # The first character of an address is not looked at.
        (f"'X{ADDRESS[1:]}", Principal(ADDRESS)),
        (f"'{ADDRESS}.a-b_c", Principal(f"{ADDRESS}.a-b_c")),
        (".token", Principal(f"{DEPLOYER}.token")),
    ],
)
def test_literals(source: str, value: object) -> None:
    (node,) = build(source).top_level
    assert isinstance(node, LiteralNode)
    assert node.value == value


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("{a: 1, b: {c: u2},}", ["(tuple (a 1) (b (tuple (c u2))))"]),
        ("{a:1,b:2}", ["(tuple (a 1) (b 2))"]),
        ("{}", ["(tuple)"]),
        ("{ ;;c\n a ;;c\n : ;;c\n 1 ;;c\n }", ["(tuple (a 1))"]),
        ("(a ;; comment\n b)", ["(a b)"]),
        # Only inside a list is whitespace asked for.
        ('"a""b"(b)(c)', ['"a"', '"b"', "(b)", "(c)"]),
        ("(<= 1 2) (- 5) (* 1 -2)", ["(<= 1 2)", "(- 5)", "(* 1 -2)"]),
        ("", []),
        (" \n\t;; nothing", []),
    ],
)
def test_trees(source: str, tree: list[str]) -> None:
    assert shown(build(source)) == tree


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("(foo", ["(foo)"]),
        ("(a 1u2 b)", ["(a b)"]),
        ("(a(b))", ["(a (b))"]),
        ("(a } b)", ["(a b)"]),
        ("{a 1}", ["(tuple (a 1))"]),
        ("{a: 1 b: 2}", ["(tuple (a 1) (b 2))"]),
        ("{a: 1, b", ["(tuple (a 1) (b))"]),
        ("(a .(b))", ["(a b)"]),
        # An unclosed trait swallows the bracket behind it.
        ("(<a) b", ["(b)"]),
        ("; one (a)\n(b)", ["(b)"]),
        ("(a) \ufffd (b)", ["(a)"]),
        ("(a) " + "(" * 200, ["(a)"]),
    ],
)
def test_trees_of_broken_sources(source: str, tree: list[str]) -> None:
    assert shown(recovered(source)) == tree


def test_nodes_are_numbered_in_the_order_of_definitions() -> None:
    ast = build("(define-constant a b)\n(define-constant b {c: 1})")
    assert shown(ast) == ["(define-constant b (tuple (c 1)))", "(define-constant a b)"]
    numbers: list[int] = []
    pending = list(reversed(ast.top_level))
    while pending:
        node = pending.pop()
        numbers.append(node.id)
        if isinstance(node, ListNode):
            pending.extend(reversed(node.children))
    assert numbers == list(range(1, len(numbers) + 1))
    assert ast.definition_edges == 1


@pytest.mark.parametrize(
    ("first", "moved"),
    [
        ("(define-private (f) (g))", True),
        ("(define-private (f) (let ((a (g))) a))", True),
        ("(define-private (f) (get a (g)))", True),
        ("(define-private (f) {a: (g)})", True),
        ("(define-data-var v int (g))", True),
        # The interpreter does not look into these.
        ("(define-private (f) 1 (g))", False),
        ("(define-private (f) (contract-call? .a g))", False),
        ("(define-private (f) (let {a: (g)} 1))", False),
        # A comment inside a form shifts what is taken for an argument.
        ("(define-private (f) (let ((a ;;c\n (g))) a))", False),
        ("(define-private (f) {a: ;;c\n (g)})", False),
        ("(define-private (f) ;;c\n (g))", True),
    ],
)
def test_order_of_definitions(first: str, moved: bool) -> None:
    ast = build(f"{first}\n(define-private (g) 1)")
    assert (shown(ast)[0] == "(define-private (g) 1)") is moved


def test_a_comment_hides_a_definition_from_the_order() -> None:
    ast = build("(define-private (f) (g)) (define-private ;;c\n (g) 1)")
    assert shown(ast) == ["(define-private (f) (g))", "(define-private (g) 1)"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("(define-private (f) (f))", "f"),
        ("(define-private (f) (g)) (define-private (g) (f))", "f, g"),
        (
            "(define-private (c) (b)) (define-private (b) (a)) (define-private (a) (b))",
            "a, b, c",
        ),
    ],
)
def test_circular_references(source: str, names: str) -> None:
    assert refusal(source) == f"detected interdependent functions ({names})"


def test_traits() -> None:
    ast = build(
        f"(define-trait own ((f (<far>) (response bool bool))))"
        f"(use-trait far '{ADDRESS}.c.t) (impl-trait .d.u)"
        f"(define-public (g (x <own>)) (ok true))"
    )
    assert ast.defined_traits == {"own"}
    assert ast.referenced_traits["own"] == (TraitIdentifier(SELF, "own"), False)
    assert ast.referenced_traits["far"] == (TraitIdentifier(f"{ADDRESS}.c", "t"), True)
    assert ast.implemented_traits == (TraitIdentifier(f"{DEPLOYER}.d", "u"),)
    assert set(ast.contract_references) == {f"{ADDRESS}.c", f"{DEPLOYER}.d"}


def test_first_mentions_of_contracts() -> None:
    ast = build("(print .a)\n(contract-call? .b f .a)")
    assert dict(ast.contract_references) == {
        f"{DEPLOYER}.a": Span(1, 8, 1, 9),
        f"{DEPLOYER}.b": Span(2, 17, 2, 18),
    }


def test_contracts_of_the_deployer_are_siblings() -> None:
    ast, diagnostics = build_ast_with_diagnostics(
        f"(print '{ADDRESS}.a) (print .a)", ClarityVersion.CLARITY_1, Epoch.EPOCH_4_0, ADDRESS
    )
    assert not diagnostics
    assert set(ast.contract_references) == {f"{DEPLOYER}.a"}


def test_an_undeclared_trait_leaves_no_tree() -> None:
    ast, diagnostics = build_ast_with_diagnostics(
        "(print 1) (print <a>)", ClarityVersion.CLARITY_1, Epoch.EPOCH_4_0
    )
    assert ast.top_level == ()
    assert [found.message for found in diagnostics] == ["use of undeclared trait <a>"]


def test_spans() -> None:
    (form,) = build("\n  (ab\n {c: u12})").top_level
    assert isinstance(form, ListNode)
    assert form.span == Span(2, 3, 3, 10)
    assert [child.span for child in form.children] == [Span(2, 4, 2, 5), Span(3, 2, 3, 9)]


def test_diagnostics_say_where_and_how_to_mend() -> None:
    _, diagnostics = build_ast_with_diagnostics(
        "(print 1)\r\n(print", ClarityVersion.CLARITY_1, Epoch.EPOCH_4_0
    )
    assert [(found.code, found.severity) for found in diagnostics] == [
        ("unsupported-line-ending", Severity.ERROR),
        ("crlf-editor", Severity.NOTE),
        ("expected-closing", Severity.ERROR),
        ("to-match-this", Severity.NOTE),
    ]
    assert diagnostics[0].span == Span(1, 10, 1, 10)
    assert diagnostics[0].hint == "convert the file to LF line endings"
    assert diagnostics[3].span == Span(2, 1, 2, 1)


@pytest.mark.parametrize(("epoch", "deepest"), [(Epoch.EPOCH_3_3, 64), (Epoch.EPOCH_3_4, 128)])
def test_nesting_limits(epoch: Epoch, deepest: int) -> None:
    message = f"AST has too deep of an expression nesting. The maximum stack depth is {deepest}"
    lists = deepest + 4
    build("(" * lists + ")" * lists, epoch)
    assert refusal("(" * (lists + 1) + ")" * (lists + 1), epoch) == message
    # A tuple counts for two where it is opened.
    tuples = (deepest + 6) // 2
    build("{a:" * tuples + "1" + "}" * tuples, epoch)
    assert refusal("{a:" * (tuples + 1) + "1" + "}" * (tuples + 1), epoch) == message


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("(" * 10_000, "AST has too deep of an expression nesting. The maximum stack depth is 128"),
        (
            "{a: " * 10_000,
            "AST has too deep of an expression nesting. The maximum stack depth is 128",
        ),
        (")" * 10_000, "unexpected ')'"),
        ("-" * 10_000, "expected separator"),
        ("1" * 10_000, f"Failed to parse int literal '{'1' * 10_000}'"),
        ("0x" + "00" * 1_048_577, "invalid hex-string literal"),
        ('"' + "a" * 1_048_577 + '"', f'illegal ascii string "{"a" * 1_048_577}"'),
    ],
    ids=["lists", "tuples", "closing", "dashes", "digits", "buffer", "string"],
)
def test_hostile_sources_are_refused(source: str, message: str) -> None:
    assert refusal(source) == message


def test_rubbish_tells_a_bounded_number_of_errors() -> None:
    _, diagnostics = build_ast_with_diagnostics(
        ")" * 5_000 + "}", ClarityVersion.CLARITY_1, Epoch.EPOCH_4_0
    )
    assert len(diagnostics) == 1_000
    assert diagnostics[-1].message == "unexpected '}'"
