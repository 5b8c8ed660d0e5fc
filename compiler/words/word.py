"""What a word is to code generation: one row that holds all of it.

Two kinds. A *plain* word's arguments are evaluated in order and pushed, then the charge is made
from the row, then `emit` runs, which never sees syntax. A *form* gets the nodes and does all of it
itself, charges included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from compiler.types import Type

if TYPE_CHECKING:
    from compiler.lower.function import FunctionLowering, HeldNode
    from compiler.syntax.ast import Node

    Argument: TypeAlias = Node | HeldNode

PlainEmit: TypeAlias = "Callable[[FunctionLowering, Sequence[Type], Type], None]"
"""(function, types of the arguments on the stack, type of the result to push)."""

FormEmit: TypeAlias = "Callable[[FunctionLowering, Call], Type]"
"""(function, call) -> the type of what was pushed."""


class Call(Struct, frozen=True):
    """An application of a word: its arguments, and the result's type where the checker gave one.

    `node` is the id of the call's node, 0 where a word is applied by `fold`, `map` or `filter`.
    """

    word: str
    arguments: Sequence[Argument]
    result: Type | None
    node: int


class Plain(Struct, frozen=True):
    """A plain word. `cost` is its cost function, charged for the number of arguments."""

    name: str
    cost: str
    emit: PlainEmit
    serialized_input: bool = False
    """From epoch 2.05 on the charge is for the serialised size of all arguments."""
    arguments: Callable[[Sequence[Type]], Sequence[Type]] | None = None
    """The types that the arguments are converted to before they are pushed, by their own types."""


class Form(Struct, frozen=True):
    """A form: evaluates its arguments and charges itself."""

    name: str
    emit: FormEmit


Word: TypeAlias = Plain | Form
