"""Tokens to nodes, carrying on behind errors as the interpreter's parser does.

The interpreter analyses what it could make of a broken source and ends with the last message of
all; to end with the same one, the same tree has to come out here, error for error. In the tree,
the place of an error is a gap.
"""

from __future__ import annotations

from typing import Final

from compiler.addresses import MAX_DEPLOYED_NAME_LENGTH, MAX_NAME_LENGTH, is_contract_name
from compiler.syntax import lexer
from compiler.syntax.ast import AtomNode, LiteralNode, SourceLines
from compiler.syntax.lexer import Lexer, Token
from compiler.syntax.literals import (
    ascii_string,
    canonical_address,
    parse_buffer,
    parse_int,
    parse_uint,
)
from compiler.syntax.parsed import Finding, Gap, Parsed, RawNode
from compiler.values import Literal, Principal, StringUtf8

_HINTS: Final = {
    "expected-whitespace": "put a space between the expressions",
    "expected-tuple-colon": "write a tuple as {key: value, …}",
    "expected-tuple-comma": "write a comma between the pairs: {a: 1, b: 2}",
    "contract-name-too-long": f"names of contracts have {MAX_DEPLOYED_NAME_LENGTH} characters "
    "at most",
    "name-too-long": f"names have {MAX_NAME_LENGTH} characters at most",
    "invalid-principal": "check the address: its checksum doesn't match",
    "int-out-of-range": "int holds 128 bits, signed",
    "uint-out-of-range": "uint holds 128 bits",
    "nesting-too-deep": "move a part of the expression into a function of its own",
}


