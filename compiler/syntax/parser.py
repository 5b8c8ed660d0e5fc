"""Well-formed source text to nodes, in one pass over the matches of one regular expression.

This is parser v2 of stacks-core, which the reference VM runs in every epoch. Where anything is
amiss, `parse` gives up and answers None; `recovery` then finds out what the errors are.
"""

from __future__ import annotations

import re
from typing import Final

from compiler.addresses import (
    MAX_DEPLOYED_NAME_LENGTH,
    MAX_NAME_LENGTH,
    is_contract_name,
)
from compiler.syntax import lexemes
from compiler.syntax.ast import AtomNode, ListNode, LiteralNode, Node, SourceLines
from compiler.syntax.literals import canonical_address, parse_literal
from compiler.syntax.parsed import Gap, Parsed, RawNode
from compiler.values import Literal, Principal

_NAME, _OPEN, _CLOSE, _LITERAL, _COMMENT, _OPEN_BRACE, _CLOSE_BRACE = range(1, 8)
_COLON, _COMMA, _CONTRACT, _TRAIT, _END = range(8, 13)

_PART: Final = rf"\.{lexemes.IDENTIFIER}"
_TOKEN: Final = re.compile(
    r"[ \t\n]*+(?:"
    + "|".join(
        f"({form})"
        for form in (
            rf"{lexemes.IDENTIFIER}|{lexemes.OPERATOR}",
            r"\(",
            r"\)",
            "|".join(
                (
                    lexemes.UNSIGNED,
                    lexemes.INTEGER,
                    lexemes.BUFFER,
                    lexemes.ASCII_STRING,
                    lexemes.UTF8_STRING,
                )
            ),
            lexemes.COMMENT,
            r"\{",
            r"\}",
            ":",
            ",",
            rf"(?:{lexemes.ADDRESS}(?:{_PART})?+|{_PART})(?:{_PART})?+",
            lexemes.TRAIT,
            r"\Z",
            r"[\s\S]",
        )
    )
    + ")"
)

# What a form that is being read expects next. A list takes nodes; a tuple goes round the others.
_NODES, _KEY, _COLON_NEXT, _VALUE, _COMMA_NEXT = range(5)


class _MalformedError(Exception):
    """The source is not well formed; never leaves this module."""


def parse(source: str, max_nesting: int, deployer: str | None = None) -> Parsed | None:
    """The nodes of `source`; None if there is any error in it."""
    if not source.isascii():
        return None
    try:
        return _parse(source, max_nesting, deployer)
    except _MalformedError:
        return None


def _parse(source: str, max_nesting: int, deployer: str | None) -> Parsed:
    lines = SourceLines(source)
    parsed = Parsed(lines, deployer)
    literals: dict[str, Literal] = {}
    names: dict[str, str] = {}
    stack: list[tuple[list[RawNode], int, int, bool]] = []
    nodes: list[RawNode] = []
    top_level = nodes
    state = _NODES
    opened_at = 0
    gaps = False
    depth = 0
    position = 0
    node: Node

    # One token a turn; a branch that makes no node goes on with the next token.
    for found in _TOKEN.finditer(source):
        kind = found.lastindex or 0
        start, end = found.span(kind)
        spaced = start > position
        position = end
        if kind == _NAME:
            text = source[start:end]
            name = names.get(text)
            if name is None:
                if end - start > MAX_NAME_LENGTH:
                    raise _MalformedError
                names[text] = name = text
            node = AtomNode(start, end, lines, name)
        elif kind in (_OPEN, _OPEN_BRACE):
            # Whitespace is looked for before this form, as the closing bracket can't tell.
            if state == _NODES:
                if nodes and not spaced and stack:
                    raise _MalformedError
            elif state in (_COLON_NEXT, _COMMA_NEXT):
                raise _MalformedError
            stack.append((nodes, state, opened_at, gaps))
            nodes, opened_at, gaps = [], start, False
            if kind == _OPEN:
                state = _NODES
                depth += 1
            else:
                # A tuple counts for two: it stands for a list of pairs.
                state = _KEY
                depth += 2
            # Whether it's too deep here or for a later check, `recovery` finds out.
            if depth > max_nesting + 1 or len(stack) >= max_nesting:
                raise _MalformedError
            continue
        elif kind == _CLOSE:
            if state != _NODES or not stack:
                raise _MalformedError
            if gaps:
                node = parsed.add_list(opened_at, end, nodes, True, False)
            else:
                node = ListNode(opened_at, end, lines, tuple(nodes))  # type: ignore[arg-type]
            nodes, state, opened_at, gaps = stack.pop()
            depth -= 1
            spaced = True
        elif kind == _LITERAL:
            text = source[start:end]
            value = literals.get(text)
            if value is None:
                value = parse_literal(text)
                if value is None:
                    raise _MalformedError
                literals[text] = value
            node = LiteralNode(start, end, lines, value)
        elif kind == _COMMENT:
            if stack:
                nodes.append(Gap(start, end, comment=True))
                gaps = True
            continue
        elif kind == _COLON:
            if state != _COLON_NEXT:
                raise _MalformedError
            state = _VALUE
            continue
        elif kind == _COMMA:
            if state != _COMMA_NEXT:
                raise _MalformedError
            state = _KEY
            continue
        elif kind == _CLOSE_BRACE:
            if state not in (_KEY, _COMMA_NEXT):
                raise _MalformedError
            node = parsed.add_list(opened_at, end, nodes, gaps, True)
            nodes, state, opened_at, gaps = stack.pop()
            depth -= 2
            spaced = True
        elif kind == _CONTRACT:
            node = _contract(parsed, source[start:end], start, end)
        elif kind == _TRAIT:
            if end - start - 2 > MAX_NAME_LENGTH:
                raise _MalformedError
            node = parsed.add_trait(start, end, source[start + 1 : end - 1])
        elif kind == _END and not stack:
            break
        else:
            raise _MalformedError

        if state == _NODES:
            if not spaced and nodes and stack:
                raise _MalformedError
        elif state == _KEY:
            state = _COLON_NEXT
        elif state == _VALUE:
            state = _COMMA_NEXT
        else:
            raise _MalformedError
        nodes.append(node)

    parsed.top_level = top_level  # type: ignore[assignment]
    return parsed


def _contract(parsed: Parsed, text: str, start: int, end: int) -> Node:
    address, _, rest = text.partition(".")
    if address:
        canonical = canonical_address(address[1:])
        if canonical is None:
            raise _MalformedError
        if not rest:
            return LiteralNode(start, end, parsed.lines, Principal(canonical))
        address = canonical
    name, dot, trait = rest.partition(".")
    if (
        len(name) > MAX_DEPLOYED_NAME_LENGTH
        or not is_contract_name(name)
        or len(trait) > MAX_NAME_LENGTH
    ):
        raise _MalformedError
    return parsed.add_contract(start, end, address or None, name, trait if dot else None)
