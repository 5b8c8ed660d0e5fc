"""How many steps the interpreter counts for parsing a type at deployment."""

from __future__ import annotations

from compiler.syntax.ast import AtomNode, ListNode, Node


def type_steps(node: Node) -> int:
    """Type nodes in the description of a type: one for itself and those inside (`TypeParseStep`)."""
    if not isinstance(node, ListNode):
        return 1
    head = node.children[0]
    name = head.name if isinstance(head, AtomNode) else ""
    match name:
        case "list":
            return 1 + type_steps(node.children[2])
        case "optional":
            return 1 + type_steps(node.children[1])
        case "response":
            return 1 + type_steps(node.children[1]) + type_steps(node.children[2])
        case "tuple":
            return 1 + sum(
                type_steps(field.children[1])
                for field in node.children[1:]
                if isinstance(field, ListNode)
            )
        case _:
            return 1
