"""The dynamic type of a list under construction: the least supertype of those its elements carry.

What a dynamic type is stands in `compiler.layout`. Most elements are of the type that their
contents say, and then nothing has to be kept; `OwnType` is for the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from compiler import abi
from compiler.layout import layout_of, vector_room
from compiler.lower.function import HeldNode
from compiler.lower.held import Held
from compiler.lower.spare import has_spare, keep_shared, push_lacking
from compiler.syntax.ast import AtomNode, ListNode
from compiler.types import ListType, OptionalType, ResponseType, TupleType, Type
from compiler.wasm.functions import Local
from compiler.words.element_types import UnlikeTypes

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering
    from compiler.syntax.ast import Node


def carries_type(of: Type) -> bool:
    """Whether values of the type hold lists or tuples whose own types can differ from it."""
    match of:
        case ListType() | TupleType():
            return layout_of(of).dimensions > 0
        case OptionalType(inner=inner):
            return carries_type(inner)
        case ResponseType(ok=ok, err=err):
            return carries_type(ok) or carries_type(err)
        case _:
            return False


def is_fresh(fn: FunctionLowering, node: Node | HeldNode) -> bool:
    """Whether an expression makes a value whose own type is what its contents say."""
    if not carries_type(fn.type_of(node)):
        return True
    if isinstance(node, AtomNode):
        return node.name == "none"
    if not isinstance(node, ListNode) or not isinstance(node.children[0], AtomNode):
        return False
    word = node.children[0].name
    if word == "tuple":
        pairs = [pair for pair in node.children[1:] if isinstance(pair, ListNode)]
        return all(is_fresh(fn, pair.children[1]) for pair in pairs)
    if word in ("list", "some", "ok", "err"):
        return all(is_fresh(fn, child) for child in node.children[1:])
    return False


class OwnType:
    """Collects the dynamic type of a list, element by element; made before any loop.

    `push_count` pushes how many elements there will be (i32).
    """

    def __init__(
        self, fn: FunctionLowering, of: ListType, push_count: Callable[[], object]
    ) -> None:
        self._fn = fn
        self._type = of
        self._dimensions = layout_of(of.entry).dimensions
        self._vector = fn.alloc(vector_room(of))
        self._scratch = fn.alloc(4 * self._dimensions)
        code = fn.code
        code.local_get(self._vector).i32_const(0)
        code.i32_const(4 * (2 + self._dimensions)).memory_fill()
        self._unlike = None if fn.module.epoch.sanitizes_values else UnlikeTypes(fn, push_count)
        self._lacking: Local | None = None
        if has_spare(of.entry):
            self._lacking = fn.local_i32()
            code.i32_const(0).local_set(self._lacking)

    def add(self, element: Held) -> None:
        """Take an element's own type into account; where values are sanitised, so is the element."""
        fn, code = self._fn, self._fn.code
        size = 4 * self._dimensions
        if self._unlike is not None:
            code.i32_const(size).call(fn.module.alloc).local_set(self._scratch)
        code.local_get(self._scratch).i32_const(0).i32_const(size).memory_fill()
        fn.push(element)
        code.local_get(self._scratch).call(fn.module.generated.write_vector(self._type.entry))
        if self._unlike is not None:
            self._unlike.add(self._scratch, self._dimensions)
        if self._lacking is not None:
            push_lacking(fn, self._type, self._vector, self._scratch)
            code.local_get(self._lacking).i32_or().local_set(self._lacking)
            if fn.module.epoch.sanitizes_values:
                keep_shared(fn, element, self._vector, 2)
            return
        code.local_get(self._vector).i32_const(8).i32_add()
        code.local_get(self._scratch).i32_const(self._dimensions)
        fn.helper("merge_dimensions")

    def push(self, count: int) -> None:
        """Push the dynamic type of the list, which has so many elements."""
        code = self._fn.code
        code.local_get(self._vector).i32_const(count).i32_store(0)
        self._store_flags()
        code.local_get(self._vector)
        self._release()

    def push_counted(self, count: Local) -> None:
        """The same with the number of elements in a local."""
        code = self._fn.code
        code.local_get(self._vector).local_get(count).i32_store(0)
        self._store_flags()
        # A list of no elements is of an unknown type.
        code.local_get(self._vector).i32_const(0).local_get(count).select()
        self._release()

    def _store_flags(self) -> None:
        if self._lacking is not None:
            self._fn.code.local_get(self._lacking)
            self._fn.abort_if(abi.Abort.TYPE_ERROR)
            self._fn.code.release(self._lacking)
        if self._unlike is None:
            self._fn.code.local_get(self._vector).i32_const(1).i32_store(4)
        else:
            self._unlike.finish(self._type, self._vector)

    def _release(self) -> None:
        self._fn.code.release(self._vector, self._scratch)
