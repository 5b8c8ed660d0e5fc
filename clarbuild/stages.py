"""A contract as text after a stage of the compiler: its tree, its typed tree, its module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from clarbuild.context import silent
from clarbuild.inspect import find_key, find_unit, load_artifact, wat_lines
from clarbuild.problems import InputError, fault
from clarbuild.run import Builder
from clarbuild.worker import CompileRequest, decoded_interfaces
from compiler.diagnostics import ClarityError
from compiler.syntax import build_ast
from compiler.syntax.ast import AtomNode, FieldNode, ListNode, LiteralNode, Node, TraitNode
from compiler.type_relations import display
from compiler.values import source

_WIDTH = 88
Note = Callable[[Node], str]


def show_stage(builder: Builder, target: str, stage: str) -> str:
    """The text of `stage` ("ast", "typed" or "wat") of a project's contract."""
    unit = find_unit(builder, target)
    if unit is None:
        return _by_hash(builder, target, stage)
    result = builder.build(silent)
    number = result.manifest.units.index(unit)
    outcome = result.outcomes[number]
    if stage == "wat":
        if outcome.key is None or outcome.wasm is None:
            raise InputError(*outcome.problems)
        artifact = load_artifact(builder.around, outcome.key)
        if artifact is None:
            raise fault(target, "not-built", "lost from the cache", hint="run the command again")
        return "".join(f"{line}\n" for line in wat_lines(artifact))
    request = builder.request(number)
    try:
        return _ast(request) if stage == "ast" else _typed(request)
    except ClarityError:
        # The build has met it too, and tells it with the names that this deployment has.
        raise InputError(*outcome.problems) from None


def _by_hash(builder: Builder, target: str, stage: str) -> str:
    key = find_key(builder.around, target)
    artifact = None if key is None else load_artifact(builder.around, key)
    if artifact is None:
        raise fault(target, "unknown", "neither a contract of this project nor a hash in the cache")
    if stage != "wat" or artifact.wasm is None:
        raise fault(target, "no-such-stage", "by its hash only the wat of a valid contract is kept")
    return "".join(f"{line}\n" for line in wat_lines(artifact))


def _ast(request: CompileRequest) -> str:
    ast = build_ast(request.source, request.version, request.epoch)
    return _text(ast.top_level, lambda _: "")


def _typed(request: CompileRequest) -> str:
    from compiler.analysis import analyze

    analyzed = analyze(request.source, request.version, request.epoch, decoded_interfaces(request))
    types = analyzed.typed.types

    def note(node: Node) -> str:
        type_ = types.get(node.id)
        return "" if type_ is None else f" : {display(type_)}"

    return _text(analyzed.ast.top_level, note)


def _text(nodes: tuple[Node, ...], note: Note) -> str:
    return "".join(f"{line}\n" for node in nodes for line in _lines(node, note, 0))


def _lines(node: Node, note: Note, depth: int) -> Iterator[str]:
    """A form on one line where it fits and nothing inside has a note, else a line a child."""
    indent = "  " * depth
    noted = note(node)
    if not isinstance(node, ListNode) or not node.children:
        yield f"{indent}{_leaf(node)}{noted}"
        return
    inner = [note(child) for child in node.children]
    flat = _flat(node)
    if flat is not None and not any(inner) and len(indent) + len(flat) <= _WIDTH:
        yield f"{indent}{flat}{noted}"
        return
    head, *rest = node.children
    if isinstance(head, ListNode):
        yield f"{indent}({noted}"
        rest = list(node.children)
    else:
        yield f"{indent}({_leaf(head)}{noted}"
    for child in rest:
        yield from _lines(child, note, depth + 1)
    yield f"{indent})"


def _flat(node: Node) -> str | None:
    if not isinstance(node, ListNode):
        return _leaf(node)
    if any(isinstance(child, ListNode) and child.children for child in node.children):
        parts = [_flat(child) for child in node.children]
        if any(part is None or len(part) > _WIDTH for part in parts):
            return None
        return f"({' '.join(part or '' for part in parts)})"
    return f"({' '.join(_leaf(child) for child in node.children)})"


def _leaf(node: Node) -> str:
    match node:
        case LiteralNode():
            return source(node.value)
        case AtomNode():
            return node.name
        case FieldNode():
            return str(node.field)
        case TraitNode():
            return f"<{node.name}>"
        case ListNode():
            return "()"