class _OpenList:
    __slots__ = ("nodes", "spaced", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.nodes: list[RawNode] = []
        self.spaced = True


class _OpenTuple:
    __slots__ = ("mark", "nodes", "start", "wants_value")

    def __init__(self, start: int, mark: Token) -> None:
        self.start = start
        self.nodes: list[RawNode] = []
        self.wants_value = False
        # The token that an error about a missing key or value points to.
        self.mark = mark


def parse_with_errors(
    source: str, max_nesting: int, max_depth: int, deployer: str | None = None
) -> Parsed:
    """What can be made of `source`, with all that is wrong with it in `findings`."""
    return _Parser(source, max_nesting, max_depth, deployer).parse()


class _Parser:
    def __init__(self, source: str, max_nesting: int, max_depth: int, deployer: str | None) -> None:
        lines = SourceLines(source)
        scanner = Lexer(source)
        self.tokens = scanner.tokens()
        self.at = 0
        self.nesting = 0
        self.max_nesting = max_nesting + 1
        self.max_depth = max_depth
        self.lines = lines
        self.parsed = Parsed(lines, deployer, findings=scanner.findings)

    def parse(self) -> Parsed:
        while True:
            node = self._parse_node()
            if node is None:
                last = self.tokens[self.at - 1]
                if last.kind == lexer.EOF:
                    return self.parsed
                self._unexpected(last)
            elif not isinstance(node, Gap):
                self.parsed.top_level.append(node)

    # --- tokens ---

    def _next(self) -> Token | None:
        if self.at >= len(self.tokens):
            return None
        self.at += 1
        return self.tokens[self.at - 1]

    def _peek(self) -> Token:
        return self.tokens[min(self.at, len(self.tokens) - 1)]

    def _skip_whitespace(self) -> bool:
        before = self.at
        while self.at < len(self.tokens) and self.tokens[self.at].kind == lexer.WHITESPACE:
            self.at += 1
        return self.at > before

    def _skip_comments(self, nodes: list[RawNode]) -> None:
        """Skips whitespace and comments, the latter kept as gaps."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.kind == lexer.COMMENT:
                nodes.append(Gap(token.start, token.end, comment=True))
            elif token.kind != lexer.WHITESPACE:
                return
            self.at += 1

    # --- errors ---

    def _error(self, code: str, message: str, start: int, end: int, *, note: bool = False) -> None:
        hint = _HINTS.get(code)
        self.parsed.findings.append(Finding(code, message, start, end, hint, note))

    def _unexpected(self, token: Token) -> None:
        self._error("unexpected-token", f"unexpected '{token.name}'", token.start, token.end)

    def _expected_closing(self, closing: str, opening: str, at: Token, opened_at: int) -> None:
        self._error("expected-closing", f"expected closing '{closing}'", at.start, at.end)
        self._error(
            "to-match-this",
            f"to match this '{opening}'",
            opened_at,
            opened_at + 1,
            note=True,
        )

    # --- forms ---

    def _parse_node(self) -> RawNode | None:
        """The next expression; None where a token is in the way or the source ends."""
        stack: list[_OpenList | _OpenTuple] = []
        while True:
            self._skip_whitespace()
            token = self._next()
            node: RawNode | None = None
            if token is not None:
                kind = token.kind
                if kind in ("(", "{"):
                    opened = self._open(token)
                    if opened is None:
                        return None
                    if not isinstance(opened, (_OpenList, _OpenTuple)):
                        node = opened
                    else:
                        stack.append(opened)
                        continue
                else:
                    node = self._parse_token(token)
            # A node may close the form around it, which then goes to the form around that one.
            while stack:
                form = stack[-1]
                if isinstance(form, _OpenList):
                    finished = self._continue_list(form, node)
                    nesting = 1
                else:
                    finished = self._continue_tuple(form, node)
                    nesting = 2
                if finished is None:
                    break
                node = finished
                stack.pop()
                self.nesting -= nesting
            else:
                return node

    def _open(self, token: Token) -> _OpenList | _OpenTuple | RawNode | None:
        """The form that `token` opens, or an empty tuple, or None if it's nested too deep."""
        # A tuple counts for two: it stands for a list of pairs.
        weight = 1 if token.kind == "(" else 2
        if self.nesting + weight > self.max_nesting:
            self._error(
                "nesting-too-deep", too_deep_message(self.max_depth), token.start, token.end
            )
            self.at = len(self.tokens)
            return None
        if weight == 1:
            self.nesting += 1
            return _OpenList(token.start)
        opened = _OpenTuple(token.start, self._peek())
        self._skip_comments(opened.nodes)
        if self._peek().kind == ",":
            self._unexpected(self._peek())
            self.at += 1
            self._skip_comments(opened.nodes)
        if self._peek().kind == "}":
            return self._close_tuple(opened)
        opened.mark = self._peek()
        self.nesting += 2
        return opened

    def _finish_list(self, form: _OpenList, end: int) -> RawNode:
        gaps = any(type(node) is Gap for node in form.nodes)
        return self.parsed.add_list(form.start, end, form.nodes, gaps, braces=False)

    def _finish_tuple(self, form: _OpenTuple, end: int) -> RawNode:
        gaps = any(type(node) is Gap for node in form.nodes)
        return self.parsed.add_list(form.start, end, form.nodes, gaps, braces=True)

    def _close_tuple(self, form: _OpenTuple) -> RawNode:
        closing = self._peek()
        self.at += 1
        return self._finish_tuple(form, closing.end)

    def _continue_list(self, form: _OpenList, node: RawNode | None) -> RawNode | None:
        """The list that `form` has become if it is closed now."""
        if node is not None:
            if not form.spaced and not (type(node) is Gap and node.comment):
                self._error(
                    "expected-whitespace",
                    "expected whitespace before expression",
                    node.start,
                    node.end,
                )
            form.nodes.append(node)
            form.spaced = self._skip_whitespace()
            return None
        last = self.tokens[self.at - 1]
        if last.kind == ")":
            return self._finish_list(form, last.end)
        if last.kind == lexer.EOF:
            self._expected_closing(")", "(", last, form.start)
            return self._finish_list(form, last.end)
        self._unexpected(last)
        form.spaced = self._skip_whitespace()
        return None

    def _continue_tuple(self, form: _OpenTuple, node: RawNode | None) -> RawNode | None:
        """The tuple that `form` has become if it is closed now."""
        if node is None:
            last = self.tokens[self.at - 1]
            if last.kind != lexer.EOF:
                self._unexpected(last)
                return None
            if form.wants_value:
                self._error(
                    "expected-tuple-value",
                    "expected value expression for tuple",
                    form.mark.start,
                    form.mark.end,
                )
                form.nodes.append(Gap(last.start, last.end, comment=False))
            else:
                self._expected_closing("}", "{", form.mark, form.start)
            return self._finish_tuple(form, last.end)
        form.nodes.append(node)
        self._skip_comments(form.nodes)
        if form.wants_value:
            return self._after_value(form)
        return self._after_key(form)

    def _after_key(self, form: _OpenTuple) -> RawNode | None:
        token = self._peek()
        if token.kind == ":":
            self.at += 1
        else:
            self._error(
                "expected-tuple-colon", "expected ':' after key in tuple", token.start, token.end
            )
            if token.kind == lexer.EOF:
                form.nodes.append(Gap(token.start, token.end, comment=False))
                return self._finish_tuple(form, token.end)
        form.mark = token
        self._skip_comments(form.nodes)
        form.wants_value = True
        return None

    def _after_value(self, form: _OpenTuple) -> RawNode | None:
        token = self._peek()
        if token.kind == "}":
            return self._close_tuple(form)
        if token.kind == ",":
            self.at += 1
        elif token.kind != lexer.EOF:
            self._error(
                "expected-tuple-comma",
                "expected ',' separating key-value pairs in tuple",
                token.start,
                token.end,
            )
        self._skip_comments(form.nodes)
        if self._peek().kind == "}":
            return self._close_tuple(form)
        form.mark = self._peek()
        form.wants_value = False
        return None

    # --- single tokens ---

    def _parse_token(self, token: Token) -> RawNode | None:
        """The node of a token that opens nothing; None if it can't stand where a node is due."""
        kind, text, start, end = token
        if kind in (lexer.IDENTIFIER, lexer.OPERATOR):
            if len(text) > MAX_NAME_LENGTH:
                return self._name_too_long(text, token, start)
            return AtomNode(start, end, self.lines, text)
        if kind == lexer.TRAIT:
            if len(text) > MAX_NAME_LENGTH:
                return self._name_too_long(text, token, start)
            return self.parsed.add_trait(start, end, text)
        if kind == lexer.ADDRESS:
            return self._parse_principal(token)
        if kind == ".":
            return self._parse_contract(None, start)
        if kind in (lexer.COMMENT, lexer.PLACEHOLDER):
            return Gap(start, end, comment=kind == lexer.COMMENT)
        value: Literal | None
        if kind == lexer.INT:
            value = parse_int(text)
            code, message = "int-out-of-range", f"Failed to parse int literal '{text}'"
        elif kind == lexer.UINT:
            value = parse_uint(text)
            code, message = "uint-out-of-range", f"Failed to parse uint literal 'u{text}'"
        elif kind == lexer.BYTES:
            value = parse_buffer(text)
            code, message = "invalid-buffer", "invalid hex-string literal"
        elif kind == lexer.ASCII:
            value = ascii_string(text)
            code, message = "illegal-ascii-string", f'illegal ascii string "{text}"'
        elif kind == lexer.UTF8:
            return LiteralNode(start, end, self.lines, StringUtf8(text))
        else:
            return None
        if value is None:
            return self._bad(code, message, token, start)
        return LiteralNode(start, end, self.lines, value)

    def _bad(self, code: str, message: str, token: Token, start: int) -> Gap:
        """The gap from `start` to `token`, with which something is wrong."""
        self._error(code, message, token.start, token.end)
        return Gap(start, token.end, comment=False)

    def _name_too_long(self, name: str, token: Token, start: int) -> Gap:
        return self._bad("name-too-long", f"illegal name (too long), '{name}'", token, start)

    def _parse_principal(self, token: Token) -> RawNode:
        address = canonical_address(token.text)
        if address is None:
            return self._bad("invalid-principal", "invalid principal literal", token, token.start)
        if self._peek().kind == ".":
            self.at += 1
            return self._parse_contract(address, token.start)
        return LiteralNode(token.start, token.end, self.lines, Principal(address))

    def _parse_contract(self, address: str | None, start: int) -> RawNode:
        """A contract or a field of one, behind the dot."""
        # The interpreter takes whatever token comes after a dot, brackets too.
        token = self._next() or self.tokens[-1]
        if token.kind != lexer.IDENTIFIER:
            return self._bad("expected-contract-name", "expected contract identifier", token, start)
        name = token.text
        if len(name) > MAX_DEPLOYED_NAME_LENGTH:
            return self._bad(
                "contract-name-too-long", f"contract name '{name}' is too long", token, start
            )
        if not is_contract_name(name):
            return self._bad(
                "illegal-contract-name", f"Illegal contract name: '{name}'", token, start
            )
        if self._peek().kind != ".":
            return self.parsed.add_contract(start, token.end, address, name, None)
        self.at += 1
        token = self._next() or self.tokens[-1]
        if token.kind != lexer.IDENTIFIER:
            return self._bad("expected-trait-name", "expected trait identifier", token, start)
        if len(token.text) > MAX_NAME_LENGTH:
            return self._name_too_long(token.text, token, start)
        return self.parsed.add_contract(start, token.end, address, name, token.text)


def too_deep_message(max_depth: int) -> str:
    """What the interpreter says of expressions nested too deep."""
    return f"AST has too deep of an expression nesting. The maximum stack depth is {max_depth}"
