"""Arguments of a call as the user writes them, in Clarity, as values; knows no chain."""

from __future__ import annotations

from collections.abc import Callable

from clarbuild.problems import InputError, fault, problem
from compiler.contracts import bind
from compiler.diagnostics import ClarityError, Span
from compiler.interface import FunctionSignature
from compiler.python_values import to_value
from compiler.syntax import build_ast
from compiler.syntax.ast import AtomNode, ListNode, LiteralNode, Node
from compiler.values import NONE, Err, List, Ok, Principal, Some, Tuple, Value
from compiler.versions import LATEST_EPOCH

_ATOMS: dict[str, Value] = {"true": True, "false": False, "none": NONE}
_WRAPPERS: dict[str, Callable[[Value], Value]] = {"some": Some, "ok": Ok, "err": Err}


def parse_arguments(
    texts: list[str], function: str, signature: FunctionSignature, deployer: str
) -> list[Value]:
    """The values of a call's arguments, of the types that the function takes."""
    wanted = signature.args
    if len(texts) != len(wanted):
        names = " ".join(name for name, _ in wanted) or "none"
        raise fault(
            function,
            "argument-count",
            f"{function} takes {len(wanted)} arguments, got {len(texts)}",
            hint=f"arguments: {names}",
        )
    values: list[Value] = []
    for number, (text, (name, type_)) in enumerate(zip(texts, wanted, strict=True), 1):
        value = parse_value(text, f"argument {number}", deployer)
        try:
            values.append(to_value(value, type_))
        except (TypeError, ValueError) as error:
            raise fault(
                f"argument {number}",
                "argument-type",
                f"{name}: {error}",
                span=Span(1, 1, 1, len(text)),
                text=text,
            ) from None
    return values


def parse_value(text: str, place: str, deployer: str) -> Value:
    """The value that a text of Clarity stands for; only values can be written, no computations."""
    try:
        ast = build_ast(text, LATEST_EPOCH.newest_clarity, LATEST_EPOCH)
    except ClarityError as error:
        raise InputError(problem(place, error.diagnostic, text)) from None
    if len(ast.top_level) != 1:
        raise fault(place, "no-value", "not one value", hint="for a string write '\"text\"'")
    return _value(ast.top_level[0], text, place, deployer)


def _value(node: Node, text: str, place: str, deployer: str) -> Value:
    match node:
        case LiteralNode():
            literal: Value = node.value
            if isinstance(literal, Principal):
                return Principal(bind(literal.value, deployer, ""))
            return literal
        case AtomNode() if node.name in _ATOMS:
            return _ATOMS[node.name]
        case ListNode() if node.children and isinstance(node.children[0], AtomNode):
            head, rest = node.children[0].name, node.children[1:]
            if head == "list":
                return List(_value(child, text, place, deployer) for child in rest)
            if head in _WRAPPERS and len(rest) == 1:
                return _WRAPPERS[head](_value(rest[0], text, place, deployer))
            if head == "tuple":
                fields: dict[str, Value] = {}
                for pair in rest:
                    match pair:
                        case ListNode(children=(AtomNode(name=name), inner)):
                            fields[name] = _value(inner, text, place, deployer)
                        case _:
                            raise _no_value(pair, text, place)
                return Tuple(fields)
    raise _no_value(node, text, place)


def _no_value(node: Node, text: str, place: str) -> InputError:
    return fault(
        place,
        "no-value",
        "not a value",
        span=node.span,
        text=text,
        hint='write a value as in Clarity: u1, -5, true, 0x0102, "text", \'SP…, {a: 1}, (list 1 2)',
    )
