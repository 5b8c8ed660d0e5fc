"""Literal lists: made while compiling and put into a data segment, instead of code that stores.

Real contracts have lists of hundreds of literals, most of them evaluated once.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, assert_never

from compiler.layout import DATA, I64, layout_of
from compiler.lower.convert import same_layout
from compiler.lower.function import HeldNode
from compiler.lower.typed.shapes import type_size
from compiler.syntax.ast import AtomNode, ListNode, LiteralNode
from compiler.types import ListType, OptionalType, TupleType, Type
from compiler.values import Buffer, Int, Principal, StringAscii, StringUtf8, UInt

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering
    from compiler.syntax.ast import Node

# Shorter lists are not worth a look.
MIN_LENGTH: Final = 4
_MASK: Final = (1 << 64) - 1


class _Constant:
    """A value known while compiling: its data slots, the interpreter's sizes of it and of its own
    type, and what evaluating it costs."""

    __slots__ = ("charges", "size", "slots", "type_size")

    def __init__(
        self, slots: list[int], size: int, type_size: int, charges: list[tuple[str, int]]
    ) -> None:
        self.slots = slots
        self.size = size
        self.type_size = type_size
        self.charges = charges


def constant_elements(
    fn: FunctionLowering, nodes: Sequence[Node | HeldNode], entry: Type
) -> tuple[int, int] | None:
    """The address of the literals `nodes` in element form, and the sum of their sizes.

    What their evaluation costs is charged. `None` where one isn't a literal.
    """
    found = _elements(fn, nodes, entry)
    if found is None:
        return None
    address, size, charges = found
    for name, n in charges:
        fn.charge(name, n)
    return address, size


def _elements(
    fn: FunctionLowering, nodes: Sequence[Node | HeldNode], entry: Type
) -> tuple[int, int, list[tuple[str, int]]] | None:
    """Address and size of literal elements, and what is to be charged for them."""
    if len(nodes) < MIN_LENGTH:
        return None
    constants: list[_Constant] = []
    for node in nodes:
        if isinstance(node, HeldNode):
            return None
        constant = _constant(fn, node, entry)
        if constant is None:
            return None
        constants.append(constant)
    contents = bytearray()
    natural = [slot for slot in layout_of(entry).natural if slot.kind == DATA]
    formats = struct.Struct("<" + "".join("Q" if slot.wasm == I64 else "I" for slot in natural))
    size = 0
    charges: list[tuple[str, int]] = []
    for constant in constants:
        contents += formats.pack(*constant.slots)
        size += constant.size
        charges += constant.charges
    return fn.module.data(bytes(contents)), size, charges


def _constant(fn: FunctionLowering, node: Node, type_: Type) -> _Constant | None:
    """The literal `node` as a value of `type_`, its data slots only."""
    if isinstance(node, LiteralNode):
        return _literal(fn, node)
    if isinstance(node, AtomNode):
        if node.name == "none" and isinstance(type_, OptionalType):
            inside = [s for s in layout_of(type_.inner).natural if s.kind == DATA]
            return _Constant([0] * (1 + len(inside)), 2, 2, [])
        return _BOOLS.get(node.name)
    if isinstance(node, ListNode) and node.children:
        own = fn.module.typed.own_type(node)
        if not same_layout(own, type_):
            return None
        head = node.children[0]
        if isinstance(head, AtomNode):
            if head.name == "tuple" and isinstance(type_, TupleType):
                return _tuple(fn, node, type_)
            if head.name == "list" and isinstance(type_, ListType):
                return _list(fn, node, type_)
            if head.name == "some" and isinstance(type_, OptionalType):
                inner = _constant(fn, node.children[1], type_.inner)
                if inner is None:
                    return None
                charges = [("cost_lookup_function", 0), *inner.charges, ("cost_some_cons", 1)]
                slots = [1, *inner.slots]
                return _Constant(slots, inner.size + 1, inner.type_size + 1, charges)
    return None


_BOOLS: Final = {"true": _Constant([1], 1, 1, []), "false": _Constant([0], 1, 1, [])}


def _literal(fn: FunctionLowering, node: LiteralNode) -> _Constant | None:
    value = node.value
    match value:
        case Int() | UInt():
            return _Constant([value.value & _MASK, (value.value >> 64) & _MASK], 16, 1, [])
        case Buffer():
            data = bytes(value.value)
            return _Constant([fn.module.data(data), len(data)], 4 + len(data), 5, [])
        case StringAscii():
            data = value.value.encode("ascii")
            return _Constant([fn.module.data(data), len(data)], 4 + len(data), 5, [])
        case StringUtf8():
            data = value.value.encode("utf-32-le")
            return _Constant([fn.module.data(data), len(data) // 4], 4 + len(data), 5, [])
        case Principal():
            if value.value.startswith("\u2021"):
                return None
            return _Constant(list(fn.module.principal(value.value)), 148, 1, [])
        case _:
            assert_never(value)


def _tuple(fn: FunctionLowering, node: ListNode, type_: TupleType) -> _Constant | None:
    types = dict(type_.fields)
    fields: dict[str, _Constant] = {}
    charges: list[tuple[str, int]] = [("cost_lookup_function", 0)]
    for pair in node.children[1:]:
        if not isinstance(pair, ListNode) or not isinstance(pair.children[0], AtomNode):
            return None
        name = pair.children[0].name
        constant = _constant(fn, pair.children[1], types[name])
        if constant is None:
            return None
        fields[name] = constant
        charges += constant.charges
    charges.append(("cost_tuple_cons", len(fields)))
    slots = [slot for name, _ in type_.fields for slot in fields[name].slots]
    # Twice the names: once for the type, once for the value.
    names = sum(2 + len(name) for name in fields)
    type_size = names + sum(field.type_size for field in fields.values())
    size = names + type_size + sum(field.size for field in fields.values())
    return _Constant(slots, size, type_size, charges)


def _list(fn: FunctionLowering, node: ListNode, type_: ListType) -> _Constant | None:
    if layout_of(type_.entry).dimensions:
        return None
    entries = node.children[1:]
    found = _elements(fn, entries, type_.entry)
    if found is None:
        return None
    address, size, inner = found
    own = fn.module.typed.own_type(node)
    if not isinstance(own, ListType) or own.max_len != len(entries):
        return None
    static = fn.module.generated.declared_size(own)
    entry_type_size = type_size(own.entry)
    if entry_type_size is None:
        return None
    charges = [("cost_lookup_function", 0), *inner, ("cost_list_cons", size)]
    return _Constant([address, len(entries)], static, entry_type_size + 5, charges)
