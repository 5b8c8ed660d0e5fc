"""What trait references stand for: `define-trait`, `use-trait`, `impl-trait` and `<name>`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from compiler.contracts import SELF
from compiler.syntax.ast import (
    AtomNode,
    FieldNode,
    ListNode,
    Node,
    ReferencedTrait,
    TraitNode,
)
from compiler.syntax.definitions import FUNCTION_DEFINITIONS, definition_of
from compiler.syntax.parsed import Finding, Gap, Parsed, RawNode
from compiler.types import TraitIdentifier


class _RefusedError(Exception):
    """A definition that names traits wrongly; never leaves this module."""

    def __init__(self, code: str, message: str, node: Node, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.node = node
        self.hint = hint


class Traits:
    """The traits of one contract."""

    def __init__(self, parsed: Parsed) -> None:
        self.referenced: dict[str, ReferencedTrait] = {}
        self.implemented: dict[TraitIdentifier, None] = {}
        self._parsed = parsed
        self._mentions = parsed.traits
        self._starts = [node.start for node in parsed.traits]

    def resolve(self) -> None:
        """Reads the definitions in the order of the source; an error goes to the findings.

        What comes behind the first error is not read, as the interpreter doesn't.
        """
        mentioned: dict[str, TraitNode] = {}
        try:
            for form in self._parsed.top_level:
                self._read(form, mentioned)
            for name, node in mentioned.items():
                if name not in self.referenced:
                    raise _undeclared(node)
        except _RefusedError as refused:
            self._report(refused)

    def settle(self, top_level: Sequence[Node]) -> bool:
        """Writes into every `<name>` of the forms, in their order, what it stands for.

        False when one stands for nothing; the findings then say so.
        """
        if not self._mentions:
            return True
        for form in top_level:
            for node in self._mentioned_in(form.start, form.end):
                known = self.referenced.get(node.name)
                if known is None:
                    self._report(_undeclared(node))
                    return False
                node.trait, node.imported = known
        return True

    def _report(self, refused: _RefusedError) -> None:
        node = refused.node
        self._parsed.findings.append(
            Finding(refused.code, str(refused), node.start, node.end, refused.hint)
        )

    def _mentioned_in(self, start: int, end: int) -> Sequence[TraitNode]:
        first = bisect_left(self._starts, start)
        return self._mentions[first : bisect_left(self._starts, end, first)]

    def _read(self, form: Node, mentioned: dict[str, TraitNode]) -> None:
        if type(form) is not ListNode or form.braces:
            return
        items: Sequence[RawNode] = self._parsed.raw.get(form, form.children)
        items = [item for item in items if not (type(item) is Gap and item.comment)]
        word = definition_of(items)
        if word is None:
            return
        args = items[1:]
        if word == "define-trait":
            self._define(form, args, mentioned)
        elif word == "use-trait":
            self._import(form, args)
        elif word == "impl-trait":
            field = args[0] if len(args) == 1 else None
            if type(field) is not FieldNode:
                raise _RefusedError(
                    "bad-impl-trait",
                    "(impl-trait ...) expects a trait identifier",
                    form,
                    "write (impl-trait 'ADDRESS.contract.trait) or (impl-trait .contract.trait)",
                )
            self.implemented[field.field] = None
        elif word in FUNCTION_DEFINITIONS:
            for node in self._mentioned_in(form.start, form.end):
                mentioned.setdefault(node.name, node)
        elif len(args) > 1:
            for node in self._mentioned_in(args[1].start, form.end):
                raise _RefusedError("stored-trait", "trait references can not be stored", node)

    def _define(
        self, form: ListNode, args: Sequence[RawNode], mentioned: dict[str, TraitNode]
    ) -> None:
        name, methods = args if len(args) == 2 else (None, None)
        if type(name) is not AtomNode or type(methods) is not ListNode or methods.braces:
            raise _RefusedError(
                "bad-define-trait",
                "(define-trait ...) expects a trait name and a trait definition",
                form,
                "write (define-trait name ((method (types) (response ok err)) …))",
            )
        self._check_free(name)
        for node in self._mentioned_in(methods.start, methods.end):
            mentioned.setdefault(node.name, node)
        self.referenced[name.name] = ReferencedTrait(TraitIdentifier(SELF, name.name), False)

    def _import(self, form: ListNode, args: Sequence[RawNode]) -> None:
        name, field = args if len(args) == 2 else (None, None)
        if type(name) is AtomNode:
            self._check_free(name)
        if type(name) is not AtomNode or type(field) is not FieldNode:
            raise _RefusedError(
                "bad-use-trait",
                "(use-trait ...) expects a trait name and a trait identifier",
                form,
                "write (use-trait name 'ADDRESS.contract.trait)",
            )
        self.referenced[name.name] = ReferencedTrait(field.field, True)

    def _check_free(self, name: AtomNode) -> None:
        if name.name in self.referenced:
            raise _RefusedError(
                "trait-name-used",
                f"defining '{name.name}' conflicts with previous value",
                name,
            )


def _undeclared(node: TraitNode) -> _RefusedError:
    return _RefusedError(
        "undeclared-trait",
        f"use of undeclared trait <{node.name}>",
        node,
        f"import it: (use-trait {node.name} 'ADDRESS.contract.trait)",
    )
